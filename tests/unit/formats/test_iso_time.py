"""ISO 8601 texts of nanoseconds."""

import pytest

from sightline.formats.iso_time import iso_ns, iso_text

NOON = 1_795_348_800_000_000_000


@pytest.mark.parametrize(
    ("word", "time_ns", "text"),
    [
        ("start of a file", 0, "PT0S"),
        ("second frame", 40_000_000, "PT0.040S"),
        ("one nanosecond", 1, "PT0.000000001S"),
        ("an hour in", 3_600_000_000_000, "PT3600S"),
        ("noon", NOON, "2026-11-22T12:00:00Z"),
        ("milliseconds", NOON + 1_000_000, "2026-11-22T12:00:00.001Z"),
        ("microseconds", NOON + 1_000, "2026-11-22T12:00:00.000001Z"),
    ],
)
def test_there_and_back(word: str, time_ns: int, text: str) -> None:
    assert iso_text(time_ns) == text, word
    assert iso_ns(text) == time_ns, word


@pytest.mark.parametrize(
    "text", ["", "noon", "2026-11-22", "2026-11-22T12:00:00+01:00", "2026-02-30T12:00:00Z", "PT1M"]
)
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO|day"):
        iso_ns(text)


def test_before_the_start() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        iso_text(-1)
