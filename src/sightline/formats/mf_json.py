"""Moving points as OGC MF-JSON (19-045r3): a FeatureCollection that any reader of GeoJSON opens."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.ground import EARTH_M
from sightline.formats.iso_time import iso_text

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_DIGITS: Final = 7  # of degrees: a centimetre
_METRE_PER_SECOND: Final = "MTS"  # UN/CEFACT recommendation 20


@dataclass(frozen=True, slots=True, eq=False)
class Moving:
    """One thing's way: times_ns i64 (n,) UTC, rising; lonlat f64 (n, 2) degrees; n >= 2. ValueError for others."""

    properties: Mapping[str, Any]
    times_ns: I64
    lonlat: F64

    def __post_init__(self) -> None:
        count = len(self.times_ns)
        if count < 2 or self.lonlat.shape != (count, 2) or not (np.diff(self.times_ns) > 0).all():
            raise ValueError(f"moving: expected 2 or more places at rising times, got {count} and {self.lonlat.shape}")
        if not (np.abs(self.lonlat) <= (180.0, 90.0)).all():  # also refuses NaN
            raise ValueError("moving: expected degrees of longitude and latitude, got others")


def moving_text(features: Sequence[Moving]) -> str:
    """The collection, one feature per line; ids count from 1 and say nothing but which line it is."""
    rows = ",\n".join(
        json.dumps({"type": "Feature", "id": number, **_members(one)}, ensure_ascii=False, allow_nan=False)
        for number, one in enumerate(features, start=1)
    )
    head = (
        '"type": "FeatureCollection", "crs": {"type": "Name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}'
    )
    return f'{{{head}, "features": [\n{rows}\n]}}\n'


def _members(one: Moving) -> dict[str, Any]:
    times = [iso_text(int(time)) for time in one.times_ns]
    places = np.round(one.lonlat, _DIGITS).tolist()
    return {
        "geometry": {"type": "LineString", "coordinates": places},
        "properties": dict(one.properties),
        "temporalGeometry": {
            "type": "MovingPoint",
            "datetimes": times,
            "coordinates": places,
            "interpolation": "Linear",
        },
        "temporalProperties": [
            {
                "datetimes": times,
                # Of the way to the next place; the last place repeats the one before.
                "speed": {
                    "type": "Measure",
                    "form": _METRE_PER_SECOND,
                    "values": _speeds(one).round(2).tolist(),
                    "interpolation": "Step",
                },
            }
        ],
    }


def _speeds(one: Moving) -> F64:
    """Metres per second (n,) on a local tangent plane."""
    degrees = np.radians(np.diff(one.lonlat, axis=0))
    east = degrees[:, 0] * np.cos(np.radians(one.lonlat[:-1, 1]))
    metres = EARTH_M * np.hypot(east, degrees[:, 1])
    speeds = metres / (np.diff(one.times_ns) / 1e9)
    return np.append(speeds, speeds[-1])
