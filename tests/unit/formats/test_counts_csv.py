"""Counts as CSV."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sightline.formats.counts_csv import counts_text, write_counts

MINUTE = 60_000_000_000
NOON = 1_795_348_800_000_000_000  # 2026-11-22T12:00:00Z


@dataclass
class Row:
    camera: str = "north"
    line: str = "line 1"
    direction: str = "forward"
    start_ns: int = NOON
    minutes: int = 15
    by_class: dict[str, int] = field(default_factory=lambda: {"car": 3})


def _cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_live() -> None:
    text = counts_text([Row(by_class={"pedestrian": 2, "car": 3, "bus": 0})])
    assert text == (
        "camera,line,direction,start,end,minutes,class,count\r\n"
        "north,line 1,forward,2026-11-22T12:00:00Z,2026-11-22T12:15:00Z,15,car,3\r\n"
        "north,line 1,forward,2026-11-22T12:00:00Z,2026-11-22T12:15:00Z,15,pedestrian,2\r\n"
    )


def test_media_time_is_a_duration() -> None:
    assert _cells(counts_text([Row(start_ns=MINUTE, minutes=1)]))[1][3:5] == ["PT60S", "PT120S"]


@pytest.mark.parametrize(
    ("word", "name", "cell"),
    [
        ("formula", "=1+1", "'=1+1"),
        ("plus", "+A1", "'+A1"),
        ("minus", "-A1", "'-A1"),
        ("at", "@SUM(A1)", "'@SUM(A1)"),
        ("tab", "\t=1", "'\t=1"),
        ("comma", "a,b", "a,b"),
        ("quote", 'say "a"', 'say "a"'),
        ("line end", "a\nb", "a\nb"),
        ("letters", "Straße 5", "Straße 5"),
    ],
)
def test_names(word: str, name: str, cell: str) -> None:
    cells = _cells(counts_text([Row(camera=name, line=name)]))[1]
    assert cells[:2] == [cell, cell], word


def test_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "counts.csv"
    write_counts(path, [Row()])
    write_counts(path, [Row(), Row(direction="backward")])
    assert path.read_bytes().count(b"\r\n") == 3
    assert [one.name for one in path.parent.iterdir()] == ["counts.csv"], "nothing temporary stays"
