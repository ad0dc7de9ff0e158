"""Where streets meet: the arms of a node, the curves of its kerbs and the corners of its house fronts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from sightline.simulate.world import F64, Layout

BEYOND_M: Final = 150.0  # streets go on so far beyond the district's edge, for the eye
_STRAIGHT: Final = 0.2  # sine of the angle below which two sides run on into each other
_CURVE: Final = np.linspace(0, 1, 9)[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """One street as it leaves a node: unit vectors out and to its left (seen outwards), metres as in Street."""

    street: int
    starts: bool  # whether the node is the street's a
    out: F64
    left: F64
    kerb: float
    facade: float
    setback: float

    def at(self, node: F64, along: float, left: float) -> F64:
        """The point (2,) so many metres along and to the left."""
        return np.asarray(node + along * self.out + left * self.left)


@dataclass(frozen=True, slots=True, eq=False)
class Wall:
    """The houses' line along one side of a street: from start to end (2,), both metres; normal (2,) to the street.

    corners: number of the corner at each end, shared with the wall that meets it there; -1 where there is none.
    """

    street: int
    side: int  # +1 left of a -> b, -1 right
    start: F64
    end: F64
    normal: F64
    corners: tuple[int, int]


def arms_of(layout: Layout, streets: Iterable[int]) -> dict[int, tuple[Arm, ...]]:
    """The arms of every node that one of the streets touches, counter-clockwise; all streets of the node count."""
    nodes = {node for k in streets for node in (layout.streets[k].a, layout.streets[k].b)}
    found: dict[int, list[Arm]] = {node: [] for node in sorted(nodes)}
    for k, street in enumerate(layout.streets):
        for node, starts in ((street.a, True), (street.b, False)):
            if node in found:
                _, along, _ = layout.axis(k)
                out = along if starts else -along
                left = np.array([-out[1], out[0]])
                setback = float(layout.setback_m[k, 0 if starts else 1])
                found[node].append(Arm(k, starts, out, left, street.kerb_m, street.facade_m, setback))
    return {
        node: tuple(sorted(arms, key=lambda arm: float(np.arctan2(arm.out[1], arm.out[0]))))
        for node, arms in found.items()
    }


def meeting(one: Arm, other: Arm, left: float, right: float) -> tuple[float, float] | None:
    """Metres along both arms to where a line left of one meets a line right of the other; None if they run on."""
    sine = one.out[0] * other.out[1] - one.out[1] * other.out[0]
    if abs(sine) < _STRAIGHT:
        return None
    between = -other.left * right - one.left * left  # one.left*left + s*one.out = -other.left*right + t*other.out
    along = (between[0] * other.out[1] - between[1] * other.out[0]) / sine
    back = (between[0] * one.out[1] - between[1] * one.out[0]) / sine
    return float(along), float(back)


def kerb_curve(node: F64, one: Arm, other: Arm, wider: float = 0.0) -> F64:
    """The kerb (k, 2) from the left corner of one arm to the right corner of the next; wider: metres off the road."""
    start = one.at(node, one.setback, one.kerb + wider)
    end = other.at(node, other.setback, -other.kerb - wider)
    met = meeting(one, other, one.kerb + wider, other.kerb + wider)
    if met is None:
        return np.stack([start, end])
    middle = one.at(node, met[0], one.kerb + wider)
    return np.asarray((1 - _CURVE) ** 2 * start + 2 * _CURVE * (1 - _CURVE) * middle + _CURVE**2 * end)


def walls_of(layout: Layout, streets: Iterable[int], arms: dict[int, tuple[Arm, ...]]) -> list[Wall]:
    """Both walls of each street; they meet at corners, and go on beyond the district's edge."""
    walls = []
    for k in streets:
        street = layout.streets[k]
        _, along, _ = layout.axis(k)
        across = np.array([-along[1], along[0]])
        for side in (1, -1):
            first, corner_a = _wall_end(layout.nodes[street.a], arms[street.a], k, side > 0, street.a)
            last, corner_b = _wall_end(layout.nodes[street.b], arms[street.b], k, side < 0, street.b)
            walls.append(Wall(k, side, first, last, -side * across, (corner_a, corner_b)))
    return walls


def _wall_end(place: F64, arms: tuple[Arm, ...], street: int, left: bool, node: int) -> tuple[F64, int]:
    """Where (2,) at a node the wall left (or right, seen outwards) of a street ends, and the corner's number."""
    here = next(k for k, arm in enumerate(arms) if arm.street == street)
    mine = arms[here]
    if len(arms) == 1:
        return mine.at(place, -BEYOND_M, mine.facade if left else -mine.facade), -1
    first = here if left else (here - 1) % len(arms)
    one, other = arms[first], arms[(first + 1) % len(arms)]
    met = meeting(one, other, one.facade, other.facade)
    if met is None:  # one row of houses: both walls bend to the middle between their ends
        return (one.at(place, 0.0, one.facade) + other.at(place, 0.0, -other.facade)) / 2, node * 8 + first
    return one.at(place, met[0], one.facade), node * 8 + first
