"""What may leave: the one place that decides how an event looks outside, and whether it goes out at all.

Individual road users on foot or on two wheels never leave (docs/responsible.md): no object id, no position, no event of
one person's way. What is about persons leaves as an alarm of a place or as a number of a group of at least ``K``.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sightline.core.errors import without_credentials
from sightline.core.events import (
    Crowding,
    Event,
    Loitering,
    NearMiss,
    PersonsOnRoad,
    SourceChanged,
    ZoneOccupied,
    concerns,
)
from sightline.core.vocabulary import VEHICLES
from sightline.formats.events_jsonl import event_json

K: Final = 10  # smallest group of persons that is published as a number (RESPONSIBLE: "smaller than k = 10 are merged")
PERSON: Final = "person"  # everyone on foot or on two wheels, in one group

Leaver = Callable[[Event], dict[str, Any] | None]


def _unchanged(_: Event, data: dict[str, Any]) -> dict[str, Any] | None:
    return data


def _reason_checked(_: Event, data: dict[str, Any]) -> dict[str, Any] | None:
    return data | {"Reason": without_credentials(data["Reason"])}


def _occupied(event: Event, data: dict[str, Any]) -> dict[str, Any] | None:
    """Vehicles by class; persons as one group, below K only as such."""
    by_class: Mapping[str, int] = data["ByClass"]
    vehicles = {name: number for name, number in by_class.items() if name in VEHICLES}
    persons = sum(by_class.values()) - sum(vehicles.values())
    shown = vehicles | ({PERSON: persons} if persons >= K else {})
    left = {"Count": sum(shown.values()), "ByClass": shown}
    if persons < K:
        left["PersonsBelow"] = K
    return left | ({"Likelihood": data["Likelihood"]} if "Likelihood" in data else {})


def _group(*members: str) -> Callable[[Event, dict[str, Any]], dict[str, Any] | None]:
    """An alarm of a place about persons: only these members; the number only of a large group."""

    def left(_: Event, data: dict[str, Any]) -> dict[str, Any] | None:
        shown = {name: data[name] for name in members if name in data}
        number = data["Count"]
        if number < K:
            shown.pop("Density", None)  # times the zone's area it would be the number
            return shown | {"CountBelow": K}
        return shown | {"Count": number}

    return left


def _large_group(event: Event, data: dict[str, Any]) -> dict[str, Any] | None:
    """Persons who stay are no alarm: one or few of them are nobody's business."""
    return _group("State", "Class", "Label", "Duration", "Likelihood")(event, data) if data["Count"] >= K else None


def _only(*members: str) -> Callable[[Event, dict[str, Any]], dict[str, Any] | None]:
    def left(_: Event, data: dict[str, Any]) -> dict[str, Any] | None:
        return {name: data[name] for name in members if name in data}

    return left


# Events that are about nobody but hold numbers that may be of persons, or text.
_NOBODY: Final[Mapping[type[Any], Callable[[Event, dict[str, Any]], dict[str, Any] | None]]] = {
    SourceChanged: _reason_checked,
    ZoneOccupied: _occupied,
    Crowding: _group("State", "Density", "Duration", "Likelihood"),
}
# The only events about persons that leave: alarms of a place. A kind that is not here does not leave.
_PERSONS: Final[Mapping[type[Any], Callable[[Event, dict[str, Any]], dict[str, Any] | None]]] = {
    PersonsOnRoad: _group("State", "Duration", "Likelihood"),
    NearMiss: _only(
        "Measure", "Seconds", "Class", "Label", "OtherClass", "OtherLabel", "Distance", "Speed", "Likelihood"
    ),
    Loitering: _large_group,
}


def leaving(event: Event) -> dict[str, Any] | None:
    """The event as it may leave, with an ``id`` by which receivers drop repetitions; None where it must not.

    The id is a digest of what leaves and of nothing else, so it holds no trace of what was taken out, and is the same
    in every door and after a restart.
    """
    about = concerns(event)
    if about == "person":
        rule = _PERSONS.get(type(event))
        if rule is None:
            return None
    elif about == "nobody":
        rule = _NOBODY.get(type(event), _unchanged)
    else:
        rule = _unchanged
    members = event_json(event)
    data = rule(event, members["Data"])
    if data is None:
        return None
    members["Data"] = data
    members["id"] = _digest(members)
    return members


def _digest(members: Mapping[str, Any]) -> str:
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Leaving:
    """``leaving`` for a door: also holds back numbers of a zone that look as they did before.

    Where persons below K are not counted out, an event that says the same again would still tell that somebody moved.
    """

    MOST: Final = 10_000  # zones remembered; then all are forgotten, which at worst says one number again

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], Any] = {}
        self.kept = 0

    def __call__(self, events: Sequence[Event]) -> list[dict[str, Any]]:
        """What leaves of these events, in order; ``kept`` counts the others."""
        out = []
        for event in events:
            members = leaving(event)
            if members is None or (isinstance(event, ZoneOccupied) and not self._is_new(event, members["Data"])):
                self.kept += 1
            else:
                out.append(members)
        return out

    def _is_new(self, event: ZoneOccupied, data: Mapping[str, Any]) -> bool:
        zone = (event.camera, event.rule)
        shown = {name: value for name, value in data.items() if name != "Likelihood"}
        if self._said.get(zone) == shown:
            return False
        if len(self._said) >= self.MOST:
            self._said.clear()
        self._said[zone] = shown
        return True
