"""The tracker of all cameras of a worker: one call takes their new detections and answers with ids."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sightline.config import TrackSettings
from sightline.core.values import F32, UNCONFIRMED, Bool, Tracks
from sightline.track import columns as c
from sightline.track import intake, lifecycle, motion
from sightline.track.associate import (
    FAINT_MISSED,
    FAINT_S,
    GATE_UNSURE,
    Matching,
    Tracked,
    match,
    may_turn,
    newborn,
    turned,
    weigh,
)
from sightline.track.columns import F64, I64, Columns
from sightline.track.intake import Intake
from sightline.track.lifecycle import Live
from sightline.track.roster import Roster
from sightline.track.sample import FirstHit, Sample, TrackerStats
from sightline.track.wish import Motion

_LATEST_NS: Final = 1 << 61  # times are cut here, so that their differences fit
# A detector's box trembles more than its object moves: the box told lies between the detection and the tracker's own
# place, half-way at high rates, nearer to the detection where much can happen between two samples.
STEADY: Final = 0.5
STEADY_S: Final = 1.0
YOUNG_S: Final = 0.4  # at high rates the speed shows only after some samples
_LEAST_STEP_S: Final = 1e-3  # of a clock that stands still or goes back, so that tracks still age and end


class Tracker:
    """Follows the objects of any number of cameras; ids are per camera, from 1, never reused.

    Equal detections give equal ids whether cameras come alone, together or in another order. Not thread-safe: one
    caller at a time. Never raises for bad numbers in detections or times (they are counted, see ``stats``); ValueError
    where ``Sample.unchanged`` does not fit ``places``.
    """

    def __init__(self, settings: TrackSettings | None = None) -> None:
        self._settings = settings or TrackSettings()
        self._columns = Columns()
        self._roster = Roster()
        self._birth_scores = birth_scores(self._settings)
        self._confirmed: dict[str, list[FirstHit]] = {}

    def places(self, camera: str) -> F32:
        """Boxes f32 (m, 4) px of the live tracks, unconfirmed ones too, in order of birth."""
        slots = self._columns.of_camera(self._roster.code(camera))
        return motion.seen_boxes(self._columns.floats[:, slots]).astype(np.float32)

    def update(self, samples: Sequence[Sample]) -> list[Tracks]:
        """One Tracks per sample, in the same order: its detections as they came, then what is held.

        Boxes of confirmed rows are steadied, their labels voted over the track; rows that were refused or belong to no
        confirmed track are as they came and have the id -1. A camera may come several times; its samples count as
        following each other.
        """
        if len({sample.camera for sample in samples}) == len(samples):
            return self._update(samples) if samples else []
        answers: list[Tracks] = [Tracks.empty()] * len(samples)
        waiting = list(range(len(samples)))
        while waiting:  # one round for each time that a camera comes
            earliest = {samples[i].camera: i for i in reversed(waiting)}
            now = [i for i in waiting if earliest[samples[i].camera] == i]
            for i, tracks in zip(now, self._update([samples[i] for i in now]), strict=True):
                answers[i] = tracks
            waiting = [i for i in waiting if earliest[samples[i].camera] != i]
        return answers

    def predict(self, camera: str, time_ns: int) -> Tracks:
        """The confirmed tracks moved to another time; every row is held. Far ends are cut at the gap limit."""
        code = self._roster.code(camera)
        slots = self._confirmed_slots(camera)
        if not len(slots):
            return Tracks.empty()
        gap = self._settings.longest_gap_s
        dt = float(np.clip((time_ns - self._roster.time_ns(code)) * 1e-9, -gap, gap))
        block, labels = self._columns.floats[:, slots], self._columns.integers[c.LABEL, slots]
        if dt > 0:
            motion.move(block, labels, np.full(len(slots), dt))
        else:
            block[c.PLACE][:2] += block[c.VELOCITY][:2] * dt
        return Tracks(
            motion.seen_boxes(block).astype(np.float32),
            block[c.SCORE].astype(np.float32),
            labels.astype(np.int16),
            self._columns.integers[c.ID, slots],
            np.maximum(block[c.AGE_S] + dt, 0.0).astype(np.float32),
            np.ones(len(slots), np.bool_),
        )

    def motion(self, camera: str) -> Motion:
        """How the confirmed tracks move and how close a call their last assignment was: what ``wish`` asks for."""
        slots = self._confirmed_slots(camera)
        block, labels = self._columns.floats[:, slots], self._columns.integers[c.LABEL, slots]
        return Motion(
            block[c.PLACE][:2].T.copy(),
            block[c.VELOCITY][:2].T.copy(),
            motion.scales(block[c.HEIGHT], labels),
            np.exp(block[c.HEIGHT]),
            labels,
            block[c.MARGIN],
            block[c.UNSEEN_S],
        )

    def quality(self, camera: str) -> tuple[I64, F32]:
        """Ids i64 (n,) of the confirmed tracks and how good they are, f32 (n,) 0..1.

        A mean over about the last two seconds of the score of the track's detections (0 where there was none) times the
        probability that each was its own and not its best rival's; while a track is held it stays.
        """
        slots = self._confirmed_slots(camera)
        return self._columns.integers[c.ID, slots], self._columns.floats[c.QUALITY, slots].astype(np.float32)

    def confirmed_since(self, camera: str) -> list[FirstHit]:
        """First detections of the tracks that the camera's last update confirmed, by id.

        They were answered with id -1 when they came, because a track is only sure at its second hit; a writer of files
        adds them under the id. Kept until the camera's next update.
        """
        return list(self._confirmed.get(camera, ()))

    def stats(self, camera: str) -> TrackerStats:
        """Counters of a camera; all zero for one never seen."""
        code = self._roster.code(camera)
        live = len(self._columns.of_camera(code))
        return TrackerStats(live=live, **self._roster.counters(code))

    def forget(self, camera: str) -> None:
        """Drop all tracks and counters of a camera; its ids go on where they were."""
        self._columns.free(self._columns.of_camera(self._roster.code(camera)))
        self._columns.shrink()
        self._roster.forget(camera)
        self._confirmed.pop(camera, None)

    def _confirmed_slots(self, camera: str) -> I64:
        slots = self._columns.of_camera(self._roster.code(camera))
        return np.asarray(slots[self._columns.integers[c.ID, slots] != UNCONFIRMED])

    def _update(self, samples: Sequence[Sample]) -> list[Tracks]:
        """Update for samples of different cameras."""
        settings, columns, roster = self._settings, self._columns, self._roster
        codes = roster.join([sample.camera for sample in samples])
        taken = intake.take(samples, settings)
        slots, at = columns.of_cameras(roster.positions(codes))
        unchanged = _unchanged(samples, at)
        times_ns = np.array([min(max(s.time_ns, -_LATEST_NS), _LATEST_NS) for s in samples], np.int64)
        moved = np.array([sample.moved for sample in samples], np.bool_)
        step_s, anew = roster.step(codes, times_ns, moved, settings.longest_gap_s)
        if np.count_nonzero(anew):
            old = anew[at]
            columns.free(slots[old])
            slots, at, unchanged = slots[~old], at[~old], unchanged[~old]
        live = lifecycle.gather(columns, slots, at)
        dt_s = np.maximum(step_s, _LEAST_STEP_S)[at]
        still = lifecycle.standing(live, unchanged, settings.longest_hold_s)
        lifecycle.advance(live, still, dt_s)
        unit = motion.units(live.floats[c.HEIGHT], live.integers[c.LABEL])
        error = motion.errors(unit, live.integers[c.LABEL])
        tracked = Tracked(live.floats, live.integers[c.LABEL], live.at, unit, error)
        matching = self._associate(codes, tracked, live.integers[c.MISSED], taken)
        free = self._free(taken, matching.seen)
        self._join_lone(tracked, live.integers[c.HITS], dt_s, taken, matching, free)
        given = matching.seen
        tracks = (given >= 0).nonzero()[0]
        lifecycle.hit(live, tracks, error.take(tracks, 1), taken, matching)
        lifecycle.judge(live, matching, still, dt_s)
        new, last_id = lifecycle.confirm(live, tracks, taken, matching, step_s, roster.ids[codes])
        roster.count(
            codes,
            ("detections", "invalid", "over_limit", "confirmed"),
            (taken.first[1:] - taken.first[:-1], taken.invalid, taken.over, last_id - roster.ids[codes]),
        )
        roster.ids[codes] = last_id
        self._note_first_hits(samples, live, new)
        keep = lifecycle.miss(live, given < 0, still, dt_s, taken)
        lifecycle.scatter(columns, live, keep)
        self._bear(codes, live.at[keep], given, free, taken, times_ns)
        return _answers(live, given, taken, dt_s)

    def _associate(self, codes: I64, tracked: Tracked, missed: I64, taken: Intake) -> Matching:
        """The intake row matched to each track: sure detections first, then faint ones for what is left and was not
        missed (n,) at many samples in a row nor for long."""
        tracks, rows = len(tracked.at), len(taken.rows)
        pairs, cut = weigh(tracked, taken.seen, len(codes))
        if np.count_nonzero(cut):
            self._roster.count(codes, ("pairs_cut",), (cut,))
        sure = taken.seen.scores[pairs.seen] >= self._settings.high_score
        best = match(pairs.keep(sure), tracked.at, tracks, rows)
        if np.count_nonzero(sure) == len(sure):
            return best
        lately = (missed <= FAINT_MISSED) | (tracked.block[c.UNSEEN_S] <= FAINT_S)
        lately &= best.seen < 0
        faint = pairs.keep(~sure & lately[pairs.track] & (pairs.distance <= GATE_UNSURE))
        if not len(faint.track):
            return best
        rest = match(faint, tracked.at, tracks, rows)
        first = best.seen >= 0
        return Matching(*(np.where(first, a, b) for a, b in zip(best, rest, strict=True)))

    def _free(self, taken: Intake, given: I64) -> Bool:
        """Which intake rows (k,) may start a track: sure ones that were given (n,) to none."""
        free = np.asarray(taken.seen.scores >= self._birth_scores[taken.seen.labels])
        free[given[given >= 0]] = False
        return free

    def _join_lone(self, tracked: Tracked, hits: I64, dt_s: F64, taken: Intake, matching: Matching, free: Bool) -> None:
        """Give free detections (k,) to tracks of people who may have turned, and to young tracks, by hits (n,) and age,
        where that is the only explanation."""
        young = (hits == 1) | (tracked.block[c.AGE_S] <= YOUNG_S)
        turning = may_turn(tracked, hits, dt_s)
        turning &= ~lifecycle.at_edge(tracked.block[c.PLACE], tracked.at, taken)
        lost = ((young | turning) & (matching.seen < 0)).nonzero()[0]
        rows = free.nonzero()[0]
        if not len(lost) or not len(rows):
            return
        tracks, found = turned(tracked, lost[turning[lost]], dt_s, taken.seen, rows)
        if len(tracks):
            order = found.argsort()
            tracks, found = tracks[order], found[order]
            used = np.sort(matching.seen[matching.seen >= 0])
            own = ~lifecycle.doubled(taken.seen, found, used)
            tracks, found = tracks[own], found[own]
            matching.seen[tracks] = found
            free[found] = False
            rows = free.nonzero()[0]
        fresh = lost[young[lost] & (matching.seen[lost] < 0)]
        if not len(fresh):
            return
        tracks, rows = newborn(tracked, fresh, dt_s, taken.seen, rows)
        matching.seen[tracks] = rows
        free[rows] = False
        motion.hurry(tracked.block, tracks, taken.seen.state[:, rows], dt_s[tracks])

    def _bear(self, codes: I64, living: I64, given: I64, free: Bool, taken: Intake, times_ns: I64) -> None:
        """Start tracks at the free detections (k,), at most max_objects live ones per camera."""
        rows = free.nonzero()[0]
        if not len(rows):
            return
        used = given[given >= 0]
        used.sort()
        rows = rows[~lifecycle.doubled(taken.seen, rows, used)]
        at = taken.seen.at[rows]
        many = np.bincount(at, minlength=len(codes))
        room = np.maximum(self._settings.max_objects - np.bincount(living, minlength=len(codes)), 0)
        rank = np.arange(len(rows)) - np.repeat(many.cumsum() - many, many)
        rows = rows[rank < room[at]]
        refused = np.maximum(many - room, 0)
        if refused.any():
            self._roster.count(codes, ("births_refused",), (refused,))
        lifecycle.bear(self._columns, codes, rows, taken, times_ns, self._roster.births)

    def _note_first_hits(self, samples: Sequence[Sample], live: Live, new: I64) -> None:
        for sample in samples:
            self._confirmed.pop(sample.camera, None)
        for row in new:
            floats, integers = live.floats[:, row], live.integers[:, row]
            left, top, right, bottom = (float(value) for value in floats[c.FIRST_BOX])
            first = FirstHit(
                int(integers[c.ID]),
                int(integers[c.FIRST_NS]),
                (left, top, right, bottom),
                float(floats[c.FIRST_SCORE]),
                int(integers[c.FIRST_LABEL]),
            )
            self._confirmed.setdefault(samples[live.at[row]].camera, []).append(first)


def birth_scores(settings: TrackSettings) -> F32:
    """From which score a detection may start a track, by class code, f32 (len(CLASSES),)."""
    people, others = settings.birth_score, settings.vehicle_birth_score
    of_class = [people if kind is motion.PERSON else others for kind in motion.KINDS]
    return np.array(of_class, np.float32)  # as scores are, so that 0.7 is from 0.7


def _unchanged(samples: Sequence[Sample], at: I64) -> Bool:
    """The samples' unchanged columns one after the other, false where not known; at: camera position (n,) of tracks."""
    unchanged = np.zeros(len(at), np.bool_)
    if all(sample.unchanged is None for sample in samples):
        return unchanged
    first = np.searchsorted(at, np.arange(len(samples) + 1))
    for i, sample in enumerate(samples):
        if sample.unchanged is not None:
            many = int(first[i + 1] - first[i])
            if sample.unchanged.shape != (many,):
                shape = sample.unchanged.shape
                raise ValueError(f"Sample.unchanged of {sample.camera}: expected shape ({many},), got {shape}")
            unchanged[first[i] : first[i + 1]] = sample.unchanged
    return unchanged


def _answers(live: Live, given: I64, taken: Intake, dt_s: F64) -> list[Tracks]:
    """Tracks per sample: detections as they came, those of confirmed tracks steadied, then the held tracks."""
    ids = np.full(len(taken.scores), UNCONFIRMED, np.int64)
    ages = np.zeros(len(taken.scores), np.float32)
    labels, boxes = taken.labels.copy(), taken.boxes.copy()
    state = live.integers
    tracks = ((given >= 0) & (state[c.ID] != UNCONFIRMED)).nonzero()[0]
    rows = taken.rows[given[tracks]]
    ids[rows] = state[c.ID][tracks]
    labels[rows] = state[c.LABEL][tracks]
    ages[rows] = live.floats[c.AGE_S][tracks]
    steady = STEADY * np.exp(dt_s[tracks] * (-1 / STEADY_S))
    place, seen = live.floats[c.PLACE].take(tracks, 1), taken.seen.state.take(given[tracks], 1)
    boxes[rows] = motion.boxes(seen + steady * (place - seen))
    scores, first = np.minimum(taken.scores, np.float32(1)), taken.first
    held = np.zeros(len(ids), np.bool_)
    kept = (state[c.HELD] == 1).nonzero()[0]
    if len(kept):
        cameras = len(first) - 1
        order = np.argsort(
            np.concatenate([np.repeat(np.arange(cameras), np.diff(first)), live.at[kept]]), kind="stable"
        )
        block = live.floats[:, kept]
        first = first + np.searchsorted(live.at[kept], np.arange(cameras + 1))
        boxes = np.concatenate([boxes, motion.seen_boxes(block).astype(np.float32)])[order]
        scores = np.concatenate([scores, block[c.SCORE].astype(np.float32)])[order]
        labels = np.concatenate([labels, state[c.LABEL, kept].astype(np.int16)])[order]
        ids = np.concatenate([ids, state[c.ID, kept]])[order]
        ages = np.concatenate([ages, block[c.AGE_S].astype(np.float32)])[order]
        held = np.concatenate([held, np.ones(len(kept), np.bool_)])[order]
    return [
        Tracks(boxes[i:j], scores[i:j], labels[i:j], ids[i:j], ages[i:j], held[i:j])
        for i, j in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)
    ]
