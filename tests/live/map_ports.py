"""Drawn streets with places on a small made-up plan, and with scores: what the map page needs to be tried."""

import importlib.util
import sys
from collections.abc import Mapping
from math import cos, radians
from pathlib import Path
from typing import Any

import numpy as np

from sightline.core.ground import EARTH_M, Mount, ground_points
from sightline.core.vocabulary import CODE
from sightline.pipeline.ports import CameraScores, CountScore, Judged, Places

ORIGIN = (8.6512, 49.8728)
COLUMNS, ROWS = (-190.0, -70.0, 60.0, 185.0), (-95.0, 20.0, 120.0)  # metres east and north of streets
NAMES_DOWN = ("Mill Lane", "Station Road", "Harbour Street", "School Lane")
NAMES_ACROSS = ("Market Street", "Bridge Road", "Church Lane")
MAIN = {"Station Road", "Bridge Road"}
ASPECT = 16 / 9
MOUNTS = {
    "station-north": (-90.0, 34.0, 110.0, 9.0),
    "market-street": (44.0, -86.0, 105.0, 8.0),
    "harbour-bridge": (78.0, 34.0, 205.0, 9.0),
}


def _street_ports() -> Any:
    name = "live_street_ports"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("street_ports.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def lonlat(east: float, north: float) -> list[float]:
    """Longitude and latitude of metres from the plan's middle."""
    lon, lat = ORIGIN
    scale = np.degrees(1 / EARTH_M)
    return [lon + east * scale / cos(radians(lat)), lat + north * scale]


def mount(east: float, north: float, bearing: float, pitch: float) -> Mount:
    """A camera 8 m up."""
    lon, lat = lonlat(east, north)
    return Mount(lon, lat, 8.0, bearing, pitch, 68.0)


def plan() -> dict[str, Any]:
    """Seven streets with blocks between them and crossings."""
    features = []

    def add(kind: str, shape: str, points: list[tuple[float, float]], **properties: Any) -> None:
        where: Any = [lonlat(*point) for point in points]
        geometry = {"type": shape, "coordinates": [where] if shape == "Polygon" else where}
        features.append({"type": "Feature", "geometry": geometry, "properties": {"kind": kind, **properties}})

    def width(name: str) -> float:
        return 16.5 if name in MAIN else 8.5

    def box(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
        return [(west, south), (east, south), (east, north), (west, north), (west, south)]

    xs = [-290.0, *COLUMNS, 280.0]
    ys = [-190.0, *ROWS, 210.0]
    for i in range(len(xs) - 1):
        for j in range(len(ys) - 1):
            add("block", "Polygon", box(xs[i] + 13, ys[j] + 13, xs[i + 1] - 13, ys[j + 1] - 13))
    for name, x in zip(NAMES_DOWN, COLUMNS, strict=True):
        more = {"name": name, "width_m": width(name), "lanes": 2 if name in MAIN else 1, "cycle": name in MAIN}
        add("street", "LineString", [(x, ys[0]), (x, ys[-1])], **more)
    for name, y in zip(NAMES_ACROSS, ROWS, strict=True):
        more = {"name": name, "width_m": width(name), "lanes": 2 if name in MAIN else 1, "cycle": name in MAIN}
        add("street", "LineString", [(xs[0], y), (xs[-1], y)], **more)
    for down, x in zip(NAMES_DOWN, COLUMNS, strict=True):
        for across, y in zip(NAMES_ACROSS, ROWS, strict=True):
            wide, high = width(down) / 2, width(across) / 2
            add("junction", "Polygon", box(x - wide, y - high, x + wide, y + high))
            add("crossing", "Polygon", box(x - wide, y + high + 2, x + wide, y + high + 5.5))
            add("crossing", "Polygon", box(x + wide + 2, y - high, x + wide + 5.5, y + high))
    return {"type": "FeatureCollection", "features": features}


def map_streets() -> Any:
    """Four drawn cameras, three of them with a place on the plan; their dots follow the drawn road users."""
    streets = _street_ports()

    class MapPorts(streets.StreetPorts):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            four = streets.four_streets()
            super().__init__(list(four.streets.values()))
            self.base: dict[str, Any] | None = plan()
            self.hung = {name: mount(*where) for name, where in MOUNTS.items()}
            self.judged: dict[str, CameraScores] = {}

        def plan_map(self) -> Mapping[str, Any] | None:
            return self.base

        def mounts(self) -> Mapping[str, Mount]:
            return self.hung

        def places(self) -> Places:
            points, labels = [np.zeros((0, 2))], []
            with self._lock:
                for name, where in self.hung.items():
                    objects = [one for one in self.streets[name].objects() if one.id >= 0 and not one.held]
                    feet = np.array([((one.box[0] + one.box[2]) / 2, one.box[3]) for one in objects]).reshape(-1, 2)
                    found = ground_points(where, ASPECT, feet)
                    seen = np.isfinite(found[:, 0])
                    points.append(found[seen])
                    labels += [CODE[one.label] for one, kept in zip(objects, seen, strict=True) if kept]
            return Places(self.clock.now_ns(), np.concatenate(points), np.array(labels, np.int16))

        def scores(self) -> Mapping[str, CameraScores]:
            return dict(self.judged)

        def judge(self, camera: str, hota: float, counted: int, truth: int) -> None:
            """Somebody who knows the truth says how right the camera is."""
            rows = (CountScore("gate", "forward", counted - 9, truth - 12), CountScore("gate", "backward", 9, 12))
            self.judged[camera] = CameraScores(hota, hota + 5.5, rows, "Over the newest 60 s of pictures.")
            self._tell(Judged(camera))

    return MapPorts()
