"""Who may be seen in a picture and in what light, and what a road user is once it is drawn: a sprite."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.core.values import F32
from sightline.simulate.projection import Pinhole
from sightline.simulate.weather import Weather
from sightline.simulate.world import F64, Movers

I32 = NDArray[np.int32]
SHIFT: Final = 4  # OpenCV's sub-pixel bits
_CLOSEST_M, _FARTHEST_M = 2.0, 200.0
SMOOTH_PX: Final = 30.0  # lower ones are drawn without smoothing, and with fewer faces
_SQUARE: Final = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) / 2  # corners of a footprint, counter-clockwise


@dataclass(slots=True, eq=False)
class Sprite:
    """One road user in the picture.

    row: in the movers; depth: of its middle, metres; box: f64 (4,) left, top, right, bottom of all that is drawn, may
    reach out of the picture; polygons: i32 (k, 2) in sixteenths of a pixel, in order of drawing, with their colours;
    rings: the same for wheels, drawn first as lines; outline: convex polygons f32 (k, 2) in pixels that together cover
    it; shadow: i32 (k, 2) sixteenths; columns: f64 (2, 3) picture columns and one over depth at the near corners of its
    footprint, to tell its depth in each column; lamps: middle and radius of shining headlights, pixels.
    """

    row: int
    depth: float
    box: F64
    polygons: list[I32]
    colours: list[list[int]]
    smooth: bool
    rings: list[I32]
    ring_width: int
    outline: list[F32]
    shadow: I32 | None
    columns: F64
    lamps: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """What the batches need of the movers that may be seen: rows and columns of equal length, and their light."""

    rows: NDArray[np.int64]
    movers: Movers
    depth: F64
    tall_px: F64
    direct: F64
    cast: NDArray[np.bool_]  # whether the sun throws its shadow
    columns: F64

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, chosen: NDArray[np.int64]) -> "Lot":
        """The chosen ones."""
        return Lot(
            self.rows[chosen], self.movers.keep(chosen), self.depth[chosen], self.tall_px[chosen], self.direct[chosen],
            self.cast[chosen], self.columns[chosen],
        )  # fmt: skip


def footprints(movers: Movers) -> F64:
    """Corners (n, 4, 2) of the movers' footprints, metres, counter-clockwise."""
    cos, sin = np.cos(movers.headings)[:, None], np.sin(movers.headings)[:, None]
    x, y = _SQUARE[:, 0] * movers.sizes[:, :1], _SQUARE[:, 1] * movers.sizes[:, 1:2]
    return np.stack([movers.places[:, :1] + cos * x - sin * y, movers.places[:, 1:] + sin * x + cos * y], axis=2)


def lot_of(movers: Movers, pinhole: Pinhole, weather: Weather, direct: F32, hidden: F32) -> Lot | None:
    """Those of the movers that may be seen; None where nobody is.

    direct: f32 (h, w) light on the ground; hidden: f32 (h / 16, w / 16) depths beyond which nothing is seen in a block.
    """
    if not len(movers):
        return None
    ahead = pinhole.axes[2]
    depth = (movers.places - pinhole.place[:2]) @ ahead[:2] + (0.8 - pinhole.place[2]) * ahead[2]
    aside = np.abs((movers.places - pinhole.place[:2]) @ pinhole.axes[0, :2])
    wide = pinhole.size[0] / 2 / pinhole.focal
    rows = np.flatnonzero((depth > _CLOSEST_M) & (depth < _FARTHEST_M) & (aside < depth * wide + 8))
    if not len(rows):
        return None
    near = movers.keep(rows)
    feet = footprints(near)
    corners = np.zeros((len(rows), 2, 4, 3))
    corners[:, :, :, :2] = feet[:, None]
    corners[:, 1, :, 2] = near.sizes[:, 2:]
    pixels, away = pinhole.project(corners)
    low, high = pixels.min(axis=(1, 2)), pixels.max(axis=(1, 2))
    w, h = pinhole.size
    inside = (away.min(axis=(1, 2)) > 1.0) & (high > 0).all(axis=1) & (low < [w, h]).all(axis=1)
    inside &= ~_behind(low, high, away[:, 0].min(axis=1), hidden)
    kept = np.flatnonzero(inside)
    if not len(kept):
        return None
    rows, near = rows[kept], near.keep(kept)
    ground, far = pixels[kept, 0], away[kept, 0]
    spots = np.clip(ground * 0.8 + 0.2 * ground.mean(axis=1, keepdims=True), 0, [w - 1, h - 1]).astype(np.int64)
    light = direct[spots[..., 1], spots[..., 0]].mean(axis=1).astype(np.float64)  # it goes into shade little by little
    cast = light > 0.5 * weather.sun if weather.sun > 0.2 and not weather.night else np.zeros(len(rows), np.bool_)
    return Lot(
        rows, near, depth[rows], near.sizes[:, 2] * pinhole.scale(depth[rows]), light, cast, _near_sides(ground, far)
    )


def _behind(low: F64, high: F64, depth: F64, hidden: F32) -> NDArray[np.bool_]:
    """Whether boxes lie wholly behind what stands there."""
    rows, columns = hidden.shape
    first = np.clip(low // 16, 0, [columns - 1, rows - 1]).astype(int).tolist()
    last = np.clip(high // 16, 0, [columns - 1, rows - 1]).astype(int).tolist()
    return np.array(
        [hidden[t : b + 1, x : r + 1].max() < d for (x, t), (r, b), d in zip(first, last, depth.tolist(), strict=True)],
        np.bool_,
    )


def _near_sides(pixels: F64, depths: F64) -> F64:
    """Picture columns, rising, and one over depth (n, 2, 3) at the nearest corner (n, 4) and its neighbours."""
    nearest = depths.argmin(axis=1)
    chosen = (nearest[:, None] + np.array([-1, 0, 1])) % 4
    x = np.take_along_axis(pixels[:, :, 0], chosen, axis=1)
    inverse = 1 / np.take_along_axis(depths, chosen, axis=1)
    order = np.argsort(x, axis=1, kind="stable")
    return np.stack([np.take_along_axis(x, order, axis=1), np.take_along_axis(inverse, order, axis=1)], axis=1)


def placed(local: F64, owner: NDArray[np.int64], movers: Movers) -> F64:
    """World points (p, 3) of local points (p, 3) of the movers they belong to (p,)."""
    cos, sin = np.cos(movers.headings)[owner], np.sin(movers.headings)[owner]
    world = np.empty(local.shape)
    world[:, 0] = movers.places[owner, 0] + cos * local[:, 0] - sin * local[:, 1]
    world[:, 1] = movers.places[owner, 1] + sin * local[:, 0] + cos * local[:, 1]
    world[:, 2] = local[:, 2]
    return world


def toned(colours: F64, lights: F64, depth: F64, weather: Weather, pinhole: Pinhole) -> list[list[int]]:
    """Colours (f, 3) under lights (f,) as the camera shows them from depths (f,), through the haze."""
    lens = np.array(pinhole.camera.tint) * pinhole.camera.gain
    haze = weather.haze_at(depth)[:, None]
    tones = colours * lights[:, None]
    tones *= np.array(weather.tint) * lens * (1 - haze)
    tones += np.array(weather.horizon) * lens * haze + 0.5
    return np.clip(tones, 0, 255).astype(np.int64).tolist()  # type: ignore[no-any-return]


def shadows(world: F64, owner: NDArray[np.int64], lot: Lot, pinhole: Pinhole, weather: Weather) -> list[I32 | None]:
    """Shadow on the ground of each of the lot's own points (p, 3): by the sun, else close around the footprint.

    owner: i64 (p,) rising.
    """
    ground = world.copy()
    lean = np.where(lot.cast[:, None], weather.shadow, 0.0)
    ground[:, :2] += world[:, 2:] * lean[owner]
    ground[:, 2] = 0
    pixels, depth = pinhole.project(ground)
    fixed = np.round(pixels * (1 << SHIFT)).astype(np.int32)
    ends = np.searchsorted(owner, np.arange(len(lot) + 1))
    shown = (np.minimum.reduceat(depth, ends[:-1]) > 1.0).tolist()
    spans = zip(ends[:-1].tolist(), ends[1:].tolist(), shown, strict=True)
    return [np.asarray(cv2.convexHull(fixed[a:b])[:, 0], np.int32) if ok else None for a, b, ok in spans]


def ragged(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices start, start + 1, ... of several runs, one after the other."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1])


def hull(points: F32) -> F32:
    """The convex polygon (k, 2) around points (n, 2)."""
    return np.asarray(cv2.convexHull(points)[:, 0], np.float32)
