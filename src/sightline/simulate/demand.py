"""Who travels in a district: classes with their shares, sizes and ways of driving or walking, and the day's course."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sightline.core.values import I16, I64
from sightline.core.vocabulary import CODE
from sightline.simulate.world import F64


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of vehicle.

    share: of all vehicles that move; size_m: length, width, height; accel_mps2: highest acceleration; headway_s: time
    kept to who drives ahead; speed_mps: own highest speed and its spread, None: the street's limit times about 1.
    """

    label: str
    share: float
    size_m: tuple[float, float, float]
    accel_mps2: float
    headway_s: float
    speed_mps: tuple[float, float] | None = None


# Sizes as the shapes that are painted; shares of urban traffic; acceleration and headway after Treiber and Kesting,
# "Traffic Flow Dynamics", table 11.2, heavier vehicles slower; riders: counts of cyclists and e-scooters in cities.
KINDS: Final = (
    Kind("car", 0.62, (4.3, 1.76, 1.46), 1.5, 1.1),
    Kind("van", 0.10, (5.1, 1.96, 2.16), 1.3, 1.2),
    Kind("truck", 0.07, (8.2, 2.5, 3.3), 0.9, 1.6),
    Kind("bus", 0.04, (11.2, 2.5, 3.05), 1.0, 1.5),
    Kind("motorcycle", 0.05, (2.1, 0.8, 1.7), 2.2, 1.0),
    Kind("bicycle", 0.08, (1.75, 0.6, 1.75), 0.9, 0.8, (4.4, 0.7)),
    Kind("scooter", 0.04, (1.2, 0.6, 1.8), 1.1, 0.8, (4.9, 0.5)),
)
RIDERS: Final = tuple(CODE[label] for label in ("bicycle", "scooter"))  # they use cycle lanes
WALKING: Final = 0.34  # share of road users who walk
WALK_MPS: Final = (1.34, 0.26)  # Weidmann 1993, mean and standard deviation
ALONE: Final = 0.6  # share of pedestrians who walk alone; others in groups of 2 to 4
GROUPS: Final = (0.62, 0.26, 0.12)  # shares of groups of 2, 3 and 4
USERS_PER_JUNCTION: Final = 14.0  # moving road users at the busiest hour where nothing else is wanted
# Share of the busiest hour's traffic in each hour of a working day (the usual two peaks of urban counts).
DAY: Final = (
    0.12, 0.08, 0.06, 0.06, 0.10, 0.26, 0.55, 0.88, 0.97, 0.78, 0.70, 0.72,
    0.76, 0.77, 0.80, 0.88, 0.98, 1.00, 0.90, 0.70, 0.52, 0.40, 0.30, 0.20,
)  # fmt: skip

SHARES: Final = np.array([kind.share for kind in KINDS]) / sum(kind.share for kind in KINDS)
LABELS: Final = np.array([CODE[kind.label] for kind in KINDS], np.int16)
SIZES: Final = np.array([kind.size_m for kind in KINDS])
ACCEL: Final = np.array([kind.accel_mps2 for kind in KINDS])
HEADWAY: Final = np.array([kind.headway_s for kind in KINDS])


def level(hour: float) -> float:
    """Share of the busiest hour's traffic at an hour of the day (any number; days repeat), between full hours even."""
    return float(np.interp(hour % 24.0, np.arange(25), (*DAY, DAY[0])))


def rider(kinds: I64) -> F64:
    """Own highest speed of kinds (n, 2): mean and spread in m/s; infinite where the street's limit decides."""
    table = np.array([kind.speed_mps or (np.inf, 0.0) for kind in KINDS])
    return np.asarray(table[kinds])


def is_rider(labels: I16) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether labels (n,) belong to those who use cycle lanes."""
    return np.isin(labels, RIDERS)


def chance(who: I64, turn: I64, stream: int) -> F64:
    """Numbers in [0, 1) that depend on nothing but their arguments (splitmix64), so that groups decide alike."""
    with np.errstate(over="ignore"):
        z = who.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + turn.astype(np.uint64) * np.uint64(
            0xD1B54A32D192ED03
        )
        z += np.uint64(stream) * np.uint64(0x8CB92BA72F3D8DD7)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return np.asarray((z >> np.uint64(11)).astype(np.float64) * 2.0**-53)
