"""GeoJSON (RFC 7946) of a map: features with longitude and latitude in degrees, in the order given."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadData
from sightline.formats.atomic import write_atomically
from sightline.formats.read_text import read_json

F64 = NDArray[np.float64]
Shape = Literal["Point", "LineString", "Polygon"]
Feature = dict[str, Any]
_DIGITS: Final = 7  # of degrees: a centimetre
_ZEBRA_M: Final = 3.5  # width of a crossing, along its street


class Road(Protocol):
    """A straight street between the nodes a and b (see ``simulate.world.Street``)."""

    @property
    def name(self) -> str: ...
    @property
    def a(self) -> int: ...
    @property
    def b(self) -> int: ...
    @property
    def lanes(self) -> int: ...
    @property
    def cycle(self) -> bool: ...
    @property
    def parking(self) -> bool: ...
    @property
    def speed_mps(self) -> float: ...
    @property
    def kerb_m(self) -> float: ...


class Town(Protocol):
    """Streets and where they meet, in metres, with a way to degrees (see ``simulate.world.Layout``)."""

    @property
    def nodes(self) -> F64: ...
    @property
    def streets(self) -> Sequence[Road]: ...
    @property
    def setback_m(self) -> F64: ...
    @property
    def signals(self) -> NDArray[np.bool_]: ...
    def axis(self, street: int) -> tuple[F64, F64, float]: ...
    def lonlat(self, points: F64) -> F64: ...


def feature(shape: Shape, lonlat: F64, properties: Mapping[str, Any]) -> Feature:
    """One feature; lonlat (n, 2) degrees: one point, a line of two or more, or the corners of a polygon (its ring is
    closed and turned counter-clockwise here). ValueError for places that are not on Earth or too few.
    """
    fewest = {"Point": 1, "LineString": 2, "Polygon": 3}[shape]
    if len(lonlat) < fewest or not (np.abs(lonlat) <= (180.0, 90.0)).all():  # also refuses NaN
        raise ValueError(f"{shape}: expected at least {fewest} places in degrees, got {lonlat.tolist()}")
    if shape == "Polygon":
        x, y = lonlat[:, 0], lonlat[:, 1]
        if (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() < 0:
            lonlat = lonlat[::-1]
        lonlat = np.concatenate([lonlat, lonlat[:1]])
    places = np.round(lonlat, _DIGITS).tolist()
    coordinates = places[0] if shape == "Point" else [places] if shape == "Polygon" else places
    return {
        "type": "Feature",
        "geometry": {"type": shape, "coordinates": coordinates},
        "properties": dict(properties),
    }


def write_geojson(path: Path, features: Sequence[Feature]) -> None:
    """Write a FeatureCollection, one feature per line; BadConfig where it cannot be written."""
    rows = ",\n".join(json.dumps(one, ensure_ascii=False, allow_nan=False) for one in features)
    write_atomically(path, f'{{"type": "FeatureCollection", "features": [\n{rows}\n]}}\n')


def read_geojson(path: Path) -> list[Feature]:
    """The features of a FeatureCollection; BadData for anything else, with the line where it is no JSON."""
    return features_of(read_json(path, "GeoJSON"), str(path))


def features_of(collection: Any, where: str) -> list[Feature]:
    """The features of a FeatureCollection (RFC 7946), each with a geometry and, or null, properties.

    where: what it came from, the first word of the sentence. BadData for anything else.
    """
    if not isinstance(collection, Mapping) or collection.get("type") != "FeatureCollection":
        got = f"type {collection.get('type')!r}" if isinstance(collection, Mapping) else type(collection).__name__
        raise BadData(f"{where}: expected a GeoJSON FeatureCollection, got {got}")
    features = collection.get("features")
    if not isinstance(features, list):
        raise BadData(f"{where}: expected a list as features, got {type(features).__name__}")
    for number, one in enumerate(features, start=1):
        geometry = one.get("geometry") if isinstance(one, dict) else None
        if not isinstance(geometry, dict) or "coordinates" not in geometry or "type" not in geometry:
            raise BadData(f"{where} feature {number}: expected a feature with a geometry, got none")
        if not isinstance(one.get("properties"), dict | None):
            raise BadData(f"{where} feature {number}: expected an object as properties, got {one['properties']!r:.40}")
    return features


def layout_geojson(town: Town) -> dict[str, Any]:
    """The map of a town's streets as a FeatureCollection."""
    return {"type": "FeatureCollection", "features": layout_features(town)}


def layout_features(town: Town) -> list[Feature]:
    """Streets (lines), junctions and crossings (areas); each says what it is in its property ``kind``."""
    streets: list[Feature] = []
    crossings: list[Feature] = []
    mouths: dict[int, list[F64]] = {}
    for index, street in enumerate(town.streets):
        properties = {
            "kind": "street",
            "index": index,
            "name": street.name,
            "lanes": int(street.lanes),
            "cycle": bool(street.cycle),
            "parking": bool(street.parking),
            "width_m": round(2 * float(street.kerb_m), 2),
            "speed_mps": round(float(street.speed_mps), 2),
        }
        streets.append(feature("LineString", town.lonlat(town.nodes[[street.a, street.b]]), properties))
        start, ahead, length = town.axis(index)
        aside = np.array([-ahead[1], ahead[0]]) * street.kerb_m
        for end, node in enumerate((street.a, street.b)):
            setback = float(town.setback_m[index, end])
            near, far = setback, setback + _ZEBRA_M
            one, other = (start + (length - way if end else way) * ahead for way in (near, far))
            mouths.setdefault(node, []).append(np.array([one + aside, one - aside]))
            if setback > 0:
                corners = town.lonlat(np.array([one + aside, one - aside, other - aside, other + aside]))
                properties = {"kind": "crossing", "street": index, "junction": int(node)}
                crossings.append(feature("Polygon", corners, properties))
    junctions: list[Feature] = []
    for node, found in sorted(mouths.items()):
        if len(found) > 2:
            way = np.concatenate(found) - town.nodes[node]
            round_it = town.nodes[node] + way[np.argsort(np.arctan2(way[:, 1], way[:, 0]), kind="stable")]
            properties = {"kind": "junction", "index": int(node), "signals": bool(town.signals[node])}
            junctions.append(feature("Polygon", town.lonlat(round_it), properties))
    return [*streets, *junctions, *crossings]
