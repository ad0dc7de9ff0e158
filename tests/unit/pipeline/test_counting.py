"""Counting: a line that the traffic suggests counts what passed before, under the class that is known now."""

import numpy as np

from sightline.config import CountSettings
from sightline.config.rules import LineRule, OccupancyRule
from sightline.core.events import Line, LineCrossed, Zone
from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE
from sightline.pipeline.counting import Counting
from sightline.rules.ruleset import Drawing
from sightline.rules.scene import Sample

S = 1_000_000_000


def passing(label: str, left: float, track: int = 1) -> Tracks:
    return Tracks(
        np.array([[left, 100, left + 40, 130]], np.float32),
        np.ones(1, np.float32),
        np.array([CODE[label]], np.int16),
        np.array([track], np.int64),
        np.array([1.0], np.float32),
        np.zeros(1, np.bool_),
    )


def drive(counting: Counting, renamed_at: int) -> None:
    for step in range(60):
        label = "vehicle" if step < renamed_at else "truck"
        renamed = [(1, "truck")] if step == renamed_at else []
        counting.update(Sample("cam", step * S // 10, (640, 360), passing(label, 10.0 * step)), renamed)


def test_counts_take_the_class_that_became_known_later() -> None:
    counting = Counting(CountSettings())
    counting.set_lines("cam", [Line("gate", (0.3, 0.0), (0.3, 1.0))])
    drive(counting, renamed_at=50)
    (directions,) = counting.totals("cam").values()
    assert list(directions.values()) == [{"truck": 1}]


def test_so_do_counts_over_a_suggested_line() -> None:
    counting = Counting(CountSettings(suggest_tracks=50, suggest_s=600))
    drive(counting, renamed_at=50)
    assert counting.totals("cam") == {}, "no line yet"
    counting.finish("cam")
    (directions,) = counting.totals("cam").values()
    assert list(directions.values()) == [{"truck": 1}]


def told(counting: Counting) -> list[str]:
    """What is told of one vehicle driving through, by kind and rule."""
    events = [
        event
        for step in range(60)
        for event in counting.update(Sample("cam", step * S // 10, (640, 360), passing("car", 10.0 * step)), [])
    ]
    return [event.line if isinstance(event, LineCrossed) else type(event).__name__ for event in events]


LINES = (Line("in", (0.3, 0.0), (0.3, 1.0)), Line("out", (0.6, 0.0), (0.6, 1.0)))
ZONE = Zone("yard", ((0.4, 0.0), (0.5, 0.0), (0.5, 1.0), (0.4, 1.0)))


def test_without_line_rules_every_crossing_is_told() -> None:
    counting = Counting(CountSettings())
    rule = OccupancyRule(type="occupancy", name="full", zone="yard", min_s=0)
    counting.draw("cam", Drawing(LINES, (ZONE,), (rule,)))
    said = told(counting)
    assert [one for one in said if one in ("in", "out")] == ["in", "out"]
    assert "ZoneChanged" in said


def test_line_rules_choose_what_is_told_and_all_is_counted() -> None:
    counting = Counting(CountSettings())
    counting.draw("cam", Drawing(LINES, (), (LineRule(type="line", name="way out", line="out"),)))
    assert told(counting) == ["out"]
    assert sorted(counting.totals("cam")) == ["in", "out"]


def test_what_is_drawn_anew_and_not_changed_goes_on() -> None:
    counting = Counting(CountSettings())
    counting.draw("cam", Drawing(LINES))
    assert told(counting) == ["in", "out"]
    counting.draw("cam", Drawing(LINES[:1]))
    assert [line.name for line in counting.lines("cam")] == ["in"]
    assert sorted(counting.totals("cam")) == ["in", "out"], "counts so far stay"
    counting.draw("cam", Drawing())
    assert counting.lines("cam") == (), "who takes the last line away wants none suggested"
    other = Counting(CountSettings(suggest_tracks=50, suggest_s=600))
    other.draw("cam", Drawing())
    assert told(other) == []
    assert [event.line for event in other.finish("cam") if isinstance(event, LineCrossed)] == ["line 1"]
