"""Shapes of vehicles in metres: convex parts with flat faces, as columns.

Local axes: x ahead, y to the left, z up; the origin on the ground below the middle.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Bgr = tuple[int, int, int]

# Slots of a body's palette; the first are filled for each vehicle, the others are FIXED.
PAINT, CARGO, LAMP, TAIL, GLASS, TYRE, RIM, TRIM, SIGN = range(9)
FIXED: Final = np.array(
    [(0, 0, 0), (0, 0, 0), (225, 240, 248), (30, 30, 150), (58, 48, 40), (26, 25, 25), (150, 150, 148), (44, 43, 42),
     (40, 190, 240)], np.float64,
)  # fmt: skip
CORNERS: Final = 10  # of a face at most; shorter ones repeat their last

# Bgr of paint in about the shares of cars sold in Europe: mostly white, grey, black, then blue and red.
PAINTS: Final = np.array(
    [
        (232, 234, 235), (228, 230, 232), (168, 166, 162), (112, 108, 104), (52, 50, 50), (46, 44, 44), (140, 76, 40),
        (48, 46, 170), (60, 62, 186), (92, 118, 52), (70, 190, 226), (150, 100, 62), (60, 84, 112), (136, 160, 178),
    ], np.float64,
)  # fmt: skip
BUS_PAINTS: Final = np.array([(52, 60, 196), (60, 190, 232), (160, 92, 36), (220, 224, 226)], np.float64)
CARGO_PAINTS: Final = np.array(
    [(226, 228, 228), (150, 96, 60), (72, 132, 196), (200, 204, 200), (60, 60, 160)], np.float64
)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A vehicle.

    points: f64 (p, 3); faces: i64 (f, CORNERS) into points, counter-clockwise seen from outside, by parts and in order
    of drawing; corners: i64 (f,) how many of them count; normals: f64 (f, 3); slots: i64 (f,) of the palette;
    parts: for each, its first face and the one after its last; middles: f64 (parts, 3); tops: bool (parts,) whether it
    stands on another; hulls: for each part, points whose hull covers it; frame: i64, points that throw the shadow;
    size: f64 (3,) length, width, height.
    """

    points: F64
    faces: NDArray[np.int64]
    corners: NDArray[np.int64]
    normals: F64
    slots: NDArray[np.int64]
    parts: tuple[tuple[int, int], ...]
    middles: F64
    tops: NDArray[np.bool_]
    hulls: tuple[NDArray[np.int64], ...]
    frame: NDArray[np.int64]
    size: F64


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """All bodies one after the other, in the order of LIBRARY, so that many vehicles can be drawn in one batch.

    points: f64 (p, 3), each body's followed by the middles of its parts; faces, corners, normals, slots: as in Body, of
    all, faces counting from their body's first point; part: i64 (f,) part of its body; frames: i64, likewise;
    of points, faces and frames, first and count: i64 (bodies,) where each body's begin and how many it has; middles:
    i64 (bodies,) where the middles of its parts begin among its points; tops: bool (bodies, 2) as in Body.
    """

    bodies: tuple[Body, ...]
    points: F64
    first_point: NDArray[np.int64]
    points_of: NDArray[np.int64]
    faces: NDArray[np.int64]
    corners: NDArray[np.int64]
    normals: F64
    slots: NDArray[np.int64]
    part: NDArray[np.int64]
    first_face: NDArray[np.int64]
    faces_of: NDArray[np.int64]
    frames: NDArray[np.int64]
    first_frame: NDArray[np.int64]
    frames_of: NDArray[np.int64]
    middles: NDArray[np.int64]
    tops: NDArray[np.bool_]
    sizes: F64


class _Builder:
    def __init__(self, fine: bool) -> None:
        self.fine = fine
        self.points: list[tuple[float, float, float]] = []
        self.faces: list[tuple[tuple[int, ...], int]] = []
        self.starts: list[int] = []
        self.middles: list[tuple[float, float, float]] = []
        self.frame: list[int] = []  # the parts' own corners, and the wheels'

    def part(self, profile: list[tuple[float, float]], half_bottom: float, half_top: float, slot: int) -> None:
        """A profile (x, z), counter-clockwise seen from the right side, between the two side faces.

        half_bottom and half_top: half widths at the lowest and the highest point (sides lean in between).
        """
        low, high = min(z for _, z in profile), max(z for _, z in profile)
        first, k = len(self.points), len(profile)
        self.frame += range(first, first + 2 * k)
        for sign in (-1, 1):  # right side first
            for x, z in profile:
                share = (z - low) / (high - low)
                self.points.append((x, sign * (half_bottom + (half_top - half_bottom) * share), z))
        self.starts.append(len(self.faces))
        self.faces.append((tuple(range(first, first + k)), slot))
        self.faces.append((tuple(range(first + 2 * k - 1, first + k - 1, -1)), slot))
        for a in range(k):
            b = (a + 1) % k
            if profile[a][1] > low or profile[b][1] > low:  # nobody sees the underside
                self.faces.append(((first + a, first + k + a, first + k + b, first + b), slot))
        xs = [x for x, _ in profile]
        self.middles.append(((min(xs) + max(xs)) / 2, 0.0, (low + high) / 2))

    def on(self, corners: list[tuple[float, float, float]], slot: int) -> None:
        """A polygon on the last part, counter-clockwise seen from outside."""
        first = len(self.points)
        self.points.extend(corners)
        self.faces.append((tuple(range(first, first + len(corners))), slot))

    def on_sides(self, corners: list[tuple[float, float]], half: tuple[float, float], slot: int) -> None:
        """A polygon (x, z), counter-clockwise seen from the right, on both sides; half widths at its low and high z."""
        low, high = min(z for _, z in corners), max(z for _, z in corners)

        def width(z: float) -> float:
            return half[0] + (half[1] - half[0]) * ((z - low) / (high - low) if high > low else 0)

        self.on([(x, -width(z), z) for x, z in corners], slot)
        self.on([(x, width(z), z) for x, z in reversed(corners)], slot)

    def wheels(self, xs: tuple[float, ...], half: float, radius: float) -> None:
        """Wheels on both sides at xs."""
        turn = np.linspace(0, 2 * np.pi, CORNERS if self.fine else 6, endpoint=False) + (0 if self.fine else np.pi / 6)
        for x in xs:
            for r, slot in ((radius, TYRE), (radius * 0.55, RIM))[: 1 + self.fine]:
                ring = [(float(x + r * np.cos(a)), float(radius + r * np.sin(a))) for a in turn]
                if slot == TYRE:
                    self.frame += range(len(self.points), len(self.points) + 2 * len(ring))
                self.on_sides(ring, (half, half), slot)

    def across(self, xz: tuple[tuple[float, float], tuple[float, float]], half: tuple[float, float], slot: int) -> None:
        """A quad that faces ahead or back, from its low (x, z) to its high one; half widths there."""
        if slot == TRIM and not self.fine:
            return
        (x0, z0), (x1, z1) = xz
        quad = [(x0, half[0], z0), (x0, -half[0], z0), (x1, -half[1], z1), (x1, half[1], z1)]
        if x0 > 0:
            quad.reverse()
        self.on(quad, slot)

    def lamps(self, front: float | None, back: float | None, z: float, half: float) -> None:
        """Head and tail lamps; None where the last part has none."""
        for sign in (-1, 1):
            y0, y1 = sorted((sign * half, sign * (half - 0.34)))
            if front is not None:
                self.on([(front, y0, z), (front, y1, z), (front, y1, z + 0.15), (front, y0, z + 0.15)], LAMP)
            if back is not None:
                self.on([(back, y1, z), (back, y0, z), (back, y0, z + 0.16), (back, y1, z + 0.16)], TAIL)

    def body(self) -> Body:
        points = np.array(self.points, np.float64)
        corners = np.array([len(face) for face, _ in self.faces])
        faces = np.array([[*face, *[face[-1]] * (CORNERS - len(face))] for face, _ in self.faces])
        a, b, c = (points[faces[:, k]] for k in range(3))
        normals = np.cross(b - a, c - b)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        ends = [*self.starts[1:], len(self.faces)]
        parts = tuple(zip(self.starts, ends, strict=True))
        middles = np.array(self.middles)
        frame = np.array(self.frame)
        hulls = tuple(np.intersect1d(faces[first:end], frame) for first, end in parts)
        return Body(
            points, faces, corners, normals, np.array([slot for _, slot in self.faces]), parts, middles,
            (middles[:, 2] > 1.1) & (np.abs(middles[:, 0]) < 0.9) & (len(parts) > 1),
            hulls if self.fine else (frame,), frame,
            points.max(axis=0) - [points[:, 0].min(), points[:, 1].min(), 0.0],
        )  # fmt: skip


LIBRARY: Final = tuple(
    (label, style, fine) for label in ("car", "van", "truck", "bus") for style in (0, 1) for fine in (False, True)
)


@cache
def library() -> Library:
    """All bodies of LIBRARY."""
    bodies = tuple(body_of(*one) for one in LIBRARY)

    def counted(sizes: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        counts = np.array(sizes)
        return np.cumsum(counts) - counts, counts

    first_point, points_of = counted([len(one.points) + len(one.middles) for one in bodies])
    first_face, faces_of = counted([len(one.faces) for one in bodies])
    first_frame, frames_of = counted([len(one.frame) for one in bodies])
    tops = np.zeros((len(bodies), 2), np.bool_)
    for k, one in enumerate(bodies):
        tops[k, : len(one.tops)] = one.tops
    return Library(
        bodies, np.concatenate([np.concatenate([one.points, one.middles]) for one in bodies]), first_point, points_of,
        np.concatenate([one.faces for one in bodies]), np.concatenate([one.corners for one in bodies]),
        np.concatenate([one.normals for one in bodies]), np.concatenate([one.slots for one in bodies]),
        np.concatenate([np.repeat(np.arange(len(one.parts)), [b - a for a, b in one.parts]) for one in bodies]),
        first_face, faces_of, np.concatenate([one.frame for one in bodies]), first_frame, frames_of,
        np.array([len(one.points) for one in bodies]), tops, np.array([one.size for one in bodies]),
    )  # fmt: skip


@cache
def body_of(label: str, style: int, fine: bool) -> Body:
    """The shape of a vehicle class: car, van, truck or bus; style picks among two variants; coarse for far ones."""
    return {"car": _car, "van": _van, "truck": _truck, "bus": _bus}[label](style, fine)


def _car(style: int, fine: bool) -> Body:
    b = _Builder(fine)
    hatch = style % 2  # a hatchback has a short steep back, a saloon a boot
    back = -2.15 if hatch == 0 else -2.0
    b.part([(back, 0.28), (2.1, 0.28), (2.15, 0.62), (1.9, 0.78), (0.85, 0.92), (back + 0.02, 0.94)], 0.88, 0.84, PAINT)
    b.across(((back - 0.005, 0.32), (back - 0.005, 0.5)), (0.8, 0.8), TRIM)
    b.across(((2.16, 0.3), (2.16, 0.48)), (0.78, 0.78), TRIM)
    b.lamps(2.165, back - 0.01, 0.6, 0.82)
    b.wheels((-1.28, 1.3), 0.89, 0.33)
    rear, roof = (-1.55, -0.95) if hatch == 0 else (-1.95, -1.5)
    b.part([(rear, 0.92), (0.95, 0.92), (0.15, 1.46), (roof, 1.46)], 0.82, 0.62, PAINT)
    b.across(((0.90, 0.96), (0.235, 1.41)), (0.76, 0.60), GLASS)
    b.across(((rear + 0.03, 0.97), (roof - 0.03, 1.41)), (0.74, 0.59), GLASS)
    b.on_sides([(-0.42, 0.98), (0.74, 0.98), (0.14, 1.38), (-0.42, 1.38)], (0.80, 0.65), GLASS)
    b.on_sides([(rear + 0.28, 0.98), (-0.52, 0.98), (-0.52, 1.38), (roof + 0.06, 1.38)], (0.80, 0.65), GLASS)
    return b.body()


def _van(style: int, fine: bool) -> Body:
    b = _Builder(fine)
    b.part(
        [(-2.55, 0.34), (2.5, 0.34), (2.58, 0.85), (2.3, 1.1), (1.5, 1.98), (1.25, 2.12), (-2.55, 2.16)],
        0.98, 0.9, PAINT,
    )  # fmt: skip
    b.across(((2.24, 1.17), (1.56, 1.92)), (0.88, 0.82), GLASS)
    b.on_sides([(0.75, 1.2), (2.0, 1.2), (1.42, 1.85), (0.75, 1.85)], (0.955, 0.925), GLASS)
    if style % 2:
        b.on_sides([(-2.3, 1.25), (0.55, 1.25), (0.55, 1.82), (-2.3, 1.82)], (0.955, 0.925), GLASS)
    b.across(((-2.56, 1.25), (-2.56, 1.85)), (0.78, 0.76), GLASS)
    b.across(((2.59, 0.42), (2.59, 0.62)), (0.85, 0.85), TRIM)
    b.lamps(2.6, -2.57, 0.8, 0.9)
    b.wheels((-1.6, 1.65), 0.99, 0.36)
    return b.body()


def _truck(style: int, fine: bool) -> Body:
    b = _Builder(fine)
    b.part([(1.95, 0.5), (4.05, 0.5), (4.1, 1.4), (3.9, 2.7), (1.95, 2.8)], 1.15, 1.1, PAINT)
    b.across(((4.1, 1.5), (3.95, 2.45)), (1.02, 1.0), GLASS)
    b.on_sides([(2.7, 1.55), (3.9, 1.55), (3.8, 2.4), (2.7, 2.4)], (1.14, 1.115), GLASS)
    b.across(((4.11, 0.55), (4.11, 0.85)), (1.1, 1.1), TRIM)
    b.lamps(4.12, None, 0.95, 1.05)
    b.wheels((2.95,), 1.16, 0.48)
    top = 3.35 if style % 2 == 0 else 3.1
    b.part([(-4.1, 0.95), (1.8, 0.95), (1.8, top), (-4.1, top)], 1.25, 1.25, CARGO)
    b.on_sides([(-4.1, 0.75), (1.8, 0.75), (1.8, 0.95), (-4.1, 0.95)], (1.2, 1.2), TRIM)
    b.lamps(None, -4.11, 0.78, 1.15)
    b.wheels((-2.2, -3.3), 1.22, 0.48)
    return b.body()


def _bus(_style: int, fine: bool) -> Body:
    b = _Builder(fine)
    b.part([(-5.6, 0.35), (5.55, 0.35), (5.6, 1.2), (5.5, 3.02), (-5.58, 3.05)], 1.26, 1.22, PAINT)
    for left in np.arange(-5.2, 4.0, 1.63):
        window = [(left, 1.35), (left + 1.5, 1.35), (left + 1.5, 2.5), (left, 2.5)]
        b.on_sides([(float(x), z) for x, z in window], (1.253, 1.237), GLASS)
    b.across(((5.605, 1.15), (5.53, 2.55)), (1.15, 1.12), GLASS)
    b.across(((5.54, 2.62), (5.51, 2.92)), (0.85, 0.85), SIGN)
    b.across(((-5.61, 1.5), (-5.6, 2.5)), (1.05, 1.05), GLASS)
    b.lamps(5.62, -5.62, 0.7, 1.15)
    b.wheels((-2.9, 3.6), 1.27, 0.5)
    return b.body()
