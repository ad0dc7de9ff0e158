"""Which detection belongs to which track: likelihoods of the pairs, gates, and the best matching.

The gain of a pair is WORTH minus its negative log-likelihood (twice, constants left out); the matching with the largest
sum of gains wins. Most pairs are settled without a solver: a pair that gains more than the best other pair of its track
plus the best other pair of its detection is in every optimal matching. What is left goes to scipy's Hungarian solver,
camera by camera.
"""

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.core.vocabulary import CLASSES, TWO_WHEELERS, VEHICLES
from sightline.track import columns as c
from sightline.track import motion
from sightline.track.columns import F64, I64, Bool

GATE_SURE: Final = 20.0  # squared Mahalanobis distance; far out, because errors of boxes have heavy tails
GATE_UNSURE: Final = 9.2  # 97 %: a faint detection must lie nearer
WORTH: Final = 30.0  # a pair with this negative log-likelihood is as good as none
_BLOCK: Final = 1 << 18  # pairs weighed at once, bounds memory
_ROUNDS: Final = 2  # of settling pairs before the solver

_GROUP: Final = np.array(
    [0 if n in VEHICLES else 1 if n in TWO_WHEELERS else 3 if n == "unknown" else 2 for n in CLASSES]
)
# What a class of another group costs: detectors take riders for people now and then, vehicles for people hardly ever.
_OTHER: Final = np.array([[0.0, 6.0, 12.0, 0.0], [6.0, 0.0, 4.0, 0.0], [12.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])


class Seen(NamedTuple):
    """Detections of several cameras as columns, ordered by camera: camera position (n,), measured
    (motion.MEASURED, n), label (n,)."""

    at: I64
    measured: F64
    labels: I64


class Pairs(NamedTuple):
    """Possible pairs (k,): row of the track, row of the detection, squared distance, gain."""

    track: I64
    seen: I64
    distance: F64
    gain: F64

    def keep(self, mask: Bool) -> "Pairs":
        """The pairs where mask is true."""
        return Pairs(self.track[mask], self.seen[mask], self.distance[mask], self.gain[mask])


def weigh(block: F64, labels: I64, at: I64, seen: Seen, cameras: int) -> Pairs:
    """Pairs of predicted tracks (FLOATS, n) with the detections of the same camera that lie within GATE_SURE."""
    first = np.searchsorted(seen.at, np.arange(cameras + 1))
    many = np.diff(first)[at]  # detections each track is compared with
    ends = np.cumsum(many)
    if not len(ends) or not ends[-1]:
        nothing = np.zeros(0, np.int64)
        return Pairs(nothing, nothing, np.zeros(0), np.zeros(0))
    start = first[at]
    if ends[-1] <= _BLOCK:
        return _weigh_rows(block, labels, np.arange(len(at)), start, many, seen)
    cuts = np.unique(np.searchsorted(ends, np.arange(0, ends[-1] + _BLOCK, _BLOCK)))
    bounds = np.unique(np.concatenate([cuts, [0, len(at)]]))
    parts = [
        _weigh_rows(block, labels, np.arange(low, high), start, many, seen) for low, high in pairwise(bounds.tolist())
    ]
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _weigh_rows(block: F64, labels: I64, rows: I64, start: I64, many: I64, seen: Seen) -> Pairs:
    many = many[rows]
    track = np.repeat(rows, many)
    ends = np.cumsum(many)
    pair = np.arange(len(track)) - np.repeat(ends - many - start[rows], many)
    scale = motion.scales(block[c.LOG_H], labels)
    loose = 1 + motion.LOOSE * (1 - seen.measured[motion.SCORE]) ** 2
    sure = (motion.MEASURE_M[labels] * scale) ** 2
    noise = sure[track] * loose[pair]
    sx = block[c.XX, track] + noise
    dx = seen.measured[motion.FOOT_X, pair] - block[c.X, track]
    distance = dx * dx / sx
    near = np.flatnonzero(distance <= GATE_SURE)
    track, pair, distance, sx, noise = track[near], pair[near], distance[near], sx[near], noise[near]
    sy = block[c.YY, track] + noise
    dy = seen.measured[motion.FOOT_Y, pair] - block[c.Y, track]
    sh = block[c.HH, track] + motion.LOG_HEIGHT[labels[track]] ** 2 + seen.measured[motion.CUT_H, pair]
    dh = seen.measured[motion.LOG_HEIGHT_PX, pair] - block[c.LOG_H, track]
    distance = distance + dy * dy / sy + dh * dh / sh
    near = np.flatnonzero(distance <= GATE_SURE)
    track, pair, distance = track[near], pair[near], distance[near]
    spread = np.log(sx[near] * sy[near] * sh[near] / scale[track] ** 4)
    gain = WORTH - distance - spread - _OTHER[_GROUP[labels[track]], _GROUP[seen.labels[pair]]]
    useful = gain > 0
    return Pairs(track, pair, distance, gain).keep(useful)


def match(pairs: Pairs, at: I64, tracks: int, detections: int) -> I64:
    """Row of the detection (tracks,) given to each track, -1 = none: the matching of the largest total gain.

    at: camera position (tracks,) of each track.
    """
    chosen = np.full(tracks, -1, np.int64)
    for _ in range(_ROUNDS):
        if not len(pairs.track):
            return chosen
        pairs = _settle(pairs, chosen, tracks, detections)
    if len(pairs.track):
        _solve(pairs, at[pairs.track], chosen)
    return chosen


def _settle(pairs: Pairs, chosen: I64, tracks: int, detections: int) -> Pairs:
    """Write the pairs that dominate their rivals into chosen; the pairs of what is still open."""
    rivals = _best_other(pairs.track, pairs.gain, tracks) + _best_other(pairs.seen, pairs.gain, detections)
    sure = pairs.gain > rivals
    chosen[pairs.track[sure]] = pairs.seen[sure]
    taken = np.zeros(detections, np.bool_)
    taken[pairs.seen[sure]] = True
    return pairs.keep((chosen[pairs.track] < 0) & ~taken[pairs.seen])


def _best_other(group: I64, gain: F64, groups: int) -> F64:
    """For each pair the best gain among the other pairs of its group, 0 where there is none."""
    best = np.zeros(groups)
    np.maximum.at(best, group, gain)
    top = gain == best[group]
    tops = np.bincount(group[top], minlength=groups)
    second = np.zeros(groups)
    np.maximum.at(second, group[~top], gain[~top])
    return np.asarray(np.where(top & (tops[group] == 1), second[group], best[group]))


def _solve(pairs: Pairs, at: I64, chosen: I64) -> None:
    """Hungarian solver for what is open, one dense problem per camera; pairs are ordered by camera."""
    rows, row = np.unique(pairs.track, return_inverse=True)
    columns, column = np.unique(pairs.seen, return_inverse=True)
    for low, high in pairwise(np.flatnonzero(np.diff(at, prepend=-1, append=-1)).tolist()):
        # Rows and columns of one camera lie together, because tracks and detections are ordered by camera.
        i, j = row[low:high], column[low:high]
        top, left = i[0], j.min()
        gains = np.zeros((i[-1] - top + 1, j.max() - left + 1))
        gains[i - top, j - left] = pairs.gain[low:high]
        won, taken = linear_sum_assignment(gains, maximize=True)
        real = gains[won, taken] > 0
        chosen[rows[won[real] + top]] = columns[taken[real] + left]
