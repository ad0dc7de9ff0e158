"""Shapes of people and two-wheelers as skeletons of round limbs, posed for many at once.

Local axes: x ahead, y to the left, z up; the origin on the ground below the middle; metres for a body 1.75 m high.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import I64

F64 = NDArray[np.float64]

# Slots of a figure's palette; those from SHOE on are fixed.
SKIN, HAIR, TOP, BOTTOM, SLEEVE, BAG, FRAME, HELMET, SHOE, METAL, RUBBER = range(11)
_SKINS: Final = np.array([(150, 180, 224), (140, 168, 214), (120, 150, 204), (84, 112, 160), (52, 70, 104)], np.float64)
_HAIRS: Final = np.array([(24, 26, 32), (36, 52, 84), (84, 140, 186), (120, 120, 122), (30, 36, 50)], np.float64)
_TOPS: Final = np.array(
    [
        (44, 44, 178), (166, 92, 40), (40, 40, 44), (226, 228, 230), (62, 128, 62), (50, 180, 226), (120, 60, 110),
        (130, 126, 120), (60, 96, 200), (90, 66, 44), (150, 150, 210), (52, 70, 92),
    ], np.float64,
)  # fmt: skip
_BOTTOMS: Final = np.array(
    [(110, 66, 38), (48, 42, 40), (96, 98, 100), (120, 150, 176), (60, 56, 54), (50, 60, 80)], np.float64
)
_FIXED: Final = np.array([(40, 38, 40), (70, 66, 64), (34, 33, 33)], np.float64)
_STRIDE_M: Final = 1.4  # a full cycle of two steps
_PEDAL_M: Final = 4.2  # a turn of the pedals
KINDS_BY_CODE: Final = ("motorcycle", "bicycle", "scooter", "pedestrian")  # rising in their codes
HEIGHT_M: Final = {"pedestrian": 1.75, "bicycle": 1.8, "scooter": 1.86, "motorcycle": 1.78}


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """How the figures of one kind are built.

    joints: names to rows of rest (j, 3); limbs: i64 (k, 2) joints at the ends, in order of drawing for who is seen from
    the right; mirrored: i64 (k,) the order for who is seen from the left; radii: f64 (k, 2); slots: i64 (k,);
    rings: i64 joints in the middle of wheels, with radius; upper: bool (k,) limbs above the hips; ridden: bool (k,)
    limbs that are part of the rider, missing where it is parked.
    """

    joints: dict[str, int]
    rest: F64
    limbs: NDArray[np.int64]
    mirrored: NDArray[np.int64]
    radii: F64
    slots: NDArray[np.int64]
    rings: tuple[tuple[int, float], ...]
    upper: NDArray[np.bool_]
    ridden: NDArray[np.bool_]


class _Builder:
    def __init__(self) -> None:
        self.joints: dict[str, int] = {}
        self.rest: list[tuple[float, float, float]] = []
        self.limbs: list[tuple[int, int, float, float, int, bool]] = []
        self.rings: list[tuple[int, float]] = []

    def joint(self, name: str, x: float, y: float, z: float) -> None:
        self.joints[name] = len(self.rest)
        self.rest.append((x, y, z))

    def limb(self, a: str, b: str, radii: tuple[float, float], slot: int, rider: bool = True) -> None:
        self.limbs.append((self.joints[a], self.joints[b], *radii, slot, rider))

    def wheel(self, name: str, x: float, radius: float) -> None:
        self.joint(name, x, 0, radius)
        self.rings.append((self.joints[name], radius))

    def side(self, sign: int, leg: tuple[float, float, float], arm: tuple[float, float, float]) -> None:
        """A leg and an arm, whose joints are there; thickness of thigh, shin, foot and of upper arm, lower, hand."""
        k = "l" if sign > 0 else "r"
        self.limb("hip" + k, "knee" + k, (leg[0], leg[1] * 1.05), BOTTOM)
        self.limb("knee" + k, "foot" + k, (leg[1], leg[1] * 0.75), BOTTOM)
        self.limb("foot" + k, "toe" + k, (leg[2], leg[2] * 0.85), SHOE)
        self.limb("shoulder" + k, "elbow" + k, (arm[0], arm[1] * 1.05), TOP)
        self.limb("elbow" + k, "hand" + k, (arm[1], arm[2]), SLEEVE)

    def skeleton(self) -> Skeleton:
        rest = np.array(self.rest)
        limbs = np.array([one[:2] for one in self.limbs])
        across = np.sign(np.round(rest[limbs][:, :, 1].sum(axis=1), 6))
        middle = rest[limbs][:, :, 2].mean(axis=1)
        return Skeleton(
            self.joints, rest, limbs, np.argsort(across, kind="stable"), np.array([one[2:4] for one in self.limbs]),
            np.array([one[4] for one in self.limbs]), tuple(self.rings), middle > 0.55 * middle.max(),
            np.array([one[5] for one in self.limbs]),
        )  # fmt: skip


@cache
def skeleton_of(label: str) -> Skeleton:
    """The skeleton of one of KINDS_BY_CODE."""
    return {"pedestrian": _walker, "bicycle": _cyclist, "scooter": _scooter, "motorcycle": _motorcycle}[label]()


def palettes(looks: I64) -> F64:
    """Colours (m, slots, 3) that people wear by their looks, and the frame of what they ride."""
    found = np.empty((len(looks), 11, 3))
    for slot, choices in (
        (SKIN, _SKINS),
        (HAIR, _HAIRS),
        (TOP, _TOPS),
        (BOTTOM, _BOTTOMS),
        (BAG, _TOPS),
        (FRAME, _TOPS),
    ):
        found[:, slot] = choices[pick(looks, slot, len(choices))]
    bare = pick(looks, 20, 10) < 3
    found[:, SLEEVE] = np.where(bare[:, None], found[:, SKIN], found[:, TOP])
    helmet = pick(looks, 21, 10) < 6
    found[:, HELMET] = np.where(helmet[:, None], _TOPS[pick(looks, 22, len(_TOPS))], found[:, HAIR])
    found[:, SHOE:] = _FIXED
    return found


def pick(looks: I64, purpose: int, choices: int) -> NDArray[np.int64]:
    """A number below choices for each look and purpose, evenly and independently (the mixer of SplitMix64)."""
    z = looks.astype(np.uint64) + np.uint64((0x9E3779B97F4A7C15 * (purpose + 1)) & 0xFFFFFFFFFFFFFFFF)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) % np.uint64(choices)).astype(np.int64)


def posed(label: str, looks: I64, gone_m: F64, still: NDArray[np.bool_]) -> F64:
    """Joints (m, j, 3) of m figures of one kind after so many metres; still: whether they stand."""
    skeleton = skeleton_of(label)
    joints = np.repeat(skeleton.rest[None], len(looks), axis=0)
    names = skeleton.joints
    if label == "pedestrian":
        phase = 2 * np.pi * gone_m / _STRIDE_M
        _step(joints, names, np.where(still, 0.0, np.sin(phase)), np.where(still, 0.0, np.cos(phase)))
    if label == "bicycle":
        turn = -2 * np.pi * gone_m / _PEDAL_M
        for name, angle in (("l", turn), ("r", turn + np.pi)):
            foot = joints[:, names["foot" + name]]
            foot[:, 0] += 0.17 * np.cos(angle)
            foot[:, 2] += 0.17 * np.sin(angle)
            knee, hip = joints[:, names["knee" + name]], joints[:, names["hip" + name]]
            knee[:, 0] = (hip[:, 0] + foot[:, 0]) / 2 + 0.24
            knee[:, 2] = (hip[:, 2] + foot[:, 2]) / 2 + 0.1
            joints[:, names["toe" + name]] = foot + np.array([0.12, 0, -0.02])
    return joints


def worn(label: str, looks: I64, parked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Bool (m, k): which limbs are there; nobody rides what is parked, and not everybody carries a bag."""
    skeleton = skeleton_of(label)
    there = np.repeat(~skeleton.ridden[None], len(looks), axis=0) | ~parked[:, None]
    bags = np.flatnonzero(skeleton.slots == BAG)
    if len(bags):
        chance = pick(looks, 23, 10)
        there[:, bags[0]] = chance < 3  # a backpack
        there[:, bags[1]] = chance >= 8  # a bag in the hand
    return there


def _step(joints: F64, names: dict[str, int], swing: F64, other: F64) -> None:
    """Legs and arms of walkers, from -1 to 1 through the step."""
    for name, sign in (("l", 1.0), ("r", -1.0)):
        s, lift = sign * swing, np.maximum(0.0, sign * other)
        knee, foot, toe = (joints[:, names[part + name]] for part in ("knee", "foot", "toe"))
        knee[:, 0] += 0.21 * s
        foot[:, 0] += 0.385 * s - 0.09 * lift
        foot[:, 2] += 0.09 * lift
        toe[:, 0] += 0.385 * s - 0.09 * lift
        toe[:, 2] += 0.09 * lift
        joints[:, names["elbow" + name], 0] -= 0.105 * s
        joints[:, names["hand" + name], 0] -= 0.23 * s


def _walker() -> Skeleton:
    b = _Builder()
    for sign, k in ((1, "l"), (-1, "r")):
        y, arm = sign * 0.088, sign * 0.22
        b.joint("hip" + k, 0, y, 0.875)
        b.joint("knee" + k, 0.05, y, 0.47)
        b.joint("foot" + k, 0, y, 0.06)
        b.joint("toe" + k, 0.12, y, 0.05)
        b.joint("shoulder" + k, 0, arm, 1.38)
        b.joint("elbow" + k, -0.02, arm * 1.12, 1.1)
        b.joint("hand" + k, 0.06, arm * 1.1, 0.86)
    for name, x, y, z in (
        ("seat", 0, 0, 0.9), ("waist", 0, 0, 1.0), ("chest", 0.02, 0, 1.33), ("neck", 0.02, 0, 1.44),
        ("throat", 0.026, 0, 1.52), ("head", 0.035, 0, 1.62), ("crown", -0.005, 0, 1.66), ("pack0", -0.21, 0, 1.08),
        ("pack1", -0.19, 0, 1.33), ("bag0", 0.03, -0.3, 0.74), ("bag1", 0.03, -0.3, 0.88),
    ):  # fmt: skip
        b.joint(name, x, y, z)
    leg, arm3 = (0.091, 0.07, 0.045), (0.058, 0.047, 0.04)
    b.side(1, leg, arm3)
    b.limb("seat", "waist", (0.148, 0.148), BOTTOM)
    b.limb("waist", "chest", (0.154, 0.178), TOP)
    b.limb("neck", "throat", (0.062, 0.062), SKIN)
    b.limb("head", "head", (0.108, 0.108), SKIN)
    b.limb("crown", "crown", (0.1, 0.1), HAIR)
    b.limb("pack0", "pack1", (0.105, 0.105), BAG)
    b.side(-1, leg, arm3)
    b.limb("bag0", "bag1", (0.11, 0.07), BAG)
    return b.skeleton()


def _rider(b: _Builder, hip: tuple[float, float], chest: tuple[float, float], bars: tuple[float, float]) -> None:
    """Joints of who sits at hip (x, z) and holds bars; the legs' are the caller's."""
    for sign, k in ((1, "l"), (-1, "r")):
        b.joint("shoulder" + k, chest[0], sign * 0.19, chest[1])
        b.joint("elbow" + k, (chest[0] + bars[0]) / 2 + 0.02, sign * 0.25, (chest[1] + bars[1]) / 2 - 0.05)
        b.joint("hand" + k, bars[0], sign * 0.22, bars[1] + 0.04)
    b.joint("seat", hip[0], 0, hip[1])
    b.joint("waist", hip[0] + 0.05, 0, hip[1] + 0.08)
    b.joint("chest", chest[0], 0, chest[1] - 0.02)
    b.joint("neck", chest[0] + 0.06, 0, chest[1] + 0.1)
    b.joint("head", chest[0] + 0.1, 0, chest[1] + 0.21)
    b.joint("crown", chest[0] + 0.07, 0, chest[1] + 0.25)


def _upper_body(b: _Builder, helmet: tuple[float, int]) -> None:
    b.limb("seat", "waist", (0.145, 0.145), BOTTOM)
    b.limb("waist", "chest", (0.15, 0.172), TOP)
    b.limb("neck", "neck", (0.055, 0.055), SKIN)
    b.limb("head", "head", (0.105, 0.105), SKIN)
    b.limb("crown", "crown", (helmet[0], helmet[0]), helmet[1])


def _legs(b: _Builder, **joints: tuple[float, ...]) -> None:
    """Both legs of a rider, from the hip down, metres: x, y (of the left one), z and, where the two differ, how far the
    left one is ahead of their middle.
    """
    for sign, k in ((1, "l"), (-1, "r")):
        for name, (x, y, z, *ahead) in joints.items():
            b.joint(name + k, x + sign * sum(ahead), sign * y, z)


def _cyclist() -> Skeleton:
    b = _Builder()
    b.wheel("back", -0.52, 0.34)
    b.wheel("front", 0.53, 0.34)
    crank = (-0.02, 0.29)
    for name, x, y, z in (
        ("crank", crank[0], 0.0, crank[1]), ("saddle", -0.2, 0, 0.84), ("stem", 0.38, 0, 0.84),
        ("fork", 0.4, 0, 1.0), ("barl", 0.42, 0.22, 1.02), ("barr", 0.42, -0.22, 1.02),
    ):  # fmt: skip
        b.joint(name, x, y, z)
    _rider(b, (-0.22, 0.98), (0.12, 1.42), (0.42, 1.02))
    foot, toe = (crank[0], 0.1, crank[1]), (crank[0] + 0.12, 0.1, crank[1])
    _legs(b, hip=(-0.22, 0.1, 0.98), knee=(0.1, 0.1, 0.7), foot=foot, toe=toe)
    leg, arm = (0.088, 0.062, 0.045), (0.052, 0.042, 0.036)
    b.side(1, leg, arm)
    for a, c, slot in (
        ("back", "crank", FRAME), ("crank", "saddle", FRAME), ("saddle", "stem", FRAME), ("crank", "stem", FRAME),
        ("front", "fork", METAL), ("barl", "barr", METAL),
    ):  # fmt: skip
        b.limb(a, c, (0.026, 0.026), slot, rider=False)
    _upper_body(b, (0.105, HELMET))
    b.side(-1, leg, arm)
    return b.skeleton()


def _scooter() -> Skeleton:
    b = _Builder()
    b.wheel("back", -0.46, 0.11)
    b.wheel("front", 0.46, 0.11)
    for name, x, y, z in (
        ("tail", -0.42, 0, 0.15), ("deck", 0.32, 0, 0.15), ("stem", 0.42, 0, 0.24), ("top", 0.3, 0, 1.12),
        ("barl", 0.3, 0.24, 1.13), ("barr", 0.3, -0.24, 1.13),
    ):  # fmt: skip
        b.joint(name, x, y, z)
    _rider(b, (-0.14, 1.04), (-0.08, 1.5), (0.29, 1.13))
    knee, foot, toe = (-0.1, 0.085, 0.62, 0.06), (-0.16, 0.06, 0.24, 0.13), (-0.03, 0.06, 0.22, 0.13)
    _legs(b, hip=(-0.14, 0.085, 1.02), knee=knee, foot=foot, toe=toe)
    leg, arm = (0.09, 0.068, 0.045), (0.055, 0.045, 0.038)
    b.side(1, leg, arm)
    b.limb("tail", "deck", (0.05, 0.05), METAL, rider=False)
    b.limb("front", "stem", (0.03, 0.03), METAL, rider=False)
    b.limb("stem", "top", (0.032, 0.028), FRAME, rider=False)
    b.limb("barl", "barr", (0.022, 0.022), METAL, rider=False)
    _upper_body(b, (0.1, HELMET))
    b.side(-1, leg, arm)
    return b.skeleton()


def _motorcycle() -> Skeleton:
    b = _Builder()
    b.wheel("back", -0.7, 0.31)
    b.wheel("front", 0.72, 0.31)
    for name, x, y, z in (
        ("engine0", -0.2, 0, 0.42), ("engine1", 0.22, 0, 0.45), ("tank0", 0.02, 0, 0.86), ("tank1", 0.34, 0, 0.88),
        ("saddle0", -0.6, 0, 0.84), ("saddle1", -0.1, 0, 0.8), ("head0", 0.52, 0, 0.92), ("head1", 0.56, 0, 0.92),
        ("barl", 0.42, 0.34, 1.06), ("barr", 0.42, -0.34, 1.06), ("tail", -0.82, 0, 0.86),
    ):  # fmt: skip
        b.joint(name, x, y, z)
    _rider(b, (-0.28, 0.92), (0.0, 1.42), (0.4, 1.04))
    _legs(b, hip=(-0.28, 0.12, 0.9), knee=(0.14, 0.2, 0.74), foot=(-0.12, 0.19, 0.36), toe=(0.02, 0.2, 0.33))
    leg, arm = (0.1, 0.075, 0.05), (0.07, 0.055, 0.045)
    b.side(1, leg, arm)
    for a, c, radii, slot in (
        ("back", "engine0", (0.05, 0.09), METAL), ("engine0", "engine1", (0.19, 0.19), METAL),
        ("front", "head0", (0.05, 0.05), METAL), ("tail", "saddle0", (0.07, 0.1), FRAME),
        ("saddle0", "saddle1", (0.1, 0.11), RUBBER), ("tank0", "tank1", (0.15, 0.16), FRAME),
        ("barl", "barr", (0.03, 0.03), METAL), ("head0", "head1", (0.13, 0.12), FRAME),
    ):  # fmt: skip
        b.limb(a, c, radii, slot, rider=False)
    _upper_body(b, (0.15, HELMET))
    b.side(-1, leg, arm)
    return b.skeleton()
