"""People on foot and on bicycles as limbs: from where to where, how thick, what colour."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Bgr = tuple[int, int, int]

_SKIN: Final[tuple[Bgr, ...]] = ((150, 180, 224), (120, 150, 204), (84, 112, 160), (52, 70, 104))
_HAIR: Final[tuple[Bgr, ...]] = ((24, 26, 32), (36, 52, 84), (84, 140, 186), (120, 120, 122))
_TOPS: Final[tuple[Bgr, ...]] = (
    (44, 44, 178), (166, 92, 40), (40, 40, 44), (226, 228, 230), (62, 128, 62), (50, 180, 226), (120, 60, 110),
    (130, 126, 120), (60, 96, 200),
)  # fmt: skip
_BOTTOMS: Final[tuple[Bgr, ...]] = ((110, 66, 38), (48, 42, 40), (96, 98, 100), (120, 150, 176), (60, 56, 54))
_SHOE: Final[Bgr] = (40, 38, 40)
_METAL: Final[Bgr] = (70, 66, 64)
_STRIDE_M: Final = 1.4  # a full cycle of two steps, metres


@dataclass(frozen=True, slots=True)
class Limb:
    """A capsule between two local points (x ahead, y left, z up; metres) with a radius at each end."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radii: tuple[float, float]
    colour: Bgr


@dataclass(frozen=True, slots=True)
class Ring:
    """A wheel that stands along x: middle and radius, metres."""

    middle: tuple[float, float, float]
    radius: float


def person_height(seed: int) -> float:
    """Metres; 1.55 to 1.9, now and then a child."""
    random = np.random.default_rng([seed, 5])
    return 1.25 if random.random() < 0.08 else float(random.uniform(1.55, 1.9))


def walker(seed: int, phase_m: float, standing: bool) -> list[Limb]:
    """Limbs from the left side of the body to the right one, 1.0 high at most times person_height."""
    random = np.random.default_rng([seed, 6])
    skin, hair = (tuple_of(random, colours) for colours in (_SKIN, _HAIR))
    top, bottom = (tuple_of(random, colours) for colours in (_TOPS, _BOTTOMS))
    sleeves = top if random.random() < 0.7 else skin
    backpack = random.random() < 0.3
    height = person_height(seed)
    swing = 0.0 if standing else float(np.sin(2 * np.pi * phase_m / _STRIDE_M))
    other = 0.0 if standing else float(np.cos(2 * np.pi * phase_m / _STRIDE_M))

    def limb(a: tuple[float, float, float], b: tuple[float, float, float], r: tuple[float, float], c: Bgr) -> Limb:
        x, y, z = a
        u, v, w = b
        return Limb(
            (x * height, y * height, z * height), (u * height, v * height, w * height),
            (r[0] * height, r[1] * height), c,
        )  # fmt: skip

    def leg(side: int, s: float, lift: float) -> list[Limb]:
        y = side * 0.05
        knee = (0.12 * s + 0.03, y, 0.27)
        foot = (0.22 * s - 0.05 * lift, y, 0.035 + 0.05 * lift)
        return [
            limb((0, y, 0.5), knee, (0.052, 0.042), bottom),
            limb(knee, foot, (0.04, 0.03), bottom),
            limb(foot, (foot[0] + 0.07, y, foot[2] - 0.005), (0.026, 0.022), _SHOE),
        ]

    def arm(side: int, s: float) -> list[Limb]:
        y = side * 0.125
        elbow = (-0.06 * s - 0.01, y * 1.12, 0.63)
        hand = (-0.13 * s + 0.04, y * 1.1, 0.49)
        return [
            limb((0, y, 0.79), elbow, (0.033, 0.029), top),
            limb(elbow, hand, (0.027, 0.022), sleeves),
            limb(hand, hand, (0.024, 0.024), skin),
        ]

    limbs = [*leg(1, swing, max(0.0, other)), *arm(1, swing)]
    limbs += [
        limb((0, 0, 0.5), (0, 0, 0.56), (0.085, 0.085), bottom),
        limb((0, 0, 0.57), (0.01, 0, 0.76), (0.088, 0.102), top),
        limb((0.01, 0, 0.82), (0.015, 0, 0.87), (0.035, 0.035), skin),
        limb((0.02, 0, 0.925), (0.02, 0, 0.925), (0.062, 0.062), skin),
        limb((0.0, 0, 0.95), (-0.005, 0, 0.945), (0.058, 0.058), hair),
    ]
    if backpack:
        limbs.append(limb((-0.12, 0, 0.62), (-0.11, 0, 0.76), (0.06, 0.06), tuple_of(random, _TOPS)))
    return [*limbs, *leg(-1, -swing, max(0.0, -other)), *arm(-1, -swing)]


def cyclist(seed: int, phase_m: float) -> tuple[list[Ring], list[Limb]]:
    """The two wheels, then frame and rider, left side first."""
    random = np.random.default_rng([seed, 7])
    skin, hair = (tuple_of(random, colours) for colours in (_SKIN, _HAIR))
    top, bottom, frame = (tuple_of(random, colours) for colours in (_TOPS, _BOTTOMS, _TOPS))
    helmet = tuple_of(random, _TOPS) if random.random() < 0.6 else hair
    turn = 2 * np.pi * phase_m / 4.2  # metres per turn of the pedals
    hip, crank, bars = (-0.22, 0.0, 0.98), (-0.02, 0.0, 0.29), (0.42, 0.0, 1.02)
    shoulder = (0.12, 0.0, 1.42)

    def leg(side: int, angle: float) -> list[Limb]:
        y = side * 0.1
        foot = (crank[0] + 0.17 * float(np.cos(angle)), y, crank[2] + 0.17 * float(np.sin(angle)))
        knee = ((hip[0] + foot[0]) / 2 + 0.24, y, (hip[2] + foot[2]) / 2 + 0.1)
        return [
            Limb((hip[0], y, hip[2]), knee, (0.09, 0.07), bottom),
            Limb(knee, foot, (0.06, 0.045), bottom),
            Limb(foot, (foot[0] + 0.12, y, foot[2] - 0.02), (0.045, 0.04), _SHOE),
        ]

    def arm(side: int) -> list[Limb]:
        y = side * 0.2
        return [
            Limb((shoulder[0], y, shoulder[2] - 0.04), (0.3, y, 1.2), (0.05, 0.045), top),
            Limb((0.3, y, 1.2), (bars[0], y, bars[2] + 0.04), (0.042, 0.036), skin),
        ]

    rings = [Ring((-0.52, 0, 0.34), 0.34), Ring((0.53, 0, 0.34), 0.34)]
    limbs = [
        *leg(1, -turn),
        Limb((-0.52, 0, 0.34), crank, (0.025, 0.025), frame),
        Limb(crank, (-0.18, 0, 0.82), (0.025, 0.025), frame),
        Limb((-0.18, 0, 0.78), (0.38, 0, 0.84), (0.028, 0.028), frame),
        Limb(crank, (0.38, 0, 0.82), (0.028, 0.028), frame),
        Limb((0.53, 0, 0.34), (0.4, 0, 1.0), (0.022, 0.022), _METAL),
        Limb((bars[0], 0.22, bars[2]), (bars[0], -0.22, bars[2]), (0.02, 0.02), _METAL),
        *arm(1),
        Limb((hip[0], 0, hip[2]), (hip[0] + 0.05, 0, hip[2] + 0.06), (0.14, 0.14), bottom),
        Limb((hip[0] + 0.06, 0, hip[2] + 0.1), (shoulder[0], 0, shoulder[2] - 0.02), (0.15, 0.17), top),
        Limb((0.18, 0, 1.5), (0.2, 0, 1.56), (0.055, 0.055), skin),
        Limb((0.23, 0, 1.64), (0.23, 0, 1.64), (0.105, 0.105), skin),
        Limb((0.2, 0, 1.68), (0.2, 0, 1.68), (0.105, 0.1), helmet),
        *leg(-1, -turn + np.pi),
        *arm(-1),
    ]
    return rings, limbs


def tuple_of(random: np.random.Generator, colours: tuple[Bgr, ...]) -> Bgr:
    """One of the colours."""
    return colours[int(random.integers(len(colours)))]
