"""The ground of a layout: what lies where on it, and how it is painted into a picture."""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from sightline.core.values import F32, U8
from sightline.simulate.corners import BEYOND_M, Arm, kerb_curve
from sightline.simulate.projection import Pinhole
from sightline.simulate.world import CYCLE_M, F64, LANE_M, PARKING_M, STOP_M, ZEBRA_M, Layout

Bgr = tuple[float, float, float]
_PAVEMENT: Final = (148, 154, 158)
_ASPHALT: Final = (94, 93, 92)
_TRACK: Final = (88, 87, 86)  # where the tyres run
_GUTTER: Final = (76, 76, 76)
_KERB: Final = (186, 188, 190)
_CYCLE: Final = (82, 88, 122)
_PARKING: Final = (108, 110, 112)
_COVER: Final = (62, 62, 64)
_PAINT: Final = np.array([226, 228, 228], np.float32)
_SLAB_M: Final = 0.6
_SLABS_TO_M: Final = 42.0  # farther joints are thinner than a tenth of a pixel
_TILE: Final = 512  # texels of the tile of grain, which repeats
_DEEP_M: Final = 160.0


@dataclass(slots=True)
class Plan:
    """What lies on the ground, in order of painting, metres.

    areas: polygons (k, 2) with colours under full light; marks: polygons of white paint; joints: f64 (n, 2, 2) lines
    between slabs, painted before the areas.
    """

    areas: list[tuple[F64, Bgr]] = field(default_factory=list)
    marks: list[F64] = field(default_factory=list)
    joints: list[F64] = field(default_factory=list)


class _Strip:
    """Rectangles along one street, by metres along it from its node a and metres to the left of its middle."""

    def __init__(self, layout: Layout, street: int) -> None:
        self.start, self.along, self.length = layout.axis(street)
        self.across = np.array([-self.along[1], self.along[0]])

    def points(self, along: F64, left: F64) -> F64:
        return np.asarray(self.start + along[..., None] * self.along + left[..., None] * self.across)

    def box(self, t0: float, t1: float, n0: float, n1: float) -> F64:
        return self.points(np.array([t0, t1, t1, t0]), np.array([n0, n0, n1, n1]))


def plan_of(layout: Layout, streets: list[int], arms: dict[int, tuple[Arm, ...]]) -> Plan:
    """The ground of some streets and of the nodes they touch."""
    plan = Plan()
    strips = {k: _Strip(layout, k) for k in streets}
    spans = {k: _span(layout, k, arms) for k in streets}
    for k in streets:
        _slabs(plan, layout, k, strips[k], arms)
    for k in streets:
        street, (t0, t1) = layout.streets[k], spans[k]
        for side in (1, -1):
            kerb = side * street.kerb_m
            plan.areas.append((strips[k].box(t0, t1, kerb, kerb + side * 0.18), _KERB))
    for node, around in arms.items():
        if len(around) > 1:
            _junction(plan, layout.nodes[node], around)
    for k in streets:
        _road(plan, layout, k, strips[k], spans[k])
        _markings(plan, layout, k, strips[k], arms)
    return plan


def _span(layout: Layout, k: int, arms: dict[int, tuple[Arm, ...]]) -> tuple[float, float]:
    """From where to where a carriageway reaches between its junctions, metres from node a."""
    street = layout.streets[k]
    length = layout.axis(k)[2]
    first = -BEYOND_M if len(arms[street.a]) == 1 else float(layout.setback_m[k, 0]) - 0.05
    last = length + BEYOND_M if len(arms[street.b]) == 1 else length - float(layout.setback_m[k, 1]) + 0.05
    return first, last


def _slabs(plan: Plan, layout: Layout, k: int, strip: _Strip, arms: dict[int, tuple[Arm, ...]]) -> None:
    street = layout.streets[k]
    t0, t1 = _span(layout, k, arms)
    across = np.arange(max(t0, -30.0) - 6, min(t1, strip.length + 30) + 6, _SLAB_M)
    for side in (1, -1):
        inner, outer = side * street.kerb_m, side * street.facade_m
        ends = np.broadcast_to([inner, outer], (len(across), 2))
        plan.joints.append(strip.points(np.repeat(across[:, None], 2, axis=1), ends))
        lines = side * np.arange(street.kerb_m + _SLAB_M, street.facade_m, _SLAB_M)
        pieces = np.arange(across[0], across[-1], 12.0)
        along = np.stack([pieces, pieces + 12.0], axis=1)
        for line in lines.tolist():
            plan.joints.append(strip.points(along, np.full(along.shape, line)))


def _junction(plan: Plan, node: F64, around: tuple[Arm, ...]) -> None:
    edge: list[F64] = []
    for k, one in enumerate(around):
        other = around[(k + 1) % len(around)]
        curve, outer = kerb_curve(node, one, other), kerb_curve(node, one, other, 0.18)
        plan.areas.append((np.concatenate([curve, outer[::-1]]), _KERB))
        edge += [one.at(node, one.setback, -one.kerb)[None], curve]
    plan.areas.append((np.concatenate(edge), _ASPHALT))


def _road(plan: Plan, layout: Layout, k: int, strip: _Strip, span: tuple[float, float]) -> None:
    """Asphalt with gutters, cycle lanes, bays, tracks of tyres, patches and covers."""
    street, (t0, t1) = layout.streets[k], span
    random = np.random.default_rng([layout.seed, 32, k])
    plan.areas.append((strip.box(t0, t1, -street.kerb_m, street.kerb_m), _ASPHALT))
    lanes = street.lanes * LANE_M
    mouth = STOP_M + ZEBRA_M
    for side in (1, -1):
        kerb = side * street.kerb_m
        if street.parking:
            plan.areas.append((strip.box(t0 + mouth, t1 - mouth, kerb, kerb - side * PARKING_M), _PARKING))
        plan.areas.append((strip.box(t0, t1, kerb, kerb - side * 0.14), _GUTTER))
        if street.cycle:
            plan.areas.append((strip.box(t0, t1, side * lanes, side * (lanes + CYCLE_M - 0.1)), _CYCLE))
        for lane in range(street.lanes):
            for wheel in (-0.75, 0.75):
                middle = side * (lane + 0.5) * LANE_M + wheel
                plan.areas.append((strip.box(t0, t1, middle - 0.22, middle + 0.22), _TRACK))
    for _ in range(round((t1 - t0) / 6)):
        t, n = float(random.uniform(t0, t1 - 5)), float(random.uniform(-lanes + 0.2, lanes - 1.6))
        long, wide, tone = (float(random.uniform(*span)) for span in ((1.0, 5.0), (0.6, 1.6), (0.88, 1.06)))
        patch = strip.box(t, t + long, n, n + wide)
        plan.areas.append((patch, (_ASPHALT[0] * tone, _ASPHALT[1] * tone, _ASPHALT[2] * tone)))
    turn = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    for _ in range(round((t1 - t0) / 14)):
        cover = strip.points(np.array(random.uniform(t0, t1)), np.array(random.uniform(-lanes + 0.6, lanes - 0.6)))
        plan.areas.append((cover + 0.32 * np.stack([np.cos(turn), np.sin(turn)], axis=1), _COVER))


def _markings(plan: Plan, layout: Layout, k: int, strip: _Strip, arms: dict[int, tuple[Arm, ...]]) -> None:
    street, lanes = layout.streets[k], layout.streets[k].lanes * LANE_M
    lines = [-BEYOND_M, strip.length + BEYOND_M]  # from stop line to stop line
    for end, (node, inward) in enumerate(((street.a, 1), (street.b, -1))):
        if len(arms[node]) < 2:
            continue
        corner = float(layout.setback_m[k, end])
        edge = corner if inward > 0 else strip.length - corner
        stop = edge + inward * (ZEBRA_M + STOP_M)
        lines[end] = stop
        for left in np.arange(-street.kerb_m + 0.3, street.kerb_m - 0.5, 1.0).tolist():
            plan.marks.append(strip.box(edge, edge + inward * ZEBRA_M, left, left + 0.5))
        outer = inward * (lanes + (CYCLE_M - 0.1 if street.cycle else 0))  # who comes to node a keeps left of a -> b
        plan.marks.append(strip.box(stop, stop + inward * 0.4, inward * 0.1, outer))
    t0, t1 = lines
    solid = 14.0
    _line(plan, strip, (t0, t1), 0.0, solid, street.lanes > 1)
    for side in (1, -1):
        for lane in range(1, street.lanes):
            _line(plan, strip, (t0, t1), side * lane * LANE_M, solid, False)
        if street.cycle:
            plan.marks.append(strip.box(t0, t1, side * lanes - 0.06, side * lanes + 0.06))
        if street.parking:
            inner = side * (street.kerb_m - PARKING_M)
            for t in np.arange(t0 + 2, t1 - 2, 6.0).tolist():
                plan.marks.append(strip.box(t, t + 0.1, inner, inner + side * 0.9))


def _line(plan: Plan, strip: _Strip, span: tuple[float, float], left: float, solid: float, whole: bool) -> None:
    """A line between lanes: whole, or dashed 3 m by 3 m with whole ends."""
    t0, t1 = span
    if whole or t1 - t0 < 2 * solid:
        plan.marks.append(strip.box(t0, t1, left - 0.07, left + 0.07))
        return
    for a, b in ((t0, t0 + solid), (t1 - solid, t1)):
        plan.marks.append(strip.box(a, b, left - 0.07, left + 0.07))
    for t in np.arange(t0 + solid + 3, t1 - solid - 3, 6.0).tolist():
        plan.marks.append(strip.box(t, t + 3.0, left - 0.07, left + 0.07))


def paint_ground(plan: Plan, pinhole: Pinhole, seed: int, wet: float) -> U8:
    """The ground u8 (h, w, 3) under full light as the camera sees it; nothing sensible above the horizon."""
    w, h = pinhole.size
    image = np.empty((h, w, 3), np.uint8)
    image[:] = _PAVEMENT
    _draw_joints(image, plan, pinhole)
    for pixels, colour in zip(_seen([area for area, _ in plan.areas], pinhole), plan.areas, strict=True):
        if pixels is not None:
            cv2.fillPoly(image, [pixels], colour[1], cv2.LINE_AA, 4)
    marks = np.zeros((h, w), np.uint8)
    for pixels in _seen(plan.marks, pinhole):
        if pixels is not None:
            cv2.fillPoly(marks, [pixels], 255, cv2.LINE_AA, 4)
    x, y, depth = pinhole.ground_seen()
    random = np.random.default_rng([seed, 34])
    fine, worn = (_noise(random, x, y, texels) for texels in (13.0, 2.6))
    stains = _noise(random, x, y, 0.31)
    near = np.clip(np.float32(22) / np.nan_to_num(depth, nan=_DEEP_M), 0, 1)
    grain = 1 + np.float32(0.055) * fine * near + np.float32(0.03) * stains
    share = marks * np.clip(np.float32(0.9) + np.float32(0.16) * worn, 0.45, 0.97).astype(np.float32) / np.float32(255)
    if wet:
        grain *= np.float32(1 - 0.42 * wet) + np.float32(0.12 * wet) * stains
    mixed = image.astype(np.float32)
    mixed += (_PAINT - mixed) * share[..., None]
    return np.asarray(cv2.multiply(mixed, cv2.merge([grain] * 3), dtype=cv2.CV_8U), np.uint8)


def _seen(polygons: list[F64], pinhole: Pinhole) -> list[np.ndarray | None]:
    """Polygons (k, 2) on the ground as i32 sixteenths of a pixel; None where out of the picture."""
    sizes = [len(polygon) for polygon in polygons]
    flat = np.concatenate(polygons)
    pixels, depth = pinhole.project(np.column_stack([flat, np.zeros(len(flat))]))
    ends = np.cumsum(sizes)
    first = np.asarray(ends - sizes, np.int64)
    nearest, farthest = np.minimum.reduceat(depth, first), np.maximum.reduceat(depth, first)
    low, high = np.minimum.reduceat(pixels, first), np.maximum.reduceat(pixels, first)
    inside = np.asarray(((high > 0) & (low < pinhole.size)).all(axis=1))
    fixed = np.round(pixels * 16).astype(np.int32)
    answer: list[np.ndarray | None] = []
    for k, (end, size) in enumerate(zip(ends.tolist(), sizes, strict=True)):
        if nearest[k] > 1.0:
            answer.append(fixed[end - size : end] if inside[k] and nearest[k] < 260 else None)
            continue
        cut = None
        if farthest[k] > 1.0:
            cut = pinhole.polygon(np.column_stack([polygons[k], np.zeros(size)]))
        answer.append(None if cut is None else np.round(cut * 16).astype(np.int32))
    return answer


def _draw_joints(image: U8, plan: Plan, pinhole: Pinhole) -> None:
    lines = np.concatenate(plan.joints)
    pixels, depth = pinhole.project(np.concatenate([lines, np.zeros((*lines.shape[:2], 1))], axis=2))
    w, h = pinhole.size
    far = depth.max(axis=1)
    shown = (depth.min(axis=1) > 1.0) & (depth.min(axis=1) < _SLABS_TO_M)
    shown &= ((pixels.max(axis=1) > 0) & (pixels.min(axis=1) < [w, h])).all(axis=1)
    for k in np.flatnonzero(shown).tolist():
        line = np.round(pixels[k] * 16).astype(np.int32)
        width = float(pinhole.focal / far[k] * 0.04)
        tone = 1 - 0.11 * min(1.0, width) * max(0.0, 1 - float(far[k]) / 60)
        colour = (_PAVEMENT[0] * tone, _PAVEMENT[1] * tone, _PAVEMENT[2] * tone)
        cv2.polylines(image, [line], False, colour, max(1, round(width)), cv2.LINE_AA, 4)


def _noise(random: np.random.Generator, x: F32, y: F32, texels: float) -> F32:
    """Normal noise (h, w) that lies on the ground, texels per metre."""
    tile = random.standard_normal((_TILE, _TILE), np.float32)
    columns, rows = (
        np.mod(np.nan_to_num(x) * np.float32(texels), _TILE),
        np.mod(np.nan_to_num(y) * np.float32(texels), _TILE),
    )
    return np.asarray(cv2.remap(tile, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)
