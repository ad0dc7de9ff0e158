"""The file of a running site: read again when it changes on disk, changed when people change something on the page."""

import os
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ruamel.yaml.comments import CommentedMap

from sightline.config.site import SiteConfig
from sightline.core.errors import BadConfig, without_credentials
from sightline.formats.site_yaml import change_site, plain, read_site

HIDDEN: Final = "***"
_STREAMS: Final = ("source", "sub")
_LONGEST_SECRET: Final = 1024
_SECRET_FILE = re.compile(r"(?:source|sub)-[0-9a-f]{16}")
_URL_WITH_USER = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*@")

Bring = Callable[[SiteConfig], str]  # brings the service to a site; says what changed, for people


class SiteFile:
    """One site's file and the service that follows it (``ports.SitePort``).

    A change by the API may not name what only the person at this machine may name: files, devices, environment, or
    secrets in files. A password comes as ``secret`` and is kept in a file of its own beside the store, readable by its
    owner alone; the site's file only names it.
    """

    def __init__(
        self,
        path: Path,
        site: SiteConfig,
        secrets_folder: Path,
        bring: Bring,
        check: Callable[[SiteConfig], None] | None = None,
    ) -> None:
        """check: raises for a site that cannot run here, before a change is written."""
        self._path = path
        self._site = site
        self._secrets = secrets_folder
        self._bring = bring
        self._check = check
        self._lock = threading.Lock()
        self._seen = _stamp(path)

    def site(self) -> SiteConfig:
        """The site in force."""
        return self._site

    def name(self) -> str:
        """Name of the site."""
        return self._site.name

    def reload(self, *, only_if_changed: bool = False) -> str:
        """Follow the file as it is on disk now; "" where it has not changed and that was asked for.

        BadSite where it is none; then the service stays as it was.
        """
        with self._lock:
            stamp = _stamp(self._path)
            if only_if_changed and stamp == self._seen:
                return ""
            self._seen = stamp
            site = read_site(self._path)
            self._site = site
            return self._bring(site)

    def camera(self, camera: str) -> dict[str, Any]:
        """The entry of a camera as JSON, addresses without credentials; KeyError for an unknown one."""
        entry = self._site.cameras[camera].model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for key in _STREAMS:
            if key in entry:
                entry[key]["url"] = without_credentials(entry[key]["url"])
                if "password" in entry[key]:
                    entry[key]["password"] = HIDDEN
        return entry

    def add_camera(self, camera: str, members: Mapping[str, Any]) -> None:
        """A new camera; BadConfig where the name is taken or an entry would not be sound."""
        if camera in self._site.cameras:
            raise BadConfig("camera", camera, "a name that is not taken")
        self._change(camera, members)

    def change_camera(self, camera: str, members: Mapping[str, Any]) -> None:
        """Replace some members of an entry; None takes one out. KeyError for an unknown camera."""
        if camera not in self._site.cameras:
            raise KeyError(camera)
        self._change(camera, members)

    def remove_camera(self, camera: str) -> None:
        """Take a camera away; KeyError for an unknown one."""
        if camera not in self._site.cameras:
            raise KeyError(camera)

        def change(document: CommentedMap) -> None:
            document["cameras"].pop(camera, None)

        self._write(change)

    def _change(self, camera: str, members: Mapping[str, Any]) -> None:
        if "from_api" in members:
            raise BadConfig("from_api", members["from_api"], "no such member: the service sets it")
        given, made = self._checked(camera, dict(members))

        def change(document: CommentedMap) -> None:
            cameras = document.setdefault("cameras", CommentedMap())
            entry = cameras.setdefault(camera, CommentedMap())
            for key, value in given.items():
                if value is None:
                    entry.pop(key, None)
                else:
                    entry[key] = plain(value)

        self._write(change, made)

    def _write(self, change: Callable[[CommentedMap], None], made: Sequence[Path] = ()) -> None:
        with self._lock:
            written = False
            try:
                site = change_site(self._path, change, self._check)
                written = True
            finally:
                for path in () if written else made:
                    path.unlink(missing_ok=True)
            self._seen = _stamp(self._path)
            self._site = site
            self._tidy()
            self._bring(site)

    def _tidy(self) -> None:
        """Delete the secrets that no camera names any more."""
        streams = [one for camera in self._site.cameras.values() for one in (camera.source, camera.sub) if one]
        named = {one.password for one in streams}
        for path in self._secrets.glob("*") if self._secrets.is_dir() else ():
            if _SECRET_FILE.fullmatch(path.name) and f"file:{path.resolve()}" not in named:
                path.unlink(missing_ok=True)

    def _checked(self, camera: str, members: dict[str, Any]) -> tuple[dict[str, Any], list[Path]]:
        """The members as they may stand in the file, and the files of secrets that were made for them."""
        made: list[Path] = []
        for key in _STREAMS:
            given = members.get(key)
            if given is None:
                continue
            if isinstance(given, str):
                given = {"url": given}
            if not isinstance(given, dict):
                raise BadConfig(key, type(given).__name__, "an address, or an object with url")
            before = self._before(camera, key)
            stream = _unhidden(dict(given), before)
            if _URL_WITH_USER.match(str(stream.get("url"))) and stream.get("url") != (before or {}).get("url"):
                raise BadConfig(f"{key}.url", HIDDEN, "an address without user and password (give user and secret)")
            if stream != before:
                members["from_api"] = True
            same = before is not None and _server(stream.get("url")) == _server(before["url"])
            if stream.get("password") not in (None, before.get("password") if before and same else None):
                raise BadConfig(f"{key}.password", HIDDEN, "a secret; only the site's file may refer to one")
            if (secret := stream.pop("secret", None)) is not None:
                path = self._keep(camera, key, secret)
                made.append(path)
                stream["password"] = f"file:{path}"
            members[key] = stream
        return members, made

    def _before(self, camera: str, key: str) -> dict[str, Any] | None:
        entry = self._site.cameras.get(camera)
        found = entry.model_dump(mode="json", exclude_none=True).get(key) if entry else None
        return dict(found) if found else None

    def _keep(self, camera: str, key: str, secret: object) -> Path:
        if not isinstance(secret, str) or not 0 < len(secret) <= _LONGEST_SECRET or not secret.isprintable():
            raise BadConfig(f"{key}.secret", HIDDEN, f"1 to {_LONGEST_SECRET} printable characters")
        self._secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = (self._secrets / f"{key}-{secrets.token_hex(8)}").resolve()  # no name of a camera becomes a path
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secret + "\n")
        return path


def _unhidden(stream: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """A stream as sent, with what the sender could not see taken from what it was.

    Only towards the same server: another address with the old password would hand that to a stranger.
    """
    if before is None:
        return stream
    if stream.get("url") == without_credentials(str(before["url"])):
        stream["url"] = before["url"]
    if _server(stream.get("url")) != _server(before["url"]):
        return stream
    if stream.get("password") == HIDDEN:
        stream["password"] = before.get("password")
    return {key: value for key, value in before.items() if value is not None} | stream


def _server(url: object) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(str(url))
        return parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return "", None, None


def _stamp(path: Path) -> tuple[int, int, int]:
    """What differs between two versions of a file; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
