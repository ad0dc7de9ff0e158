"""ONVIF metadata and events as JSON over MQTT.

ONVIF Analytics Service Specification, "JSON over MQTT"; Core Specification, "Topic structure". Attributes begin with
``@``, text beside attributes is ``#text``, what may repeat is an array. Vehicles are described one by one; persons on
foot or on two wheels only as a number of a group.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sightline.core.values import F32, I16, I64
from sightline.core.vocabulary import CLASSES, CODE, VEHICLES
from sightline.formats.event_words import ONVIF_CLASS
from sightline.formats.iso_time import iso_text

MODULE: Final = "Sightline"  # the analytics module's name: last level of the metadata's topic
NAMESPACE: Final = "urn:sightline:metadata:1"
# tt:VehicleType for the classes that have one.
VEHICLE_TYPE: Final = {"car": "Car", "van": "Car", "truck": "Truck", "bus": "Bus"}
_VEHICLE_CODES: Final = np.array([CODE[name] for name in VEHICLES], np.int16)
_FORBIDDEN: Final = str.maketrans(dict.fromkeys("/+#\x00\r\n\t", "-") | {"$": "_"})


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The road users of one camera at one instant, as columns of equal length.

    time_ns: UTC; ids i64 (n,); labels i16 (n,) codes of CLASSES; likelihoods f32 (n,) 0..1; boxes f32 (n, 4) left, top,
    right, bottom in shares of the picture, y down; speeds_mps f32 (n,), NaN = not known.
    """

    camera: str
    time_ns: int
    ids: I64
    labels: I16
    likelihoods: F32
    boxes: F32
    speeds_mps: F32

    def __post_init__(self) -> None:
        n = len(self.ids)
        shapes = {
            "ids": (self.ids.shape, (n,)),
            "labels": (self.labels.shape, (n,)),
            "likelihoods": (self.likelihoods.shape, (n,)),
            "boxes": (self.boxes.shape, (n, 4)),
            "speeds_mps": (self.speeds_mps.shape, (n,)),
        }
        for name, (got, expected) in shapes.items():
            if got != expected:
                raise ValueError(f"{name}: expected shape {expected}, got {got}")

    def vehicles(self) -> "Seen":
        """Its rows of vehicles."""
        rows = np.isin(self.labels, _VEHICLE_CODES)
        return Seen(
            self.camera,
            self.time_ns,
            self.ids[rows],
            self.labels[rows],
            self.likelihoods[rows],
            self.boxes[rows],
            self.speeds_mps[rows],
        )

    def by_class(self) -> dict[str, int]:
        """Class name -> rows."""
        codes, numbers = np.unique(self.labels, return_counts=True)
        return {CLASSES[code]: int(number) for code, number in zip(codes, numbers, strict=True)}


def level(text: str) -> str:
    """The text as one level of an MQTT topic: without ``/``, ``+``, ``#``, line ends, what is no UTF-8; never empty."""
    return text.translate(_FORBIDDEN).encode("utf-8", "replace").decode("utf-8").strip() or "-"


def metadata_topic(prefix: str, camera: str) -> str:
    """``PREFIX/onvif-mj/VideoAnalytics/<ProfileToken>/<Module>``; the camera's name stands for the profile."""
    return f"{prefix}/onvif-mj/VideoAnalytics/{level(camera)}/{MODULE}"


def metadata_json(seen: Seen, persons: int) -> dict[str, Any]:
    """The frame as ``onvif-mj``: each vehicle as an Object, persons as a number in an extension of ours.

    persons: as it may be published. Coordinates -1..1, y up, as ONVIF's default frame: no Transformation is needed.
    """
    shown = seen.vehicles()
    frame: dict[str, Any] = {
        "@UtcTime": iso_text(shown.time_ns),
        "@Source": MODULE,
        "@context": {"sl": NAMESPACE},
        "Object": [_object(shown, row) for row in range(len(shown.ids))],
        "Extension": {"sl:Persons": persons},
    }
    return {"Frame": [frame]}


def _object(seen: Seen, row: int) -> dict[str, Any]:
    left, top, right, bottom = (round(float(value), 4) for value in seen.boxes[row] * (2, -2, 2, -2) + (-1, 1, -1, 1))
    label = CLASSES[int(seen.labels[row])]
    likelihood = round(float(seen.likelihoods[row]), 3)
    appearance: dict[str, Any] = {
        "Shape": {
            "BoundingBox": {"@left": left, "@top": top, "@right": right, "@bottom": bottom},
            "CenterOfGravity": {"@x": round((left + right) / 2, 4), "@y": round((top + bottom) / 2, 4)},
        },
        "Class": {"Type": [{"@Likelihood": likelihood, "#text": ONVIF_CLASS[label]}]},
    }
    if label in VEHICLE_TYPE:
        appearance["VehicleInfo"] = [{"Type": {"@Likelihood": likelihood, "#text": VEHICLE_TYPE[label]}}]
    members: dict[str, Any] = {"@ObjectId": int(seen.ids[row]), "Appearance": appearance}
    speed = float(seen.speeds_mps[row])
    if np.isfinite(speed):
        members["Behaviour"] = {"Speed": round(speed, 2)}
    return members


def event_topic(prefix: str, members: Mapping[str, Any]) -> str:
    """``PREFIX/onvif-ej/<Topic>/&<Source values>`` of an event in the layout of ``event_json``."""
    values = "/".join(level(str(value)) for value in members["Source"].values())
    return f"{prefix}/onvif-ej/{members['topic']}/&{values}"


def event_payload(members: Mapping[str, Any]) -> dict[str, Any]:
    """The event's ``onvif-ej`` object: time, source and data and nothing else."""
    return {name: members[name] for name in ("UtcTime", "Source", "Data")}
