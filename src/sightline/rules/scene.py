"""What every rule of a camera is handed per sample: its objects as columns, computed once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import erf, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.events import LineCrossed
from sightline.core.health import PictureHealth
from sightline.core.values import I16, I64, Bool, Tracks
from sightline.core.vocabulary import CLASSES, TWO_WHEELERS, VEHICLES
from sightline.rules.ground_plane import GroundPlane

F64 = NDArray[np.float64]
I8 = NDArray[np.int8]

VEHICLE, TWO_WHEELER, ON_FOOT, UNKNOWN = 0, 1, 2, 3  # kinds of road users
KIND_OF_LABEL: Final[I8] = np.array(
    [
        VEHICLE
        if name in VEHICLES
        else TWO_WHEELER
        if name in TWO_WHEELERS
        else UNKNOWN
        if name == "unknown"
        else ON_FOOT
        for name in CLASSES
    ],
    np.int8,
)
KIND_OF_LABEL.setflags(write=False)
FOOT_ERROR: Final = 0.06  # standard error of a foot point, shares of the object's size, as detectors' boxes tremble


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One analysed frame of one camera, for its rules.

    size_px: width and height of the frame; crossings: those of this frame where somebody else counts over all lines
    (None: the ruleset counts itself); health: of the picture, where it was measured; moved: the camera was turned since
    the sample before, this one is the first of another view.
    """

    camera: str
    time_ns: int
    size_px: tuple[int, int]
    tracks: Tracks
    crossings: tuple[LineCrossed, ...] | None = None
    health: PictureHealth | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Gone:
    """Objects not seen for so long that they are forgotten: columns (g,) as in ``Scene``; last_ns: when last seen."""

    slots: I64
    ids: I64
    labels: I16
    scores: F64
    last_ns: I64


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The objects of one camera at one sample, as columns (n,) sorted by id; rows are objects, not detections.

    An object keeps its slot (0..capacity) while it is known, also when its track broke and a new id goes on with it; a
    slot of ``gone`` is given away from the next sample on.

    slots, ids i64; labels i16; kinds i8; scores f64: mean of the detections' scores over about a second; boxes (n, 4),
    feet (n, 2): at the last detection, shares of the picture; sizes: side of the square as large as the box, heights of
    the picture. present: seen or held now; an absent one is where it was seen last. lately: present in the last 2 s;
    who stood still stays known, absent, for 10 s. seen: detected now. last_ns: when last present. moving: it moves, by
    ``count.moved_share``; travelled: it has moved since it is known, parked ones have not; still_s: seconds since it
    moved. velocities (n, 2): heights of the picture per second, y down, over the last 0.7 s or so; velocity_errors: one
    standard error of each part, inf where not known.
    metres, velocities_mps (n, 2), speed_errors_mps: the same on the ground, NaN (inf) where it is not known.
    inside: bool (n, zones), by ``zones`` name -> column.
    """

    camera: str
    time_ns: int
    aspect: float
    capacity: int
    slots: I64
    ids: I64
    labels: I16
    kinds: I8
    scores: F64
    boxes: F64
    feet: F64
    sizes: F64
    present: Bool
    lately: Bool
    seen: Bool
    last_ns: I64
    moving: Bool
    travelled: Bool
    still_s: F64
    velocities: F64
    velocity_errors: F64
    metres: F64
    velocities_mps: F64
    speed_errors_mps: F64
    inside: Bool
    zones: Mapping[str, int]
    corners: Mapping[str, F64]
    gone: Gone
    crossings: tuple[LineCrossed, ...] = ()
    health: PictureHealth | None = None
    ground: GroundPlane | None = field(default=None)

    def __len__(self) -> int:
        return len(self.ids)

    def in_zone(self, name: str | None) -> Bool:
        """Which objects (n,) stand in the zone; all where no zone is named. KeyError for an unknown zone."""
        return np.ones(len(self), np.bool_) if name is None else np.asarray(self.inside[:, self.zones[name]])

    def row_of(self, track_id: int) -> int | None:
        """The row of a track, None where it is not known."""
        row = int(np.searchsorted(self.ids, track_id))
        return row if row < len(self.ids) and self.ids[row] == track_id else None

    def speeds_mps(self) -> F64:
        """Speed (n,) over the ground, NaN where not known."""
        return np.asarray(np.hypot(self.velocities_mps[:, 0], self.velocities_mps[:, 1]))

    def boxes_per_s(self) -> F64:
        """Speed (n,) in own box sizes per second."""
        return np.asarray(np.hypot(self.velocities[:, 0], self.velocities[:, 1]) / np.maximum(self.sizes, 1e-6))

    def chance_inside(self, zone: str | None, row: int) -> float:
        """Probability that an object really stands in the zone, by its foot's distance to the border and error."""
        if zone is None:
            return 1.0
        stretch = np.array([self.aspect, 1.0])
        distance = _border_distance(self.feet[row] * stretch, self.corners[zone] * stretch)
        sign = 1.0 if self.inside[row, self.zones[zone]] else -1.0
        return chance(sign * distance / max(FOOT_ERROR * float(self.sizes[row]), 1e-9))


def chance(deviations: float) -> float:
    """Probability that a normal error does not undo a margin of so many standard errors."""
    return 0.5 * (1.0 + erf(deviations / sqrt(2.0)))


def speed_chance(scene: Scene, row: int, limit: float, *, metric: bool) -> float:
    """Probability that an object is slower than limit: m/s, or own box sizes per second."""
    if metric:
        error = float(scene.speed_errors_mps[row])
        speed = float(scene.speeds_mps()[row])
    else:
        error = float(scene.velocity_errors[row] / max(float(scene.sizes[row]), 1e-6))
        speed = float(scene.boxes_per_s()[row])
    if not (np.isfinite(error) and np.isfinite(speed)):
        return 0.5
    return chance((limit - speed) / max(error, 1e-6))


def _border_distance(point: F64, corners: F64) -> float:
    """Least distance of a point (2,) from the sides of a polygon (k, 2)."""
    step = np.roll(corners, -1, axis=0) - corners
    along = ((point - corners) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-18)
    nearest = corners + np.clip(along, 0, 1)[:, None] * step
    return float(np.min(np.hypot(*(point - nearest).T)))
