"""The tracker of all cameras of a worker: one call takes their new detections and answers with ids."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sightline.config import TrackSettings
from sightline.core.values import F32, UNCONFIRMED, Bool, Tracks
from sightline.track import columns as c
from sightline.track import intake, lifecycle, motion
from sightline.track.associate import GATE_UNSURE, match, weigh
from sightline.track.columns import I64, Columns
from sightline.track.intake import Intake
from sightline.track.lifecycle import Live
from sightline.track.roster import Roster
from sightline.track.sample import FirstHit, Sample, TrackerStats

_LATEST_NS: Final = 1 << 61  # times are cut here, so that their differences fit
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
        self._confirmed: dict[str, list[FirstHit]] = {}

    def places(self, camera: str) -> F32:
        """Boxes f32 (m, 4) px of the live tracks, unconfirmed ones too, in order of birth."""
        slots = self._columns.of_camera(self._roster.code(camera))
        return motion.boxes(self._columns.floats[:, slots]).astype(np.float32)

    def update(self, samples: Sequence[Sample]) -> list[Tracks]:
        """One Tracks per sample, in the same order: its detections as they came, then what is held.

        Labels of confirmed rows are voted over the track; rows that were refused or belong to no confirmed track have
        the id -1. A camera may come several times; its samples count as following each other.
        """
        answers: list[Tracks] = [Tracks.empty()] * len(samples)
        waiting = list(range(len(samples)))
        while waiting:  # one round unless a camera comes more than once
            earliest = {samples[i].camera: i for i in reversed(waiting)}
            now = [i for i in waiting if earliest[samples[i].camera] == i]
            for i, tracks in zip(now, self._update([samples[i] for i in now]), strict=True):
                answers[i] = tracks
            waiting = [i for i in waiting if earliest[samples[i].camera] != i]
        return answers

    def predict(self, camera: str, time_ns: int) -> Tracks:
        """The confirmed tracks moved to another time; every row is held. Far ends are cut at the gap limit."""
        code = self._roster.code(camera)
        slots = self._columns.of_camera(code)
        slots = slots[self._columns.integers[c.ID, slots] != UNCONFIRMED]
        if not len(slots):
            return Tracks.empty()
        gap = self._settings.longest_gap_s
        dt = float(np.clip((time_ns - self._roster.time_ns(code)) * 1e-9, -gap, gap))
        block, labels = self._columns.floats[:, slots], self._columns.integers[c.LABEL, slots]
        block[c.X] += block[c.VX] * dt
        block[c.Y] += block[c.VY] * dt
        return Tracks(
            motion.boxes(block).astype(np.float32),
            block[c.SCORE].astype(np.float32),
            labels.astype(np.int16),
            self._columns.integers[c.ID, slots],
            np.maximum(block[c.AGE_S] + dt, 0.0).astype(np.float32),
            np.ones(len(slots), np.bool_),
        )

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
        roster.count(codes, detections=np.diff(taken.first), invalid=taken.invalid, over_limit=taken.over)
        if anew.any():
            old = anew[at]
            columns.free(slots[old])
            slots, at, unchanged = slots[~old], at[~old], unchanged[~old]
        live = lifecycle.gather(columns, slots, at)
        dt_s = np.maximum(step_s, _LEAST_STEP_S)[at]
        still = lifecycle.standing(live, unchanged, settings.longest_hold_s)
        lifecycle.advance(live, still, dt_s)
        given = self._associate(live, taken, len(samples))
        tracks = np.flatnonzero(given >= 0)
        lifecycle.hit(live, tracks, given[tracks], taken)
        new, last_id = lifecycle.confirm(live, tracks, roster.ids[codes])
        roster.count(codes, confirmed=last_id - roster.ids[codes])
        roster.ids[codes] = last_id
        self._note_first_hits(samples, live, new)
        keep = lifecycle.miss(live, given < 0, still, dt_s)
        lifecycle.scatter(columns, live, keep)
        self._bear(codes, live.at[keep], given, taken, times_ns)
        return _answers(live, given, taken)

    def _associate(self, live: Live, taken: Intake, cameras: int) -> I64:
        """Intake row (n,) matched to each track, -1 = none: sure detections first, then faint ones for what is left."""
        labels = live.integers[c.LABEL]
        tracks, rows = len(live.at), len(taken.rows)
        pairs = weigh(live.floats, labels, live.at, taken.seen, cameras)
        sure = taken.seen.measured[motion.SCORE, pairs.seen] >= self._settings.high_score
        given = match(pairs.keep(sure), live.at, tracks, rows)
        lately = (given < 0) & (live.integers[c.MISSED] == 0)
        faint = pairs.keep(~sure & lately[pairs.track] & (pairs.distance <= GATE_UNSURE))
        return np.maximum(given, match(faint, live.at, tracks, rows))

    def _bear(self, codes: I64, living: I64, given: I64, taken: Intake, times_ns: I64) -> None:
        """Start tracks at the sure detections that belong to none, at most max_objects live ones per camera."""
        free = taken.seen.measured[motion.SCORE] >= self._settings.high_score
        free[given[given >= 0]] = False
        rows = np.flatnonzero(free)
        if not len(rows):
            return
        at = taken.seen.at[rows]
        many = np.bincount(at, minlength=len(codes))
        room = np.maximum(self._settings.max_objects - np.bincount(living, minlength=len(codes)), 0)
        rank = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
        rows = rows[rank < room[at]]
        self._roster.count(codes, births_refused=np.maximum(many - room, 0))
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


def _unchanged(samples: Sequence[Sample], at: I64) -> Bool:
    """The samples' unchanged columns one after the other, false where not known; at: camera position (n,) of tracks."""
    unchanged = np.zeros(len(at), np.bool_)
    first = np.searchsorted(at, np.arange(len(samples) + 1))
    for i, sample in enumerate(samples):
        if sample.unchanged is not None:
            many = int(first[i + 1] - first[i])
            if sample.unchanged.shape != (many,):
                shape = sample.unchanged.shape
                raise ValueError(f"Sample.unchanged of {sample.camera}: expected shape ({many},), got {shape}")
            unchanged[first[i] : first[i + 1]] = sample.unchanged
    return unchanged


def _answers(live: Live, given: I64, taken: Intake) -> list[Tracks]:
    """Tracks per sample: detections as they came, then the held tracks."""
    ids = np.full(len(taken.scores), UNCONFIRMED, np.int64)
    ages = np.zeros(len(taken.scores), np.float32)
    labels = taken.labels.copy()
    state = live.integers
    tracks = np.flatnonzero((given >= 0) & (state[c.ID] != UNCONFIRMED))
    rows = taken.rows[given[tracks]]
    ids[rows] = state[c.ID, tracks]
    labels[rows] = state[c.LABEL, tracks]
    ages[rows] = live.floats[c.AGE_S, tracks]
    boxes, scores, first = taken.boxes, taken.scores, taken.first
    held = np.zeros(len(ids), np.bool_)
    kept = np.flatnonzero(state[c.HELD] == 1)
    if len(kept):
        cameras = len(first) - 1
        order = np.argsort(
            np.concatenate([np.repeat(np.arange(cameras), np.diff(first)), live.at[kept]]), kind="stable"
        )
        block = live.floats[:, kept]
        first = first + np.searchsorted(live.at[kept], np.arange(cameras + 1))
        boxes = np.concatenate([boxes, motion.boxes(block).astype(np.float32)])[order]
        scores = np.concatenate([scores, block[c.SCORE].astype(np.float32)])[order]
        labels = np.concatenate([labels, state[c.LABEL, kept].astype(np.int16)])[order]
        ids = np.concatenate([ids, state[c.ID, kept]])[order]
        ages = np.concatenate([ages, block[c.AGE_S].astype(np.float32)])[order]
        held = np.concatenate([held, np.ones(len(kept), np.bool_)])[order]
    return [
        Tracks(boxes[i:j], scores[i:j], labels[i:j], ids[i:j], ages[i:j], held[i:j])
        for i, j in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)
    ]
