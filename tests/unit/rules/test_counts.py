"""Counts per window."""

import pytest

from sightline.config import CountSettings
from sightline.core.events import LineCrossed
from sightline.rules import CountRow, CountTable

MINUTE = 60_000_000_000


def crossed(minute: float, track: int = 1, label: str = "car", **more: str) -> LineCrossed:
    fields = {"camera": "north", "line": "line 1", "direction": "forward"} | more
    return LineCrossed(time_ns=round(minute * MINUTE), track_id=track, label=label, confidence=0.9, **fields)  # type: ignore[arg-type]


def table_of(*events: LineCrossed, settings: CountSettings | None = None) -> CountTable:
    counts = CountTable(settings)
    for event in events:
        counts.add(event)
    return counts


def test_windows_are_aligned() -> None:
    counts = table_of(crossed(14.99), crossed(15.0, 2), crossed(15.5, 3, "bus"), crossed(29.9, 4))
    assert [(row.start_ns // MINUTE, row.by_class) for row in counts.rows("north", 15)] == [
        (0, {"car": 1}),
        (15, {"car": 2, "bus": 1}),
    ]
    assert [row.start_ns // MINUTE for row in counts.rows("north", 1)] == [14, 15, 29]


def test_rows_are_sorted_and_apart() -> None:
    counts = table_of(
        crossed(1, line="b"), crossed(1, direction="backward"), crossed(0), crossed(1), crossed(1, camera="south")
    )
    assert [(row.start_ns // MINUTE, row.line, row.direction) for row in counts.rows("north", 1)] == [
        (0, "line 1", "forward"),
        (1, "b", "forward"),
        (1, "line 1", "backward"),
        (1, "line 1", "forward"),
    ]
    assert counts.rows("south", 1) == [CountRow("south", "line 1", "forward", MINUTE, 1, {"car": 1})]
    assert counts.rows("unknown", 1) == []
    with pytest.raises(KeyError, match="expected one of"):
        counts.rows("north", 7)


@pytest.mark.parametrize(
    ("word", "first", "then", "counted"),
    [
        ("finer", "vehicle", "van", {"van": 1}),
        ("other", "car", "van", {"van": 1}),
        ("same", "car", "car", {"car": 1}),
        ("coarser says nothing new", "bus", "vehicle", {"bus": 1}),
        ("unknown says nothing new", "pedestrian", "unknown", {"pedestrian": 1}),
        ("rider turns cyclist", "rider", "bicycle", {"bicycle": 1}),
    ],
)
def test_relabel(word: str, first: str, then: str, counted: dict[str, int]) -> None:
    counts = table_of(crossed(0, 5, first))
    counts.relabel("north", 5, then)
    counts.relabel("north", 5, then)
    assert counts.rows("north", 1)[0].by_class == counted, word
    assert counts.totals("north") == {"line 1": {"forward": counted}}, word


def test_relabel_moves_every_pass_of_the_track_only() -> None:
    counts = table_of(
        crossed(0, 5, "vehicle"), crossed(20, 5, "vehicle", direction="backward"), crossed(0, 6, "vehicle")
    )
    counts.relabel("north", 5, "truck")
    counts.relabel("north", 99, "truck")
    counts.relabel("unknown", 5, "truck")
    assert counts.totals("north") == {"line 1": {"backward": {"truck": 1}, "forward": {"truck": 1, "vehicle": 1}}}
    with pytest.raises(KeyError, match="unknown class"):
        counts.relabel("north", 5, "tank")


def test_memory_is_bounded() -> None:
    settings = CountSettings(windows_kept=10)
    counts = table_of(*(crossed(minute, minute) for minute in range(5000)), settings=settings)
    assert [row.start_ns // MINUTE for row in counts.rows("north", 1)] == list(range(4990, 5000))
    assert len(counts.rows("north", 15)) == 10
    assert counts.totals("north") == {"line 1": {"forward": {"car": 5000}}}
    assert len(counts._cameras["north"].passes) == 4096
    counts.add(crossed(10, 1))
    assert len(counts.rows("north", 1)) == 10, "too old for a window"
    counts.forget("north")
    assert counts.totals("north") == {}


def test_relabel_of_a_window_that_is_gone() -> None:
    counts = table_of(crossed(0, 1, "vehicle"), crossed(1000, 2), settings=CountSettings(windows_kept=2))
    counts.relabel("north", 1, "car")
    assert [row.by_class for row in counts.rows("north", 1)] == [{"car": 1}]
    assert counts.totals("north")["line 1"]["forward"] == {"car": 2}
