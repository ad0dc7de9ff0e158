"""Who is in which camera's picture and where, for all cameras at once and without drawing: truth at any scale."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import I16, I64, Bool
from sightline.core.vocabulary import CLASSES
from sightline.simulate.groundplan import Plan, ground_plan
from sightline.simulate.outlook import Outlooks, outlooks
from sightline.simulate.world import F64, Camera, Layout, Movers

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
Intp = NDArray[np.intp]

MIN_HEIGHT_PX: Final = 8.0  # lower boxes are left out
COUNTED_HEIGHT_PX: Final = 16.0
COUNTED_VISIBILITY: Final = 0.25
_NEAREST_M: Final = 0.5  # corners nearer than this to a camera's plane are moved onto it
# What a painted silhouette leaves free of the box around its cuboid, as shares of that box: each side, above, below.
# Medians over whole silhouettes over 20 px in pictures of twelve cameras (two seeds).
INSETS: Final = {
    "car": (0.022, 0.10, 0.085), "van": (0.017, 0.05, 0.067), "truck": (0.01, 0.0, 0.064), "bus": (0.01, 0.007, 0.07),
    "motorcycle": (0.23, 0.077, 0.069), "bicycle": (0.11, 0.076, 0.037), "scooter": (0.15, 0.055, 0.038),
    "pedestrian": (0.18, 0.04, 0.043),
}  # fmt: skip
_INSETS: Final = np.array([INSETS.get(name, (0.0, 0.0, 0.0)) for name in CLASSES])
_FILLS = 0.9  # of its box, sideways: the rest hides nobody
_ACROSS, _UP = 5, 6  # points of a box that are tried for what hides them


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Who is seen by whom at one instant, as columns of equal length n, sorted by camera.

    cameras: i32 places in the list of cameras; rows: i64 rows of the movers; ids, labels: theirs; boxes_px: f32 (n, 4)
    cut to the picture; feet_px: f32 (n, 2) middle of the lower edge of the uncut box; visibility: f32 share of the
    object in the picture and not hidden; counted: bool, not parked, at least 16 px high and 0.25 visible; depths_m: f32
    along the camera's axis; parked: bool.
    """

    cameras: I32
    rows: I64
    ids: I64
    labels: I16
    boxes_px: F32
    feet_px: F32
    visibility: F32
    counted: Bool
    depths_m: F32
    parked: Bool

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, chosen: Bool | Intp) -> "Sightings":
        """The rows a mask (n,) or indices choose."""
        return Sightings(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @staticmethod
    def joined(parts: "Sequence[Sightings]") -> "Sightings":
        """The rows of all parts (at least one), in their order."""
        return Sightings(
            *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Sightings))
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Camera and mover of each pair, the projected box before cutting, and what no other mover changes."""

    cameras: I32
    rows: I64
    boxes: F64
    cut: F64
    depths: F64
    share: F64

    def keep(self, chosen: Bool | Intp) -> "_Pairs":
        return _Pairs(*(getattr(self, field.name)[chosen] for field in fields(self)))


class Sight:
    """The eyes of all cameras of a district.

    Boxes are those of the cuboid around each mover, less what its painted silhouette leaves free. What is hidden is
    approximate: houses hide by lines over the ground grid, others by their boxes narrowed to what silhouettes fill;
    trees, lamps and posts hide nobody, and a parked vehicle is not hidden by those who pass it. The painter's truth is
    exact in all of that.
    """

    def __init__(self, layout: Layout, cameras: Sequence[Camera], plan: Plan | None = None) -> None:
        self.view = outlooks(ground_plan(layout) if plan is None else plan, cameras)
        self._parked_ids: I64 = np.zeros(0, np.int64)
        self._parked = _no_pairs()
        self._parked_shown = np.zeros(0)  # visibility of each parked pair

    def see(self, movers: Movers) -> Sightings:
        """Everybody who is in a picture, at least 8 px high and not all hidden."""
        still = np.flatnonzero(movers.parked)
        if not np.array_equal(movers.ids[still], self._parked_ids):
            self._parked_ids = movers.ids[still].copy()
            pairs = self._project(movers, still)
            self._parked_shown = pairs.share * (1.0 - _hidden(pairs, pairs))
            # Rows of movers change from call to call; among the parked they do not.
            self._parked = _Pairs(
                pairs.cameras, np.searchsorted(still, pairs.rows), pairs.boxes, pairs.cut, pairs.depths, pairs.share
            )
        parked = self._parked
        parked = _Pairs(parked.cameras, still[parked.rows], parked.boxes, parked.cut, parked.depths, parked.share)
        moving = self._project(movers, np.flatnonzero(~movers.parked))
        both = _merged(moving, parked)
        shown = moving.share * (1.0 - _hidden(moving, both))
        pairs = _Pairs(*(np.concatenate([getattr(moving, f.name), getattr(parked, f.name)]) for f in fields(_Pairs)))
        order = np.argsort(pairs.cameras, kind="stable")
        return _sightings(pairs.keep(order), np.concatenate([shown, self._parked_shown])[order], movers)

    def _project(self, movers: Movers, chosen: Intp) -> _Pairs:
        """The pairs of cameras and given rows of movers that may be visible, sorted by camera."""
        view = self.view
        cells = view.cells(movers.places[chosen])
        counts = view.starts[cells + 1] - view.starts[cells]
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        cameras = view.watchers[np.repeat(view.starts[cells], counts) + offsets]
        order = np.argsort(cameras, kind="stable")
        cameras, rows = cameras[order], np.repeat(chosen, counts)[order].astype(np.int64)

        ahead = np.stack([np.cos(movers.headings), np.sin(movers.headings)], axis=1)[rows]
        middle = movers.places[rows]
        size = movers.sizes[rows]
        depth = ((middle - view.places[cameras, :2]) * view.forward[cameras, :2]).sum(axis=1)
        depth += (size[:, 2] / 2 - view.places[cameras, 2]) * view.forward[cameras, 2]
        tall = size[:, 2] * view.focal_px[cameras]
        worth = (depth > _NEAREST_M) & (tall > 0.8 * MIN_HEIGHT_PX * (depth - size[:, 0] / 2))
        cameras, rows = cameras[worth], rows[worth]
        ahead, middle, size, depth = ahead[worth], middle[worth], size[worth], depth[worth]
        boxes = _boxes(view, cameras, middle, ahead, size)
        side, above, below = _INSETS[movers.labels[rows]].T
        width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        boxes += np.stack([side * width, above * height, -side * width, -below * height], axis=1)
        cut = _cut(boxes, view.sizes_px[cameras])
        share = _areas(cut) / np.maximum(_areas(boxes), 1e-9)
        seen = (cut[:, 3] - cut[:, 1] >= MIN_HEIGHT_PX) & (share > 0)
        cameras, rows = cameras[seen], rows[seen]
        ahead, middle, size = ahead[seen], middle[seen], size[seen]
        aside = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        # The middle and the four corners of the footprint: how many of them no house hides.
        long, wide = size[:, :1] * 0.45 * ahead, size[:, 1:2] * 0.45 * aside
        points = middle[:, None] + np.stack(
            [np.zeros_like(long), long + wide, long - wide, wide - long, -long - wide], axis=1
        )
        free = view.clear(cameras, points).mean(axis=1)
        pairs = _Pairs(cameras, rows, boxes[seen], cut[seen], depth[seen], share[seen] * free)
        return pairs.keep(free > 0)


def _boxes(view: Outlooks, cameras: I32, middle: F64, ahead: F64, size: F64) -> F64:
    """Boxes (n, 4) of the cuboids in their cameras' pictures, not cut."""
    way = middle - view.places[cameras, :2]
    high = view.places[cameras, 2]
    half = size.T / 2  # (3, n)

    def along(axes: F64) -> F64:
        """The corners (8, n) along an axis of each camera: numpy is fastest when the long axis is the last."""
        x, y, z = axes[cameras].T
        base = way[:, 0] * x + way[:, 1] * y - high * z
        forth = half[0] * (ahead[:, 0] * x + ahead[:, 1] * y)
        aside = half[1] * (ahead[:, 0] * y - ahead[:, 1] * x)
        square = np.stack([base + forth + aside, base + forth - aside, base - forth + aside, base - forth - aside])
        return np.concatenate([square, square + size[:, 2] * z])

    scale = view.focal_px[cameras] / np.maximum(along(view.forward), _NEAREST_M)
    x = along(view.right) * scale + view.middle_px[cameras, 0]
    y = along(view.down) * scale + view.middle_px[cameras, 1]
    return np.stack([x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)], axis=1)


def _cut(boxes: F64, sizes_px: F64) -> F64:
    cut = np.empty_like(boxes)
    width, height = sizes_px.T
    for k, limit in enumerate((width, height, width, height)):
        cut[:, k] = np.minimum(np.maximum(boxes[:, k], 0.0), limit)
    return cut


def _hidden(targets: _Pairs, hiders: _Pairs) -> F64:
    """The share (targets,) of each target's cut box that nearer hiders of its camera cover; both sorted by camera."""
    share = np.zeros(len(targets.rows))
    left, top, right, bottom = hiders.boxes.T
    slim = (1.0 - _FILLS) / 2 * (right - left)
    hider = np.stack([hiders.depths, left + slim, top, right - slim, bottom])
    target = np.stack([targets.depths, *targets.cut.T])
    low = np.searchsorted(hiders.cameras, targets.cameras, "left")
    counts = np.searchsorted(hiders.cameras, targets.cameras, "right") - low
    t = np.repeat(np.arange(len(counts)), counts)
    h = np.arange(len(t)) + np.repeat(low - np.cumsum(counts) + counts, counts)
    meet = hider[1][h] < target[3][t]
    meet &= hider[3][h] > target[1][t]
    meet &= hider[0][h] < target[0][t]
    t, h = t[meet], h[meet]
    meet = (hider[2][h] < target[4][t]) & (hider[4][h] > target[2][t])
    t, h = t[meet], h[meet]
    if not len(t):
        return share
    mine, other = target[1:, t], hider[1:, h]
    across = mine[0] + (np.arange(_ACROSS)[:, None] + 0.5) / _ACROSS * (mine[2] - mine[0])
    up = mine[1] + (np.arange(_UP)[:, None] + 0.5) / _UP * (mine[3] - mine[1])
    covers_x = (across > other[0]) & (across < other[2])
    covers_y = (up > other[1]) & (up < other[3])
    covers = (covers_x[:, None] & covers_y[None]).reshape(_ACROSS * _UP, -1)
    starts = np.flatnonzero(np.diff(t, prepend=-1))
    share[t[starts]] = np.logical_or.reduceat(covers, starts, axis=1).mean(axis=0)
    return share


def _sightings(pairs: _Pairs, shown: F64, movers: Movers) -> Sightings:
    visible = shown > 0
    pairs, shown = pairs.keep(visible), shown[visible]
    rows = pairs.rows
    parked = movers.parked[rows]
    high = pairs.cut[:, 3] - pairs.cut[:, 1]
    return Sightings(
        cameras=pairs.cameras,
        rows=rows,
        ids=movers.ids[rows],
        labels=movers.labels[rows],
        boxes_px=pairs.cut.astype(np.float32),
        feet_px=np.stack([(pairs.boxes[:, 0] + pairs.boxes[:, 2]) / 2, pairs.boxes[:, 3]], axis=1).astype(np.float32),
        visibility=np.minimum(shown, 1.0).astype(np.float32),
        counted=~parked & (high >= COUNTED_HEIGHT_PX) & (shown >= COUNTED_VISIBILITY),
        depths_m=pairs.depths.astype(np.float32),
        parked=parked,
    )


def _merged(a: _Pairs, b: _Pairs) -> _Pairs:
    """Both, sorted by camera."""
    order = np.argsort(np.concatenate([a.cameras, b.cameras]), kind="stable")
    return _Pairs(*(np.concatenate([getattr(a, f.name), getattr(b, f.name)])[order] for f in fields(_Pairs)))


def _no_pairs() -> _Pairs:
    n = np.zeros(0, np.int64)
    return _Pairs(np.zeros(0, np.int32), n, np.zeros((0, 4)), np.zeros((0, 4)), np.zeros(0), np.zeros(0))


def _areas(boxes: F64) -> F64:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
