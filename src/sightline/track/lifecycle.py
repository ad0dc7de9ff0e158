"""Birth, confirmation, holding and death of tracks, over the gathered columns of one call."""

from typing import Final, NamedTuple

import numpy as np

from sightline.core.values import UNCONFIRMED
from sightline.track import columns as c
from sightline.track import motion
from sightline.track.columns import F64, I64, Bool, Columns
from sightline.track.intake import Intake

CONFIRM_HITS: Final = 2
TRIAL_S: Final = 0.5  # an unconfirmed track waits so long for its second hit
SLOW_MPS: Final = 0.5  # slower than a stroll: it may be standing; the unchanged patch then decides
SETTLED_S: Final = 1.0  # seen for so long before it can count as standing
_RATIO_GAIN: Final = 0.3  # of a new width / height: a walker's swings with each step


class Live(NamedTuple):
    """The tracks of the cameras of one call, gathered: slots (n,), camera position (n,), blocks (., n)."""

    slots: I64
    at: I64
    floats: F64
    integers: I64
    votes: F64


def gather(columns: Columns, slots: I64, at: I64) -> Live:
    """Copies of the columns at slots."""
    return Live(slots, at, columns.floats[:, slots], columns.integers[:, slots], columns.votes[:, slots])


def scatter(columns: Columns, live: Live, keep: Bool) -> None:
    """Write the gathered columns back and free the slots of the tracks that ended."""
    columns.floats[:, live.slots] = live.floats
    columns.integers[:, live.slots] = live.integers
    columns.votes[:, live.slots] = live.votes
    columns.free(live.slots[~keep])


def hit(live: Live, tracks: I64, rows: I64, taken: Intake) -> None:
    """Correct tracks (k,) by the intake rows (k,) matched to them."""
    block, state = live.floats[:, tracks], live.integers[:, tracks]
    measured, labels = taken.seen.measured[:, rows], taken.seen.labels[rows]
    motion.correct(block, state[c.LABEL], measured)
    block[c.RATIO] += _RATIO_GAIN * (taken.ratio[rows] - block[c.RATIO])
    block[c.SCORE] = measured[motion.SCORE]
    block[c.UNSEEN_S] = block[c.HELD_S] = 0.0
    votes = live.votes[:, tracks]
    votes[labels, np.arange(len(tracks))] += measured[motion.SCORE]
    state[c.HITS] += 1
    state[c.MISSED] = state[c.HELD] = 0
    state[c.LABEL] = votes.argmax(axis=0)
    live.floats[:, tracks], live.integers[:, tracks], live.votes[:, tracks] = block, state, votes


def confirm(live: Live, tracks: I64, last_id: I64) -> tuple[I64, I64]:
    """Give ids to the hit tracks (k,) that are due: their rows, and the new last id (cameras,) by position."""
    state = live.integers
    due = tracks[(state[c.ID, tracks] == UNCONFIRMED) & (state[c.HITS, tracks] >= CONFIRM_HITS)]
    many = np.bincount(live.at[due], minlength=len(last_id))
    rank = np.arange(len(due)) - np.repeat(np.cumsum(many) - many, many)
    state[c.ID, due] = last_id[live.at[due]] + 1 + rank
    return due, last_id + many


def standing(live: Live, unchanged: Bool, longest_hold_s: float) -> Bool:
    """Which tracks (n,) stand where they stood: known well, slow, and their patch unchanged ever since the last hit.

    One changed patch without a hit ends it until the next hit: what is unchanged after that may be the bare street.
    """
    block, state = live.floats, live.integers
    still = unchanged & (state[c.ID] != UNCONFIRMED) & (state[c.MISSED] == 0)
    still &= (block[c.AGE_S] >= SETTLED_S) & (block[c.HELD_S] < longest_hold_s)
    if still.any():
        still &= motion.speeds_mps(block, state[c.LABEL]) <= SLOW_MPS
    return np.asarray(still)


def advance(live: Live, still: Bool, dt_s: F64) -> None:
    """Move the tracks (n,) dt_s (n,) ahead; those that stand neither move nor become less sure of their place."""
    live.floats[c.VX, still] = live.floats[c.VY, still] = 0.0
    motion.move(live.floats, live.integers[c.LABEL], np.where(still, 0.0, dt_s))
    live.floats[c.AGE_S] += dt_s


def miss(live: Live, missed: Bool, still: Bool, dt_s: F64) -> Bool:
    """Age the tracks (n,) without a hit, hold those that stand; which tracks (n,) live on."""
    block, state = live.floats, live.integers
    held = missed & still
    gone = missed & ~still
    state[c.HELD] = held
    block[c.HELD_S, held] += dt_s[held]
    state[c.MISSED, gone] += 1
    fade = np.where(gone, np.exp(-motion.DECAY * dt_s), 1.0)
    block[c.VX] *= fade
    block[c.VY] *= fade
    block[c.UNSEEN_S, gone] += dt_s[gone]
    limit = np.where(state[c.ID] == UNCONFIRMED, TRIAL_S, motion.DEATH_S[state[c.LABEL]])
    return np.asarray(~gone | (block[c.UNSEEN_S] < limit))


def bear(columns: Columns, codes: I64, rows: I64, taken: Intake, times_ns: I64, births: I64) -> None:
    """Start a track at each intake row (k,); births: tracks started so far (all codes,), counted on in place."""
    seen = taken.seen
    at, labels, measured = seen.at[rows], seen.labels[rows], seen.measured[:, rows]
    slots = columns.take(len(rows))
    block = np.zeros((c.FLOATS, len(rows)))
    state = np.zeros((c.INTEGERS, len(rows)), np.int64)
    motion.start(block, labels, measured)
    block[c.RATIO] = taken.ratio[rows]
    block[c.SCORE] = block[c.FIRST_SCORE] = measured[motion.SCORE]
    block[c.FIRST_BOX] = taken.boxes[taken.rows[rows]].T
    many = np.bincount(at, minlength=len(codes))
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
    state[c.CAMERA] = codes[at]
    state[c.SERIAL] = births[codes[at]] + rank
    births[codes] += many
    state[c.ID] = UNCONFIRMED
    state[c.HITS] = 1
    state[c.LABEL] = state[c.FIRST_LABEL] = labels
    state[c.FIRST_NS] = times_ns[at]
    votes = np.zeros((len(columns.votes), len(rows)))
    votes[labels, np.arange(len(rows))] = measured[motion.SCORE]
    columns.floats[:, slots], columns.integers[:, slots], columns.votes[:, slots] = block, state, votes
