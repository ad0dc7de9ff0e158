"""Counting: a line that the traffic suggests counts what passed before, under the class that is known now."""

import numpy as np

from sightline.config import CountSettings
from sightline.core.events import Line
from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE
from sightline.pipeline.counting import Counting

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
        counting.update("cam", step * S // 10, (640, 360), passing(label, 10.0 * step), renamed)


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
