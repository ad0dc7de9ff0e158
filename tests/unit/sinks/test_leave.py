"""What leaves: vehicles whole, alarms of places without who was there, persons as numbers of large groups."""

from typing import Any

import pytest

from sightline.core.events import (
    CameraTampered,
    Crowding,
    Event,
    LineCrossed,
    Loitering,
    NearMiss,
    PersonsOnRoad,
    QueueChanged,
    SourceChanged,
    SpeedMeasured,
    TurnMade,
    VehicleStopped,
    WrongWay,
    ZoneChanged,
    ZoneOccupied,
)
from sightline.sinks.leave import K, Leaving, leaving

T = 1_795_000_000_000_000_000

CASES: list[tuple[str, Event, dict[str, Any] | None]] = [
    (
        "a car's crossing leaves whole",
        LineCrossed("c", T, "l", "forward", 5, "car", 0.9, 8.0),
        {"ObjectId": "5", "Direction": "forward", "Class": "Vehicle", "Label": "car", "Likelihood": 0.9, "Speed": 8.0},
    ),
    ("a pedestrian's crossing is only counted", LineCrossed("c", T, "l", "forward", 5, "pedestrian", 0.9), None),
    ("a bicycle's crossing is only counted", LineCrossed("c", T, "l", "forward", 5, "bicycle", 0.9), None),
    ("who is not known counts as a person", LineCrossed("c", T, "l", "forward", 5, "unknown", 0.9), None),
    ("a rider's turn", TurnMade("c", T, "r", "a", "b", 5, "rider", 3.0, 0.9), None),
    ("a pedestrian's stay in a zone", ZoneChanged("c", T, "r", "entered", 5, "pedestrian", 0.0, 0.9), None),
    ("a scooter's speed", SpeedMeasured("c", T, "r", 5, "scooter", 6.0, 0.5, 5.0, 0.9), None),
    ("a cyclist against the direction", WrongWay("c", T, "r", "began", 5, "bicycle", 2.0, 4.0, 0.9), None),
    ("a few who stay are nobody's business", Loitering("c", T, "r", "began", None, "pedestrian", 3, 99.0, 0.9), None),
    (
        "a crowd that stays",
        Loitering("c", T, "r", "began", None, "pedestrian", 14, 99.0, 0.9),
        {"State": "began", "Class": "Human", "Label": "pedestrian", "Duration": 99.0, "Likelihood": 0.9, "Count": 14},
    ),
    (
        "persons on the carriageway: an alarm of the place",
        PersonsOnRoad("c", T, "r", "began", 1, 2.0, 0.9),
        {"State": "began", "Duration": 2.0, "Likelihood": 0.9, "CountBelow": K},
    ),
    (
        "a near miss: what nearly happened, not to whom",
        NearMiss("c", T, "r", "time_to_collision", 0.8, 5, "pedestrian", 6, "car", 2.0, 9.0, 0.9),
        {
            "Measure": "time_to_collision",
            "Seconds": 0.8,
            "Class": "Human",
            "Label": "pedestrian",
            "OtherClass": "Vehicle",
            "OtherLabel": "car",
            "Distance": 2.0,
            "Speed": 9.0,
            "Likelihood": 0.9,
        },
    ),
    (
        "a small crowd: neither number nor density",
        Crowding("c", T, "r", "began", 9, 0.5, 1.0, 0.9),
        {"State": "began", "Duration": 1.0, "Likelihood": 0.9, "CountBelow": K},
    ),
    (
        "a large crowd",
        Crowding("c", T, "r", "began", 10, 0.5, 1.0, 0.9),
        {"State": "began", "Density": 0.5, "Duration": 1.0, "Likelihood": 0.9, "Count": 10},
    ),
    (
        "a zone with few persons: vehicles only",
        ZoneOccupied("c", T, "r", (("car", 2), ("bicycle", 4), ("pedestrian", 5)), 0.9),
        {"Count": 2, "ByClass": {"car": 2}, "PersonsBelow": K, "Likelihood": 0.9},
    ),
    (
        "a zone with many persons: one group",
        ZoneOccupied("c", T, "r", (("car", 2), ("bicycle", 4), ("pedestrian", 6)), 0.9),
        {"Count": 12, "ByClass": {"car": 2, "person": 10}, "Likelihood": 0.9},
    ),
    (
        "a queue of vehicles",
        QueueChanged("c", T, "r", "began", 4, None, 9.0, 0.9),
        {"State": "began", "Count": 4, "Duration": 9.0, "Likelihood": 0.9},
    ),
    (
        "a stopped truck",
        VehicleStopped("c", T, "r", "began", 5, "truck", 9.0, 0.9),
        {"State": "began", "ObjectId": "5", "Class": "Vehicle", "Label": "truck", "Duration": 9.0, "Likelihood": 0.9},
    ),
    (
        "a covered camera",
        CameraTampered("c", T, "covered", "began", 0.9),
        {"Kind": "covered", "State": "began", "Likelihood": 0.9},
    ),
    (
        "a lost source, without its password",
        SourceChanged("c", T, "lost", "rtsp://me:pw@host/ is silent"),
        {"State": "lost", "Reason": "rtsp://***@host/ is silent"},
    ),
]


@pytest.mark.parametrize(("event", "data"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_leaving(event: Event, data: dict[str, Any] | None) -> None:
    left = leaving(event)
    assert (left and left["Data"]) == data
    if left is not None:
        assert left["Source"]["VideoSource"] == "c"
        assert left["schema"] == "sightline.event/1"


def test_the_id_is_of_what_leaves_alone() -> None:
    one = leaving(NearMiss("c", T, "r", "time_to_collision", 0.8, 5, "pedestrian", 6, "car", 2.0, 9.0, 0.9))
    other = leaving(NearMiss("c", T, "r", "time_to_collision", 0.8, 77, "pedestrian", 78, "car", 2.0, 9.0, 0.9))
    assert one == other, "two events that differ in object ids alone look the same outside, the id too"
    first, second = (leaving(LineCrossed("c", T, "l", "forward", number, "car", 0.9)) for number in (1, 2))
    assert first is not None
    assert second is not None
    assert first["id"] != second["id"]


def test_numbers_of_a_zone_are_not_said_twice() -> None:
    """One more person below K changes nothing outside, not even that an event came."""
    out = Leaving()
    steps = [
        ("first", (("car", 1),), 1),
        ("a person comes", (("car", 1), ("pedestrian", 1)), 0),
        ("and another", (("car", 1), ("pedestrian", 2)), 0),
        ("a car comes", (("car", 2), ("pedestrian", 2)), 1),
        ("ten persons", (("car", 2), ("pedestrian", 10)), 1),
        ("nine", (("car", 2), ("pedestrian", 9)), 1),
    ]
    for word, by_class, said in steps:
        assert len(out([ZoneOccupied("c", T, "r", by_class, 0.9)])) == said, word
    assert len(out([ZoneOccupied("c", T, "other zone", (("car", 2),), 0.9)])) == 1
    assert out.kept == 2
