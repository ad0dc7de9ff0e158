"""Rules do not depend on batches, the order of rows or the side from which one looks."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sightline.config.rules import GroundConfig, RuleConfig
from sightline.core.events import Event, Line, LineCrossed, TurnMade, WrongWay, Zone
from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE
from sightline.rules import Drawing, Ruleset, Sample

SIZE = (640, 360)
MODEL: TypeAdapter[RuleConfig] = TypeAdapter(RuleConfig)
LABELS = [CODE[name] for name in ("car", "pedestrian", "bicycle", "bus", "pedestrian", "unknown")]
GIVEN: list[dict[str, Any]] = [
    {"type": "line", "line": "a"},
    {
        "type": "turning",
        "entries": [{"line": "a", "direction": "forward"}, {"line": "b", "direction": "backward"}],
        "exits": [{"line": "a", "direction": "backward"}, {"line": "b", "direction": "forward"}],
    },
    {"type": "occupancy", "zone": "z", "every_s": 1},
    {"type": "dwell", "zone": "z", "seconds": 1},
    {"type": "queue", "zone": "z", "vehicles": 1, "min_s": 0.5},
    {"type": "stopped", "seconds": 2},
    {"type": "wrong_way", "zone": "z", "arrow": [[0.1, 0.5], [0.9, 0.5]], "boxes": 0.5, "min_s": 0.2},
    {"type": "carriageway", "zone": "z", "min_s": 0.2},
    {"type": "near_miss", "ttc_s": 5, "pet_s": 5, "min_mps": 0.2},
    {"type": "crowding", "zone": "z", "persons": 2, "min_s": 0.2},
    {"type": "speed", "zone": "z"},
]
RULES = tuple(MODEL.validate_python({"name": rule["type"]} | rule) for rule in GIVEN)
PLAN = GroundConfig(points=((0, 0, 0, 0), (1, 0, 32, 0), (1, 1, 32, 18), (0, 1, 0, 18)), automatic=False)
LINES = (Line("a", (0.4, 0.0), (0.4, 1.0)), Line("b", (0.1, 0.55), (0.9, 0.45)))
ZONES = (Zone("z", ((0.3, 0.1), (0.8, 0.2), (0.7, 0.95), (0.5, 0.6))),)
Samples = list[tuple[int, Tracks]]


@st.composite
def streets(draw: st.DrawFn) -> Samples:
    """A few objects that go, turn, stop, are held, missed, or change their id; two to thirty samples a second."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, steps, fps = draw(st.integers(1, 6)), draw(st.integers(2, 60)), draw(st.sampled_from([2.0, 7.0, 30.0]))
    places = random.uniform(0.1, 0.9, (n, 2)) * SIZE
    ways = random.normal(0, draw(st.floats(0, 200)), (n, 2))
    ids = np.arange(n)
    samples: Samples = []
    for k in range(steps):
        ways[random.random(n) < 0.03] = 0
        places = places + ways / fps + random.normal(0, 0.7, places.shape)
        ids = np.where(random.random(n) < 0.01, ids + 10 * n, ids)
        shown = np.flatnonzero(random.random(n) > 0.08)
        boxes = np.concatenate([places - np.array([14, 40]), places + np.array([14, 0])], axis=1)[shown].astype(
            np.float32
        )
        own = np.where(random.random(len(shown)) < 0.03, -1, ids[shown]).astype(np.int64)
        held = (random.random(len(shown)) < 0.1) & (own >= 0)
        samples.append(
            (
                round(k / fps * 1e9),
                Tracks(
                    boxes,
                    np.full(len(shown), 0.8, np.float32),
                    np.array([LABELS[one % 6] for one in shown], np.int16),
                    own,
                    np.full(len(shown), k / fps, np.float32),
                    held,
                ),
            )
        )
    return samples


def _drawing(mirrored: bool = False) -> Drawing:
    if not mirrored:
        return Drawing(LINES, ZONES, RULES, PLAN)

    def turned(point: tuple[float, float]) -> tuple[float, float]:
        return 1 - point[0], point[1]

    lines = tuple(Line(one.name, turned(one.start), turned(one.end)) for one in LINES)
    zones = tuple(Zone(one.name, tuple(map(turned, one.corners))) for one in ZONES)
    ground = GroundConfig(points=tuple((1 - x, y, 32 - a, b) for x, y, a, b in PLAN.points), automatic=False)
    arrow = {"arrow": ((0.9, 0.5), (0.1, 0.5))}
    rules = tuple(rule.model_copy(update=arrow) if rule.type == "wrong_way" else rule for rule in RULES)
    return Drawing(lines, zones, rules, ground)


def _events(samples: Samples, drawing: Drawing | None = None) -> list[Event]:
    ruleset = Ruleset("north", drawing or _drawing())
    found = [event for time_ns, tracks in samples for event in ruleset.update(Sample("north", time_ns, SIZE, tracks))]
    return found + ruleset.finish()


@settings(deadline=None, max_examples=6)
@given(streets(), streets())
def test_cameras_and_batches_do_not_matter(one: Samples, other: Samples) -> None:
    """A second camera whose samples come between leaves the events of the first as they are."""
    rulesets = [Ruleset("north", _drawing()), Ruleset("north", _drawing())]
    between: list[list[Event]] = [[], []]
    for k in range(max(len(one), len(other))):
        for which, samples in ((1, other), (0, one)):
            if k < len(samples):
                between[which] += rulesets[which].update(Sample("north", samples[k][0], SIZE, samples[k][1]))
    assert between[0] + rulesets[0].finish() == _events(one)
    assert between[1] + rulesets[1].finish() == _events(other)


@settings(deadline=None, max_examples=6)
@given(streets(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(samples: Samples, random: Any) -> None:
    shuffled = []
    for time_ns, tracks in samples:
        order = np.arange(len(tracks))
        random.shuffle(order)
        shuffled.append((time_ns, tracks.keep(order)))  # type: ignore[arg-type]
    assert _events(shuffled) == _events(samples)


@settings(deadline=None, max_examples=6)
@given(streets())
def test_a_mirrored_picture_mirrors_directions(samples: Samples) -> None:
    mirrored = []
    for time_ns, tracks in samples:
        boxes = tracks.boxes_px[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32)
        boxes += np.array([SIZE[0], 0, SIZE[0], 0], np.float32)
        mirrored.append((time_ns, Tracks(boxes, tracks.scores, tracks.labels, tracks.ids, tracks.ages_s, tracks.held)))
    other = {"forward": "backward", "backward": "forward"}
    # Turning rules name directions over lines, and those turn round with the picture.
    lines = [event for event in _events(samples) if isinstance(event, LineCrossed)]
    back = [event for event in _events(mirrored, _drawing(True)) if isinstance(event, LineCrossed)]
    assert [(e.time_ns, e.track_id, e.line, other[e.direction]) for e in lines] == [
        (e.time_ns, e.track_id, e.line, e.direction) for e in back
    ]

    def rest(events: list[Event]) -> list[tuple[type, int]]:
        return [(type(e), e.time_ns) for e in events if not isinstance(e, LineCrossed | TurnMade)]

    assert rest(_events(samples)) == rest(_events(mirrored, _drawing(True)))


@settings(deadline=None, max_examples=10)
@given(streets())
def test_states_begin_before_they_end_and_confidences_are_shares(samples: Samples) -> None:
    events = _events(samples)
    assert _events(samples) == events, "replayed events are equal"
    open_states: set[tuple[type, object]] = set()
    for event in events:
        assert 0 <= event.confidence <= 1  # type: ignore[union-attr]
        state = {"entered": "began", "left": "ended"}.get(getattr(event, "state", ""), getattr(event, "state", ""))
        # An object keeps its state when its track breaks; the end names the track of the beginning.
        key = (type(event), getattr(event, "track_id", None))
        if state == "began":
            assert key not in open_states
            open_states.add(key)
        elif state == "ended":
            open_states.remove(key)
    assert not open_states
    wrong = [event for event in events if isinstance(event, WrongWay)]
    assert all(event.speed_mps is None or event.speed_mps >= 0 for event in wrong)


@settings(deadline=None, max_examples=10)
@given(streets(), st.permutations(range(4)))
def test_the_order_of_lines_in_the_file_does_not_matter(samples: Samples, order: list[int]) -> None:
    """Fast ones go over several lines between two samples; two lines meet in a point."""
    lines = (*LINES, Line("c", (0.45, 0.0), (0.45, 1.0)), Line("d", (0.5, 1.0), (0.5, 0.0)))
    gates = [{"line": one.name, "direction": way} for one in lines for way in ("forward", "backward")]
    turning = MODEL.validate_python({"type": "turning", "name": "t", "entries": gates[:4], "exits": gates[2:]})
    crossed = [MODEL.validate_python({"type": "line", "name": one.name, "line": one.name}) for one in lines]

    def events(permuted: tuple[Line, ...]) -> list[Event]:
        return _events(samples, Drawing(permuted, ZONES, (turning, *crossed), PLAN))

    assert events(tuple(lines[k] for k in order)) == events(lines)
