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
from sightline.track.neighbours import together

GATE_SURE: Final = 20.0  # squared Mahalanobis distance; far out, because errors of boxes have heavy tails
GATE_UNSURE: Final = 9.2  # a faint detection must lie nearer
# and its track be seen lately: missed at one sample, or, where samples are many, not seen for so long.
FAINT_MISSED: Final = 1
FAINT_S: Final = 0.31  # between multiples of usual steps, so that no rounding decides; so is TURN_S
WORTH: Final = 20.0  # a pair with this negative log-likelihood is as good as none
UNSEEN_COST: Final = 5.0  # per second: who was seen just now is likelier to be seen again than who was not
_SLACK_M: Final = 0.5  # besides the way of the fastest, for the errors of both detections
_GROWN: Final = 0.7  # so much may height and shape of a newborn change, natural logarithms: to the double or half
TURN_S: Final = 1.05  # who was not seen for longer may have gone, and who is found may be anybody
_TURN_HITS: Final = 3  # fewer do not tell where a track was heading
# So far beside where it was expected a person who turns about or stops is looked for, m: what two walking speeds make
# of the time, and the errors; never farther than people keep apart.
_TURN_MPS: Final = 2.5
_TURN_SLACK_M: Final = 0.5
_TURN_M: Final = 1.5
# Limits by axis: that far across; half as far along the picture's height, which is motion.K_Y and the error of the foot
# point; changes of the logarithms of height and shape: who turns shows a side.
_TURN: Final = np.array([[1.0], [0.5], [0.12], [0.7]])
_TURN_ALONE: Final = 2.0  # times these limits nobody else may be
_MOST_RIVALS: Final = 24  # pairs of a track that are kept in a crowd, the best: bounds the time of a flood of boxes
_BLOCK: Final = 1 << 18  # pairs weighed at once, bounds memory
_ROUNDS: Final = 2  # of settling pairs before the solver

_GROUP: Final = np.array(
    [0 if n in VEHICLES else 1 if n in TWO_WHEELERS else 3 if n == "unknown" else 2 for n in CLASSES]
)
# What a class of another group costs: detectors take riders for people now and then, vehicles for people hardly ever.
_OTHER: Final = np.array([[0.0, 6.0, 12.0, 0.0], [6.0, 0.0, 4.0, 0.0], [12.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])

_PERSON: Final = np.array([kind is motion.PERSON for kind in motion.KINDS])


class Seen(NamedTuple):
    """Detections of several cameras as columns, ordered by camera: camera position (n,), sides (4, n) left, top, right,
    bottom, state (AXES, n), the variance (AXES, n) that the picture's edge adds, score (n,), label (n,)."""

    at: I64
    sides: F64
    state: F64
    cut: F64
    scores: F64
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


class Matching(NamedTuple):
    """Per track (n,): row of the detection given to it, -1 = none; how much more that pair gains than the best other
    pair of the track plus the best other of the detection, from 0, infinite where there is no other or no pair; squared
    distance of the pair, 0 = none."""

    seen: I64
    margin: F64
    distance: F64


class Tracked(NamedTuple):
    """Predicted tracks as columns, ordered by camera: float block (FLOATS, n), labels (n,), camera position (n,), units
    and errors (AXES, n) of ``motion``."""

    block: F64
    labels: I64
    at: I64
    unit: F64
    error: F64


def weigh(tracked: Tracked, seen: Seen, cameras: int) -> tuple[Pairs, I64]:
    """Pairs of tracks with the detections of the same camera that lie within GATE_SURE, and how many more there were of
    each camera (cameras,) that were cut, because a track had more than _MOST_RIVALS."""
    at, cut = tracked.at, np.zeros(cameras, np.int64)
    first = np.searchsorted(seen.at, np.arange(cameras + 1))
    many = (first[1:] - first[:-1])[at]  # detections each track is compared with
    ends = many.cumsum()
    if not len(ends) or not ends[-1]:
        nothing = np.zeros(0, np.int64)
        return Pairs(nothing, nothing, np.zeros(0), np.zeros(0)), cut
    start = first[at]
    aim = _aim(tracked)
    if ends[-1] <= _BLOCK:
        return _best_few(_weigh_rows(aim, np.arange(len(at)), start, many, seen), at, cut), cut
    cuts = np.unique(np.searchsorted(ends, np.arange(0, ends[-1] + _BLOCK, _BLOCK)))
    bounds = np.unique(np.concatenate([cuts, [0, len(at)]]))
    parts = [
        _best_few(_weigh_rows(aim, np.arange(low, high), start, many, seen), at, cut)
        for low, high in pairwise(bounds.tolist())
    ]
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True))), cut


class _Aim(NamedTuple):
    """Where the detections of tracks (n,) are expected: centre, variance and errors (AXES, n), group of the class, and
    what every pair of the track costs."""

    centre: F64
    spread: F64
    error: F64
    group: I64
    cost: F64


def _aim(tracked: Tracked) -> _Aim:
    centre, spread = motion.expected(tracked.block, tracked.error)
    # Areas count in square metres, so that a far object's small spread is no better than a near one's large.
    cost = UNSEEN_COST * tracked.block[c.UNSEEN_S] - 2 * np.log(tracked.unit[0])
    return _Aim(centre, spread, tracked.error, _GROUP[tracked.labels], cost)


def _weigh_rows(aim: _Aim, rows: I64, start: I64, many: I64, seen: Seen) -> Pairs:
    many = many[rows]
    track = rows.repeat(many)
    ends = many.cumsum()
    pair = np.arange(len(track)) - (ends - many - start[rows]).repeat(many)
    doubt = motion.loose(seen.scores)
    off = seen.state[c.FOOT_X][pair] - aim.centre[c.FOOT_X][track]
    most = aim.spread[c.FOOT_X][track] + aim.error[c.FOOT_X][track] * doubt[pair] + seen.cut[c.FOOT_X][pair]
    near = (off * off <= GATE_SURE * most).nonzero()[0]
    track, pair = track[near], pair[near]
    spread = aim.spread.take(track, 1) + aim.error.take(track, 1) * doubt[pair] + seen.cut.take(pair, 1)
    off = seen.state.take(pair, 1) - aim.centre.take(track, 1)
    distance = (off * off / spread).sum(axis=0)
    near = (distance <= GATE_SURE).nonzero()[0]
    track, pair, distance = track[near], pair[near], distance[near]
    cost = distance + np.log(spread.take(near, 1).prod(axis=0)) + aim.cost[track]
    gain = WORTH - cost - _OTHER[aim.group[track], _GROUP[seen.labels[pair]]]
    return Pairs(track, pair, distance, gain).keep(gain > 0)


def _best_few(pairs: Pairs, at: I64, cut: I64) -> Pairs:
    """The best _MOST_RIVALS pairs of each track; pairs are ordered by track and stay so. at: camera position (n,) of
    all tracks; cut: pairs cut so far (cameras,), counted on in place.

    Asked of each track, so that it does not matter which cameras are weighed together.
    """
    if len(pairs.track) <= _MOST_RIVALS or np.bincount(pairs.track).max() <= _MOST_RIVALS:
        return pairs
    order = np.lexsort((-pairs.gain, pairs.track))
    track = pairs.track[order]
    rank = np.arange(len(order)) - np.searchsorted(track, track)
    keep = np.zeros(len(order), np.bool_)
    keep[order[rank < _MOST_RIVALS]] = True
    cut += np.bincount(at[pairs.track[~keep]], minlength=len(cut))
    return pairs.keep(keep)


def newborn(tracked: Tracked, fresh: I64, dt_s: F64, seen: Seen, free: I64) -> tuple[I64, I64]:
    """Tracks and detections that belong together because both are new and neither has anybody else.

    fresh: rows (k,) of young tracks that nothing was given to, free: rows (m,) of sure detections given to
    nobody, both in order; dt_s: (n,) of the step. The prior of the first velocity says where most go; who drives
    towards a steep camera or faster than most would never get an id by it.
    """
    row, other = together(tracked.at[fresh], seen.at[free])
    track, pair = fresh[row], free[other]
    off = seen.state[:, pair] - tracked.block[c.PLACE][:, track]
    labels = tracked.labels[track]
    reach = np.sqrt(tracked.unit[0, track]) * (motion.FASTEST_MPS[labels] * dt_s[track] + _SLACK_M)
    near = (np.hypot(off[c.FOOT_X], off[c.FOOT_Y]) <= reach) & (np.abs(off[c.HEIGHT]) <= _GROWN)
    near &= (np.abs(off[c.SHAPE]) <= _GROWN) & (_OTHER[_GROUP[labels], _GROUP[seen.labels[pair]]] == 0)
    track, pair = track[near], pair[near]
    alone = _alone(track, pair)
    return track[alone], pair[alone]


def turned(tracked: Tracked, lost: I64, dt_s: F64, seen: Seen, free: I64) -> tuple[I64, I64]:
    """Tracks and detections that belong together because a person turned or stopped more sharply than the model of
    motion allows for, and nobody else can be meant.

    lost: rows (k,) of tracks that nothing was given to, free: rows (m,) of sure detections given to nobody, both in
    order; dt_s: (n,) of the step. Only persons who were seen TURN_S ago at most, on at least _TURN_HITS samples before,
    are asked. Not a wider gate: there the wrong one would be taken as often, so both must be alone within a reach
    _TURN_ALONE times as wide.
    """
    row, other = together(tracked.at[lost], seen.at[free])
    track, pair = lost[row], free[other]
    if not len(track):
        return track, pair
    block = tracked.block
    off = np.abs(seen.state[:, pair] - block[c.PLACE, track] - block[c.ERROR, track])
    time = tracked.block[c.UNSEEN_S, track] + dt_s[track]
    reach = np.sqrt(tracked.unit[0, track]) * np.minimum(_TURN_SLACK_M + _TURN_MPS * time, _TURN_M)
    off[:2] /= reach
    farthest = (off / _TURN).max(axis=0)
    near = farthest <= _TURN_ALONE
    near &= _OTHER[_GROUP[tracked.labels[track]], _GROUP[seen.labels[pair]]] == 0
    track, pair, farthest = track[near], pair[near], farthest[near]
    alone = _alone(track, pair) & (farthest <= 1)
    return track[alone], pair[alone]


def may_turn(tracked: Tracked, hits: I64, dt_s: F64) -> Bool:
    """Which tracks (n,) with hits (n,) ``turned`` may ask, should nothing be given to them."""
    lately = tracked.block[c.UNSEEN_S] + dt_s <= TURN_S
    return np.asarray(lately & (hits >= _TURN_HITS) & _PERSON[tracked.labels])


def _alone(track: I64, pair: I64) -> Bool:
    """Which pairs (k,) are the only one of their track and of their detection."""
    return np.asarray((np.bincount(track, minlength=1)[track] == 1) & (np.bincount(pair, minlength=1)[pair] == 1))


def match(pairs: Pairs, at: I64, tracks: int, detections: int) -> Matching:
    """The matching of the largest total gain. at: camera position (tracks,) of each track."""
    chosen = np.full(tracks, -1, np.int64)
    margin, distance = np.full(tracks, np.inf), np.zeros(tracks)
    many = len(pairs.track)
    few = many <= min(tracks, detections)
    if few and len(set(pairs.track.tolist())) == len(set(pairs.seen.tolist())) == many:  # nobody has a rival
        chosen[pairs.track], distance[pairs.track] = pairs.seen, pairs.distance
        return Matching(chosen, margin, distance)
    rivals = _rivals(pairs, tracks, detections)
    left, others = pairs, rivals
    for turn in range(_ROUNDS):
        if turn:
            others = _rivals(left, tracks, detections)
        left = _settle(left, others, chosen, detections)
        if not len(left.track):
            break
    else:
        _solve(left, at[left.track], chosen)
    won = chosen[pairs.track] == pairs.seen
    track = pairs.track[won]
    distance[track] = pairs.distance[won]
    ahead = np.maximum(pairs.gain[won] - rivals[won], 0.0)
    margin[track] = np.where(rivals[won] > 0, ahead, np.inf)
    return Matching(chosen, margin, distance)


def _rivals(pairs: Pairs, tracks: int, detections: int) -> F64:
    """For each pair the best gain among the other pairs of its track plus that among the others of its detection."""
    return _best_other(pairs.track, pairs.gain, tracks) + _best_other(pairs.seen, pairs.gain, detections)


def _settle(pairs: Pairs, rivals: F64, chosen: I64, detections: int) -> Pairs:
    """Write the pairs that dominate their rivals into chosen; the pairs of what is still open."""
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
    for low, high in pairwise((np.diff(at, prepend=-1, append=-1)).nonzero()[0].tolist()):
        # Rows and columns of one camera lie together, because tracks and detections are ordered by camera.
        i, j = row[low:high], column[low:high]
        top, left = i[0], j.min()
        gains = np.zeros((i[-1] - top + 1, j.max() - left + 1))
        gains[i - top, j - left] = pairs.gain[low:high]
        won, taken = linear_sum_assignment(gains, maximize=True)
        real = gains[won, taken] > 0
        chosen[rows[won[real] + top]] = columns[taken[real] + left]
