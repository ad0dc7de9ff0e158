"""People on foot and on two wheels in the picture: the limbs of all of them in one batch, with clothes and shadows."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import F32
from sightline.core.vocabulary import CODE
from sightline.simulate import figures
from sightline.simulate.poses import SHIFT, SMOOTH_PX, Lot, Sprite, hull, placed, shadows, toned
from sightline.simulate.projection import Pinhole
from sightline.simulate.weather import Weather
from sightline.simulate.world import F64, Movers

_HALF: Final = np.linspace(np.pi / 2, 3 * np.pi / 2, 5)  # the round end of a limb, as angles from its axis
_RIM: Final = np.linspace(0, 2 * np.pi, 14, endpoint=False)
_STANDING_MPS: Final = 0.05
_TYRE_M: Final = {"motorcycle": 0.13, "scooter": 0.08, "bicycle": 0.05, "pedestrian": 0.0}

_LAMPS: Final = {"motorcycle": ("head1", 0.16), "bicycle": ("fork", 0.07), "scooter": ("top", 0.06)}  # and radius, m


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """The figures of one kind: its label, their rows in the lot, and where the points of each begin among all."""

    label: str
    rows: NDArray[np.int64]
    first: NDArray[np.int64]


def draw_people(lot: Lot, pinhole: Pinhole, weather: Weather) -> list[Sprite]:
    """The sprites of pedestrians and of two-wheelers, with their riders where they are not parked."""
    lot = lot.part(np.argsort(lot.movers.labels, kind="stable"))
    movers = lot.movers
    on_foot = movers.labels == CODE["pedestrian"]
    stretch = np.where(on_foot, movers.sizes[:, 2] / figures.HEIGHT_M["pedestrian"], 1.0)
    groups, local, owner = _posed(movers, stretch)
    world = placed(local, owner, movers)
    pixels, _ = pinhole.project(world)
    scale = pinhole.scale(lot.depth) * stretch
    (radii, slots, upper), whose, ends = _limbs(groups, lot, pinhole)
    slim = 1 - 0.06 * figures.pick(movers.looks, 24, 3)  # build
    capsules = _capsules(pixels[ends[:, 0]], pixels[ends[:, 1]], radii * (scale * slim)[whose, None])
    palettes = figures.palettes(movers.looks)
    riders = movers.labels == CODE["motorcycle"]
    palettes[riders, figures.HELMET] = palettes[riders, figures.BAG]  # nobody rides without
    lights = np.where(radii[:, 0] < 0.06, 0.93, 1.0) * (weather.ambient + 0.75 * lot.direct)[whose]
    tones = toned(palettes[whose, slots], lights, lot.depth[whose], weather, pinhole)
    thrown = shadows(world, owner, lot, pinhole, weather)
    starts = np.searchsorted(whose, np.arange(len(lot) + 1))
    low = np.minimum.reduceat(capsules.min(axis=1), starts[:-1])
    high = np.maximum.reduceat(capsules.max(axis=1), starts[:-1])
    boxes, spans = np.concatenate([low, high], axis=1), starts.tolist()
    fixed, flat = np.round(capsules * (1 << SHIFT)).astype(np.int32), capsules.astype(np.float32)
    smooth = (lot.tall_px >= SMOOTH_PX).tolist()
    sprites = []
    for group in groups:
        rims = _rims(group, pixels)
        glares = _glares(group, lot, pixels, scale, pinhole) if weather.lamps_on else {}
        for place, k in enumerate(group.rows.tolist()):
            mine = slice(spans[k], spans[k + 1])
            box, rings, width = boxes[k], [], 1
            if rims is not None:
                ring = rims[place].reshape(-1, 2)
                box = np.concatenate([np.minimum(box[:2], ring.min(axis=0)), np.maximum(box[2:], ring.max(axis=0))])
                rings = list(np.round(rims[place] * (1 << SHIFT)).astype(np.int32))
                width = max(1, round(_TYRE_M[group.label] * float(scale[k])))
            outline = _outline(flat[mine], upper[mine], None if rims is None else rims[place], smooth[k])
            sprites.append(
                Sprite(
                    int(lot.rows[k]), float(lot.depth[k]), box, list(fixed[mine]), tones[mine], smooth[k], rings,
                    width, outline, thrown[k], lot.columns[k], glares.get(k, []),
                )
            )  # fmt: skip
    return sprites


def _posed(movers: Movers, stretch: F64) -> tuple[list[_Group], F64, NDArray[np.int64]]:
    """The groups of the movers, all points of their joints and wheels (p, 3) in local metres, and whose each is."""
    groups, points, owners = [], [], []
    total = 0
    for label in figures.KINDS_BY_CODE:
        rows = np.flatnonzero(movers.labels == CODE[label])
        if not len(rows):
            continue
        still = movers.speeds[rows] < _STANDING_MPS
        joints = figures.posed(label, movers.looks[rows], movers.gone_m[rows], still) * stretch[rows, None, None]
        wheels = [joints]
        for middle, radius in figures.skeleton_of(label).rings:
            turn = np.stack([radius * np.cos(_RIM), 0 * _RIM, radius * np.sin(_RIM)], axis=1)
            wheels.append(joints[:, middle, None] + turn)
        own = np.concatenate(wheels, axis=1)
        groups.append(_Group(label, rows, total + own.shape[1] * np.arange(len(rows))))
        total += own.shape[0] * own.shape[1]
        points.append(own.reshape(-1, 3))
        owners.append(np.repeat(rows, own.shape[1]))
    return groups, np.concatenate(points), np.concatenate(owners)


def _rims(group: _Group, pixels: F64) -> F32 | None:
    """Points (m, wheels, k, 2) around the wheels of a group; None for those on foot."""
    skeleton = figures.skeleton_of(group.label)
    wheels = len(skeleton.rings)
    if not wheels:
        return None
    chosen = group.first[:, None] + len(skeleton.rest) + np.arange(wheels * len(_RIM))
    return np.asarray(pixels[chosen].reshape(len(group.rows), wheels, len(_RIM), 2), np.float32)


def _glares(
    group: _Group, lot: Lot, pixels: F64, scale: F64, pinhole: Pinhole
) -> dict[int, list[tuple[int, int, int]]]:
    """Headlights that shine towards the camera by figure: middle and radius, sixteenths of a pixel."""
    lamp, radius = _LAMPS.get(group.label, ("", 0.0))
    if not lamp:
        return {}
    movers = lot.movers
    to_camera = pinhole.place[:2] - movers.places[group.rows]
    heading = movers.headings[group.rows]
    facing = to_camera[:, 0] * np.cos(heading) + to_camera[:, 1] * np.sin(heading) > 0
    spots = np.round(pixels[group.first + figures.skeleton_of(group.label).joints[lamp]] * 16).astype(int).tolist()
    return {
        k: [(x, y, round(16 * max(0.7, radius * float(scale[k]))))]
        for k, (x, y), shines in zip(group.rows.tolist(), spots, facing.tolist(), strict=True)
        if shines and not movers.parked[k]
    }


def _outline(limbs: F32, upper: NDArray[np.bool_], rims: F32 | None, smooth: bool) -> list[F32]:
    """Convex polygons that cover limbs (k, 10, 2) and wheels: above and below the hips, or one for small figures."""
    wheels = [] if rims is None else [rims.reshape(-1, 2)]
    if not smooth:
        return [hull(np.concatenate([limbs.reshape(-1, 2), *wheels]))]
    parts = (limbs[upper].reshape(-1, 2), np.concatenate([limbs[~upper].reshape(-1, 2), *wheels]))
    return [hull(points) for points in parts if len(points)]


def _limbs(
    groups: list[_Group], lot: Lot, pinhole: Pinhole
) -> tuple[tuple[F64, NDArray[np.int64], NDArray[np.bool_]], NDArray[np.int64], NDArray[np.int64]]:
    """All limbs that are there, figure by figure in order of drawing.

    Radii (f, 2), slots (f,), whether above the hips (f,); whose (f,); points at their ends (f, 2).
    """
    movers = lot.movers
    to_camera = pinhole.place[:2] - movers.places
    from_right = to_camera[:, 0] * np.sin(movers.headings) > to_camera[:, 1] * np.cos(movers.headings)
    kinds, whose, ends = [], [], []
    for group in groups:
        skeleton, rows = figures.skeleton_of(group.label), group.rows
        plain = np.arange(len(skeleton.limbs))
        order = np.where(from_right[rows, None], plain, skeleton.mirrored)  # (m, k)
        there = figures.worn(group.label, movers.looks[rows], movers.parked[rows])
        figure, place = np.nonzero(np.take_along_axis(there, order, axis=1))
        limb = order[figure, place]
        kinds.append((skeleton.radii[limb], skeleton.slots[limb], skeleton.upper[limb]))
        whose.append(rows[figure])
        ends.append(skeleton.limbs[limb] + group.first[figure, None])
    radii, slots, upper = (np.concatenate(column) for column in zip(*kinds, strict=True))
    return (radii, slots, upper), np.concatenate(whose), np.concatenate(ends)


def _capsules(starts: F64, ends: F64, radii: F64) -> F64:
    """Limbs as convex polygons (f, 10, 2): from starts (f, 2) to ends, with round ends of radii (f, 2)."""
    along = ends - starts
    back = np.arctan2(along[:, 1], along[:, 0])[:, None] + _HALF
    radii = np.maximum(radii, 0.5)
    ring = np.stack([np.cos(back), np.sin(back)], axis=-1)
    return np.concatenate(
        [starts[:, None] + radii[:, :1, None] * ring, ends[:, None] - radii[:, 1:, None] * ring], axis=1
    )
