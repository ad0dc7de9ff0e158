"""The words of every kind of event in JSON: its topic, and for each of its fields the member of ``Data``."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Literal

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
from sightline.core.vocabulary import CODE

# tt:Class/Type of ONVIF for each class of Sightline; the finer word stays in Data.Label.
ONVIF_CLASS: Final = {
    "car": "Vehicle",
    "van": "Vehicle",
    "truck": "Vehicle",
    "bus": "Vehicle",
    "vehicle": "Vehicle",
    "motorcycle": "Bike",
    "scooter": "Bike",
    "rider": "Bike",
    "bicycle": "Bicycle",
    "pedestrian": "Human",
    "unknown": "Other",
}

Coding = Literal["text", "choice", "id", "label", "count", "number", "counts", "inside"]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of ``Data``: its name, the event's field, how it is written, the words allowed, whether it may miss.

    "number" keeps 4 decimals; "id" is text, as in ONVIF; "label" also writes ONVIF's Class beside it (OtherClass for
    OtherLabel); "counts" is an object by class with the sum as Count; "inside" is a truth value.
    """

    name: str
    field: str
    coding: Coding
    allowed: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """How one class of events is said. rule: the field that is Source.Rule, empty where there is none; topics: one, or
    one by the value of the field "kind".
    """

    topics: Mapping[str, str]
    rule: str
    members: tuple[Member, ...]


def _words(topic: str, *members: Member, rule: str = "rule") -> Words:
    return Words({"": topic}, rule, members)


_STATE: Final = Member("State", "state", "choice", ("began", "ended"))
_ID: Final = Member("ObjectId", "track_id", "id")
_LABEL: Final = Member("Label", "label", "label")
_LASTED: Final = Member("Duration", "lasted_s", "number")
_LIKELIHOOD: Final = Member("Likelihood", "confidence", "number")
_COUNT: Final = Member("Count", "count", "count")
_SPEED: Final = Member("Speed", "speed_mps", "number", optional=True)  # m/s, as tt:Behaviour/Speed

# Topics without a counterpart in ONVIF are ours, in its manner: LineDetector, FieldDetector, LoiteringDetector,
# CountAggregation and VideoSource (but ImageFrozen) are ONVIF's.
WORDS: Final[Mapping[type[Any], Words]] = {
    LineCrossed: _words(
        "RuleEngine/LineDetector/Crossed",
        _ID,
        Member("Direction", "direction", "choice", ("forward", "backward")),
        _LABEL,
        _LIKELIHOOD,
        _SPEED,
        rule="line",
    ),
    SourceChanged: _words(
        "VideoSource/SignalLoss",
        Member("State", "state", "choice", ("lost", "returned", "ended")),
        Member("Reason", "reason", "text"),
        rule="",
    ),
    CameraTampered: Words(
        {
            "covered": "VideoSource/GlobalSceneChange/AnalyticsService",
            "turned": "VideoSource/GlobalSceneChange/AnalyticsService",
            "blurred": "VideoSource/ImageTooBlurry/AnalyticsService",
            "dark": "VideoSource/ImageTooDark/AnalyticsService",
            "frozen": "VideoSource/ImageFrozen/AnalyticsService",
        },
        "",
        (Member("Kind", "kind", "choice", ("covered", "blurred", "turned", "dark", "frozen")), _STATE, _LIKELIHOOD),
    ),
    TurnMade: _words(
        "RuleEngine/TurningDetector/Turned",
        _ID,
        Member("Entry", "entry", "text"),
        Member("Exit", "exit", "text"),
        _LABEL,
        Member("Duration", "took_s", "number"),
        _LIKELIHOOD,
    ),
    ZoneChanged: _words(
        "RuleEngine/FieldDetector/ObjectsInside",
        _ID,
        Member("IsInside", "state", "inside"),
        _LABEL,
        Member("Duration", "stayed_s", "number"),
        _LIKELIHOOD,
    ),
    ZoneOccupied: _words(
        "RuleEngine/CountAggregation/OccupancyCounter", Member("ByClass", "by_class", "counts"), _LIKELIHOOD
    ),
    Loitering: _words(
        "RuleEngine/LoiteringDetector/ObjectIsLoitering",
        _STATE,
        Member("ObjectId", "track_id", "id", optional=True),
        _LABEL,
        _COUNT,
        _LASTED,
        _LIKELIHOOD,
    ),
    QueueChanged: _words(
        "RuleEngine/QueueDetector/Changed",
        Member("State", "state", "choice", ("began", "changed", "ended")),
        Member("Count", "vehicles", "count"),
        Member("Length", "length_m", "number", optional=True),
        _LASTED,
        _LIKELIHOOD,
    ),
    VehicleStopped: _words("RuleEngine/StoppedDetector/ObjectIsStopped", _STATE, _ID, _LABEL, _LASTED, _LIKELIHOOD),
    WrongWay: _words("RuleEngine/WrongWayDetector/ObjectIsWrongWay", _STATE, _ID, _LABEL, _LASTED, _SPEED, _LIKELIHOOD),
    PersonsOnRoad: _words("RuleEngine/CarriagewayDetector/PersonsInside", _STATE, _COUNT, _LASTED, _LIKELIHOOD),
    NearMiss: _words(
        "RuleEngine/NearMissDetector/NearMiss",
        Member("Measure", "measure", "choice", ("time_to_collision", "post_encroachment")),
        Member("Seconds", "seconds", "number"),
        _ID,
        _LABEL,
        Member("OtherObjectId", "other_id", "id"),
        Member("OtherLabel", "other_label", "label"),
        Member("Distance", "distance_m", "number", optional=True),
        _SPEED,
        _LIKELIHOOD,
    ),
    Crowding: _words(
        "RuleEngine/CrowdDetector/Crowded",
        _STATE,
        _COUNT,
        Member("Density", "per_m2", "number", optional=True),
        _LASTED,
        _LIKELIHOOD,
    ),
    SpeedMeasured: _words(
        "RuleEngine/SpeedDetector/Measured",
        _ID,
        _LABEL,
        Member("Speed", "speed_mps", "number"),
        Member("SpeedError", "error_mps", "number"),
        Member("SpeedLimit", "limit_mps", "number", optional=True),
        _LIKELIHOOD,
    ),
}
_CLASS_OF_TOPIC: Final[Mapping[str, type[Any]]] = {
    topic: kind for kind, words in WORDS.items() for topic in words.topics.values()
}


def words_of(event: Event) -> Words:
    """The words of the event's class."""
    return WORDS[type(event)]


def topic_of(event: Event) -> str:
    """The event's topic."""
    topics = WORDS[type(event)].topics
    return topics[""] if "" in topics else topics[getattr(event, "kind")]  # noqa: B009 - only one class has kinds


def class_of(topic: str, data: Mapping[str, Any]) -> tuple[type[Any], Words]:
    """The class of events of a topic; ValueError for a topic that is not known, or does not fit its kind."""
    if topic not in _CLASS_OF_TOPIC:
        raise ValueError(f"expected a known topic, got {topic!r}")
    kind = _CLASS_OF_TOPIC[topic]
    words = WORDS[kind]
    if "" not in words.topics and words.topics.get(data["Kind"]) != topic:
        raise ValueError(f"expected a kind of topic {topic}, got {data['Kind']!r}")
    return kind, words


def data_of(event: Event) -> dict[str, Any]:
    """The members of ``Data``."""
    data: dict[str, Any] = {}
    for member in words_of(event).members:
        value = getattr(event, member.field)
        if value is None and member.optional:
            continue
        match member.coding:
            case "id":
                data[member.name] = str(value)
            case "label":
                data[member.name.replace("Label", "Class")] = ONVIF_CLASS[value]
                data[member.name] = value
            case "number":
                data[member.name] = round(value, 4)
            case "counts":
                data["Count"] = sum(number for _, number in value)
                data[member.name] = dict(value)
            case "inside":
                data[member.name] = value == "entered"
            case _:
                data[member.name] = value
    return data


def fields_of(words: Words, data: Mapping[str, Any]) -> dict[str, Any]:
    """The event's fields from ``Data``; KeyError, TypeError or ValueError where it is not one of ``data_of``."""
    fields: dict[str, Any] = {}
    for member in words.members:
        if member.optional and member.name not in data:
            fields[member.field] = None
        else:
            fields[member.field] = _value(member, data[member.name])
    return fields


def _value(member: Member, value: Any) -> Any:
    match member.coding:
        case "id":
            return int(value)
        case "count":
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"expected a whole number as {member.name}, got {value!r}")
            return value
        case "number":
            if not isfinite(float(value)):
                raise ValueError(f"expected a number as {member.name}, got {value!r}")
            return float(value)
        case "inside":
            return "entered" if value else "left"
        case "label" if value not in ONVIF_CLASS:
            raise ValueError(f"expected a known class, got {value!r}")
        case "choice" if value not in member.allowed:
            raise ValueError(f"expected a known {member.name.lower()}, got {value!r}")
        case "counts":
            if not set(value) <= set(CODE):
                raise ValueError(f"expected known classes, got {sorted(value)}")
            return tuple((name, int(value[name])) for name in sorted(value, key=CODE.__getitem__))
    return str(value)
