"""Rules of zones: occupancy, dwell, stopped, carriageway, crowding, queue; at any rate of samples."""

from collections.abc import Callable
from typing import Any

import pytest

from sightline.core.events import (
    Crowding,
    Event,
    Loitering,
    PersonsOnRoad,
    QueueChanged,
    VehicleStopped,
    ZoneChanged,
    ZoneOccupied,
)
from sightline.rules import Ruleset, Sample

RATES = pytest.mark.parametrize("fps", [2.0, 10.0])


def _through(v: float = 100.0, y: float = 300.0) -> Callable[[float], tuple[float, float] | None]:
    """From the left edge to the right one at v pixels a second; the zone "half" is from 300 to 700."""
    return lambda t: (v * t, y) if v * t < 1000 else None


def _stops(
    start: float, end: float, x: float = 500.0, v: float = 100.0
) -> Callable[[float], tuple[float, float] | None]:
    """Drives to x, stands from start to end seconds, drives on."""

    def at(t: float) -> tuple[float, float] | None:
        place = x - v * max(start - t, 0) + v * max(t - end, 0)
        return (place, 300.0) if 0 < place < 1000 else None

    return at


@RATES
def test_occupancy(street: Any, way: Any, fps: float) -> None:
    rule = {"type": "occupancy", "zone": "half", "every_s": 1}
    events = street(rule).play([way(_through()), way(_through(y=400), "pedestrian", 2, 20, 40)], 12, fps)
    one = [event for event in events if isinstance(event, ZoneChanged) and event.track_id == 1]
    assert [event.state for event in one] == ["entered", "left"]
    assert one[0].time_ns / 1e9 == pytest.approx(3.5, abs=0.6)
    assert one[1].stayed_s == pytest.approx(4.0, abs=0.6)
    assert 0.5 < one[0].confidence <= 0.9
    numbers = [event.by_class for event in events if isinstance(event, ZoneOccupied)]
    assert numbers[0] == (("car", 1), ("pedestrian", 1))
    assert numbers[-1] == ()


@pytest.mark.parametrize(
    ("word", "more", "told"),
    [
        ("a car through", {}, 2),
        ("only persons", {"classes": ["pedestrian"]}, 0),
        ("a coarse class allows its finer ones", {"classes": ["vehicle"]}, 2),
        ("numbers only", {"each": False}, 0),
    ],
)
def test_occupancy_by_class(street: Any, way: Any, word: str, more: dict[str, Any], told: int) -> None:
    events = street({"type": "occupancy", "zone": "half"} | more).play([way(_through())], 12)
    assert len([event for event in events if isinstance(event, ZoneChanged)]) == told, word


def test_occupancy_jitter_at_the_border_and_a_broken_track(street: Any, way: Any) -> None:
    rule = {"type": "occupancy", "zone": "half"}
    border = way(lambda t: (200 + 50 * min(t, 2) + (1 if int(t * 10) % 2 else -1), 300), "pedestrian", w=20)
    calm, nervous = (
        [event.state for event in street(rule | more).play([border], 20) if isinstance(event, ZoneChanged)]
        for more in ({}, {"min_s": 0})
    )
    assert calm == ["entered", "left"], "dithers on the border"
    assert len(nervous) > 100, "without a least duration every change is told"
    broken = way(lambda t: None if 4.5 <= t < 5.2 else _through()(t), ids=((5.2, 7),))
    changes = [event for event in street(rule).play([broken], 12) if isinstance(event, ZoneChanged)]
    assert [(event.state, event.track_id) for event in changes] == [("entered", 1), ("left", 1)], "a new id goes on"
    far = way(
        lambda t: None if 4.5 <= t < 5.2 else (_through()(t) or (0, 0))[:1] + ((300.0,) if t < 5 else (480.0,)),
        ids=((5.2, 7),),
    )
    changes = [event for event in street(rule).play([far], 9) if isinstance(event, ZoneChanged)]
    assert {event.track_id for event in changes} == {1, 7}, "elsewhere it is another"


def test_parked_is_not_inside(street: Any, way: Any) -> None:
    parked = way(lambda t: (500, 300))
    for rule in ({"type": "occupancy", "zone": "half"}, {"type": "dwell", "zone": "half", "seconds": 5}):
        assert street(rule).play([parked], 20, jitter_px=1.5) == [], rule["type"]


@RATES
def test_dwell_of_a_vehicle(street: Any, way: Any, fps: float) -> None:
    events = street({"type": "dwell", "zone": "half", "seconds": 10}).play([way(_stops(5, 25))], 35, fps)
    assert [(event.state, event.track_id) for event in events if isinstance(event, Loitering)] == [
        ("began", 1),
        ("ended", 1),
    ]
    assert events[0].time_ns / 1e9 == pytest.approx(13, abs=1.2)
    assert events[-1].lasted_s == pytest.approx(24, abs=1.2)  # type: ignore[union-attr]


def test_dwell_of_persons_names_nobody(street: Any, way: Any) -> None:
    stay = [way(_stops(3 + k, 25 + k, 400 + 50 * k), "pedestrian", k, 20, 40) for k in range(1, 4)]
    events = list(street({"type": "dwell", "zone": "half", "seconds": 10}).play(stay, 45))
    assert [(event.state, event.track_id, event.label) for event in events] == [  # type: ignore[union-attr]
        ("began", None, "pedestrian"),
        ("ended", None, "pedestrian"),
    ]
    assert events[-1].count == 3  # type: ignore[union-attr]


def test_dwell_gap(street: Any, way: Any) -> None:
    hidden = way(lambda t: None if 8 < t < 9.5 else _stops(5, 25)(t))
    events = street({"type": "dwell", "zone": "half", "seconds": 10}).play([hidden], 35)
    assert [event.state for event in events] == ["began", "ended"]  # type: ignore[union-attr]


@pytest.mark.parametrize("fps", [2.0, 30.0])
def test_stopped(street: Any, way: Any, fps: float) -> None:
    events = street({"type": "stopped", "seconds": 10}).play([way(_stops(5, 25))], 32, fps, jitter_px=0.5)
    told = [event for event in events if isinstance(event, VehicleStopped)]
    assert [event.state for event in told] == ["began", "ended"]
    assert told[0].time_ns / 1e9 == pytest.approx(15, abs=1.2)
    assert told[1].lasted_s == pytest.approx(20, abs=1.5)
    assert told[0].confidence > 0.5


@pytest.mark.parametrize(
    ("word", "ways", "told"),
    [
        ("drives through", [(_through(), "car", None)], 0),
        ("stands too short", [(_stops(5, 12), "car", None)], 0),
        ("parked", [(lambda t: (500, 300), "car", None)], 0),
        ("a person stands", [(_stops(5, 25), "pedestrian", None)], 0),
        ("held while it stands", [(_stops(5, 25), "car", lambda t: 6 < t < 24)], 2),
        ("outside of the zone", [(_stops(2, 25, 200), "car", None)], 0),
    ],
)
def test_stopped_cases(street: Any, way: Any, word: str, ways: list[Any], told: int) -> None:
    rule = {"type": "stopped", "zone": "half", "seconds": 10}
    objects = [way(at, label, k + 1, held=held or (lambda t: False)) for k, (at, label, held) in enumerate(ways)]
    assert len(street(rule).play(objects, 32)) == told, word


@RATES
def test_carriageway(street: Any, way: Any, fps: float) -> None:
    people = [way(_through(100, 300 + 60 * k), "pedestrian", k, 20, 40) for k in (1, 2)]
    events = street({"type": "carriageway", "zone": "half"}).play([*people, way(_through(), id=9)], 14, fps)
    assert [(event.state, event.count) for event in events if isinstance(event, PersonsOnRoad)] == [
        ("began", 2),
        ("ended", 2),
    ]


def test_carriageway_ignores_riders_and_vehicles(street: Any, way: Any) -> None:
    ways = [way(_through(), label, k) for k, label in enumerate(("car", "bicycle", "rider"), start=1)]
    assert street({"type": "carriageway", "zone": "half"}).play(ways, 12) == []


@pytest.mark.parametrize(("word", "persons", "told"), [("enough", 5, ["began", "ended"]), ("too few", 4, [])])
def test_crowding(street: Any, way: Any, word: str, persons: int, told: list[str]) -> None:
    ways = [way(_stops(3, 20, 350 + 50 * k), "pedestrian", k + 1, 20, 40) for k in range(persons)]
    events = street({"type": "crowding", "zone": "half", "persons": 5, "min_s": 2}).play(ways, 30)
    assert [event.state for event in events if isinstance(event, Crowding)] == told, word
    assert all(event.count == 5 for event in events)  # type: ignore[union-attr]


@RATES
def test_queue(street: Any, way: Any, fps: float) -> None:
    cars = [way(_stops(4 + k, 20 + k, 650 - 90 * k), id=k + 1) for k in range(4)]
    events = list(street({"type": "queue", "zone": "half", "every_s": 1}).play(cars, 40, fps))
    assert all(isinstance(event, QueueChanged) for event in events)
    assert [event.state for event in events][:1] == ["began"]  # type: ignore[union-attr]
    assert [event.state for event in events][-1] == "ended"  # type: ignore[union-attr]
    assert [event.state for event in events].count("began") == 1  # type: ignore[union-attr]
    assert events[-1].vehicles == 4  # type: ignore[union-attr]
    assert events[-1].length_m is None, "no metres without a calibration"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("word", "ways", "told"),
    [
        ("they flow", [_through(100)] * 3, False),
        ("they creep", [lambda t, k=k: (300 + 8 * t + 90 * k, 300.0) for k in range(3)], True),
        ("two only", [_stops(4 + k, 20 + k, 650 - 90 * k) for k in range(2)], False),
    ],
)
def test_queue_cases(street: Any, way: Any, word: str, ways: list[Any], told: bool) -> None:
    cars = [way(at, id=k + 1) for k, at in enumerate(ways)]
    events = street({"type": "queue", "zone": "half"}).play(cars, 18)
    assert bool(events) is told, word


@pytest.mark.parametrize(
    ("word", "rule", "told"),
    [
        ("occupancy", {"type": "occupancy", "zone": "half", "min_s": 0, "every_s": 3600}, 3),
        ("dwell", {"type": "dwell", "zone": "half", "seconds": 2, "gap_s": 0}, 2),
        ("queue", {"type": "queue", "zone": "half", "min_s": 0, "vehicles": 1, "every_s": 3600}, 2),
    ],
)
@RATES
def test_states_without_least_durations_do_not_flap(
    street: Any, way: Any, word: str, rule: dict[str, Any], told: int, fps: float
) -> None:
    events = street(rule).play([way(_stops(5, 12))], 20, fps)
    assert len([event for event in events if not (isinstance(event, ZoneOccupied) and not event.by_class)]) == told, (
        word
    )


def test_a_carriageway_without_gap(street: Any, way: Any) -> None:
    rule = {"type": "carriageway", "zone": "half", "min_s": 0, "gap_s": 0}
    events = street(rule).play([way(_through(), "pedestrian", 1, 20, 40)], 12)
    assert [event.state for event in events] == ["began", "ended"]  # type: ignore[union-attr]
    assert events[1].lasted_s == pytest.approx(4.0, abs=0.3)  # type: ignore[union-attr]


def test_who_waits_behind_a_bus_is_still_there(street: Any, way: Any) -> None:
    def hidden(k: int, until_s: float) -> Callable[[float], tuple[float, float] | None]:
        return lambda t: None if 20 <= t < until_s else (min(200 + 40 * t, 500) + 30 * k, 300.0)

    def numbers(until_s: float) -> list[tuple[float, int]]:
        rule = {"type": "occupancy", "zone": "half", "every_s": 1, "each": False}
        five = [way(hidden(k, until_s), "pedestrian", k + 1, 20, 60) for k in range(5)]
        told = [event for event in street(rule).play(five, 40, 5) if isinstance(event, ZoneOccupied)]
        return [
            (event.time_ns / 1e9, sum(count for _, count in event.by_class)) for event in told if event.time_ns > 6e9
        ]

    for until_s in (22.5, 28.0):
        assert numbers(until_s) == [(39.8, 0)], "five all the time, none at the end of the film"
    gone = numbers(99.0)
    assert gone[-1][1] == 0
    assert gone[-1][0] == pytest.approx(30, abs=0.5), "who stood is gone after ten seconds"


def test_a_crowd_does_not_count_who_is_long_unseen(street: Any, way: Any) -> None:
    def hidden(k: int) -> Callable[[float], tuple[float, float] | None]:
        return lambda t: None if t >= 20 else (min(200 + 40 * t, 500) + 30 * k, 300.0)

    rule = {"type": "crowding", "zone": "half", "persons": 5, "min_s": 1}
    five = [way(hidden(k), "pedestrian", k + 1, 20, 60) for k in range(5)]
    ended = [event for event in street(rule).play(five, 40, 5) if isinstance(event, Crowding)][-1]
    assert ended.state == "ended"
    assert ended.time_ns / 1e9 == pytest.approx(23, abs=0.6)


@pytest.mark.parametrize(
    ("word", "rule", "hidden_s", "began_s", "lasted_s"),
    [
        ("stopped, hidden before it is told", {"type": "stopped", "seconds": 30}, (12, 15), 35, 74.8),
        ("stopped, hidden after it was told", {"type": "stopped", "seconds": 10}, (30, 39), 15, 74.8),
        ("dwell of a vehicle", {"type": "dwell", "seconds": 20, "gap_s": 3}, (30, 38), 22.6, 77.2),
    ],
)
def test_a_standing_car_that_is_hidden_stands_on(
    street: Any,
    way: Any,
    word: str,
    rule: dict[str, Any],
    hidden_s: tuple[float, float],
    began_s: float,
    lasted_s: float,
) -> None:
    car = way(lambda t: None if hidden_s[0] <= t < hidden_s[1] else (min(100 + 80 * t, 500), 300.0))
    events = street({"zone": "half"} | rule).play([car], 80, 5)
    assert [event.state for event in events] == ["began", "ended"], word
    assert events[0].time_ns / 1e9 == pytest.approx(began_s, abs=0.6), word
    assert events[1].lasted_s == pytest.approx(lasted_s, abs=1.5), word


def test_a_standing_car_goes_on_under_another_id_only_for_two_seconds(street: Any, way: Any) -> None:
    def told(back_s: float) -> set[int]:
        def at(t: float) -> tuple[float, float] | None:
            return None if 12 <= t < back_s else (min(100 + 80 * t, 500) + 80 * max(t - 20, 0), 300.0)

        rule = {"type": "occupancy", "zone": "half"}
        changes = street(rule).play([way(at, ids=((back_s, 7),))], 22, 5)
        return {event.track_id for event in changes if isinstance(event, ZoneChanged)}

    assert told(13.8) == {1}
    assert told(15.0) == {1, 7}, "who came to the place later may be another"


def test_a_queue_that_only_began_to_form_is_forgotten(seen: Any, tracks: Any, street: Any) -> None:
    def play(ruleset: Ruleset, start_s: int, end_s: int, ids: tuple[int, ...]) -> list[Event]:
        events: list[Event] = []
        for k in range(5 * start_s, 5 * end_s):
            rows = [seen(one, 400 + 90 * j, 300, 80, 40, k / 5, False, "car") for j, one in enumerate(ids)]
            events += ruleset.update(Sample("north", k * 200_000_000, (1000, 500), tracks(*rows)))
        return events

    ruleset = Ruleset("north", street({"type": "queue", "zone": "half", "vehicles": 2, "min_s": 10}).drawing())
    assert play(ruleset, 100, 107, (1, 2)) == []
    began = play(ruleset, 0, 60, (3, 4))[0]
    assert isinstance(began, QueueChanged)
    assert began.time_ns / 1e9 == pytest.approx(11, abs=0.5), "not at once, by what was there before"
    assert began.lasted_s < 11
