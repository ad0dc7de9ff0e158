"""Where the points of a fixed camera's picture lie on the ground, by longitude and latitude.

A pinhole without distortion above flat ground: the principal point is the picture's middle, pixels are square. Good for
dots on a map, not for surveying: at 50 m, one degree of pitch is some metres.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadConfig
from sightline.core.values import I64

F64 = NDArray[np.float64]

EARTH_M: Final = 6_371_008.8  # mean radius (IUGG)
FAR_M: Final = 150.0  # beyond, half a degree of pitch moves a point by tens of metres
CONE_M: Final = 60.0  # as far as a road user is seen well enough to be followed
_STEPS: Final = 9  # columns of the picture that make the far edge of a view cone
_HALVINGS: Final = 30  # of the picture's height: far below one pixel
_LIMITS: Final = {
    "lon": (-180.0, 180.0),
    "lat": (-85.0, 85.0),  # nearer to a pole a degree of longitude is no measure
    "height_m": (0.5, 500.0),
    "bearing_deg": (-360.0, 360.0),
    "pitch_deg": (-90.0, 90.0),
    "field_deg": (1.0, 170.0),
}


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a fixed camera hangs and where it looks.

    lon, lat: degrees (WGS 84); height_m: above the ground it sees; bearing_deg: direction of view, 0 = north,
    clockwise; pitch_deg: downwards from the horizon; field_deg: horizontal field of view. BadConfig outside the limits.
    """

    lon: float
    lat: float
    height_m: float
    bearing_deg: float
    pitch_deg: float
    field_deg: float

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if not (isfinite(value) and low <= value <= high):
                raise BadConfig(f"mount.{name}", value, f"a number in {low:g}..{high:g}")


def ground_points(mount: Mount, aspect: float, shares: F64) -> F64:
    """Longitude and latitude (n, 2), degrees, of points of the picture on the ground.

    aspect: width of the picture by its height; shares: (n, 2) x and y in shares of the picture, y down. NaN where the
    point is at or above the horizon or farther than ``FAR_M``.
    """
    return ground_points_of([mount], np.array([aspect]), np.zeros(len(shares), np.int64), shares)


def ground_points_of(mounts: Sequence[Mount], aspects: F64, camera: I64, shares: F64) -> F64:
    """``ground_points`` of many cameras at once.

    aspects: (m,) of the m mounts; camera: (n,) index of each point's mount.
    """
    columns = _columns(mounts)
    metres = _metres(columns, aspects, camera, shares)
    distance = np.hypot(metres[:, 0], metres[:, 1])
    return _lonlat(columns, camera, np.where((distance <= FAR_M)[:, None], metres, np.nan))


def ground_metres(mount: Mount, aspect: float, shares: F64) -> F64:
    """The same in metres (n, 2) east and north of the camera's foot, however far; NaN at and above the horizon."""
    return _metres(_columns([mount]), np.array([aspect]), np.zeros(len(shares), np.int64), shares)


def _columns(mounts: Sequence[Mount]) -> F64:
    """lon, lat, height, bearing, pitch, field (6, m); angles of view in radians."""
    table = np.array([astuple(one) for one in mounts], np.float64).reshape(-1, 6).T
    table[3:] = np.radians(table[3:])
    return table


def _metres(columns: F64, aspects: F64, camera: I64, shares: F64) -> F64:
    if not (np.isfinite(aspects) & (aspects > 0)).all():
        raise ValueError(f"aspect: expected a width by height above 0, got {aspects}")
    height, bearing, pitch, field = columns[2:]
    half = 2 * np.tan(field / 2)
    aside = (shares[:, 0] - 0.5) * half[camera]  # of the line of sight, per unit of depth
    under = (shares[:, 1] - 0.5) * (half / aspects)[camera]
    sin_pitch, cos_pitch = np.sin(pitch)[camera], np.cos(pitch)[camera]
    sin_bearing, cos_bearing = np.sin(bearing)[camera], np.cos(bearing)[camera]
    falls = sin_pitch + under * cos_pitch
    reach = height[camera] / np.where(falls > 1e-9, falls, np.nan)
    ahead, right = (cos_pitch - under * sin_pitch) * reach, aside * reach
    east = ahead * sin_bearing + right * cos_bearing
    north = ahead * cos_bearing - right * sin_bearing
    return np.stack([east, north], axis=1)


def view_cone(mount: Mount, aspect: float) -> F64:
    """Corners (k, 2) of the ground that the camera sees, longitude and latitude, cut at ``CONE_M``; not closed.

    k = 0 where it sees no ground so near.
    """
    columns = np.linspace(0.0, 1.0, _STEPS)
    near = _distance(mount, aspect, columns, np.ones(_STEPS))
    columns = columns[near < CONE_M]  # False where NaN
    if len(columns) < 2:
        return np.zeros((0, 2))
    # The distance grows from the bottom of the picture to its top: halve to where it passes the cut.
    low, high = np.zeros(len(columns)), np.ones(len(columns))
    whole = _distance(mount, aspect, columns, low) <= CONE_M
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = _distance(mount, aspect, columns, middle) <= CONE_M
        low, high = np.where(inside, low, middle), np.where(inside, middle, high)
    top = np.where(whole, 0.0, high)
    far = np.stack([columns, top], axis=1)
    bottom = np.array([[columns[-1], 1.0], [columns[0], 1.0]])
    corners = ground_metres(mount, aspect, np.concatenate([far, bottom]))
    return _lonlat(_columns([mount]), np.zeros(len(corners), np.int64), corners)


def _distance(mount: Mount, aspect: float, x: F64, y: F64) -> F64:
    """Metres from the camera's foot to the ground points of columns x and rows y (n,); NaN above the horizon."""
    metres = ground_metres(mount, aspect, np.stack([x, y], axis=1))
    return np.asarray(np.hypot(metres[:, 0], metres[:, 1]))


def _lonlat(columns: F64, camera: I64, metres: F64) -> F64:
    lon, lat = columns[:2]
    scale = np.degrees(1.0 / EARTH_M)  # local tangent plane: some millimetres off at 150 m
    east = metres[:, 0] * (scale / np.cos(np.radians(lat)))[camera]
    return np.stack([lon[camera] + east, lat[camera] + metres[:, 1] * scale], axis=1)
