"""The words of every kind of event: there and back, whom they are about, and their page in the reference."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

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
    concerns,
)
from sightline.formats.event_words import WORDS
from sightline.formats.events_jsonl import event_json, event_line, event_of

NOON = 1_795_348_800_000_000_000
PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "events.md"
SAMPLES: list[tuple[Event, str]] = [
    (LineCrossed("c", NOON, "l", "forward", 1, "car", 0.5, 8.25), "vehicle"),
    (LineCrossed("c", NOON, "l", "backward", 1, "unknown", 0.5), "person"),
    (SourceChanged("c", NOON, "lost", "silent"), "nobody"),
    (CameraTampered("c", NOON, "covered", "began", 0.75), "nobody"),
    (CameraTampered("c", NOON, "frozen", "ended", 0.75), "nobody"),
    (TurnMade("c", NOON, "r", "west", "south", 4, "bus", 6.5, 0.5), "vehicle"),
    (ZoneChanged("c", NOON, "r", "entered", 4, "bicycle", 0.5, 0.5), "person"),
    (ZoneChanged("c", NOON, "r", "left", 4, "van", 7.5, 0.5), "vehicle"),
    (ZoneOccupied("c", NOON, "r", (("car", 2), ("pedestrian", 1)), 0.5), "nobody"),
    (ZoneOccupied("c", NOON, "r", (), 1.0), "nobody"),
    (Loitering("c", NOON, "r", "began", 5, "car", 1, 60.5, 0.5), "vehicle"),
    (Loitering("c", NOON, "r", "ended", None, "pedestrian", 3, 80.5, 0.5), "person"),
    (QueueChanged("c", NOON, "r", "changed", 5, 31.5, 12.5, 0.5), "nobody"),
    (QueueChanged("c", NOON, "r", "began", 3, None, 3.0, 0.5), "nobody"),
    (VehicleStopped("c", NOON, "r", "began", 6, "truck", 30.5, 0.5), "vehicle"),
    (WrongWay("c", NOON, "r", "began", 6, "car", 1.5, 7.5, 0.5), "vehicle"),
    (WrongWay("c", NOON, "r", "ended", 6, "rider", 1.5, None, 0.5), "person"),
    (PersonsOnRoad("c", NOON, "r", "began", 2, 1.5, 0.5), "person"),
    (NearMiss("c", NOON, "r", "time_to_collision", 0.75, 6, "car", 7, "pedestrian", 1.5, 8.5, 0.5), "person"),
    (NearMiss("c", NOON, "r", "post_encroachment", 0.75, 6, "car", 7, "bicycle", None, None, 0.5), "person"),
    (Crowding("c", NOON, "r", "began", 12, 0.5, 5.5, 0.5), "nobody"),
    (SpeedMeasured("c", NOON, "r", 6, "car", 15.5, 1.25, 13.875, 0.5), "vehicle"),
    (SpeedMeasured("c", NOON, "r", 6, "motorcycle", 15.5, 1.25, None, 0.5), "person"),
]
IDS = [f"{type(event).__name__}-{k}" for k, (event, _) in enumerate(SAMPLES)]


@pytest.mark.parametrize(("event", "about"), SAMPLES, ids=IDS)
def test_there_and_back(event: Event, about: str) -> None:
    said = json.loads(event_line(event))
    assert event_of(said) == event
    assert concerns(event) == about
    assert said["UtcTime"] == "2026-11-22T12:00:00Z"
    assert said["Source"]["VideoSource"] == "c"
    assert "null" not in event_line(event), "what is not known is left out"


def test_every_class_has_samples_and_words() -> None:
    kinds = set(get_args(Event))
    assert {type(event) for event, _ in SAMPLES} == kinds == set(WORDS)
    for kind, words in WORDS.items():
        told = {"camera", "time_ns", words.rule, *(member.field for member in words.members)} - {""}
        assert told == {field.name for field in fields(kind)}, kind.__name__


def test_words_of_onvif() -> None:
    near = event_json(SAMPLES[18][0])
    assert near["topic"] == "RuleEngine/NearMissDetector/NearMiss"
    assert (near["Data"]["Class"], near["Data"]["OtherClass"]) == ("Vehicle", "Human")
    assert event_json(SAMPLES[6][0])["Data"]["IsInside"] is True
    assert event_json(SAMPLES[8][0])["Data"] == {
        "Count": 3,
        "ByClass": {"car": 2, "pedestrian": 1},
        "Likelihood": 0.5,
    }
    assert "ObjectId" not in event_json(SAMPLES[11][0])["Data"], "no track of a person who stays"


@pytest.mark.parametrize(
    ("word", "change", "said"),
    [
        ("no count", {"Count": 1.5}, "a whole number"),
        ("not a number", {"Duration": "NaN"}, "expected a number"),
        ("other state", {"State": "going"}, "expected a known state"),
    ],
)
def test_refuses(word: str, change: dict[str, Any], said: str) -> None:
    members = event_json(PersonsOnRoad("c", NOON, "r", "began", 2, 1.5, 0.5))
    members["Data"] |= change
    with pytest.raises((ValueError, TypeError), match=said):
        event_of(members)


def test_a_topic_must_fit_its_kind() -> None:
    members = event_json(CameraTampered("c", NOON, "covered", "began", 0.75))
    members["Data"]["Kind"] = "frozen"
    with pytest.raises(ValueError, match="expected a kind of topic"):
        event_of(members)
    with pytest.raises(ValueError, match="known classes"):
        event_of(event_json(replace(SAMPLES[8][0], by_class=(("tank", 1),))))  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", list(WORDS), ids=lambda kind: kind.__name__)
def test_every_event_is_in_the_reference(kind: type[Any]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    section = re.search(rf"^## {kind.__name__}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section is not None, "run: python docs/reference/generate_events.py"
    for topic in WORDS[kind].topics.values():
        assert f"`{topic}`" in section.group(1)
    for member in WORDS[kind].members:
        assert f"| `{member.name}` |" in section.group(1), member.name
