"""Nanoseconds as ISO 8601 text and back."""

import re
from datetime import UTC, datetime
from typing import Final

_SECOND_NS: Final = 1_000_000_000
_DAY_S: Final = 86_400
# Media time counts from 0 where UTC of anything Sightline sees is decades later: a year of footage in one file is none.
_LONGEST_MEDIA_NS: Final = 366 * _DAY_S * _SECOND_NS
_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z")
_DURATION = re.compile(r"PT(\d+)(?:\.(\d{1,9}))?S")


def is_media_time(time_ns: int) -> bool:
    """Whether time_ns counts from the start of a file, not from 1970 (UTC)."""
    return time_ns < _LONGEST_MEDIA_NS


def iso_text(time_ns: int) -> str:
    """UTC as an ISO 8601 instant, ``2026-11-22T13:00:00.250Z``; media time as a duration, ``PT12.040S``.

    Whole seconds have no fraction, others as many digits as they need in groups of three. ValueError below zero.
    """
    if time_ns < 0:
        raise ValueError(f"time_ns: expected 0 or more, got {time_ns}")
    seconds, rest = divmod(time_ns, _SECOND_NS)
    digits = f"{rest:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    fraction = f".{digits}" if digits else ""
    if is_media_time(time_ns):
        return f"PT{seconds}{fraction}S"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def iso_ns(text: str) -> int:
    """The nanoseconds of a text that ``iso_text`` wrote; ValueError for any other."""
    if found := _INSTANT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
        whole = int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    elif found := _DURATION.fullmatch(text):
        whole = int(found.group(1))
    else:
        raise ValueError(f"expected an ISO 8601 instant in UTC or a duration in seconds, got {text[:40]!r}")
    return whole * _SECOND_NS + int((found.groups()[-1] or "0").ljust(9, "0"))
