"""What goes over MQTT: topics and payloads of events, counts and states, before any connection."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sightline.config.doors import MqttDoor
from sightline.core.events import Event, SourceChanged
from sightline.core.vocabulary import VEHICLES
from sightline.formats.counts_csv import Counted
from sightline.formats.home_assistant import discovery_json, discovery_topic
from sightline.formats.iso_time import is_media_time, iso_text
from sightline.formats.onvif_json import Seen, event_payload, event_topic, level, metadata_json, metadata_topic
from sightline.sinks.groups import Group, Merging, in_tens
from sightline.sinks.leave import PERSON, Leaving
from sightline.sinks.windows import MINUTE_NS

MOST_STATES: Final = 100_000  # retained topics: 100 cameras of 20 lines and rules use 7,000
MOST_RULES: Final = 100  # of one camera, announced to Home Assistant
_SECOND_NS: Final = 1_000_000_000

# How a change of state is said to listeners: what begins, goes on, ends. Anything else is news of one instant.
_KIND: Final[Mapping[Any, Literal["new", "update", "end"]]] = {
    "began": "new",
    "lost": "new",
    "changed": "update",
    "ended": "end",
    "returned": "end",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One publication."""

    topic: str
    payload: bytes
    qos: int
    retain: bool = False


def compact(content: Any) -> bytes:
    """JSON as bytes."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


class Composer:
    """Turns findings into messages and keeps the retained states, of which only changes are sent.

    Not safe for threads: the door's thread alone calls it.
    """

    def __init__(self, door: MqttDoor, cameras: Sequence[str], version: str) -> None:
        self._door = door
        self._version = version
        self._states: dict[str, bytes] = {}
        self._changed: OrderedDict[str, None] = OrderedDict()
        self._leaving = Leaving()
        self._rules: dict[str, list[str]] = {}
        self._totals: dict[tuple[str, str], int] = {}
        self._merging: Merging[tuple[str, ...]] = Merging()
        self._shown_ns: dict[str, int] = {}
        self.refused = 0
        for camera in cameras:
            self._announce(camera)

    @property
    def status_topic(self) -> str:
        """Availability of the whole door."""
        return f"{self._door.prefix}/status"

    @property
    def kept(self) -> int:
        """Events that do not leave."""
        return self._leaving.kept

    def events(self, events: Sequence[Event]) -> list[Message]:
        """Messages of events, in order; also notes what they change in retained states."""
        out: list[Message] = []
        for event in events:
            self._announce(event.camera)
            for members in self._leaving((event,)):
                data = members["Data"]
                kind = _KIND.get(data.get("State"), "new")
                if "IsInside" in data:
                    kind = "new" if data["IsInside"] else "end"
                if isinstance(event, SourceChanged):
                    there = event.state == "returned"
                    self._set(f"{self._here(event.camera)}/status", b"online" if there else b"offline")
                elif "Rule" in members["Source"] and data.get("State") in ("began", "changed", "ended"):
                    self._rule(event.camera, members["Source"]["Rule"], on=kind != "end")
                content = {"type": kind, "event": members}
                out.append(Message(f"{self._here(event.camera)}/events", compact(content), self._door.qos))
                if self._door.onvif_events and not is_media_time(event.time_ns):  # ONVIF knows instants only
                    topic = event_topic(self._door.prefix, members)
                    out.append(Message(topic, compact(event_payload(members)), self._door.qos))
        return out

    def counts(self, rows: Sequence[Counted]) -> None:
        """Note one-minute counts: totals per camera and class, and the newest window per line and direction.

        Vehicles at once; persons when a group of K has come together, per class for totals and in sum for a line.
        """
        for row in rows:
            if row.minutes != 1:
                continue
            self._announce(row.camera)
            end_ns = row.start_ns + MINUTE_NS
            vehicles = {name: count for name, count in row.by_class.items() if name in VEHICLES}
            persons = sum(row.by_class.values()) - sum(vehicles.values())
            for name, count in vehicles.items():
                self._total(row.camera, name, count)
            key = (row.camera, row.line, row.direction)
            merged = self._merging.add(key, Group(row.start_ns, end_ns, persons))
            content: dict[str, Any] = {"start": iso_text(row.start_ns), "end": iso_text(end_ns), "by_class": vehicles}
            if merged is not None:
                self._total(row.camera, PERSON, merged.count)
                period = {"start": iso_text(merged.start_ns), "end": iso_text(merged.end_ns)}
                content["persons"] = period | {"count": merged.count}
            self._set(f"{self._here(row.camera)}/counts/{level(row.line)}/{row.direction}", compact(content))

    def seen(self, seen: Seen) -> list[Message]:
        """Note how many are in the picture now, once a second; and the metadata message, where it is wished."""
        before = self._shown_ns.get(seen.camera)
        if before is not None and 0 <= seen.time_ns - before < _SECOND_NS * 0.95:
            return []
        self._announce(seen.camera)
        self._shown_ns[seen.camera] = seen.time_ns
        numbers = seen.by_class()
        here = self._here(seen.camera)
        self._set(f"{here}/status", b"online")
        for name in VEHICLES:
            self._set(f"{here}/now/{name}", str(numbers.get(name, 0)).encode())
        persons = in_tens(sum(count for name, count in numbers.items() if name not in VEHICLES))
        self._set(f"{here}/now/{PERSON}", str(persons).encode())
        if not self._door.onvif_metadata or is_media_time(seen.time_ns):
            return []
        return [Message(metadata_topic(self._door.prefix, seen.camera), compact(metadata_json(seen, persons)), 0)]

    def next_state(self) -> Message | None:
        """The next retained state that changed since it was sent; None where all are sent."""
        if not self._changed:
            return None
        topic, _ = self._changed.popitem(last=False)
        return Message(topic, self._states[topic], self._door.qos, retain=True)

    @property
    def rule_topics(self) -> str:
        """Filter of the states of all rules."""
        return f"{self._door.prefix}/+/rules/+"

    def left_over(self, topic: str, payload: bytes) -> None:
        """A retained state met at the broker: a rule that was on when the program was cut off is on no more."""
        if payload == b"ON" and topic not in self._states:
            self._set(topic, b"OFF")

    def say_all_again(self) -> None:
        """After a new connection: the broker may have lost its memory."""
        self._changed = OrderedDict.fromkeys(self._states)

    def _here(self, camera: str) -> str:
        return f"{self._door.prefix}/{level(camera)}"

    def _announce(self, camera: str) -> None:
        if camera in self._rules:
            return
        self._rules[camera] = []
        self._discover(camera)

    def _discover(self, camera: str) -> None:
        if self._door.home_assistant:
            content = discovery_json(self._door.prefix, camera, self._version, VEHICLES, self._rules[camera])
            self._set(discovery_topic(self._door.discovery_prefix, self._door.prefix, camera), compact(content))

    def _rule(self, camera: str, rule: str, *, on: bool) -> None:
        rules = self._rules[camera]
        if rule not in rules and len(rules) < MOST_RULES:
            rules.append(rule)
            self._discover(camera)
        self._set(f"{self._here(camera)}/rules/{level(rule)}", b"ON" if on else b"OFF")

    def _total(self, camera: str, name: str, count: int) -> None:
        total = self._totals[camera, name] = self._totals.get((camera, name), 0) + count
        self._set(f"{self._here(camera)}/total/{name}", str(total).encode())

    def _set(self, topic: str, payload: bytes) -> None:
        if self._states.get(topic) == payload:
            return
        if topic not in self._states and len(self._states) >= MOST_STATES:
            self.refused += 1
            return
        self._states[topic] = payload
        self._changed[topic] = None
