"""Addresses that expire: the current one is read out of a file or web document."""

import html
import json
import re
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from sightline.config.sources import DocumentOptions
from sightline.core.errors import SourceUnavailable
from sightline.video.address import SCHEMES, local_path, scheme, shown
from sightline.video.web import Web

_MOST_BYTES: Final = 1_000_000
_ADDRESS: Final = re.compile(r"(?:rtsps?|rtmps?|https?)://[^\s\"'<>\\{}|^`]{1,2000}", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"']([^\"'\s<>]{1,2000})[\"']")


def current_address(place: str, options: DocumentOptions, web: Web | None) -> str:
    """The address that the document at ``place`` holds now; SourceUnavailable when it holds none.

    place: a path, or with ``web`` an http address. A JSON document is asked by ``options.pointer``; of any other the
    first address counts, or the first that contains ``options.contains`` (as in a page's quotes, also relative to it).
    """
    if web is None:
        text, at = _read(local_path(place)), ""
    else:
        answer = web.get(place)
        text, at = answer.body.decode(errors="replace"), place
    found = _pointed(text, options.pointer) if options.pointer else _first(text, options.contains, bool(at))
    if not found:
        wanted = options.pointer or options.contains or "an address"
        raise SourceUnavailable(f"{shown(place)}: expected a document that holds {wanted!r}, got one without")
    address = urljoin(at, found) if at else found
    if scheme(address) not in SCHEMES or (at and scheme(address) in ("file", "device")):
        raise SourceUnavailable(f"{shown(place)}: expected the address of a stream in it, got {shown(address)[:80]!r}")
    if address == place:
        raise SourceUnavailable(f"{shown(place)}: expected the address of a stream in it, got the document's own")
    return address


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "an unreadable file").lower()
        raise SourceUnavailable(f"{path}: expected a document with an address, got {reason}") from error
    if len(data) > _MOST_BYTES:
        raise SourceUnavailable(f"{path}: expected a document of at most {_MOST_BYTES} bytes, got a larger one")
    return data.decode(errors="replace")


def _pointed(text: str, pointer: str) -> str:
    """What a JSON pointer (RFC 6901) points to; empty when that is no text or nothing."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return ""
    return value.strip() if isinstance(value, str) else ""


def _first(text: str, contains: str, page: bool) -> str:
    """The first address of the text; of a page also a quoted one without a host, where ``contains`` says which."""
    plain = html.unescape(text).replace("\\/", "/").replace("\\u0026", "&")
    if not page and not contains:
        lines = [line.strip() for line in plain.splitlines()]
        return next((line for line in lines if line and not line.startswith("#")), "")
    places = [(found.start(), found.group(0)) for found in _ADDRESS.finditer(plain) if contains in found.group(0)]
    if contains:
        places += [(one.start(1), one.group(1)) for one in _QUOTED.finditer(plain) if contains in one.group(1)]
    return min(places, default=(0, ""))[1]
