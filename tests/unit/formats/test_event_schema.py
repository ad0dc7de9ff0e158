"""The event schema: kept as a file, true of every event, and never another under the same version."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sightline.core.errors import BadData
from sightline.core.events import Event, LineCrossed, Loitering, NearMiss, PersonsOnRoad, SourceChanged, ZoneOccupied
from sightline.formats import event_schema
from sightline.formats.events_jsonl import event_json
from sightline.sinks.leave import leaving

KEPT = Path(__file__).resolve().parents[3] / "docs" / "reference" / "event-schema.json"
T = 1_795_000_000_000_000_000


def test_the_kept_file_is_the_schema_of_this_code() -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    assert event_schema.schema_file(kept) == kept, (
        "the layout of events changed: raise REVISION in formats/event_schema.py (an addition) or SCHEMA in "
        "formats/events_jsonl.py (anything else), then run docs/reference/generate_event_schema.py"
    )


def test_a_change_needs_a_new_version(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = event_schema.schema_file(None)
    monkeypatch.setattr(event_schema, "CLASSES", (*event_schema.CLASSES, "tram"))
    with pytest.raises(BadData, match="REVISION to be raised"):
        event_schema.schema_file(kept)
    monkeypatch.setattr(event_schema, "REVISION", event_schema.REVISION + 1)
    renewed = event_schema.schema_file(kept)
    assert renewed["history"].keys() > kept["history"].keys(), "what was stays known"


EVENTS: list[Event] = [
    LineCrossed("c", T, "l", "forward", 5, "car", 0.9, 8.0),
    LineCrossed("clip", 5_000_000_000, "l", "backward", 5, "pedestrian", 0.9),
    SourceChanged("c", T, "lost", "silent"),
    ZoneOccupied("c", T, "r", (("car", 2), ("pedestrian", 12)), 0.9),
    ZoneOccupied("c", T, "r", (("car", 2), ("pedestrian", 2)), 0.9),
    Loitering("c", T, "r", "began", None, "pedestrian", 14, 99.0, 0.9),
    PersonsOnRoad("c", T, "r", "began", 1, 2.0, 0.9),
    NearMiss("c", T, "r", "time_to_collision", 0.8, 5, "pedestrian", 6, "car", None, None, 0.9),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_inside_and_outside_are_valid(event: Event) -> None:
    validator = jsonschema_rs.validator_for(event_schema.event_schema())
    validator.validate(event_json(event))
    left = leaving(event)
    if left is not None:
        validator.validate(left)


def changed(**members: Any) -> dict[str, Any]:
    return event_json(LineCrossed("c", T, "l", "forward", 5, "car", 0.9)) | members


@pytest.mark.parametrize(
    "members",
    [
        changed(schema="sightline.event/2"),
        changed(topic="RuleEngine/Unknown"),
        changed(UtcTime="yesterday"),
        changed(Source={"VideoSource": "c"}),
        changed(Data={"Direction": "up", "Class": "Vehicle", "Label": "car", "Likelihood": 0.9}),
        changed(Data={"Direction": "forward", "Class": "Vehicle", "Label": "car", "Likelihood": 1.9}),
        changed(Data={"Direction": "forward"}),
    ],
    ids=[
        "another layout",
        "unknown topic",
        "no instant",
        "no rule",
        "odd direction",
        "odd likelihood",
        "members missing",
    ],
)
def test_others_are_not(members: dict[str, Any]) -> None:
    assert not jsonschema_rs.validator_for(event_schema.event_schema()).is_valid(members)
