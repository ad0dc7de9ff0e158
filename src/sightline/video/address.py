"""What a source's address says about itself: scheme, kind, a name for the camera; nothing is opened here."""

import re
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from sightline.core.errors import SourceUnavailable, without_credentials

Kind = Literal["file", "live"]

SCHEMES: Final = ("file", "device", "rtsp", "rtsps", "rtmp", "rtmps", "http", "https")
UNTRUSTED_SCHEMES: Final = ("rtsp", "rtsps", "rtmp", "http", "https")  # never a path of this machine
FILE_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mpg", ".mpeg", ".flv", ".wmv", ".3gp")

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)  # two letters at least: "C:\\clip.mp4" is a path
_DEVICE = re.compile(r"/dev/video\d+\Z")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH: Final = 80


def scheme(url: str) -> str:
    """The scheme in lower case; "device" for /dev/videoN, "file" for any other path."""
    found = _SCHEME.match(url)
    if found:
        return found.group(1).lower()
    return "device" if _DEVICE.match(url) else "file"


def shown(url: str) -> str:
    """The address as people may see it: without credentials."""
    return without_credentials(url)


def kind(url: str) -> Kind:
    """ "file" for what has an end, "live" for what goes on, as far as the address alone can say.

    Opening knows better (a progressive HTTP address has a duration): ``SourceInfo.kind``.
    """
    name = scheme(url)
    if name in ("http", "https"):
        return "file" if urlsplit(url).path.lower().endswith(FILE_SUFFIXES) else "live"
    return "file" if name == "file" else "live"


def local_path(url: str) -> Path:
    """The path that a "file" address means."""
    return Path(unquote(urlsplit(url).path)) if _SCHEME.match(url) else Path(url)


def camera_name(url: str) -> str:
    """A name for the camera: the stem of a file, host and path of a URL, in safe characters, without credentials."""
    name = scheme(url)
    if name == "file":
        raw = local_path(url).stem
    elif name == "device":
        raw = url.rsplit("/", 1)[-1]
    else:
        bare = _SCHEME.sub("", url, count=1)
        user, _, rest = bare.rpartition("@")  # a password may hold any character, an @ and a slash too
        if ":" in user.partition("/")[0] or "/" not in user:
            bare = rest
        raw = re.split(r"[?#]", without_credentials(bare), maxsplit=1)[0].replace("/", "-")
    return _UNSAFE.sub("-", raw).strip("-._")[:_NAME_LENGTH] or "camera"


def check_scheme(url: str, *, trusted: bool) -> str:
    """The scheme if it may be opened; SourceUnavailable otherwise (paths and devices only for trusted addresses)."""
    allowed = SCHEMES if trusted else UNTRUSTED_SCHEMES
    name = scheme(url)
    if name not in allowed or "\0" in url:
        what = "a file, a device or an address of " if trusted else "an address of "
        network = ", ".join(word for word in allowed if word not in ("file", "device"))
        got = {"file": "a path", "device": "a device"}.get(name, f"scheme {name!r}")
        raise SourceUnavailable(f"{shown(url)}: expected {what}{network}, got {got}")
    return name
