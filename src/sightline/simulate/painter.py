"""Drawing road users: where each falls in the picture, what it covers, and its colours."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.core.values import U8
from sightline.simulate.bodies import BUS_PAINTS, CARGO, CARGO_PAINTS, PAINT, PAINTS, Bgr, Body, body_of
from sightline.simulate.figures import Limb, Ring, cyclist, walker
from sightline.simulate.scenery import HAZE, haze_at
from sightline.simulate.traffic import Mover
from sightline.simulate.view import Pinhole, View

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
_SHIFT: Final = 4  # OpenCV's sub-pixel bits
_CLOSEST_M: Final = 3.0
_HALF: Final = np.linspace(np.pi / 2, 3 * np.pi / 2, 6)  # the round end of a limb, as angles from its axis
_RING: Final = np.linspace(0, 2 * np.pi, 18, endpoint=False)


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One road user in the picture.

    depth in metres; polygons: i32 (k, 2) in sixteenths of a pixel with their colours, in order of drawing; wheels: the
    same, drawn first, as rings of a width in pixels; outline: convex polygons (k, 2) in pixels that together cover it;
    box: f64 (4,) left top right bottom of what is drawn, may reach out of the picture; shadow: polygon (k, 2) in pixels
    on the ground, or None.
    """

    depth: float
    polygons: list[I32]
    colours: list[list[int]]
    wheels: list[I32]
    wheel_width: int
    outline: list[F64]
    box: F64
    shadow: F64 | None


def figure_of(mover: Mover, pinhole: Pinhole, view: View, in_shade: bool) -> Figure | None:
    """How a road user looks from the camera now; None where it is too close, behind, or far out of the picture."""
    pixels, depth = pinhole.project(np.array([[mover.x, mover.y, 0.8]]))
    w, h = pinhole.size
    reach = 14 * pinhole.scale(float(depth[0]))  # longer than any vehicle
    x, y = pixels[0].tolist()
    if depth[0] < _CLOSEST_M or not (-reach < x < w + reach and -reach < y < h + reach):
        return None
    turn = np.array([[mover.heading[0], -mover.heading[1]], [mover.heading[1], mover.heading[0]]])
    if mover.label in ("pedestrian", "bicycle"):
        return _figure_of_limbs(mover, turn, pinhole, view, in_shade)
    return _figure_of_body(mover, turn, pinhole, view, in_shade)


def draw(image: U8, figure: Figure) -> None:
    """Paint one road user over the picture."""
    for ring in figure.wheels:
        cv2.polylines(image, [ring], True, (34, 33, 33), figure.wheel_width, cv2.LINE_AA, _SHIFT)
    for polygon, colour in zip(figure.polygons, figure.colours, strict=True):
        cv2.fillConvexPoly(image, polygon, colour, cv2.LINE_AA, _SHIFT)


def _world(local: F64, mover: Mover, turn: F64) -> F64:
    return np.concatenate([local[:, :2] @ turn.T + [mover.x, mover.y], local[:, 2:]], axis=1)


def _tones(colours: list[Bgr], lights: F64, view: View, depth: float) -> list[list[int]]:
    """Colours as they look in a light (n,), through the haze."""
    haze = haze_at(depth)
    tones = np.array(colours, np.float64) * lights[:, None] * (np.array(view.tint) * (1 - haze)) + HAZE * haze
    return np.clip(np.round(tones), 0, 255).astype(np.int64).tolist()  # type: ignore[no-any-return]


def _fixed(pixels: F64) -> I32:
    return np.round(pixels * (1 << _SHIFT)).astype(np.int32)


def _cast(world: F64, view: View, pinhole: Pinhole) -> F64 | None:
    """The shadow of points (n, 3) on the ground as a convex polygon in pixels."""
    ground = world.copy()
    ground[:, :2] += world[:, 2:] * np.array(view.shadow)
    ground[:, 2] = 0
    pixels, depth = pinhole.project(ground)
    return None if depth.min() < _CLOSEST_M else _hull(pixels)


def _hull(points: F64) -> F64:
    return np.asarray(cv2.convexHull(points.astype(np.float32)).reshape(-1, 2), np.float64)


def _figure_of_body(mover: Mover, turn: F64, pinhole: Pinhole, view: View, in_shade: bool) -> Figure | None:
    body = body_of(mover.label, mover.seed % 2)
    world = _world(body.points, mover, turn)
    pixels, depths = pinhole.project(world)
    if depths.min() < _CLOSEST_M:
        return None
    depth = float(np.median(depths))
    order = _drawing_order(body, mover, turn, pinhole)
    faces = [face for k in order for face in body.parts[k].faces]
    # Three corners tell which way a flat convex face turns: counter-clockwise with y up is towards the camera.
    a, b, c = (pixels[[face.corners[k] for face in faces]] for k in range(3))
    ab, ac = b - a, c - a
    shown = np.flatnonzero(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] < 0)
    faces = [faces[k] for k in shown.tolist()]
    sun = np.array([-view.shadow[0], -view.shadow[1], 1.0])
    sun /= np.linalg.norm(sun)
    normals = np.array([face.normal for face in faces])
    toward = normals[:, :2] @ turn.T @ sun[:2] + normals[:, 2] * sun[2]
    lights = view.ambient * (0.88 + 0.16 * np.maximum(normals[:, 2], 0))
    if not in_shade:
        lights = lights + view.sun * np.maximum(toward, 0)
    lights = np.where(normals[:, 2] < -0.5, 0.5 * lights, lights)
    paints = {PAINT: _paint_of(mover), CARGO: CARGO_PAINTS[mover.seed // 7 % len(CARGO_PAINTS)]}
    colours = [paints[face.colour] if isinstance(face.colour, str) else face.colour for face in faces]
    fixed = _fixed(pixels)
    return Figure(
        depth,
        [fixed[list(face.corners)] for face in faces],
        _tones(colours, lights, view, depth),
        [],
        1,
        [_hull(pixels[list(part.hull)]) for part in body.parts],
        np.concatenate([pixels.min(axis=0), pixels.max(axis=0)]),
        _cast(world, view, pinhole),
    )


def _drawing_order(body: Body, mover: Mover, turn: F64, pinhole: Pinhole) -> list[int]:
    """Parts from far to near; one that stands on another is nearer, for the camera looks down."""
    middles = np.array([part.middle for part in body.parts])
    _, depths = pinhole.project(_world(middles, mover, turn))
    on_top = (middles[:, 2] > 1.1) & (np.abs(middles[:, 0]) < 0.9)
    order: list[int] = np.argsort(-(depths - 4.0 * on_top), kind="stable").tolist()
    return order


def _paint_of(mover: Mover) -> Bgr:
    colours = BUS_PAINTS if mover.label == "bus" else PAINTS
    return colours[mover.seed // 2 % len(colours)]


def _figure_of_limbs(mover: Mover, turn: F64, pinhole: Pinhole, view: View, in_shade: bool) -> Figure | None:
    rings: list[Ring] = []
    if mover.label == "bicycle":
        rings, limbs = cyclist(mover.seed, mover.phase)
    else:
        limbs = walker(mover.seed, mover.phase, mover.speed < 0.05)
    world = _world(np.array([point for limb in limbs for point in (limb.start, limb.end)]), mover, turn)
    pixels, depths = pinhole.project(world)
    if depths.min() < _CLOSEST_M:
        return None
    depth = float(depths.mean())
    scale = pinhole.scale(depth)
    wheels = [pinhole.project(_world(_rim(ring), mover, turn))[0] for ring in rings]
    capsules = _capsules(pixels[::2], pixels[1::2], np.array([limb.radii for limb in limbs]) * scale)
    # The right limbs come last in the list: as it is for who is seen from the right, else the other way round.
    from_right = (pinhole.place[0] - mover.x) * mover.heading[1] > (pinhole.place[1] - mover.y) * mover.heading[0]
    order = list(range(len(limbs))) if from_right else _mirrored(limbs)
    lights = np.array([0.93 if limbs[k].radii[0] < 0.05 else 1.0 for k in order])
    lights = lights * (view.ambient + (0 if in_shade else 0.75 * view.sun))
    tones = _tones([limbs[k].colour for k in order], lights, view, depth)
    fixed = _fixed(capsules)
    drawn = np.concatenate([capsules.reshape(-1, 2), *wheels])
    # Above and below the hips: two hulls follow a body closer than one.
    high = np.array([(limb.start[2] + limb.end[2]) / 2 for limb in limbs])
    upper = high > 0.55 * high.max()
    lower = np.concatenate([capsules[~upper].reshape(-1, 2), *wheels])
    return Figure(
        depth,
        [fixed[k] for k in order],
        tones,
        [_fixed(wheel) for wheel in wheels],
        max(1, round(0.05 * scale)),
        [_hull(capsules[upper].reshape(-1, 2)), _hull(lower)],
        np.concatenate([drawn.min(axis=0), drawn.max(axis=0)]),
        _cast(world, view, pinhole),
    )


def _mirrored(limbs: list[Limb]) -> list[int]:
    """The order of drawing from the other side: right limbs first, the middle ones as they are, then the left."""
    sides = [np.sign(round(limb.start[1] + limb.end[1], 6)) for limb in limbs]
    return sorted(range(len(limbs)), key=lambda k: sides[k])


def _rim(ring: Ring) -> F64:
    x, y, z = ring.middle
    return np.stack([x + ring.radius * np.cos(_RING), y + 0 * _RING, z + ring.radius * np.sin(_RING)], axis=1)


def _capsules(starts: F64, ends: F64, radii: F64) -> F64:
    """Limbs as convex polygons (n, 12, 2): from starts (n, 2) to ends (n, 2), with round ends of radii (n, 2)."""
    along = ends - starts
    angle = np.arctan2(along[:, 1], along[:, 0])[:, None]
    radii = np.maximum(radii, 0.5)
    back, front = angle + _HALF, angle + _HALF + np.pi
    return np.concatenate(
        [
            starts[:, None] + radii[:, :1, None] * np.stack([np.cos(back), np.sin(back)], axis=2),
            ends[:, None] + radii[:, 1:, None] * np.stack([np.cos(front), np.sin(front)], axis=2),
        ],
        axis=1,
    )
