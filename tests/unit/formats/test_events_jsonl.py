"""Events as lines of JSON."""

import json
from pathlib import Path

import pytest

from sightline.core.errors import BadConfig, BadData
from sightline.core.events import Event, LineCrossed, SourceChanged
from sightline.core.vocabulary import CLASSES
from sightline.formats.events_jsonl import ONVIF_CLASS, EventWriter, event_json, event_line, read_events

NOON = 1_795_348_800_000_000_000
CROSSED = LineCrossed("north", NOON + 250_000_000, "line 1", "forward", 12, "van", 0.87654321)


def test_words_of_onvif() -> None:
    assert event_json(CROSSED) == {
        "schema": "sightline.event/1",
        "topic": "RuleEngine/LineDetector/Crossed",
        "UtcTime": "2026-11-22T12:00:00.250Z",
        "Source": {"VideoSource": "north", "Rule": "line 1"},
        "Data": {
            "ObjectId": "12",
            "Direction": "forward",
            "Class": "Vehicle",
            "Label": "van",
            "Likelihood": 0.8765,
        },
    }
    lost = event_json(SourceChanged("north", 1_500_000_000, "lost", "no picture for 8 s"))
    assert lost["topic"] == "VideoSource/SignalLoss"
    assert lost["UtcTime"] == "PT1.500S"
    assert lost["Data"] == {"State": "lost", "Reason": "no picture for 8 s"}


def test_every_class_has_a_word() -> None:
    assert set(ONVIF_CLASS) == set(CLASSES)


def test_one_line_each() -> None:
    line = event_line(LineCrossed("a\nb\u2028", 0, 'say "x"', "backward", 1, "bus", 1.0))
    assert line.count("\n") == 1
    assert json.loads(line)["Source"] == {"VideoSource": "a\nb\u2028", "Rule": 'say "x"'}


def test_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "out" / "events.jsonl"
    events: list[Event] = [
        LineCrossed("north", NOON, "line 1", "forward", 12, "van", 0.5),
        LineCrossed("süd", 40_000_000, "line\u20282", "backward", 1, "pedestrian", 1.0),
        SourceChanged("north", NOON + 1, "returned", ""),
    ]
    with EventWriter(path) as out:
        out.write(events[:1])
        assert read_events(path) == events[:1], "there at once"
        out.write([])
        out.write(events[1:])
    assert read_events(path) == events


@pytest.mark.parametrize(
    ("word", "line", "said"),
    [
        ("no JSON", "hello", "line 2: expected an event"),
        ("a list", "[1]", "line 2: expected an event"),
        ("no schema", "{}", "line 2: expected member 'schema', got none"),
        ("other schema", '{"schema":"x/9"}', "expected schema sightline.event/1, got 'x/9'"),
        ("other topic", event_line(CROSSED).replace("Crossed", "Jumped"), "expected a known topic"),
        ("other way", event_line(CROSSED).replace('"forward"', '"up"'), "expected a known direction, got 'up'"),
        ("other time", event_line(CROSSED).replace("T12", "X12"), "expected an ISO 8601 instant"),
        ("no such month", event_line(CROSSED).replace("-11-", "-13-"), "line 2: expected an event"),
    ],
)
def test_refuses(tmp_path: Path, word: str, line: str, said: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(event_line(CROSSED) + line + "\n")
    with pytest.raises(BadData) as caught:
        read_events(path)
    assert said in str(caught.value), word


def test_unreadable_and_unwritable(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="expected events as lines of JSON, got no such file"):
        read_events(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfig, match="can be written"):
        EventWriter(tmp_path / "file" / "events.jsonl")
