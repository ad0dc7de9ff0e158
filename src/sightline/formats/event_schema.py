"""The event schema: a JSON Schema of every event as files, API and doors write it, made from the events' own words."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from sightline.core.errors import BadData
from sightline.core.vocabulary import CLASSES
from sightline.formats.event_words import ONVIF_CLASS, WORDS, Member, Words
from sightline.formats.events_jsonl import SCHEMA

# Raised by one with every addition to the layout (a new event, a new member, a new word of a choice). What removes or
# changes something readers rely on is another layout: SCHEMA of ``events_jsonl`` is raised and this begins at 0 again.
REVISION: Final = 0
_INSTANT: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$|^PT\d+(\.\d{1,9})?S$"
# Members that a door may leave out where they would tell of a person (docs/responsible.md).
_MAY_BE_LEFT_OUT: Final = frozenset({"ObjectId", "OtherObjectId", "Count", "Density"})


def version() -> str:
    """Layout and revision, e.g. "1.0"."""
    return f"{SCHEMA.rpartition('/')[2]}.{REVISION}"


def event_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12). Unknown members are allowed: readers skip what they do not know."""
    topics = sorted({topic for words in WORDS.values() for topic in words.topics.values()})
    definitions = {kind.__name__: _data_schema(words) for kind, words in WORDS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:" + SCHEMA.replace("/", ":").replace(".", ":"),
        "title": "Sightline event",
        "version": version(),
        "type": "object",
        "required": ["schema", "topic", "UtcTime", "Source", "Data"],
        "properties": {
            "schema": {"const": SCHEMA},
            "id": {"type": "string", "description": "Equal for repetitions of one event; doors only."},
            "topic": {"enum": topics},
            "UtcTime": {"type": "string", "pattern": _INSTANT, "description": "A duration from the start for files."},
            "Source": {
                "type": "object",
                "required": ["VideoSource"],
                "properties": {"VideoSource": {"type": "string"}, "Rule": {"type": "string"}},
            },
            "Data": {"type": "object"},
        },
        "allOf": [_by_topic(kind.__name__, words) for kind, words in WORDS.items()],
        "$defs": definitions,
    }


def schema_file(before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The schema with the digests of all its revisions so far, as it is kept in ``docs/reference/event-schema.json``.

    before: the file as it was, None for the first. BadData where the layout differs from the one kept under the same
    version: readers out there know that one by this name.
    """
    made = event_schema()
    history = dict(before["history"]) if before else {}
    digest = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
    if history.setdefault(made["version"], digest) != digest:
        raise BadData(f"event schema: expected REVISION to be raised with the layout, got {made['version']} again")
    return made | {"history": history}


def _by_topic(name: str, words: Words) -> dict[str, Any]:
    source = {"required": ["Rule"]} if words.rule else {}
    return {
        "if": {"properties": {"topic": {"enum": sorted(set(words.topics.values()))}}},
        "then": {"properties": {"Data": {"$ref": f"#/$defs/{name}"}, "Source": source}},
    }


def _data_schema(words: Words) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for member in words.members:
        found = _properties(member)
        properties |= found
        if not member.optional:
            required += [name for name in found if name not in _MAY_BE_LEFT_OUT and not name.endswith("Below")]
    return {"type": "object", "properties": properties, "required": required}


def _properties(member: Member) -> dict[str, Any]:
    """What a member of the words becomes in ``Data``: itself, and what is written beside it."""
    number: dict[str, Any] = {"type": "number"}
    whole: dict[str, Any] = {"type": "integer", "minimum": 0}
    below = {"type": "integer", "description": "The number is smaller than this and therefore not told."}
    match member.coding:
        case "id" | "text":
            return {member.name: {"type": "string"}}
        case "choice":
            return {member.name: {"enum": list(member.allowed)}}
        case "inside":
            return {member.name: {"type": "boolean"}}
        case "number":
            bounded = number | ({"minimum": 0, "maximum": 1} if member.name == "Likelihood" else {})
            return {member.name: bounded}
        case "count":
            return {member.name: whole, f"{member.name}Below": below}
        case "label":
            kinds = {"enum": sorted(set(ONVIF_CLASS.values()))}
            return {member.name.replace("Label", "Class"): kinds, member.name: {"enum": list(CLASSES)}}
        case "counts":
            names = {"enum": [*CLASSES, "person"]}
            by_class = {"type": "object", "propertyNames": names, "additionalProperties": whole}
            return {"Count": whole, member.name: by_class, "PersonsBelow": below}
