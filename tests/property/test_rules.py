"""Counting does not depend on order, batches or names."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.config import CountSettings
from sightline.core.events import Line, LineCrossed
from sightline.core.values import Tracks
from sightline.core.vocabulary import CLASSES
from sightline.rules import CountTable, LineCounter
from sightline.rules.suggest import suggest_line

SIZE = (640, 360)
LINES = [Line("a", (0.5, 0.0), (0.5, 1.0)), Line("b", (0.1, 0.8), (0.9, 0.3))]
Samples = list[tuple[int, Tracks]]


@st.composite
def walks(draw: st.DrawFn) -> Samples:
    """Samples of a few objects that walk at random; some rows are not confirmed, held or missing."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    objects, steps = draw(st.integers(1, 5)), draw(st.integers(2, 40))
    places = random.uniform(0, SIZE, (objects, 2))
    speeds = random.normal(0, draw(st.floats(0, 40)), (objects, 2))
    samples: Samples = []
    for k in range(steps):
        places = places + speeds + random.normal(0, 2, places.shape)
        shown = np.flatnonzero(random.random(objects) > 0.1)
        boxes = np.concatenate([places - np.array([10, 40]), places + np.array([10, 0])], axis=1)[shown].astype(
            np.float32
        )
        n = len(shown)
        ids = np.where((k < 1) | (random.random(n) < 0.05), -1, shown).astype(np.int64)
        held = random.random(n) < 0.1
        ages = np.full(n, 0.1 * k, np.float32)
        samples.append(
            (k * 100_000_000, Tracks(boxes, np.ones(n, np.float32), shown.astype(np.int16), ids, ages, held))
        )
    return samples


def _count(samples: Samples, lines: list[Line] = LINES, **more: bool) -> list[LineCrossed]:
    counter = LineCounter(CountSettings(), **more)
    if not more:
        counter.set_lines("north", lines)
    events = [event for time_ns, tracks in samples for event in counter.update("north", time_ns, SIZE, tracks)]
    return events + counter.finish("north")


@settings(deadline=None, max_examples=60)
@given(walks())
def test_passes_alternate(samples: Samples) -> None:
    """Nobody passes an endless line twice the same way without coming back."""
    events = _count(samples, [LINES[0]])
    for track in {event.track_id for event in events}:
        ways = [event.direction for event in events if event.track_id == track]
        assert all(a != b for a, b in pairwise(ways))


@settings(deadline=None, max_examples=60)
@given(walks(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(samples: Samples, random: object) -> None:
    shuffled = []
    for time_ns, tracks in samples:
        order = np.arange(len(tracks))
        random.shuffle(order)  # type: ignore[attr-defined]
        shuffled.append((time_ns, tracks.keep(order)))  # type: ignore[arg-type]

    def key(event: LineCrossed) -> tuple[int, int, str]:
        return event.time_ns, event.track_id, event.line

    assert sorted(_count(samples), key=key) == sorted(_count(shuffled), key=key)


@settings(deadline=None, max_examples=60)
@given(walks())
def test_replay_is_equal_and_forward_is_the_mirror_of_backward(samples: Samples) -> None:
    events = _count(samples)
    assert _count(samples) == events
    turned = [Line(line.name, line.end, line.start) for line in LINES]
    other = {"forward": "backward", "backward": "forward"}

    def shown(event: LineCrossed, turn: bool) -> tuple[int, int, str, str]:
        return event.time_ns, event.track_id, event.line, other[event.direction] if turn else event.direction

    assert [shown(event, False) for event in events] == [shown(event, True) for event in _count(samples, turned)]


@settings(deadline=None, max_examples=40)
@given(walks())
def test_suggested_line_counts_as_if_it_had_been_there(samples: Samples) -> None:
    counter = LineCounter(suggest=True)
    late = [event for time_ns, tracks in samples for event in counter.update("north", time_ns, SIZE, tracks)]
    late += counter.finish("north")
    if lines := list(counter.lines("north")):
        assert late == _count(samples, lines)
    else:
        assert late == []


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)), min_size=1, max_size=6).map(np.array),
        max_size=5,
    ),
    st.floats(0.3, 3.5),
)
def test_any_ways_give_a_good_line_or_none(ways: list[np.ndarray], aspect: float) -> None:
    line = suggest_line(ways, aspect, "line 1")  # Line itself refuses what lies outside the picture
    assert line is None or line.name == "line 1"


events = st.builds(
    LineCrossed,
    camera=st.sampled_from(["north", "south"]),
    time_ns=st.integers(0, 3 * 3600 * 10**9),
    line=st.sampled_from(["a", "b"]),
    direction=st.sampled_from(["forward", "backward"]),
    track_id=st.integers(0, 5),
    label=st.sampled_from(CLASSES),
    confidence=st.just(1.0),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(events, max_size=40), st.randoms(use_true_random=False), st.integers(0, 5), st.sampled_from(CLASSES))
def test_counts_do_not_depend_on_order(some: list[LineCrossed], random: object, track: int, label: str) -> None:
    answers = []
    for _ in range(2):
        table = CountTable()
        for event in some:
            table.add(event)
        table.relabel("north", track, label)
        rows = {(camera, minutes): table.rows(camera, minutes) for camera in ("north", "south") for minutes in (1, 15)}
        answers.append((rows, table.totals("north")))
        for part in rows.values():
            assert all(count > 0 for row in part for count in row.by_class.values())
        for camera in ("north", "south"):
            seen = sum(event.camera == camera for event in some)
            assert sum(sum(row.by_class.values()) for row in rows[camera, 1]) == seen
            assert sum(sum(row.by_class.values()) for row in rows[camera, 15]) == seen
        random.shuffle(some)  # type: ignore[attr-defined]
    assert answers[0] == answers[1]
