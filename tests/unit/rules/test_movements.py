"""Rules of ways: directed line, turning, wrong way, speed, near miss."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from sightline.config import CountSettings
from sightline.config.rules import GroundConfig, RuleConfig
from sightline.core.events import Event, Line, LineCrossed, NearMiss, SpeedMeasured, TurnMade, WrongWay, Zone
from sightline.core.values import Tracks
from sightline.rules import GroundPlane, Sample
from sightline.rules.memory import Memory
from sightline.rules.speed import Speeds

RATES = pytest.mark.parametrize("fps", [2.0, 10.0])
WEST = Line("west", (0.3, 0.1), (0.3, 0.99))
EAST = Line("east", (0.7, 0.1), (0.7, 0.99))
SOUTH = Line("south", (0.31, 0.84), (0.69, 0.84))
# A picture of a plan: 1000 x 500 pixels are 50 x 25 metres, seen from above.
PLAN = GroundConfig(points=((0, 0, 0, 0), (1, 0, 50, 0), (1, 1, 50, 25), (0, 1, 0, 25)), automatic=False)

At = Callable[[float], tuple[float, float] | None]


def _right(v: float = 100.0, y: float = 300.0, x: float = 0.0) -> At:
    return lambda t: (x + v * t, y) if 0 <= x + v * t <= 1000 else None


def _turns(v: float = 100.0) -> At:
    """From the left into the middle, then down and out."""
    return lambda t: (v * t, 300.0) if v * t < 500 else (500.0, v * t - 200) if v * t < 690 else None


def _gates(line: str, direction: str) -> list[dict[str, str]]:
    return [{"line": line, "direction": direction}]


TURNING = {
    "type": "turning",
    "entries": [*_gates("west", "backward"), *_gates("east", "forward")],
    "exits": [*_gates("west", "forward"), *_gates("east", "backward"), *_gates("south", "forward")],
}


@RATES
@pytest.mark.parametrize(
    ("word", "at", "pairs"),
    [
        ("straight on", _right(), [("west", "east")]),
        ("straight back", _right(-100, x=1000), [("east", "west")]),
        ("to the right", _turns(), [("west", "south")]),
        (
            "turns round",
            lambda t: (100 * t if t < 5 else 1000 - 100 * t, 300.0) if t < 9.5 else None,
            [("west", "west")],
        ),
        ("starts within", _right(x=400), []),
    ],
)
def test_turning(street: Any, way: Any, fps: float, word: str, at: At, pairs: list[tuple[str, str]]) -> None:
    events = street(TURNING, lines=(WEST, EAST, SOUTH)).play([way(at)], 12, fps)
    assert [(event.entry, event.exit) for event in events if isinstance(event, TurnMade)] == pairs, word


def test_turning_survives_a_broken_track_and_knows_its_limits(street: Any, way: Any) -> None:
    place = street(TURNING, lines=(WEST, EAST, SOUTH))
    broken = way(lambda t: None if 4.5 <= t < 5.2 else _right()(t), ids=((5.2, 7),))
    assert [event.track_id for event in place.play([broken], 12)] == [7]
    short = street(TURNING | {"longest_s": 3}, lines=(WEST, EAST, SOUTH))
    assert short.play([way(_right())], 12) == [], "took longer"
    persons = street(TURNING | {"classes": ["pedestrian"]}, lines=(WEST, EAST, SOUTH))
    assert persons.play([way(_right())], 12) == []


def test_a_way_out_may_be_the_next_way_in(street: Any, way: Any) -> None:
    middle = Line("middle", (0.5, 0.1), (0.5, 0.99))
    chain = TURNING | {
        "entries": [*_gates("west", "backward"), *_gates("middle", "backward")],
        "exits": [*_gates("middle", "backward"), *_gates("east", "backward")],
    }
    events = street(chain, lines=(WEST, middle, EAST)).play([way(_right())], 12)
    assert [(event.entry, event.exit) for event in events] == [("west", "middle"), ("middle", "east")]


@pytest.mark.parametrize(
    ("word", "more", "told"),
    [
        ("both ways", {}, ["backward", "forward"]),
        ("one way", {"direction": "forward"}, ["forward"]),
        ("other classes", {"classes": ["bus"]}, []),
    ],
)
def test_line(street: Any, way: Any, word: str, more: dict[str, Any], told: list[str]) -> None:
    ways = [way(_right()), way(_right(-100, 400, 990), id=2)]
    events = street({"type": "line", "line": "west"} | more, lines=(WEST,)).play(ways, 12)
    assert [event.direction for event in events if isinstance(event, LineCrossed)] == told, word
    assert all(event.speed_mps is None for event in events if isinstance(event, LineCrossed))


@pytest.mark.parametrize("fps", [2.0, 30.0])
def test_speed_over_a_line_and_through_a_zone(street: Any, way: Any, fps: float) -> None:
    rules = (
        {"type": "speed", "name": "line", "line": "east", "limit_mps": 4.0},
        {"type": "speed", "name": "zone", "zone": "half"},
        {"type": "line", "name": "told", "line": "east"},
    )
    events = street(*rules, lines=(EAST,), ground=PLAN).play([way(_right(100))], 12, fps, jitter_px=1.0)
    speeds = {event.rule: event for event in events if isinstance(event, SpeedMeasured)}
    assert set(speeds) == {"line", "zone"}
    for event in speeds.values():
        assert event.speed_mps == pytest.approx(5.0, abs=0.5)
        assert event.error_mps < 1.5
    assert speeds["line"].confidence > 0.4
    crossed = [event for event in events if isinstance(event, LineCrossed)]
    assert crossed[0].speed_mps == pytest.approx(5.0, abs=0.5)


def test_speed_needs_metres_and_tells_over_the_limit_only(street: Any, way: Any) -> None:
    rule = {"type": "speed", "line": "east", "limit_mps": 8.0, "over_only": True}
    slow, fast = way(_right(100)), way(_right(200, 400), id=2)
    assert street(rule, lines=(EAST,)).play([slow, fast], 11) == []
    told = street(rule, lines=(EAST,), ground=PLAN).play([slow, fast], 11)
    assert [event.track_id for event in told if isinstance(event, SpeedMeasured)] == [2]


ARROW = {"type": "wrong_way", "zone": "half", "arrow": [[0.2, 0.5], [0.8, 0.5]]}


@RATES
@pytest.mark.parametrize("ground", [None, PLAN], ids=["picture", "metres"])
@pytest.mark.parametrize(
    ("word", "at", "told"),
    [
        ("right", _right(), []),
        ("wrong", _right(-100, x=1000), ["began", "ended"]),
        ("across", lambda t: (500.0, 60 * t) if t < 8 else None, []),
        ("a little back", lambda t: (500 - 20 * max(0, min(t - 3, 2)), 300.0), []),
        ("wrong beside the zone", _right(-100, 60, 1000), []),
    ],
)
def test_wrong_way(
    street: Any, way: Any, fps: float, ground: GroundConfig | None, word: str, at: At, told: list[str]
) -> None:
    more = {} if ground is None else {"ground": ground}
    events = street(ARROW, **more).play([way(at)], 12, fps, jitter_px=0.5)
    assert [event.state for event in events if isinstance(event, WrongWay)] == told, word
    assert all((event.speed_mps is None) == (ground is None) for event in events if isinstance(event, WrongWay))


def test_wrong_way_learns(street: Any, way: Any) -> None:
    learns = street({"type": "wrong_way", "zone": "half", "learn_tracks": 10})

    def after(k: int, v: float) -> At:
        return lambda t: _right(v, x=0.0 if v > 0 else 1000.0)(t - 4 * k) if t >= 4 * k else None

    right = [way(after(k, 250), id=k + 1, begins_s=4 * k) for k in range(12)]
    wrong = way(after(12, -250), id=99, begins_s=48)
    assert [event.track_id for event in learns.play([*right, wrong], 53)] == [99, 99]  # began and ended
    both = [way(after(k, 250 if k % 3 else -250), id=k + 1, begins_s=4 * k) for k in range(12)]
    assert learns.play([*both, wrong], 53) == [], "a street used both ways has no wrong way"


def _meeting(gap_s: float = 0.0) -> tuple[At, At]:
    """A car along, a person across: at (500, 300) after 5 s, the person so much later; the car goes 10 m/s on PLAN."""
    return (
        lambda t: (500 + 200 * (t - 5), 300.0) if 0 <= 500 + 200 * (t - 5) <= 1000 else None,
        lambda t: (500.0, 300 + 30 * (t - 5 - gap_s)) if 60 < 300 + 30 * (t - 5 - gap_s) < 490 else None,
    )


def _near(street: Any, way: Any, ways: tuple[At, At], fps: float = 10.0, **more: Any) -> list[Event]:
    car, person = ways
    objects = [way(car, id=1, w=90), way(person, "pedestrian", 2, 12, 34)]
    return list(street({"type": "near_miss"}, **more).play(objects, 12, fps))


@pytest.mark.parametrize("fps", [5.0, 25.0])
@pytest.mark.parametrize("ground", [None, PLAN], ids=["picture", "metres"])
def test_near_miss(street: Any, way: Any, fps: float, ground: GroundConfig | None) -> None:
    more = {} if ground is None else {"ground": ground}
    events = [event for event in _near(street, way, _meeting(), fps, **more) if isinstance(event, NearMiss)]
    collision = [event for event in events if event.measure == "time_to_collision"]
    assert len(collision) == 1
    assert collision[0].seconds < 1.0
    assert {collision[0].label, collision[0].other_label} == {"car", "pedestrian"}
    assert 0 < collision[0].confidence <= (0.9 if ground else 0.45)
    assert (collision[0].distance_m is None) == (ground is None)
    assert [event.measure for event in events].count("post_encroachment") == 1


@pytest.mark.parametrize(
    ("word", "ways", "measures"),
    [
        ("the person crosses 1.2 s behind the car", _meeting(1.2), {"post_encroachment"}),
        ("the person comes five seconds later", _meeting(5.0), set()),
        ("the person crosses 2.6 s behind the car", _meeting(2.6), set()),
        ("side by side", (_right(100, 300), _right(100, 360)), set()),
        ("the car stops before the person", (lambda t: (min(300.0, 60 * t), 300.0), _meeting(3.0)[1]), set()),
        ("the car passes a person who stands", (_right(200, 300), lambda t: (500.0, 420.0)), set()),
    ],
)
def test_near_miss_cases(street: Any, way: Any, word: str, ways: tuple[At, At], measures: set[str]) -> None:
    events = _near(street, way, ways, ground=PLAN)
    assert {event.measure for event in events if isinstance(event, NearMiss)} == measures, word


def test_near_miss_of_one_kind_is_none(street: Any, way: Any) -> None:
    car, person = _meeting()
    cars = [way(car, id=1), way(person, "van", 2)]
    assert street({"type": "near_miss"}, ground=PLAN).play(cars, 12) == []


def test_confidences_are_shares(street: Any, way: Any) -> None:
    events = _near(street, way, _meeting(0.4), ground=PLAN)
    assert events
    assert all(0 <= event.confidence <= 1 and np.isfinite(event.confidence) for event in events)  # type: ignore[union-attr]


@pytest.mark.parametrize("v", [300.0, -300.0])
@pytest.mark.parametrize("names", ["ab", "ba"])
def test_turning_of_a_fast_one_over_both_lines_between_two_samples(street: Any, way: Any, v: float, names: str) -> None:
    """The way in comes first on its way, whichever line is first in the file or by name."""
    left, right = Line(names[0], (0.45, 0.2), (0.45, 0.98)), Line(names[1], (0.55, 0.2), (0.55, 0.98))
    towards = "backward" if v > 0 else "forward"
    first, second = (left, right) if v > 0 else (right, left)
    gates = [[{"line": line.name, "direction": towards}] for line in (first, second)]
    fast = way(lambda t: (500 + v * (t - 1.25), 300.0))
    for lines in ((left, right), (right, left)):
        for entries, exits in (gates, gates[::-1]):
            rule = {"type": "turning", "entries": entries, "exits": exits}
            told = [event for event in street(rule, lines=lines).play([fast], 3, 2) if isinstance(event, TurnMade)]
            made = [(first.name, second.name)] if entries is gates[0] else []
            assert [(event.entry, event.exit) for event in told] == made


def test_near_miss_does_not_hang_on_bystanders(street: Any, way: Any) -> None:
    """Without a calibration two far apart were brought together when persons in front set the scale of one of them."""
    person = way(lambda t: (300 + 4 * t, 220.0), "pedestrian", 1, 16, 40)
    car = way(lambda t: (100 + 60 * (t - 3), 150.0), "car", 2, 50, 24)
    front = [way(lambda t, x=x: (x + 3 * t, 480.0), "pedestrian", 10 + x, 80, 200) for x in (100, 300, 500, 700, 900)]

    def told(*ways: Any) -> list[Event]:
        return [event for event in street({"type": "near_miss"}).play(ways, 6) if isinstance(event, NearMiss)]

    assert told(person, car) == []
    assert told(person, car, *front) == []
    assert told(person, way(lambda t: (300 + 60 * (t - 3), 215.0), "car", 2, 50, 24), *front), "these two are near"


def test_speed_through_a_zone_when_the_ground_becomes_known(seen: Any, tracks: Callable[..., Tracks]) -> None:
    def plane(factor: float) -> GroundPlane:
        return GroundPlane(np.diag([50.0 * factor, 25.0 * factor, 1.0]), 0.05, 0.02, "sizes")

    rule: Any = TypeAdapter(RuleConfig).validate_python({"type": "speed", "name": "r", "zone": "half"})

    def measured(before: GroundPlane | None) -> list[float]:
        speeds, memory = Speeds(rule, "north"), Memory(CountSettings())
        memory.set_zones([Zone("half", ((0.3, 0.2), (0.7, 0.2), (0.7, 0.98), (0.3, 0.98)))])
        true, told = plane(1.0), []
        for k in range(80):
            t = k / 10
            rows = [seen(1, 20 + 200 * t, 300, 80, 40, t, label="car")] if t < 4.5 else []
            scene = memory.update(
                Sample("north", k * 100_000_000, (1000, 500), tracks(*rows)), before if t < 2 else true
            )
            told += speeds.update(scene)
        return [event.speed_mps for event in told if isinstance(event, SpeedMeasured)]

    assert measured(None) == pytest.approx([10.0], rel=0.05)
    assert measured(plane(0.6)) == pytest.approx([10.0], rel=0.05), "metres of two grounds make no way"
