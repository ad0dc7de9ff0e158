"""Metres on the ground from the typical sizes of the road users that a camera sees, nothing clicked."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.vocabulary import CODE
from sightline.rules.ground_plane import GroundPlane, Pinhole, focal_prior, pinhole_of, scale_error
from sightline.rules.least_squares import fit, robust
from sightline.rules.scene import Scene

F64 = NDArray[np.float64]

# Points of typical road users: along, across and above the ground, metres. A passenger car is a body of 4.35 x 1.8 m
# with rounded ends and a smaller roof at 1.5 m (means of European registrations); a person 1.7 m tall with shoes, feet
# and shoulders wider than the head (means of adults).
CAR_M: Final = np.array(
    [(a * 2.07, b * 0.86, z) for a in (-1, 1) for b in (-1, 1) for z in (0.2, 0.8)]
    + [(a * 1.05 - 0.2, b * 0.62, 1.48) for a in (-1, 1) for b in (-1, 1)]
)
PERSON_M: Final = np.array(
    [
        (a * r, b * r, z)
        for r, z in ((0.17, 0.03), (0.21, 1.42), (0.1, 1.7))
        for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
)
PERSON_ERROR: Final = 0.08  # of one person's height and its box, share
STEEP_ERROR: Final = 0.3  # more of it for one seen from straight above
CAR_ERROR: Final = 0.13  # of one car's side and its box, share
SIZES_ERROR: Final = 0.07  # of the means themselves, of boxes that are drawn too wide or narrow, of ground not flat
WANTED: Final = (25, 50, 100, 200, 400)  # objects at which the ground is fitted anew, then it rests
_OF_OBJECT: Final = 4  # sightings of one object
_MOST: Final = 1600  # sightings kept
_FITTED: Final = 400  # of them that a fit looks at: enough for a percent, and a fit stays below 0.1 s
_EVERY_NS: Final = 250_000_000
_APART: Final = 1.0  # own box sizes between two sightings of one object
_EDGE: Final = 0.01  # a box this near to the picture's edge is cut
_DEPTH: Final = 0.12  # feet must spread so far over the picture's height (standard deviation times 2)
_WORST: Final = 0.25  # an error above this is no calibration
_LIMITS: Final = np.array([[np.log(1.5), 0.02, np.log(0.3)], [np.log(60.0), 1.5, np.log(8.0)]])


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Boxes of persons and cars: feet (n, 2) and sizes (n, 2) width, height, in heights of the picture from its middle;
    steps (n, 2): the way their feet moved lately, likewise; cars: bool (n,); weights (n,): 1 / sqrt of the sightings of
    the same object.
    """

    feet: F64
    sizes: F64
    steps: F64
    cars: NDArray[np.bool_]
    weights: F64


class SizeCalibrator:
    """Collects sightings of one camera and fits the ground when enough objects were seen; bounded memory."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, ...]] = []  # object, foot x y, width, height, step x y, car
        self._seen: dict[int, tuple[int, float, float]] = {}  # slot -> object, foot of its last sighting
        self._times: dict[int, int] = {}  # object -> sightings
        self._objects = 0
        self._due: int | None = WANTED[0]  # objects at which the ground is fitted next; None: it is as good as it gets
        self._last_ns: int | None = None

    def see(self, scene: Scene) -> GroundPlane | None:
        """Look at one sample; the ground where it was just fitted anew, else None."""
        for slot in scene.gone.slots.tolist():
            self._seen.pop(slot, None)
        if self._due is None:
            return None
        if self._last_ns is not None and 0 <= scene.time_ns - self._last_ns < _EVERY_NS:
            return None
        self._last_ns = scene.time_ns
        self._collect(scene)
        if self._objects < self._due:
            return None
        plane = ground_from_sizes(self.sightings(), scene.aspect)
        if plane is not None:
            self._due = next((wanted for wanted in WANTED if wanted > self._objects), None)
            return plane
        # Other traffic may tell more; each try waits for more objects, and for room for them.
        self._due = self._objects + max(WANTED[0], self._objects // 4)
        if len(self._rows) >= _MOST:
            self._thin()
        return None

    def forget(self) -> None:
        """The camera's objects are other ones from now on; what was collected stays."""
        self._seen.clear()
        self._last_ns = None

    def sightings(self) -> Sightings:
        """What was collected, evenly thinned."""
        table = np.array(self._rows, np.float64).reshape(-1, 8)
        table = table[:: max(1, len(table) // _FITTED)]
        _, objects, times = np.unique(table[:, 0], return_inverse=True, return_counts=True)
        weights = 1 / np.sqrt(times[objects])
        return Sightings(table[:, 1:3], table[:, 3:5], table[:, 5:7], table[:, 7] > 0, weights)

    def _thin(self) -> None:
        """Drop the older half."""
        self._rows = self._rows[_MOST // 2 :]
        self._times = Counter(int(row[0]) for row in self._rows)

    def _collect(self, scene: Scene) -> None:
        boxes = scene.boxes
        whole = (boxes[:, :2] > _EDGE).all(axis=1) & (boxes[:, 2:] < 1 - _EDGE).all(axis=1)
        person, car = scene.labels == CODE["pedestrian"], scene.labels == CODE["car"]
        speed = scene.boxes_per_s()
        chosen = whole & scene.seen & scene.travelled & scene.moving & (person | (car & (speed > 0.3)))
        stretch = np.array([scene.aspect, 1.0])
        for row in np.flatnonzero(chosen).tolist():
            x, y = (scene.feet[row] * stretch).tolist()
            slot, size = int(scene.slots[row]), float(scene.sizes[row])
            known = self._seen.get(slot)
            if known is not None and np.hypot(x - known[1], y - known[2]) < _APART * size:
                continue
            number = self._objects if known is None else known[0]
            self._objects += known is None
            self._seen[slot] = (number, x, y)
            if self._times.get(number, 0) >= _OF_OBJECT or len(self._rows) >= _MOST:
                continue
            self._times[number] = self._times.get(number, 0) + 1
            w, h = ((boxes[row, 2:] - boxes[row, :2]) * stretch).tolist()
            step = scene.velocities[row].tolist()
            middle = (x - scene.aspect / 2, y - 0.5)
            self._rows.append((float(number), *middle, w, h, *step, float(car[row])))


def ground_from_sizes(seen: Sightings, aspect: float, field_deg: float | None = None) -> GroundPlane | None:
    """The ground under boxes of persons and cars; None where they do not tell it (too few, all at one depth).

    The pinhole is fitted to the logarithms of the heights of persons and of both sides of cars, far ones pulling less
    (Huber), with prior knowledge of lenses. The error adds that of the typical sizes to that of the fit.
    """
    if len(seen.feet) < 10 or 2 * float(np.std(seen.feet[:, 1])) < _DEPTH:
        return None
    focal, focal_error = focal_prior(aspect, field_deg)

    errors = np.where(seen.cars, CAR_ERROR, PERSON_ERROR)

    def sizes(values: F64) -> F64:
        low, wide = _box_sizes(pinhole_of(np.clip(values, *_LIMITS), aspect), seen)
        tall = np.log(np.maximum(seen.sizes[:, 1], 1e-6) / low)
        broad = np.log(np.maximum(seen.sizes[:, 0], 1e-6) / wide)[seen.cars]
        return np.concatenate(
            [robust(tall / errors) * seen.weights, robust(broad / CAR_ERROR) * seen.weights[seen.cars]]
        )

    def residuals(values: F64) -> F64:
        outside = values - np.clip(values, *_LIMITS)
        prior = [(values[2] - focal) / focal_error, (values[1] - 0.45) / 0.4, (values[0] - np.log(7.0)) / 0.7]
        return np.concatenate([sizes(values), prior, outside * 100])

    values, covariance = fit(residuals, [np.array([np.log(7.0), p, focal]) for p in (0.2, 0.45, 0.8)])
    # Seen steeply from above a person's box is that of shoulders and steps, which differ more than heights do.
    plane = pinhole_of(np.clip(values, *_LIMITS), aspect)
    down = plane.height_m**2 / (plane.height_m**2 + (_ground(plane, seen.feet) ** 2).sum(axis=1))
    errors = np.where(seen.cars, CAR_ERROR, np.hypot(PERSON_ERROR, STEEP_ERROR * down))
    values, covariance = fit(residuals, [values])
    if np.any((values < _LIMITS[0]) | (values > _LIMITS[1])):
        return None
    off = sizes(values)
    error = float(np.hypot(scale_error(values, covariance, aspect), SIZES_ERROR))
    if error > _WORST:
        return None
    residual = float(np.sqrt(np.sum(off**2) / max(np.sum(seen.weights**2), 1e-9))) * PERSON_ERROR
    return GroundPlane(pinhole_of(values, aspect).homography(), error, residual, "sizes")


def _box_sizes(plane: Pinhole, seen: Sightings) -> tuple[F64, F64]:
    """Heights and widths (n,) of the boxes that persons and cars of typical size would have where they stand."""
    foot = _ground(plane, seen.feet)
    ahead = foot - _ground(plane, seen.feet - seen.steps * 0.2)
    ahead /= np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9)[:, None]
    view = foot / np.maximum(np.hypot(foot[:, 0], foot[:, 1]), 1e-9)[:, None]
    sizes = np.empty((2, len(foot)))
    for points, rows in ((CAR_M, seen.cars), (PERSON_M, ~seen.cars)):
        axis, to = (ahead if points is CAR_M else view)[rows], view[rows]
        aside = np.stack([axis[:, 1], -axis[:, 0]], axis=1)
        # The foot of a box is the nearest point of the footprint: the middle lies half its extent further on.
        reach = points[:, :1] * (axis * to).sum(axis=1) + points[:, 1:2] * (aside * to).sum(axis=1)
        middle = foot[rows] + to * reach[points[:, 2] < 1].max(axis=0)[:, None]
        places = middle + points[:, :1, None] * axis + points[:, 1:2, None] * aside
        drawn = _picture(plane, places, points[:, 2])
        sizes[:, rows] = (drawn.max(axis=0) - drawn.min(axis=0)).T
    return np.maximum(sizes[1], 1e-4), np.maximum(sizes[0], 1e-4)


def _ground(plane: Pinhole, points: F64) -> F64:
    """Metres right and ahead (n, 2) of points (n, 2) in heights from the picture's middle; far instead of none."""
    s, c = np.sin(plane.pitch), np.cos(plane.pitch)
    x, y = points[:, 0] / plane.focal, points[:, 1] / plane.focal
    reach = plane.height_m / np.maximum(s + y * c, 0.02)
    return np.stack([x * reach, (c - y * s) * reach], axis=1)


def _picture(plane: Pinhole, ground: F64, above: F64) -> F64:
    """Heights from the picture's middle (k, n, 2) of points so many metres (k,) above ground points (k, n, 2)."""
    s, c = np.sin(plane.pitch), np.cos(plane.pitch)
    below = (plane.height_m - above)[:, None]
    depth = np.maximum(ground[..., 1] * c + below * s, 0.2)
    return np.stack([ground[..., 0] / depth, (below * c - ground[..., 1] * s) / depth], axis=-1) * plane.focal
