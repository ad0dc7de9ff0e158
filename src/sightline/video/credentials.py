"""Credentials of sources: read from the environment or a file, put into an address in memory only."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video.address import scheme, shown

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MOST_BYTES: Final = 4096  # of a secret's file: more is another file


@dataclass(frozen=True, slots=True)
class Credentials:
    """User and password of a source; neither is shown by repr."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def secret(reference: str, environ: Mapping[str, str] | None = None) -> str:
    """What ``${NAME}`` or ``file:PATH`` refers to (the first line of the file); BadConfig names the reference only."""
    known = os.environ if environ is None else environ
    found = _REFERENCE.fullmatch(reference)
    if found:
        value = known.get(found.group(1), "")
        if not value:
            raise BadConfig(f"secret ${{{found.group(1)}}}", "nothing", "a variable of the environment that is set")
        return value
    if not reference.startswith("file:"):
        raise BadConfig("secret", "a secret in plain text", "${NAME} of the environment or file:PATH")
    path = Path(reference.removeprefix("file:"))
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "bytes that are no text"
        raise BadConfig(f"secret file {path}", reason, "a readable text file") from error
    lines = text.splitlines()
    if len(text) > _MOST_BYTES or not lines or not lines[0]:
        raise BadConfig(f"secret file {path}", f"{len(text)} characters", "one line of at most 4096 bytes")
    return lines[0]


def expanded(url: str, environ: Mapping[str, str] | None = None) -> str:
    """The address with every ``${NAME}`` replaced by the variable of the environment, escaped as a URL wants it.

    Only for addresses of the operator: in one that comes from outside, a reference would carry secrets away.
    """
    return _REFERENCE.sub(lambda found: quote(secret(found.group(0), environ), safe=""), url)


def refuse_references(url: str) -> None:
    """SourceUnavailable for an address from outside that asks for a variable of this machine."""
    if _REFERENCE.search(url):
        raise SourceUnavailable(f"{shown(url)}: expected an address without references to the environment, got one")


def merged(url: str, credentials: Credentials | None) -> str:
    """The address with user and password inside, escaped; what it held before is replaced. Keep it in memory only."""
    if credentials is None or scheme(url) in ("file", "device"):
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    inside = f"{quote(credentials.user, safe='')}:{quote(credentials.password, safe='')}"
    return parts._replace(netloc=f"{inside}@{host}").geturl()
