"""Who is drawn, and who before whom: far ones first, and of two close ones who stands behind the other's side."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import F32, Bool
from sightline.simulate.people import draw_people
from sightline.simulate.poses import Sprite, footprints, lot_of
from sightline.simulate.projection import Pinhole
from sightline.simulate.vehicles import LABELS, draw_vehicles
from sightline.simulate.weather import Weather
from sightline.simulate.world import F64, Movers

_LONG_M: Final = 1.5
_SLACK_M: Final = 0.05


def sprites_of(movers: Movers, pinhole: Pinhole, weather: Weather, direct: F32, hidden: F32) -> list[Sprite]:
    """All of the movers that may be seen, in order of drawing; direct and hidden as for ``lot_of``."""
    lot = lot_of(movers, pinhole, weather, direct, hidden)
    if lot is None:
        return []
    driven = lot.movers.labels <= LABELS[-1]
    found: list[Sprite] = []
    if driven.any():
        found += draw_vehicles(lot.part(np.flatnonzero(driven)), pinhole, weather)
    if not driven.all():
        found += draw_people(lot.part(np.flatnonzero(~driven)), pinhole, weather)
    return far_to_near(found, movers, pinhole)


def far_to_near(sprites: list[Sprite], movers: Movers, pinhole: Pinhole) -> list[Sprite]:
    """The sprites in order of drawing; rows of the sprites count in the movers."""
    ordered = sorted(sprites, key=lambda one: (-one.depth, one.row))
    if len(ordered) < 2:
        return ordered
    boxes = np.array([one.box for one in ordered])
    meets = np.asarray((boxes[:, None, :2] < boxes[None, :, 2:]).all(axis=2), np.bool_)
    meets &= meets.T
    np.fill_diagonal(meets, False)
    if not meets.any():
        return ordered
    before = _before(meets, movers.keep(np.array([one.row for one in ordered])), pinhole.place[:2])
    if not np.tril(before, -1).any():
        return ordered
    return [ordered[k] for k in _sorted(before)]


def _before(meets: Bool, movers: Movers, eye: F64) -> Bool:
    """Bool (n, n): whether one must be drawn before another, where a side of a long one's footprint tells."""
    before = np.zeros((len(movers), len(movers)), np.bool_)
    one, other = np.nonzero(meets & (movers.sizes[:, 0] > _LONG_M)[:, None])
    corners = footprints(movers)
    sides = corners[:, (1, 2, 3, 0)] - corners
    normals = np.stack([sides[..., 1], -sides[..., 0]], axis=2)
    normals /= np.maximum(np.hypot(normals[..., 0], normals[..., 1])[..., None], 1e-9)
    offsets = (normals * corners).sum(axis=2)
    seen = (normals @ eye > offsets)[one]  # (pairs, 4) sides of the long one that face the camera
    away = normals[one] @ corners[other].transpose(0, 2, 1)  # (pairs, sides, corners of the other)
    out = (away > offsets[one][..., None] - _SLACK_M).all(axis=2)
    front = (out & seen).any(axis=1)  # beyond a side that is seen: nearer than the long one
    back = (out & ~seen).any(axis=1) & ~front
    before[one[front], other[front]] = True
    before[other[back], one[back]] = True
    both = before & before.T
    before[both] = np.triu(both)[both]  # the two sides disagree: depth tells
    return before


def _sorted(before: Bool) -> list[int]:
    """A topological order nearest to 0..n-1; a circle is broken at its first member."""
    waits: NDArray[np.int64] = before.sum(axis=0)
    left = list(range(len(before)))
    order: list[int] = []
    while left:
        k = next((one for one in left if waits[one] == 0), left[0])
        left.remove(k)
        order.append(k)
        waits -= before[k]
    return order
