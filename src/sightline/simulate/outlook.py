"""How far each camera of a district sees, and into which cells of ground: what picks the pairs worth projecting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import Bool
from sightline.simulate.groundplan import Plan
from sightline.simulate.world import F64, Camera

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

CELL_M: Final = 10.0
_ANGLES: Final = 256  # rays per camera: 0.3 degrees apart, 0.3 m at 60 m
_STEP_M: Final = 0.75  # along a ray; cells of the plan are 1 m
_TALLEST_M: Final = 3.4  # a truck
_FARTHEST_M: Final = 240.0
_SMALLEST_PX: Final = 8.0  # lower objects are in no truth
_MARGIN: Final = 0.06  # radians beyond the picture's edges, for those half in it


@dataclass(frozen=True, slots=True, eq=False)
class Outlooks:
    """What every one of n cameras can see of the ground, and its projection.

    places: f64 (n, 3); forward, right, down: f64 (n, 3) unit axes of each camera; focal_px, middle_px: f64 (n,) and
    (n, 2); sizes_px: f64 (n, 2); half_angle: f64 (n,) the rays lie within +- this of the yaw, radians; walls_m: f32
    (n, rays) metres over ground to the first house (or the end of sight); corner, columns: the grid of cells; starts:
    i64 (cells + 1,) and watchers: i32, the cameras watching cell k are watchers[starts[k] : starts[k + 1]].
    """

    places: F64
    forward: F64
    right: F64
    down: F64
    focal_px: F64
    middle_px: F64
    sizes_px: F64
    yaws: F64
    half_angle: F64
    walls_m: F32
    corner: tuple[float, float]
    columns: int
    starts: NDArray[np.int64]
    watchers: I32

    def __len__(self) -> int:
        return len(self.places)

    def cells(self, points: F64) -> NDArray[np.int64]:
        """The cell (n,) of each point (n, 2) in metres; points outside the grid take a cell of its rim."""
        rows = (len(self.starts) - 1) // self.columns
        x = np.clip((points[:, 0] - self.corner[0]) // CELL_M, 0, self.columns - 1)
        y = np.clip((points[:, 1] - self.corner[1]) // CELL_M, 0, rows - 1)
        return np.asarray(y * self.columns + x, np.int64)

    def walls_along(self, camera: int, angles: F64) -> F32:
        """Metres (n,) from a camera (its number) to the first house at angles (n,) from its yaw, radians."""
        half = self.half_angle[camera]
        ray = np.clip((angles + half) * ((_ANGLES - 1) / 2) / half + 0.5, 0, _ANGLES - 1).astype(np.intp)
        return np.asarray(self.walls_m[camera, ray])

    def clear(self, cameras: NDArray[np.intp], points: F64) -> Bool:
        """Whether no house stands between camera (n,) and points (n, k, 2): bool (n, k)."""
        way = points - self.places[cameras, None, :2]
        turn = np.arctan2(way[..., 1], way[..., 0]) - self.yaws[cameras, None]
        turn = (turn + np.pi) % (2 * np.pi) - np.pi
        half = self.half_angle[cameras, None]
        ray = np.clip((turn + half) * ((_ANGLES - 1) / 2) / half + 0.5, 0, _ANGLES - 1).astype(np.intp)
        far = np.hypot(way[..., 0], way[..., 1])
        return np.asarray(far < self.walls_m[cameras[:, None], ray])


def outlooks(plan: Plan, cameras: Sequence[Camera]) -> Outlooks:
    """Rays of all cameras over the plan; about 2 ms and 1 kB per camera."""
    places = np.array([camera.place for camera in cameras], np.float64).reshape(-1, 3)
    yaws = np.array([camera.yaw for camera in cameras])
    pitches = np.array([camera.pitch for camera in cameras])
    focal = np.array([camera.focal_px for camera in cameras])
    sizes = np.array([camera.size for camera in cameras], np.float64).reshape(-1, 2)
    c, s, cp, sp = np.cos(yaws), np.sin(yaws), np.cos(pitches), np.sin(pitches)
    # The lower corners of a picture that looks down reach furthest aside.
    ahead = cp - sizes[:, 1] / (2 * focal) * sp
    wide = np.where(ahead > 0.1, np.arctan2(sizes[:, 0] / (2 * focal), np.maximum(ahead, 0.1)) + _MARGIN, np.pi)
    half = np.minimum(wide, np.pi)
    far = np.minimum(focal * _TALLEST_M / _SMALLEST_PX, _FARTHEST_M)
    corner = plan.corner
    shape = (
        int(np.ceil(plan.open.shape[0] * plan.cell_m / CELL_M)) + 1,
        int(np.ceil(plan.open.shape[1] * plan.cell_m / CELL_M)) + 1,
    )
    walls = np.zeros((len(places), _ANGLES), np.float32)
    watched: list[NDArray[np.int64]] = []
    for k in range(len(places)):
        distances = np.arange(_STEP_M, far[k], _STEP_M)
        angles = yaws[k] + np.linspace(-half[k], half[k], _ANGLES)
        rays = np.stack([np.cos(angles), np.sin(angles)], axis=-1)[:, None] * distances[:, None]
        points = rays + places[k, :2]
        is_open = plan.is_open(points)
        # A camera may hang on a front: walls count from the first open ground on.
        closed = ~is_open & np.logical_or.accumulate(is_open, axis=1)
        first = np.where(closed.any(axis=1), closed.argmax(axis=1), len(distances) - 1)
        walls[k] = distances[first]
        seen = np.arange(len(distances)) <= first[:, None]
        watched.append(_around(points[seen & is_open], corner, shape))
    counts = np.array([len(part) for part in watched], np.int64)
    cells = np.concatenate(watched) if watched else np.zeros(0, np.int64)
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], np.arange(shape[0] * shape[1] + 1))
    return Outlooks(
        places=places,
        forward=np.stack([c * cp, s * cp, -sp], axis=1),
        right=np.stack([s, -c, np.zeros_like(s)], axis=1),
        down=np.stack([-c * sp, -s * sp, -cp], axis=1),
        focal_px=focal,
        middle_px=sizes / 2,
        sizes_px=sizes,
        yaws=yaws,
        half_angle=half,
        walls_m=walls,
        corner=corner,
        columns=shape[1],
        starts=starts.astype(np.int64),
        watchers=np.repeat(np.arange(len(places), dtype=np.int32), counts)[order],
    )


def _around(points: F64, corner: tuple[float, float], shape: tuple[int, int]) -> NDArray[np.int64]:
    """The cells that hold points (n, 2), and their neighbours: a long vehicle's middle may lie one cell on."""
    if not len(points):
        return np.zeros(0, np.int64)
    x = ((points[:, 0] - corner[0]) / CELL_M).astype(np.intp)
    y = ((points[:, 1] - corner[1]) / CELL_M).astype(np.intp)
    left, top = x.min() - 1, y.min() - 1
    held = np.zeros((y.max() - top + 2, x.max() - left + 2), np.bool_)
    held[y - top, x - left] = True
    wide = held.copy()
    wide[1:] |= held[:-1]
    wide[:-1] |= held[1:]
    both = wide.copy()
    both[:, 1:] |= wide[:, :-1]
    both[:, :-1] |= wide[:, 1:]
    rows, columns = np.nonzero(both)
    rows, columns = rows + top, columns + left
    inside = (rows >= 0) & (columns >= 0) & (rows < shape[0]) & (columns < shape[1])
    return np.asarray(rows[inside] * shape[1] + columns[inside], np.int64)
