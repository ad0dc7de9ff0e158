"""Counts as NGSI-LD entities in the words of the Smart Data Models: TrafficFlowObserved and CrowdFlowObserved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from sightline.formats.iso_time import iso_text

# vehicleType of TrafficFlowObserved. "vehicle" and "rider" (finer class not known) have none: vehicleSubType says it.
VEHICLE_TYPE: Final = {
    "car": "car",
    "van": "van",
    "truck": "lorry",
    "bus": "bus",
    "motorcycle": "motorcycle",
    "bicycle": "bicycle",
    "scooter": "motorscooter",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an observation was made. lon, lat: degrees (WGS 84), None where not known; address: schema.org members."""

    lon: float | None = None
    lat: float | None = None
    address: Mapping[str, str] | None = None

    @property
    def known(self) -> bool:
        """Whether it says anything; both models ask for a location or an address."""
        return (self.lon is not None and self.lat is not None) or bool(self.address)


@dataclass(frozen=True, slots=True)
class Window:
    """The observation's period, UTC ns."""

    start_ns: int
    end_ns: int


def urn(kind: str, *names: str) -> str:
    """``urn:ngsi-ld:KIND:NAMES``; what a URN does not allow is percent-encoded, so different names stay different."""
    return f"urn:ngsi-ld:{kind}:" + ":".join(quote(name, safe="") for name in names)


def traffic_flow(
    names: tuple[str, ...],
    window: Window,
    place: Place,
    direction: Literal["forward", "backward"],
    label: str,
    flow: tuple[int, float | None],
) -> dict[str, Any]:
    """One line, direction and class. names: site, camera, line; flow: how many, and their mean speed in m/s or None.

    intensity is the number of vehicles of the period, averageVehicleSpeed in km/h, as the model has them.
    """
    count, speed_mps = flow
    entity = _observed("TrafficFlowObserved", (*names, direction, label), window, place)
    entity["laneDirection"] = _property(direction)
    entity["intensity"] = _property(count)
    if label in VEHICLE_TYPE:
        entity["vehicleType"] = _property(VEHICLE_TYPE[label])
    else:
        entity["vehicleSubType"] = _property(label)
    if speed_mps is not None:
        entity["averageVehicleSpeed"] = _property(round(speed_mps * 3.6, 1))
    return entity


def crowd_flow(
    names: tuple[str, ...], window: Window, place: Place, flows: tuple[int, int], smallest: int
) -> dict[str, Any]:
    """Pedestrians over one line. names: site, camera, line; flows: over it forward and backward.

    The directions are given only where each is a group of ``smallest`` or more.
    """
    towards, away = flows
    entity = _observed("CrowdFlowObserved", names, window, place)
    entity["peopleCount"] = _property(towards + away)
    if min(towards, away) >= smallest:
        entity["peopleCountTowards"] = _property(towards)
        entity["peopleCountAway"] = _property(away)
    return entity


def _observed(kind: str, names: tuple[str, ...], window: Window, place: Place) -> dict[str, Any]:
    start, end = iso_text(window.start_ns), iso_text(window.end_ns)
    entity: dict[str, Any] = {
        "id": urn(kind, *names),
        "type": kind,
        "name": _property(" ".join(names)),
        "dateObserved": _property(f"{start}/{end}"),
        "dateObservedFrom": _property({"@type": "DateTime", "@value": start}),
        "dateObservedTo": _property({"@type": "DateTime", "@value": end}),
    }
    if place.lon is not None and place.lat is not None:
        point = {"type": "Point", "coordinates": [round(place.lon, 7), round(place.lat, 7)]}
        entity["location"] = {"type": "GeoProperty", "value": point}
    if place.address:
        entity["address"] = _property(dict(place.address))
    return entity


def _property(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}
