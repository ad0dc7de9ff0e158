"""The wire format of the live WebSocket: how pictures, overlays, events and states are written.

Binary message (one redacted picture)::

    bytes 0..3   unsigned 32-bit little-endian: length n of the header
    bytes 4..4+n header, UTF-8 JSON: {"camera", "index", "time_ns", "width", "height", "pixelated", "reason"}
    the rest     the JPEG

Text messages (JSON objects) from the server carry "type":

* ``hello``   {"version", "protocol", "classes", "attributes", "cameras": [status...], "events": [event...]}, sent first
* ``overlay`` {"camera", "index", "time_ns", "objects": [{"id", "label", "score", "box": [left, top, right, bottom],
  "held", "age_s", "attributes": {name: [value, probability]}}]}; box in shares 0..1 of the picture, id -1 = unconfirmed
* ``event``   {"event": {"kind": "line_crossed", ... and the fields of the event: docs/reference/events.md}}
* ``status``  {"camera": the CameraStatus as in GET /api/v1/cameras}
* ``dots``    {"time_ns", "dots": [[lon, lat, class code], ...]}, all road users on the map, only after {"map": true};
  the code is the place in hello's classes; no ids, and at most ``DOTS_PER_S`` a second
* ``scores``  {"cameras", "network"} as in GET /api/v1/scores, where somebody knows the truth
* ``error``   {"error": one sentence}

An overlay belongs to the picture of the same camera with equal index and time_ns, and to no other.

Text messages (JSON objects) from the client:

* ``{"pictures": ["cam1", ...]}`` changes whose pictures and overlays are sent; [] = none
* ``{"ack": "cam1"}`` says that one picture of cam1 arrived. From a client's first ack on, at most ``WINDOW`` pictures
  of a camera are under way to it, which keeps the delay low on slow lines; one that never sends it is limited by TCP.
* ``{"map": true}`` asks for dots, ``{"map": false}`` ends them
"""

import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from sightline.api.scores import scores_fields
from sightline.core.events import Event
from sightline.core.vocabulary import ATTRIBUTES, CLASSES
from sightline.pipeline.ports import CameraScores, CameraStatus, Overlay, Picture, Places

PROTOCOL: Final = 1
DOTS_PER_S: Final = 5  # a dot at 50 km/h moves 3 m between two, about its own length
WINDOW: Final = 2  # one picture being shown, one on the line: more only adds delay

_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
_LENGTH: Final = struct.Struct("<I")
_DIGITS: Final = 5  # 1e-5 of a 4K picture's width is 0.04 px
_DEGREE_DIGITS: Final = 6  # 1e-6 degrees of latitude are 0.11 m


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def status_fields(status: CameraStatus) -> dict[str, Any]:
    """The state's fields for JSON; a number that is not finite becomes null."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items()}
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value

    # Not asdict, which copies deeply: a service of many cameras writes thousands of these a second.
    return {field.name: plain(getattr(status, field.name)) for field in fields(status)}


def pack_picture(picture: Picture) -> bytes:
    """One binary message of a redacted picture."""
    header = _json(
        {
            "camera": picture.camera,
            "index": picture.index,
            "time_ns": picture.time_ns,
            "width": picture.width,
            "height": picture.height,
            "pixelated": picture.pixelated,
            "reason": picture.reason,
        }
    ).encode()
    return b"".join((_LENGTH.pack(len(header)), header, picture.jpeg))


def unpack_picture(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and JPEG of a binary message; ValueError where it is cut short."""
    if len(message) < _LENGTH.size:
        raise ValueError(f"picture message: expected at least {_LENGTH.size} bytes, got {len(message)}")
    (length,) = _LENGTH.unpack_from(message)
    end = _LENGTH.size + length
    if len(message) < end:
        raise ValueError(f"picture message: expected a header of {length} bytes, got {len(message) - _LENGTH.size}")
    header: dict[str, Any] = json.loads(message[_LENGTH.size : end])
    return header, message[end:]


def overlay_text(overlay: Overlay) -> str:
    """The text message of an overlay."""
    objects = [
        {
            "id": item.id,
            "label": item.label,
            "score": round(item.score, 3),
            "box": [round(side, _DIGITS) for side in item.box],
            "held": item.held,
            "age_s": round(item.age_s, 2),
            "attributes": {name: [value, round(share, 3)] for name, (value, share) in item.attributes.items()},
        }
        for item in overlay.objects
    ]
    return _json(
        {
            "type": "overlay",
            "camera": overlay.camera,
            "index": overlay.index,
            "time_ns": overlay.time_ns,
            "objects": objects,
        }
    )


def event_fields(event: Event) -> dict[str, Any]:
    """The event's fields and its kind (its class in snake case), for JSON."""
    members = asdict(event)
    if "kind" in members:  # what was done to the camera
        members["tampering"] = members.pop("kind")
    return {"kind": _CAPITAL.sub("_", type(event).__name__).lower(), **members}


def event_text(members: dict[str, Any]) -> str:
    """The text message of an event whose members these are."""
    return _json({"type": "event", "event": members})


def status_text(status: CameraStatus) -> str:
    """The text message of a camera's state."""
    return _json({"type": "status", "camera": status_fields(status)})


def hello_text(version: str, cameras: list[CameraStatus], events: list[dict[str, Any]]) -> str:
    """The first text message of a connection, events by their members; scores, where there are any, follow alone."""
    return _json(
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "version": version,
            "classes": list(CLASSES),
            "attributes": {name: list(values) for name, values in ATTRIBUTES.items()},
            "cameras": [status_fields(status) for status in cameras],
            "events": events,
        }
    )


def dots_text(places: Places) -> str:
    """The text message of the dots on the map."""
    lonlat = places.lonlat.round(_DEGREE_DIGITS).tolist()
    dots = [[lon, lat, code] for (lon, lat), code in zip(lonlat, places.labels.tolist(), strict=True)]
    return _json({"type": "dots", "time_ns": places.time_ns, "dots": dots})


def scores_text(scores: Mapping[str, CameraScores]) -> str:
    """The text message of all scores."""
    return _json({"type": "scores", **scores_fields(scores)})


def error_text(sentence: str) -> str:
    """The text message of a refusal."""
    return _json({"type": "error", "error": sentence})
