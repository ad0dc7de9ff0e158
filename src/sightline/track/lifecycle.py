"""Birth, confirmation, holding and death of tracks, over the gathered columns of one call."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from sightline.core.values import UNCONFIRMED
from sightline.track import columns as c
from sightline.track import motion
from sightline.track.associate import Matching, Seen
from sightline.track.columns import F64, I64, Bool, Columns
from sightline.track.intake import Intake
from sightline.track.neighbours import areas, shared_areas, together

CONFIRM_HITS: Final = 2
TRIAL_S: Final = 0.5  # an unconfirmed track waits so long for its second hit
SLOW_MPS: Final = 0.5  # slower than a stroll: it may be standing; the unchanged patch then decides
SETTLED_S: Final = 1.0  # seen for so long before it can count as standing
ROBUST: Final = 6.0  # a detection this squared distance away counts half: tails of the errors are heavier than normal
COVERED: Final = 0.25  # share of a box behind others from which its object is likely hidden, not gone
DOUBLED: Final = 0.55  # intersection over union with a matched detection from which one is its double
HIDDEN_LIFE: Final = 4.0  # times the time to live while it is
OUTSIDE_LIFE: Final = 0.1  # share of the time to live of what moved out of the picture
_AS_LOW: Final = 0.05  # shares of the height: feet of people side by side tremble by that much
_GROWTH_FADES: Final = 2.0  # 1/s: of what is not seen nobody knows that it still comes nearer
_BELOW: Final = 0.7  # share of a box under the lower edge from which it is out
QUALITY_S: Final = 2.0  # the quality of a track looks back so far


class Live(NamedTuple):
    """The tracks of the cameras of one call, gathered: slots (n,), camera position (n,), blocks (., n)."""

    slots: I64
    at: I64
    floats: F64
    integers: I64
    votes: F64


def gather(columns: Columns, slots: I64, at: I64) -> Live:
    """Copies of the columns at slots."""
    # take, unlike an index, leaves each quantity in one piece of memory.
    floats, integers = columns.floats.take(slots, 1), columns.integers.take(slots, 1)
    return Live(slots, at, floats, integers, columns.votes.take(slots, 1))


def scatter(columns: Columns, live: Live, keep: Bool) -> None:
    """Write the gathered columns back and free the slots of the tracks that ended."""
    columns.floats[:, live.slots] = live.floats
    columns.integers[:, live.slots] = live.integers
    columns.votes[:, live.slots] = live.votes
    columns.free(live.slots[~keep])


def hit(live: Live, tracks: I64, error: F64, taken: Intake, matching: Matching) -> None:
    """Correct tracks (k,), whose detections have errors (AXES, k), by the intake rows matched to them."""
    rows = matching.seen[tracks]
    block, state, seen = live.floats, live.integers, taken.seen
    score = seen.scores[rows]
    noise = error * (motion.WHITE + motion.loose(score)) + seen.cut.take(rows, 1)
    noise += (error + noise) * (matching.distance[tracks] / ROBUST)
    moved = block[c.MOTION].take(tracks, 1)
    motion.correct(moved, seen.state.take(rows, 1), noise)
    block[c.MOTION, tracks] = moved
    block[c.SCORE][tracks] = score
    block[c.UNSEEN_S][tracks] = 0.0
    block[c.HELD_S][tracks] = 0.0
    live.votes[seen.labels[rows], tracks] += score
    state[c.HITS][tracks] += 1
    state[c.MISSED][tracks] = 0
    state[c.HELD][tracks] = 0
    state[c.LABEL][tracks] = live.votes.take(tracks, 1).argmax(axis=0)


def judge(live: Live, matching: Matching, still: Bool, dt_s: F64) -> None:
    """Move the quality of the tracks (n,): over QUALITY_S the mean score of their detections, 0 where there was none,
    times the probability that the detection was theirs and not their best rival's; of what stands it stays."""
    block = live.floats
    block[c.MARGIN] = matching.margin
    found = matching.seen >= 0
    # Gains are twice the log-likelihood.
    worth = found * block[c.SCORE] / (1 + np.exp(-0.5 * np.minimum(matching.margin, 1400.0)))
    share = -np.expm1(dt_s * (-1 / QUALITY_S))
    if np.count_nonzero(still):  # a third of the time of any
        share[still & ~found] = 0.0
    block[c.QUALITY] += share * (worth - block[c.QUALITY])


def confirm(live: Live, tracks: I64, taken: Intake, matching: Matching, step_s: F64, last_id: I64) -> tuple[I64, I64]:
    """Give ids to the hit tracks (k,) that are due: their rows, and the new last id (cameras,) by position.

    step_s: (cameras,) by which their clocks moved. The first detection over again while the clock stood is the same
    picture come twice, and confirms nothing; other detections do, because a source's clock may be broken.
    """
    state = live.integers
    due = tracks[(state[c.ID][tracks] == UNCONFIRMED) & (state[c.HITS][tracks] >= CONFIRM_HITS)]
    if len(due):
        first = live.floats[c.FIRST_BOX].take(due, 1) == taken.boxes[taken.rows[matching.seen[due]]].T
        due = due[(step_s[live.at[due]] != 0) | ~first.all(axis=0)]
    if not len(due):
        return due, last_id
    many = np.bincount(live.at[due], minlength=len(last_id))
    rank = np.arange(len(due)) - np.repeat(many.cumsum() - many, many)
    state[c.ID, due] = last_id[live.at[due]] + 1 + rank
    return due, last_id + many


def standing(live: Live, unchanged: Bool, longest_hold_s: float) -> Bool:
    """Which tracks (n,) stand where they stood: known well, slow, and their patch unchanged ever since the last hit.

    One changed patch without a hit ends it until the next hit: what is unchanged after that may be the bare street.
    """
    if not np.count_nonzero(unchanged):
        return unchanged
    block, state = live.floats, live.integers
    still = unchanged & (state[c.ID] != UNCONFIRMED) & (state[c.MISSED] == 0)
    still &= (block[c.AGE_S] >= SETTLED_S) & (block[c.HELD_S] < longest_hold_s)
    if still.any():
        still &= motion.speeds_mps(block, state[c.LABEL]) <= SLOW_MPS
    return np.asarray(still)


def advance(live: Live, still: Bool, dt_s: F64) -> None:
    """Move the tracks (n,) dt_s (n,) ahead; those that stand neither move nor become less sure of their place."""
    step_s = dt_s
    if np.count_nonzero(still):
        live.floats[c.VELOCITY, still] = 0.0
        step_s = np.where(still, 0.0, dt_s)
    motion.move(live.floats, live.integers[c.LABEL], step_s)
    live.floats[c.AGE_S] += dt_s


def miss(live: Live, missed: Bool, still: Bool, dt_s: F64, taken: Intake) -> Bool:
    """Age the tracks (n,) without a hit, hold those that stand; which tracks (n,) live on.

    What is covered by others may stay unseen longer, what moved out of the picture or into a mask less long.
    """
    block, state = live.floats, live.integers
    state[c.HELD] = 0
    if np.count_nonzero(still):
        held = missed & still
        state[c.HELD] = held
        block[c.HELD_S, held] += dt_s[held]
        missed = missed & ~still
    gone = missed.nonzero()[0]
    keep = np.ones(len(missed), np.bool_)
    if not len(gone):
        return keep
    spent = dt_s[gone]
    state[c.MISSED][gone] += 1
    velocity = block[c.VELOCITY].take(gone, 1) * np.exp(spent * -motion.DECAY)
    velocity[c.HEIGHT] *= np.exp(spent * -_GROWTH_FADES)
    block[c.VELOCITY, gone] = velocity
    known = state[c.ID][gone] != UNCONFIRMED
    limit = np.where(known, motion.DEATH_S[state[c.LABEL][gone]], TRIAL_S)
    unseen = block[c.UNSEEN_S][gone] + spent
    block[c.UNSEEN_S][gone] = unseen
    # Where it went is asked only where that decides.
    lost = (known & (unseen >= OUTSIDE_LIFE * limit)).nonzero()[0]
    if len(lost):
        rows = gone[lost]
        limit[lost[_outside(block[c.PLACE].take(rows, 1), live.at[rows], taken)]] *= OUTSIDE_LIFE
        ending = lost[unseen[lost] >= limit[lost]]
        if len(ending):
            hidden = _hidden(motion.seen_boxes(block).T, live.at, gone[ending], (~missed).nonzero()[0])
            limit[ending[hidden]] *= HIDDEN_LIFE
    keep[gone] = unseen < limit
    return keep


def _outside(place: F64, at: I64, taken: Intake) -> Bool:
    """Which tracks at places (AXES, k) of cameras at (k,) have left the picture, or stand in a mask."""
    x, y, log_height, _ = place
    wide, tall = taken.sizes.take(at, 1)
    outside = np.asarray((x < 0) | (x > wide) | (y < 0) | (y - _BELOW * np.exp(log_height) > tall))
    for camera, masks in taken.masks.items():
        for row in (at == camera).nonzero()[0].tolist():
            at_x, at_y = x[row] / max(wide[row], 1.0), y[row] / max(tall[row], 1.0)
            outside[row] |= any(_inside(at_x, at_y, corners) for corners in masks)
    return outside


def at_edge(place: F64, at: I64, taken: Intake) -> Bool:
    """Which boxes at places (AXES, k) of cameras at (k,) reach over a side of the picture: who leaves there is not who
    comes in there a moment later."""
    wide = taken.sizes[0].take(at)
    half = 0.5 * np.exp(place[c.HEIGHT] + place[c.SHAPE])
    return np.asarray((place[c.FOOT_X] - half <= 0) | (place[c.FOOT_X] + half >= wide))


def _inside(x: float, y: float, corners: Sequence[tuple[float, float]]) -> bool:
    """Whether a point lies in a polygon: a ray to the right crosses an odd number of its sides."""
    if len(corners) < 3:
        return False
    odd = False
    for (ax, ay), (bx, by) in pairwise([*corners, corners[0]]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            odd = not odd
    return odd


def _hidden(sides: F64, at: I64, lost: I64, found: I64) -> Bool:
    """Which of the lost rows (k,) lie behind one of the found ones of their camera; sides: (4, n) of all boxes."""
    row, other = together(at[lost], at[found])
    a, b = sides[:, lost[row]], sides[:, found[other]]
    share = shared_areas(a, b) / areas(a)
    behind = np.zeros(len(lost), np.bool_)
    # In front is who stands lower in the picture, or as low.
    behind[row[(share > COVERED) & (b[3] > a[3] - _AS_LOW * (a[3] - a[1]))]] = True
    return behind


def bear(columns: Columns, codes: I64, rows: I64, taken: Intake, times_ns: I64, births: I64) -> None:
    """Start a track at each intake row (k,); births: tracks started so far (all codes,), counted on in place."""
    seen = taken.seen
    at, labels, scores = seen.at[rows], seen.labels[rows], seen.scores[rows]
    slots = columns.take(len(rows))
    block = np.zeros((c.FLOATS, len(rows)))
    state = np.zeros((c.INTEGERS, len(rows)), np.int64)
    found = seen.state[:, rows]
    error = motion.errors(motion.units(found[c.HEIGHT], labels), labels)
    motion.start(block, labels, found, error * motion.loose(scores) + seen.cut[:, rows])
    block[c.SCORE] = block[c.FIRST_SCORE] = block[c.QUALITY] = scores
    block[c.MARGIN] = np.inf
    block[c.FIRST_BOX] = taken.boxes[taken.rows[rows]].T
    many = np.bincount(at, minlength=len(codes))
    rank = np.arange(len(rows)) - np.repeat(many.cumsum() - many, many)
    state[c.CAMERA] = codes[at]
    state[c.SERIAL] = births[codes[at]] + rank
    births[codes] += many
    state[c.ID] = UNCONFIRMED
    state[c.HITS] = 1
    state[c.LABEL] = state[c.FIRST_LABEL] = labels
    state[c.FIRST_NS] = times_ns[at]
    votes = np.zeros((len(columns.votes), len(rows)))
    votes[labels, np.arange(len(rows))] = scores
    columns.floats[:, slots], columns.integers[:, slots], columns.votes[:, slots] = block, state, votes


def doubled(seen: Seen, rows: I64, used: I64) -> Bool:
    """Which detections (k,) overlap one of the matched detections (m,), both in order, so much that they are a second
    box of the same object."""
    row, other = together(seen.at[rows], seen.at[used])
    a, b = seen.sides[:, rows[row]], seen.sides[:, used[other]]
    both = shared_areas(a, b)
    twice = np.zeros(len(rows), np.bool_)
    twice[row[both > DOUBLED * (areas(a) + areas(b) - both)]] = True
    return twice
