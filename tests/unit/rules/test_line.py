"""Which ways of an object over a line count, and how often."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from sightline.config import CountSettings
from sightline.core.errors import BadConfig
from sightline.core.events import Line, LineCrossed
from sightline.core.values import Tracks
from sightline.rules import LineCounter

SIZE = (1000, 500)
# From the top to the bottom in the middle: its left is the picture's right, so rightward traffic goes backward.
MIDDLE = Line("middle", (0.5, 0.0), (0.5, 1.0))
SHORT = Line("short", (0.5, 0.4), (0.5, 0.6))
STEP_NS = 100_000_000


@pytest.fixture
def run(tracks: Callable[..., Tracks]) -> Callable[..., list[LineCrossed]]:
    """Counts over samples 0.1 s apart; each a row or a list of rows."""

    def go(
        samples: Sequence[Any], lines: Sequence[Line] = (MIDDLE,), counter: LineCounter | None = None
    ) -> list[LineCrossed]:
        counter = counter or LineCounter()
        counter.set_lines("north", lines)
        events: list[LineCrossed] = []
        for k, sample in enumerate(samples):
            rows = sample if isinstance(sample, list) else [sample]
            events += counter.update("north", k * STEP_NS, SIZE, tracks(*rows))
        return events

    return go


def _ways(events: list[LineCrossed]) -> list[str]:
    return [event.direction for event in events]


@pytest.mark.parametrize(
    ("word", "xs", "ways"),
    [
        ("to the right", range(400, 620, 20), ["backward"]),
        ("to the left", range(600, 380, -20), ["forward"]),
        ("there and back", [*range(400, 620, 20), *range(600, 380, -20)], ["backward", "forward"]),
        ("one long step", [300, 320, 700], ["backward"]),
        ("never reaches it", range(300, 495, 15), []),
        ("turns before it", [400, 440, 480, 499, 480, 440, 400], []),
        ("dithers on it and goes on", [400, 440, 480, 502, 499, 501, 498, 502, 540, 600], ["backward"]),
        ("dithers on it and returns", [400, 440, 480, 502, 499, 501, 498, 480, 440, 400], ["backward", "forward"]),
        ("starts on it, goes right", [499, 499, 501, 505, 520, 560], ["backward"]),
        ("starts on it, goes left", [499, 501, 499, 490, 460, 430], []),
        ("stands on it", [500, 501, 499, 500, 501, 499, 502, 498], []),
        ("exactly along it", [500] * 20, []),
    ],
)
def test_ways(
    run: Callable[..., list[LineCrossed]], seen: Any, word: str, xs: Sequence[float], ways: list[str]
) -> None:
    events = run([seen(1, x, 250) for x in xs])
    assert _ways(events) == ways, word


def test_event_says_what_is_known_then(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    labels = ["vehicle", "vehicle", "vehicle", "car", "car"]
    samples = [seen(7, x, 250, label=label) for x, label in zip((400, 440, 480, 520, 560), labels, strict=True)]
    assert run(samples) == [LineCrossed("north", 3 * STEP_NS, "middle", "backward", 7, "car", pytest.approx(0.9))]


@pytest.mark.parametrize(
    ("word", "y", "count"), [("through", 250, 1), ("over its upper end", 150, 0), ("under its lower end", 350, 0)]
)
def test_ends_of_a_line(run: Callable[..., list[LineCrossed]], seen: Any, word: str, y: float, count: int) -> None:
    assert len(run([seen(1, x, y) for x in range(400, 620, 20)], [SHORT])) == count, word


def test_round_the_end_and_back_through(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    """Going round changes sides without a count; coming back through the line counts."""
    around = [
        (400, 250),
        (440, 150),
        (480, 120),
        (520, 120),
        (560, 150),
        (600, 250),
        (540, 250),
        (480, 250),
        (420, 250),
    ]
    assert _ways(run([seen(1, x, y) for x, y in around], [SHORT])) == ["forward"]


def test_unconfirmed_never_counts(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    assert run([seen(-1, x, 250) for x in range(400, 620, 20)]) == []


def test_pass_before_confirmation_is_not_lost(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    """First seen left of the line without an id; confirmed right of it at its second hit."""
    other = seen(-1, 480, 480, w=60, h=120, age=0)  # another first hit, of another size
    samples = [[other, seen(-1, 470, 250, age=0)], seen(3, 540, 250, age=0.1), seen(3, 580, 250, age=0.2)]
    assert _ways(run(samples)) == ["backward"]
    assert run([seen(-1, 470, 250, age=0), seen(3, 540, 250, age=5.0), seen(3, 580, 250, age=5.1)]) == [], "too old"


def test_first_hit_serves_one_track(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    samples = [
        [seen(-1, 470, 250, age=0)],
        [seen(3, 540, 250, age=0.1), seen(4, 545, 255, age=0.1)],
        [seen(3, 580, 250, age=0.2), seen(4, 585, 255, age=0.2)],
    ]
    assert [event.track_id for event in run(samples)] == [3]


def test_held_rows_do_not_count(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    coming = [seen(1, x, 250) for x in (380, 420, 460)]
    held = [seen(1, x, 250, held=True) for x in (520, 560)]
    assert run([*coming, *held]) == []
    assert len(run([*coming, *held, seen(1, 600, 250)])) == 1, "the next detection does"


def test_gap_is_a_straight_way(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    assert len(run([seen(1, 400, 250), seen(1, 440, 250), *[[]] * 10, seen(1, 640, 250)])) == 1


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("jitter of its box", lambda k, r: {"x": 500 + r.normal(0, 2), "y": 250 + r.normal(0, 2)}),
        (
            "hidden from below by others",
            lambda k, r: {"y": 250 if k % 20 < 12 else 225, "h": 40 if k % 20 < 12 else 15},
        ),
        (
            "hidden from the side by others",
            lambda k, r: {"x": 490 if k % 20 < 12 else 505, "w": 80 if k % 20 < 12 else 50},
        ),
    ],
)
def test_parked_never_counts(
    run: Callable[..., list[LineCrossed]], seen: Any, word: str, change: Callable[..., dict[str, float]]
) -> None:
    random = np.random.default_rng(3)
    base = {"x": 490.0, "y": 250.0, "w": 80.0, "h": 40.0}
    samples = [seen(1, **(base | change(k, random)), label="car") for k in range(600)]
    flat = Line("flat", (0.2, 0.47), (0.8, 0.47))  # at 235 px, where the hidden foot jumps over
    assert run(samples, [MIDDLE, flat]) == [], word


def test_parked_drives_off(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    parked = [seen(1, 497, 250, w=80, label="car")] * 200
    assert _ways(run([*parked, *[seen(1, x, 250, w=80, label="car") for x in range(500, 640, 10)]])) == ["backward"]


def test_creeping_queue_counts_once(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    assert len(run([seen(1, 470 + 0.1 * k, 250, w=80, label="car") for k in range(800)])) == 1


def test_two_lines_and_two_tracks_in_order(run: Callable[..., list[LineCrossed]], seen: Any) -> None:
    lines = [Line("b", (0.52, 0), (0.52, 1)), Line("a", (0.5, 0), (0.5, 1))]
    events = run([[seen(9, x, 200), seen(2, x, 300)] for x in (400, 450, 600)], lines)
    assert [(event.track_id, event.line) for event in events] == [(9, "a"), (9, "b"), (2, "a"), (2, "b")]


def test_resolution_may_change(tracks: Callable[..., Tracks], seen: Any) -> None:
    counter = LineCounter()
    counter.set_lines("north", [MIDDLE])
    events: list[LineCrossed] = []
    for k, x in enumerate(range(400, 620, 20)):
        scale = 1 if k < 4 else 2
        row = seen(1, x * scale, 250 * scale, w=20 * scale, h=40 * scale)
        events += counter.update("north", k * STEP_NS, (1000 * scale, 500 * scale), tracks(row))
    assert _ways(events) == ["backward"]


def test_lines_change_while_running(tracks: Callable[..., Tracks], seen: Any) -> None:
    counter = LineCounter()
    counter.set_lines("north", [MIDDLE])
    later = Line("later", (0.55, 0), (0.55, 1))
    events: list[LineCrossed] = []
    for k, x in enumerate(range(400, 620, 20)):
        if x == 520:  # just over the middle; that line stays, so it does not count again
            counter.set_lines("north", [later, MIDDLE])
        events += counter.update("north", k * STEP_NS, SIZE, tracks(seen(1, x, 250)))
    assert [event.line for event in events] == ["middle", "later"]
    counter.set_lines("north", [])
    assert counter.lines("north") == ()
    with pytest.raises(BadConfig, match="a different name for each line"):
        counter.set_lines("north", [MIDDLE, Line("middle", (0, 0), (1, 1))])


def test_cameras_do_not_mix(tracks: Callable[..., Tracks], seen: Any) -> None:
    counter = LineCounter()
    counter.set_lines("north", [MIDDLE])
    counter.set_lines("south", [MIDDLE])
    for k, x in enumerate((300, 340, 380, 420)):
        assert counter.update("north", k * STEP_NS, SIZE, tracks(seen(1, x, 250))) == []
    assert counter.update("south", 4 * STEP_NS, SIZE, tracks(seen(1, 600, 250))) == []
    counter.forget("north")
    assert counter.lines("north") == ()
    assert counter.lines("unknown") == ()


def test_ended_tracks_are_forgotten(tracks: Callable[..., Tracks], seen: Any) -> None:
    counter = LineCounter(CountSettings(forget_s=2))
    counter.set_lines("north", [MIDDLE])
    for k in range(500):
        counter.update("north", k * STEP_NS, SIZE, tracks(seen(k, 400, 250), seen(10_000, 100, 100, held=k > 3)))
    known = counter._cameras["north"].known
    assert 10_000 in known.ids, "held ones stay"
    assert len(known.ids) < 30
    assert len(counter._cameras["north"].first_hits) <= 64


def test_time_may_start_anew(tracks: Callable[..., Tracks], seen: Any) -> None:
    counter = LineCounter()
    counter.set_lines("north", [MIDDLE])
    for start in (10**18, 0):
        events = []
        for k, x in enumerate(range(400, 620, 20)):
            events += counter.update("north", start + k * STEP_NS, SIZE, tracks(seen(1 + start, x, 250)))
        assert len(events) == 1


def test_nothing_in_sight(tracks: Callable[..., Tracks]) -> None:
    counter = LineCounter(suggest=True)
    assert counter.update("north", 0, SIZE, tracks()) == []
    assert counter.finish("north") == []
    assert counter.finish("unknown") == []
