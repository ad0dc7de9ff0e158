"""The values of a simulated district: its still layout, its cameras, and who is where at one instant.

The world is in metres: x east, y north, z up; the ground is z = 0. Angles of directions are radians, counter-clockwise
from east. Traffic keeps to the right.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import I16, I64, Bool

F64 = NDArray[np.float64]
I8 = NDArray[np.int8]

LANE_M: Final = 3.25  # width of a driving lane in towns
CYCLE_M: Final = 1.75  # width of a cycle lane
PARKING_M: Final = 2.1  # width of a parking lane
ZEBRA_M: Final = 3.5  # width of a crossing, along the street
STOP_M: Final = 1.5  # from the stop line to the crossing
EARTH_M: Final = 6_371_008.8  # mean radius (IUGG)

RED, AMBER, GREEN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Street:
    """A straight street between two nodes; both ways alike, driving on the right.

    a, b: indices of nodes; lanes: driving lanes each way; cycle, parking: whether each side has a cycle lane (beside
    the driving lanes) and a parking lane (between cycle lane and kerb); pavement_m: width of each pavement;
    speed_mps: limit.
    """

    name: str
    a: int
    b: int
    lanes: int
    cycle: bool
    parking: bool
    pavement_m: float
    speed_mps: float

    @property
    def kerb_m(self) -> float:
        """From the middle of the street to its kerb."""
        return self.lanes * LANE_M + self.cycle * CYCLE_M + self.parking * PARKING_M

    @property
    def facade_m(self) -> float:
        """From the middle of the street to the houses."""
        return self.kerb_m + self.pavement_m


@dataclass(frozen=True, slots=True)
class Head:
    """One signal head, for who comes along a street to a node: a post at the stop line's right end.

    street and node: indices; place: x, y of the post; towards: direction of travel of those it is meant for, radians.
    """

    street: int
    node: int
    place: tuple[float, float]
    towards: float


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """What does not move. Junctions are nodes with three or more streets; nodes with one are the district's edge.

    origin: longitude and latitude of x = y = 0, degrees; nodes: f64 (n, 2) metres; setback_m: f64 (streets, 2) from
    node a and from node b along the street to the near edge of its crossing (the corner of the pavements; 0 at the
    edge); signals: bool (n,) whether a node has signals.
    """

    seed: int
    origin: tuple[float, float]
    nodes: F64
    streets: tuple[Street, ...]
    setback_m: F64
    signals: Bool
    heads: tuple[Head, ...]

    def axis(self, street: int) -> tuple[F64, F64, float]:
        """Start (2,), unit direction a -> b (2,) and length in metres of a street's middle line, node to node."""
        one = self.streets[street]
        start, end = self.nodes[one.a], self.nodes[one.b]
        length = float(np.hypot(*(end - start)))
        return start, (end - start) / length, length

    def lonlat(self, points: F64) -> F64:
        """Longitude and latitude (n, 2), degrees, of points (n, 2) in metres (local tangent plane)."""
        lon, lat = self.origin
        scale = np.degrees(1.0 / EARTH_M)
        return np.stack([lon + points[:, 0] * scale / np.cos(np.radians(lat)), lat + points[:, 1] * scale], axis=1)


@dataclass(frozen=True, slots=True)
class Camera:
    """One fixed camera.

    place: x, y, height in metres; yaw: direction of view, radians; pitch: downwards from the horizon, radians; field:
    horizontal field of view, radians; size: width and height in pixels; gain: how much lighter or darker than others it
    shows everything (1 = as it is); tint: factors on blue, green, red.
    """

    name: str
    place: tuple[float, float, float]
    yaw: float
    pitch: float
    field: float
    size: tuple[int, int] = (640, 360)
    fps: float = 10.0
    gain: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def focal_px(self) -> float:
        """Focal length in pixels; the principal point is the picture's middle, pixels are square."""
        return float(self.size[0] / 2 / np.tan(self.field / 2))


@dataclass(frozen=True, slots=True, eq=False)
class Movers:
    """Road users at one instant, as columns of equal length n.

    ids: i64 from 1, never used again; labels: i16 codes of CLASSES; places: f64 (n, 2) metres, the middle of the
    footprint; headings: f64 radians; speeds: f64 m/s; gone_m: f64 metres gone so far (legs, pedals, wheels turn);
    looks: i64 >= 0, what build, colours and clothes are drawn from, for life; sizes: f64 (n, 3) length, width, height;
    parked: bool, vehicles and two-wheelers nobody drives; brakes: bool, the brake lights are on.
    """

    ids: I64
    labels: I16
    places: F64
    headings: F64
    speeds: F64
    gone_m: F64
    looks: I64
    sizes: F64
    parked: Bool
    brakes: Bool

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, chosen: Bool | I64) -> "Movers":
        """The rows a mask (n,) or indices choose."""
        return Movers(
            self.ids[chosen], self.labels[chosen], self.places[chosen], self.headings[chosen], self.speeds[chosen],
            self.gone_m[chosen], self.looks[chosen], self.sizes[chosen], self.parked[chosen], self.brakes[chosen],
        )  # fmt: skip
