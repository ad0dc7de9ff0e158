"""Shapes of road users in metres: vehicles as convex parts with faces, people and bicycles as limbs.

Local axes: x ahead, y to the left, z up; the origin on the ground below the middle.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Bgr = tuple[int, int, int]

PAINT: Final = "paint"  # the colour that differs from one vehicle to the next
GLASS: Final = (58, 48, 40)
TYRE: Final = (26, 25, 25)
RIM: Final = (150, 150, 148)
LAMP: Final = (225, 240, 248)
TAIL: Final = (30, 30, 170)
TRIM: Final = (44, 43, 42)
CARGO: Final = "cargo"
_ROUND: Final = 14  # corners of a wheel

# Bgr of paint in about the shares of cars sold in Europe: mostly white, grey, black, then blue and red.
PAINTS: Final[tuple[Bgr, ...]] = (
    (232, 234, 235),
    (228, 230, 232),
    (168, 166, 162),
    (112, 108, 104),
    (52, 50, 50),
    (46, 44, 44),
    (140, 76, 40),
    (48, 46, 170),
    (60, 62, 186),
    (92, 118, 52),
    (70, 190, 226),
)
BUS_PAINTS: Final[tuple[Bgr, ...]] = ((52, 60, 196), (60, 190, 232), (160, 92, 36))
CARGO_PAINTS: Final[tuple[Bgr, ...]] = ((226, 228, 228), (150, 96, 60), (72, 132, 196))


@dataclass(frozen=True, slots=True)
class Face:
    """A flat convex polygon: corners (k) into the body's points, counter-clockwise seen from outside; its colour."""

    corners: tuple[int, ...]
    colour: str | Bgr
    normal: tuple[float, float, float]
    shaded: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A convex piece: its faces, then what lies on them, in order of drawing; hull: its points; middle in metres."""

    faces: tuple[Face, ...]
    hull: tuple[int, ...]
    middle: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A vehicle. points: f64 (n, 3); outline: points that throw the shadow."""

    points: F64
    parts: tuple[Part, ...]


class _Builder:
    def __init__(self) -> None:
        self.points: list[tuple[float, float, float]] = []
        self.parts: list[Part] = []

    def part(self, profile: list[tuple[float, float]], half_bottom: float, half_top: float, colour: str | Bgr) -> None:
        """A profile (x, z), counter-clockwise seen from the right side, between the two side faces.

        half_bottom and half_top: half widths at the lowest and the highest point (sides lean in between).
        """
        low, high = min(z for _, z in profile), max(z for _, z in profile)
        first = len(self.points)
        k = len(profile)
        for sign in (-1, 1):  # right side first
            for x, z in profile:
                share = (z - low) / (high - low)
                self.points.append((x, sign * (half_bottom + (half_top - half_bottom) * share), z))
        faces = [
            Face(tuple(range(first, first + k)), colour, (0, -1, 0)),
            Face(tuple(range(first + 2 * k - 1, first + k - 1, -1)), colour, (0, 1, 0)),
        ]
        for a in range(k):
            b = (a + 1) % k
            (x0, z0), (x1, z1) = profile[a], profile[b]
            length = np.hypot(x1 - x0, z1 - z0)
            normal = (float((z1 - z0) / length), 0.0, float(-(x1 - x0) / length))
            faces.append(Face((first + a, first + k + a, first + k + b, first + b), colour, normal))
        xs = [x for x, _ in profile]
        middle = ((min(xs) + max(xs)) / 2, 0.0, (low + high) / 2)
        self.parts.append(Part(tuple(faces), tuple(range(first, first + 2 * k)), middle))

    def on(self, corners: list[tuple[float, float, float]], colour: str | Bgr, *, shaded: bool = False) -> None:
        """A polygon on the last part, counter-clockwise seen from outside."""
        first = len(self.points)
        self.points.extend(corners)
        a, b, c = (np.array(corner) for corner in corners[:3])
        normal = np.cross(b - a, c - b)
        normal = normal / np.linalg.norm(normal)
        face = Face(tuple(range(first, first + len(corners))), colour, tuple(normal.tolist()), shaded)
        last = self.parts.pop()
        self.parts.append(Part((*last.faces, face), last.hull, last.middle))

    def on_sides(self, corners: list[tuple[float, float]], half: tuple[float, float], colour: str | Bgr) -> None:
        """A polygon (x, z), counter-clockwise seen from the right, on both sides; half widths at its low and high z."""
        low, high = min(z for _, z in corners), max(z for _, z in corners)

        def width(z: float) -> float:
            return half[0] + (half[1] - half[0]) * ((z - low) / (high - low) if high > low else 0)

        self.on([(x, -width(z), z) for x, z in corners], colour)
        self.on([(x, width(z), z) for x, z in reversed(corners)], colour)

    def wheels(self, xs: tuple[float, ...], half: float, radius: float) -> None:
        """Wheels on both sides at xs."""
        turn = np.linspace(0, 2 * np.pi, _ROUND, endpoint=False)
        for x in xs:
            for r, colour in ((radius, TYRE), (radius * 0.55, RIM)):
                ring = [(float(x + r * np.cos(a)), float(radius + r * np.sin(a))) for a in turn]
                self.on_sides(ring, (half, half), colour)

    def across(self, xz: tuple[tuple[float, float], tuple[float, float]], half: tuple[float, float],
               colour: str | Bgr) -> None:  # fmt: skip
        """A quad that faces ahead or back, from its low (x, z) to its high one; half widths there."""
        (x0, z0), (x1, z1) = xz
        quad = [(x0, half[0], z0), (x0, -half[0], z0), (x1, -half[1], z1), (x1, half[1], z1)]
        if x0 > 0:
            quad.reverse()
        self.on(quad, colour)

    def lamps(self, front: float, back: float, z: float, half: float) -> None:
        """Head and tail lamps."""
        for sign in (-1, 1):
            y0, y1 = sorted((sign * half, sign * (half - 0.34)))
            self.on([(front, y0, z), (front, y1, z), (front, y1, z + 0.15), (front, y0, z + 0.15)], LAMP)
            self.on([(back, y1, z), (back, y0, z), (back, y0, z + 0.16), (back, y1, z + 0.16)], TAIL)

    def body(self) -> Body:
        return Body(np.array(self.points, np.float64), tuple(self.parts))


@cache
def body_of(label: str, style: int) -> Body:
    """The shape of a vehicle class: car, van, truck or bus; style picks among variants."""
    return {"car": _car, "van": _van, "truck": _truck, "bus": _bus}[label](style)


def _car(style: int) -> Body:
    b = _Builder()
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


def _van(style: int) -> Body:
    b = _Builder()
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


def _truck(style: int) -> Body:
    b = _Builder()
    b.part([(1.95, 0.5), (4.05, 0.5), (4.1, 1.4), (3.9, 2.7), (1.95, 2.8)], 1.15, 1.1, PAINT)
    b.across(((4.1, 1.5), (3.95, 2.45)), (1.02, 1.0), GLASS)
    b.on_sides([(2.7, 1.55), (3.9, 1.55), (3.8, 2.4), (2.7, 2.4)], (1.14, 1.115), GLASS)
    b.across(((4.11, 0.55), (4.11, 0.85)), (1.1, 1.1), TRIM)
    b.lamps(4.12, 4.0, 0.95, 1.05)
    b.wheels((2.95,), 1.16, 0.48)
    top = 3.35 if style % 2 == 0 else 3.1
    b.part([(-4.1, 0.95), (1.8, 0.95), (1.8, top), (-4.1, top)], 1.25, 1.25, CARGO)
    b.on_sides([(-4.1, 0.75), (1.8, 0.75), (1.8, 0.95), (-4.1, 0.95)], (1.2, 1.2), TRIM)
    b.lamps(1.75, -4.11, 0.78, 1.15)
    b.wheels((-2.2, -3.3), 1.22, 0.48)
    return b.body()


def _bus(style: int) -> Body:
    b = _Builder()
    b.part([(-5.6, 0.35), (5.55, 0.35), (5.6, 1.2), (5.5, 3.02), (-5.58, 3.05)], 1.26, 1.22, PAINT)
    for left in np.arange(-5.2, 4.6, 1.63):
        window = [(left, 1.35), (left + 1.5, 1.35), (left + 1.5, 2.5), (left, 2.5)]
        b.on_sides([(float(x), z) for x, z in window], (1.253, 1.237), GLASS)
    b.across(((5.605, 1.15), (5.53, 2.55)), (1.15, 1.12), GLASS)
    b.across(((5.54, 2.62), (5.51, 2.92)), (0.85, 0.85), (40, 190, 240))
    b.across(((-5.61, 1.5), (-5.6, 2.5)), (1.05, 1.05), GLASS)
    b.lamps(5.62, -5.62, 0.7, 1.15)
    b.wheels((-2.9, 3.6), 1.27, 0.5)
    return b.body()
