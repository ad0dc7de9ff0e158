"""The line a camera gets when nobody has drawn one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sightline.core.events import Line, LineCrossed
from sightline.core.values import Tracks
from sightline.rules import LineCounter
from sightline.rules.suggest import suggest_line

SIZE = (1600, 900)
ASPECT = 16 / 9
STEP_NS = 100_000_000


def _way(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, float)


@pytest.mark.parametrize(
    ("word", "ways", "start", "end"),
    [
        ("rightward: from below to above", [_way((0.1, 0.5), (0.9, 0.5))], (0.5, 0.75), (0.5, 0.25)),
        ("leftward: the other way", [_way((0.9, 0.5), (0.1, 0.5))], (0.5, 0.25), (0.5, 0.75)),
        ("both ways: the more decide", [_way((0.1, 0.4), (0.9, 0.4)), _way((0.9, 0.6), (0.1, 0.6)),
                                        _way((0.1, 0.5), (0.9, 0.5))], (0.5, 0.85), (0.5, 0.15)),
        ("downward", [_way((0.5, 0.1), (0.5, 0.9))], (0.359, 0.5), (0.641, 0.5)),
    ],
)  # fmt: skip
def test_square_to_the_traffic(
    word: str, ways: list[np.ndarray], start: tuple[float, float], end: tuple[float, float]
) -> None:
    line = suggest_line(ways, ASPECT, "line 1")
    assert line is not None, word
    assert line.start == pytest.approx(start, abs=0.002), word
    assert line.end == pytest.approx(end, abs=0.002), word


def test_where_the_traffic_is() -> None:
    """Nobody reaches the middle: the line goes to them, and stays inside the picture."""
    line = suggest_line([_way((0.02, 0.9), (0.35, 0.9)), _way((0.35, 0.95), (0.02, 0.95))], ASPECT, "line 1")
    assert line is not None
    assert line.start[0] == pytest.approx(line.end[0], abs=0.002)
    assert 0.1 < line.start[0] < 0.36
    assert sorted([line.start[1], line.end[1]]) == pytest.approx([0.65, 1.0], abs=0.01)


@pytest.mark.parametrize("ways", [[], [_way((0.5, 0.5))], [_way((0.5, 0.5), (0.5, 0.5))]])
def test_no_motion_no_line(ways: list[np.ndarray]) -> None:
    assert suggest_line(ways, ASPECT, "line 1") is None


def _drive(counter: LineCounter, tracks: Callable[..., Tracks], rows: Callable[[int], list[Any]], n: int) -> list[Any]:
    return [counter.update("north", k * STEP_NS, SIZE, tracks(*rows(k))) for k in range(n)]


def test_crossings_before_the_line_count_too(tracks: Callable[..., Tracks], seen: Any) -> None:
    def rows(k: int) -> list[Any]:
        # One after the other, each across the whole picture in 40 samples; the first two have passed the middle before
        # the third has come far enough to make a line due.
        return [seen(1 + k // 40, (k % 40) * 40, 450, w=60, h=60, label="car", age=(k % 40) / 10)]

    counter = LineCounter(suggest=True)
    answers = _drive(counter, tracks, rows, 160)
    due = next(k for k, events in enumerate(answers) if events)
    assert counter.lines("north")
    assert [event.track_id for event in answers[due]] == [1, 2]
    assert all(event.time_ns < due * STEP_NS for event in answers[due])
    everything = [event for events in answers for event in events]
    assert [event.track_id for event in everything] == [1, 2, 3, 4]
    assert {event.direction for event in everything} == {"forward"}


def test_one_mover_is_enough_at_the_end_of_a_file(tracks: Callable[..., Tracks], seen: Any) -> None:
    counter = LineCounter(suggest=True)
    answers = _drive(counter, tracks, lambda k: [seen(1, k * 40, 450)], 40)
    assert not any(answers)
    events: list[LineCrossed] = counter.finish("north")
    assert [event.track_id for event in events] == [1]
    assert counter.finish("north") == [], "once"


def test_one_mover_is_enough_after_a_while(tracks: Callable[..., Tracks], seen: Any) -> None:
    counter = LineCounter(suggest=True)
    answers = _drive(counter, tracks, lambda k: [seen(1, min(k, 200) * 8, 450)], 202)
    assert [len(events) for events in answers if events] == [1]


def test_parked_cars_make_no_line(tracks: Callable[..., Tracks], seen: Any) -> None:
    random = np.random.default_rng(1)
    counter = LineCounter(suggest=True)
    cars = [seen(k, 200 * k, 450, w=120, h=80, label="car") for k in range(1, 7)]
    _drive(counter, tracks, lambda _: [seen(c.id, c.x + random.normal(0, 3), c.y, c.w, c.h) for c in cars], 400)
    assert counter.finish("north") == []
    assert counter.lines("north") == ()


def test_a_drawn_line_ends_the_wait(tracks: Callable[..., Tracks], seen: Any) -> None:
    counter = LineCounter(suggest=True)
    counter.set_lines("north", [Line("mine", (0.9, 0.0), (0.9, 1.0))])
    answers = _drive(counter, tracks, lambda k: [seen(j, k * 40, 200 * j) for j in (1, 2, 3)], 40)
    assert {event.line for events in answers for event in events} == {"mine"}
