"""Events as JSON, one object per line, in the words of ONVIF Profile M.

``schema`` names the version of this layout; ``UtcTime`` is an ISO 8601 instant (a duration from the start for files);
``Source`` says where, ``Data`` what. Readers skip members that they do not know; members whose value is not known are
left out.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TextIO

from sightline.core.errors import BadData
from sightline.core.events import Event
from sightline.formats.atomic import unwritable
from sightline.formats.event_words import ONVIF_CLASS, class_of, data_of, fields_of, topic_of, words_of
from sightline.formats.iso_time import iso_ns, iso_text
from sightline.formats.read_text import read_text

__all__ = [
    "LINE_CROSSED",
    "ONVIF_CLASS",
    "SCHEMA",
    "SIGNAL_LOSS",
    "EventWriter",
    "event_json",
    "event_line",
    "event_of",
    "read_events",
]

SCHEMA: Final = "sightline.event/1"
LINE_CROSSED: Final = "RuleEngine/LineDetector/Crossed"
SIGNAL_LOSS: Final = "VideoSource/SignalLoss"


def event_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object; ObjectId is text, as in ONVIF."""
    words = words_of(event)
    source: dict[str, Any] = {"VideoSource": event.camera}
    if words.rule:
        source["Rule"] = getattr(event, words.rule)
    return {
        "schema": SCHEMA,
        "topic": topic_of(event),
        "UtcTime": iso_text(event.time_ns),
        "Source": source,
        "Data": data_of(event),
    }


def event_line(event: Event) -> str:
    """The event as one line of JSON with its line end; any other line end in it is escaped."""
    return json.dumps(event_json(event), ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def event_of(members: dict[str, Any]) -> Event:
    """The event of a JSON object that ``event_json`` made; KeyError, TypeError or ValueError for any other."""
    if members["schema"] != SCHEMA:
        raise ValueError(f"expected schema {SCHEMA}, got {members['schema']!r}")
    source, data, time_ns = members["Source"], members["Data"], iso_ns(members["UtcTime"])
    kind, words = class_of(members["topic"], data)
    fields: dict[str, Any] = {"camera": str(source["VideoSource"]), "time_ns": time_ns}
    if words.rule:
        fields[words.rule] = str(source["Rule"])
    event: Event = kind(**fields, **fields_of(words, data))
    return event


def read_events(path: Path) -> list[Event]:
    """All events of a file; BadData names file and line of the first that breaks the layout."""
    text = read_text(path, "events as lines of JSON")
    events: list[Event] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            events.append(event_of(json.loads(line)))
        except KeyError as error:
            raise BadData(f"{path} line {number}: expected member {error}, got none") from error
        except (TypeError, ValueError) as error:
            raise BadData(f"{path} line {number}: expected an event, got one with {error}") from error
    return events


class EventWriter:
    """A growing file of events; every event is handed to the system as a whole line at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = path.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise unwritable(path, error) from error

    def write(self, events: Iterable[Event]) -> None:
        """Append events in the given order; BadConfig where the disk refuses."""
        text = "".join(map(event_line, events))
        if not text:
            return
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> "EventWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
