"""How often a camera wants to be analysed, told by how its road users move.

An object is lost or taken for another when it moves, between two samples, a good part of the way to its neighbour, so
each asks for speed / (beta * gap) samples a second (frames per second wished = v s / (beta gap), with v in m/s, s in px
per metre and the gap in px). The camera's wish is a high quantile of what its objects ask for, more where its last
assignment was a close call, within bounds. Pure functions of columns: no clock, no state. On simulated streets the
wish was not ahead of a fixed rate with as many analyses (docs/guides/rate.md).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sightline.config import RateSettings
from sightline.core.values import I64
from sightline.track.columns import F64
from sightline.track.motion import K_Y

QUANTILE: Final = 0.95  # of what the objects of a camera ask for; up to 20 objects that is the most demanding one
SLOW_MPS: Final = 0.3  # slower is standing: boxes of a queue tremble by that much
_LEAST_GAP: Final = 0.3  # shares of the height: no nearer, where one object stands before another
_BLOCK: Final = 1 << 15  # pairs measured at once: fits the cache and bounds memory to a few MB
_LATEST_NS: Final = 1 << 61  # times are cut here, so that the next one fits


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """The live confirmed tracks of one camera, or of several cameras one after the other.

    feet_px: f64 (n, 2) foot points; velocities_px_s: f64 (n, 2), px/s; px_per_m: f64 (n,) scale at the object;
    heights_px: f64 (n,); labels: i64 (n,) codes of ``vocabulary.CLASSES``; margins: f64 (n,) from 0, the gain of the
    pair chosen at the last sample less that of its best rival (of the track or of the detection), in units of twice the
    log-likelihood, infinite where there was no rival or no pair; unseen_s: f64 (n,) since the last hit. TypeError or
    ValueError for other dtypes or shapes.
    """

    feet_px: F64
    velocities_px_s: F64
    px_per_m: F64
    heights_px: F64
    labels: I64
    margins: F64
    unseen_s: F64

    def __post_init__(self) -> None:
        n = len(self.labels)
        for name in self.__slots__:
            column = getattr(self, name)
            dtype = np.int64 if name == "labels" else np.float64
            shape = (n, 2) if name in ("feet_px", "velocities_px_s") else (n,)
            if column.dtype != dtype:
                raise TypeError(f"Motion.{name}: expected {np.dtype(dtype)}, got {column.dtype}")
            if column.shape != shape:
                raise ValueError(f"Motion.{name}: expected shape {shape}, got {column.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    @staticmethod
    def empty() -> "Motion":
        """No tracks."""
        none = np.zeros(0)
        return Motion(np.zeros((0, 2)), np.zeros((0, 2)), none, none, np.zeros(0, np.int64), none, none)

    @staticmethod
    def joined(motions: "list[Motion]") -> "tuple[Motion, I64]":
        """The rows of several cameras one after the other and where each camera's start, i64 (cameras + 1,)."""
        first = np.concatenate([[0], np.cumsum([len(motion) for motion in motions])]).astype(np.int64)
        if not motions:
            return Motion.empty(), first
        columns = (np.concatenate([getattr(one, name) for one in motions]) for name in Motion.__slots__)
        return Motion(*columns), first


def rate_wish(motion: Motion, settings: RateSettings) -> float:
    """Frames per second one camera wants to be analysed, ``settings.f_min`` to ``settings.f_max``."""
    return float(rate_wishes(motion, np.array([0, len(motion)], np.int64), settings)[0])


def rate_wishes(motion: Motion, first: I64, settings: RateSettings) -> F64:
    """The same for all cameras of a worker at once: f64 (cameras,), equal to asking one by one.

    first: i64 (cameras + 1,) where the rows of each camera start; ValueError where it does not span the rows.
    """
    counts = np.diff(first)
    if not len(first) or first[0] != 0 or first[-1] != len(motion) or (counts < 0).any():
        raise ValueError(f"first: expected rising offsets from 0 to {len(motion)}, got {first.tolist()[:8]}")
    with np.errstate(all="ignore"):
        asked = np.maximum(_high(_asked(motion, first, settings.beta), first), settings.f_min)
        # A margin tells of the last sample only: of a track unseen since there is none.
        margins = np.where(motion.unseen_s > 0, np.inf, motion.margins)
        thin = _high(np.nan_to_num(np.clip(1.0 - margins / settings.thin_margin, 0.0, 1.0), nan=0.0), first)
    asked *= 1.0 + (settings.thin_factor - 1.0) * thin
    return np.asarray(np.clip(asked, settings.f_min, settings.f_max))


def next_time_ns(last_ns: int, motion: Motion, settings: RateSettings) -> int:
    """When one camera wants its next analysis after that of last_ns, ns."""
    return int(
        next_times_ns(np.array([_cut(last_ns)], np.int64), motion, np.array([0, len(motion)], np.int64), settings)[0]
    )


def next_times_ns(last_ns: I64, motion: Motion, first: I64, settings: RateSettings) -> I64:
    """The same for all cameras at once: i64 (cameras,) from last_ns (cameras,); first as in ``rate_wishes``."""
    steps = np.rint(1e9 / rate_wishes(motion, first, settings)).astype(np.int64)
    if last_ns.shape != steps.shape:
        raise ValueError(f"last_ns: expected shape {steps.shape}, got {last_ns.shape}")
    return np.asarray(np.clip(last_ns, -_LATEST_NS, _LATEST_NS) + steps)


def _cut(time_ns: int) -> int:
    return min(max(time_ns, -_LATEST_NS), _LATEST_NS)


def _asked(motion: Motion, first: I64, beta: float) -> F64:
    """Frames per second each object (n,) asks for: 0 where it stands, is alone or is not finite."""
    ground = motion.velocities_px_s / (1.0, K_Y)  # foreshortening undone
    speeds = np.hypot(ground[:, 0], ground[:, 1])
    asked = speeds / (beta * np.maximum(_gaps(motion, first), _LEAST_GAP * motion.heights_px))
    asked[~(speeds > SLOW_MPS * motion.px_per_m) | ~np.isfinite(asked)] = 0.0
    return np.asarray(asked)


def _high(values: F64, first: I64) -> F64:
    """The QUANTILE of the values (n,) of each camera (cameras,), nearest rank: one that an object has; 0 of none."""
    counts = np.diff(first)
    ordered = values[np.lexsort((values, np.repeat(np.arange(len(counts)), counts)))]
    high = np.zeros(len(counts))
    some = np.flatnonzero(counts)
    high[some] = ordered[first[:-1][some] + np.ceil(QUANTILE * counts[some]).astype(np.int64) - 1]
    return high


def _gaps(motion: Motion, first: I64) -> F64:
    """Distance (n,) on the ground, in px across, to the nearest other object of the camera; infinite where alone."""
    x, y = motion.feet_px[:, 0], motion.feet_px[:, 1] / K_Y
    counts = np.diff(first)
    many = np.repeat(counts, counts)  # rows each row is compared with, itself among them
    start = np.repeat(first[:-1], counts)
    ends = np.cumsum(many)
    gaps = np.full(len(x), np.inf)
    if not len(x):
        return gaps
    cuts = np.searchsorted(ends, np.arange(_BLOCK, ends[-1], _BLOCK))
    for low, high in pairwise(np.unique(np.concatenate([[0], cuts, [len(x)]])).tolist()):
        some = many[low:high]
        starts = np.cumsum(some) - some
        mine = np.repeat(np.arange(low, high), some)
        other = np.arange(len(mine)) - np.repeat(starts - start[low:high], some)
        squared = (x[other] - x[mine]) ** 2 + (y[other] - y[mine]) ** 2
        squared[(mine == other) | np.isnan(squared)] = np.inf
        gaps[low:high] = np.sqrt(np.minimum.reduceat(squared, starts))
    return gaps
