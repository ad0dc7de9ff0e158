"""The summary that ``watch`` leaves: one JSON object that scripts read."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from sightline.core.errors import without_credentials
from sightline.formats.atomic import write_atomically

SCHEMA: Final = "sightline.summary/1"


@dataclass(frozen=True, slots=True)
class CameraSummary:
    """What happened on one camera.

    frames_read: pictures that came out of the source; frames_analysed: those the detector saw; dropped: reason ->
    frames; tracks: class -> road users; counts: line -> direction -> class -> crossings; ms: stage -> mean
    milliseconds per analysed frame. source carries no credentials; notes are sentences for people.
    """

    frames_read: int
    frames_analysed: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    tracks: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    ms: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    detector: str = ""
    reason: str = ""  # why it ended before its time; empty where it did not
    notes: tuple[str, ...] = ()


def summary_json(cameras: Mapping[str, CameraSummary], **extra: Any) -> dict[str, Any]:
    """The object: ``schema``, extra members (e.g. seconds), then ``cameras`` by name in the given order."""
    shown = {}
    for name, camera in cameras.items():
        members = asdict(camera)
        members["source"] = without_credentials(camera.source)
        members["reason"] = without_credentials(camera.reason)
        members["notes"] = [without_credentials(note) for note in camera.notes]
        members["ms"] = {stage: round(value, 3) for stage, value in camera.ms.items()}
        shown[name] = members
    return {"schema": SCHEMA} | extra | {"cameras": shown}


def write_summary(path: Path, cameras: Mapping[str, CameraSummary], **extra: Any) -> None:
    """Replace the file at path in one step; ValueError for NaN in it, BadConfig where it cannot be written."""
    text = json.dumps(summary_json(cameras, **extra), ensure_ascii=False, allow_nan=False, indent=2)
    write_atomically(path, text + "\n")
