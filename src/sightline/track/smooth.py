"""Finished tracks made smooth, and filled between their samples: for recordings, because it looks ahead.

A Rauch-Tung-Striebel smoother (Rauch, Tung and Striebel, AIAA Journal 3(8), 1965) over the motion model of ``motion``,
so its noise is in metres and seconds too. Between two samples the most likely way of that model is the cubic that has
the smoothed places and velocities at its ends (Barfoot, Tong and Sarkka, RSS 2014). All tracks go through it at once:
one step of the loops takes the k-th sample of every track.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from sightline.core.values import Bool
from sightline.track import motion
from sightline.track.columns import F64, I64

# The numbers below were chosen on the MOT15 static and PETS sequences and on drawn detections of districts, at the full
# rate, 5, 2 and 1 fps, by HOTA and MOTA against the truth of every frame: they are not held out.
SHORT_S: Final = 0.5  # a gap no longer is filled
LONG_S: Final = 2.0  # a longer one up to this only in a track that was seen well
WELL_SEEN: Final = 0.6  # share of its samples; of fewer, more than half of what was filled was nobody
WELL_SEEN_HITS: Final = 4
MOST_FILLED: Final = 10_000_000  # rows; gaps beyond them stay open

# motion's noise of detections allows for what spoils a matching (outliers, boxes half hidden). Around its own path a
# detection lies closer, but errs alike in neighbouring frames: that grows the noise at high rates and spares low ones.
_PLACE: Final = 0.25  # of motion.MEASURE_M
_HEIGHT: Final = 0.6  # of motion.LOG_HEIGHT
_ACCEL: Final = 1.15  # of motion.ACCEL: turns are to be kept
_ALIKE_S: Final = 0.2  # errors of detections so far apart in time are alike by 1/e
_RATIO_NOISE: Final = 0.05  # of the logarithm of width / height
_RATIO_DRIFT: Final = 0.1  # its change, 1/s^0.5

# Two ends farther apart than motion.LIMIT_MPS allows are two objects. That bound is wider than motion.FASTEST_MPS,
# which says whom a newborn may be taken for before anything is known of it.
_SLACK_M: Final = 1.0  # for the noise of both ends
_GROWN: Final = np.log(2.0)  # nor does a height double or halve


class TrackRows(NamedTuple):
    """Rows of one camera's confirmed tracks: frames i64 (n,), ids i64 (n,), boxes_px f64 (n, 4) left top right bottom,
    scores f64 (n,), labels i64 (n,) class codes, held bool (n,) no detection at that frame."""

    frames: I64
    ids: I64
    boxes_px: F64
    scores: F64
    labels: I64
    held: Bool

    def take(self, rows: I64 | Bool) -> "TrackRows":
        """The rows of an index or mask, in its order."""
        return TrackRows(
            self.frames[rows],
            self.ids[rows],
            self.boxes_px[rows],
            self.scores[rows],
            self.labels[rows],
            self.held[rows],
        )

    @staticmethod
    def joined(parts: Sequence["TrackRows"]) -> "TrackRows":
        """The rows of one part or more, one part after the other."""
        return TrackRows(
            np.concatenate([part.frames for part in parts]),
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.boxes_px for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.held for part in parts]),
        )

    @staticmethod
    def empty() -> "TrackRows":
        """No rows."""
        none = np.zeros(0, np.int64)
        return TrackRows(none, none, np.zeros((0, 4)), np.zeros(0), none, np.zeros(0, np.bool_))


class Smoothed(NamedTuple):
    """Rows by frame, then id; filled: bool (n,), true for rows between samples; left_open: gaps not filled because they
    are long or beyond MOST_FILLED; torn: places where one track's ends cannot be one object's."""

    rows: TrackRows
    filled: Bool
    left_open: int
    torn: int


class _Runs(NamedTuple):
    """Rows by run (a track, or what lies between two tears of it), then frame, and how to walk over them.

    run: (n,) number of each row's run; dt_s: (n,) since the row before, infinite at the start of a run; steps: the
    rows that come k-th in their run, k from 1.
    """

    rows: TrackRows
    run: I64
    dt_s: F64
    steps: list[I64]


def smooth(rows: TrackRows, fps: float, every: float = 1.0) -> Smoothed:
    """Smooth the boxes of tracks and fill the frames between their samples.

    rows: in any order; fps: frames per second of the frame numbers; every: frames per sample (1 = all were sampled).
    Labels of a track are taken as its last one, the vote's outcome; a filled row has the lower score of its two ends.
    ValueError for a box without height or width, an id twice in a frame, or a rate that is no number above 0.
    """
    if not (0 < fps < np.inf and 1 <= every < np.inf):
        raise ValueError(f"expected fps above 0 and every from 1, got {fps} and {every}")
    if not len(rows.frames):
        return Smoothed(rows, np.zeros(0, np.bool_), 0, 0)
    rows = _checked(rows)
    runs, torn = _runs(rows, fps)
    path = _Path(runs)
    gaps, left_open = _gaps(runs, fps, every)
    filled = _fill(runs, path, gaps, fps)
    smoothed = runs.rows._replace(boxes_px=path.boxes())
    both = TrackRows.joined([smoothed, filled])
    new = np.arange(len(both.frames)) >= len(runs.run)
    order = np.lexsort((both.ids, both.frames))
    return Smoothed(both.take(order), new[order], left_open, torn)


def _checked(rows: TrackRows) -> TrackRows:
    """The rows by id, then frame, with the last label of each track."""
    sides = rows.boxes_px[:, 2:] - rows.boxes_px[:, :2]
    if not (np.isfinite(rows.boxes_px).all() and (sides > 0).all()):
        raise ValueError("boxes_px: expected finite boxes with width and height, got others")
    rows = rows.take(np.lexsort((rows.frames, rows.ids)))
    same = rows.ids[1:] == rows.ids[:-1]
    if (same & (rows.frames[1:] == rows.frames[:-1])).any():
        raise ValueError("rows: expected an id once per frame, got one twice")
    ends = np.flatnonzero(np.append(~same, True))
    return rows._replace(labels=np.repeat(rows.labels[ends], np.diff(ends, prepend=-1)))


def _runs(rows: TrackRows, fps: float) -> tuple[_Runs, int]:
    """Cut tracks where their ends cannot be one object's: the runs, and how many cuts."""
    dt_s = np.diff(rows.frames) / fps
    left, top, right, bottom = rows.boxes_px.T
    height = bottom - top
    metre = np.sqrt(height[1:] * height[:-1]) / motion.HEIGHTS_M[rows.labels[1:]]  # px, between the ends
    across, along = np.diff(0.5 * (left + right)), np.diff(bottom) / motion.K_Y
    far = np.hypot(across, along) > metre * (_SLACK_M + motion.LIMIT_MPS[rows.labels[1:]] * dt_s)
    same = rows.ids[1:] == rows.ids[:-1]
    tear = same & (far | (np.abs(np.diff(np.log(height))) > _GROWN))
    starts = np.flatnonzero(np.append(True, ~same | tear))
    many = np.diff(starts, append=len(rows.ids))
    since = np.full(len(rows.ids), np.inf)
    since[1:][same & ~tear] = dt_s[same & ~tear]
    longest_first = starts[np.argsort(-many, kind="stable")]
    still = np.searchsorted(np.sort(many), np.arange(1, many.max()), side="right")  # runs of at most k rows
    steps = [longest_first[: len(many) - done] + k for k, done in enumerate(still.tolist(), start=1)]
    return _Runs(rows, np.repeat(np.arange(len(starts)), many), since, steps), int(tear.sum())


class _Path:
    """Smoothed foot points and velocities (2, n) px and px/s, logarithms (n,) of height px and of width / height."""

    def __init__(self, runs: _Runs) -> None:
        left, top, right, bottom = runs.rows.boxes_px.T
        labels = runs.rows.labels
        # The nearer of the two neighbours in time says how much of a row's error is theirs as well.
        ahead = np.append(runs.dt_s[1:], np.inf)
        alike = np.exp(-np.minimum(runs.dt_s, ahead) / _ALIKE_S)
        loose = (1 + motion.LOOSE * (1 - np.clip(runs.rows.scores, 0, 1)) ** 2) * (1 + alike) / (1 - alike)
        height = bottom - top
        self.log_height = _drift(
            np.log(height), (_HEIGHT * motion.LOG_HEIGHT[labels]) ** 2 * loose, motion.GROWTH**2, runs
        )
        self.log_ratio = _drift(np.log((right - left) / height), _RATIO_NOISE**2 * loose, _RATIO_DRIFT**2, runs)
        scale = motion.scales(self.log_height, labels)
        share = np.array([[1.0], [motion.K_Y]])
        noise = np.broadcast_to((_PLACE * motion.MEASURE_M[labels] * scale) ** 2 * loose, (2, len(labels)))
        accel, speed = (share * (column[labels] * scale) for column in (_ACCEL * motion.ACCEL, motion.SPEED))
        feet = np.stack([0.5 * (left + right), bottom])
        self.place, self.velocity = _motion(feet, noise, accel**2, speed**2, runs)

    def boxes(self) -> F64:
        """Boxes (n, 4) px of the samples."""
        return _boxes(self.place, self.log_height, self.log_ratio)


def _boxes(place: F64, log_height: F64, log_ratio: F64) -> F64:
    height = np.exp(log_height)
    half = 0.5 * np.exp(log_height + log_ratio)
    x, y = place
    return np.stack([x - half, y - height, x + half, y], axis=1)


def _drift(values: F64, noise: F64, drift: float, runs: _Runs) -> F64:
    """Smoothed values (n,) of what drifts (variance per second) and is measured with noise (n,) (variance)."""
    at, spread = values.copy(), noise.copy()
    for now in runs.steps:
        ahead = spread[now - 1] + drift * runs.dt_s[now]
        gain = ahead / (ahead + noise[now])
        at[now] = at[now - 1] + gain * (values[now] - at[now - 1])
        spread[now] = ahead * (1 - gain)
    for now in reversed(runs.steps):
        share = spread[now - 1] / (spread[now - 1] + drift * runs.dt_s[now])
        at[now - 1] += share * (at[now] - at[now - 1])
    return at


def _motion(feet: F64, noise: F64, accel: F64, speed: F64, runs: _Runs) -> tuple[F64, F64]:
    """Smoothed places and velocities (2, n) of feet (2, n) px under motion's model of constant velocity.

    Variances per axis (2, n): noise of feet px^2, accel spectral density px^2/s^3, speed prior px^2/s^2.
    """
    place, velocity = feet.copy(), np.zeros_like(feet)
    pp, pv, vv = noise.copy(), np.zeros_like(feet), speed.copy()

    def ahead(then: I64, dt: F64) -> tuple[F64, F64, F64]:
        more = accel[:, then] * dt
        return (
            pp[:, then] + dt * (2 * pv[:, then] + dt * (vv[:, then] + more / 3)),
            pv[:, then] + dt * (vv[:, then] + more / 2),
            vv[:, then] + more,
        )

    for now in runs.steps:
        then, dt = now - 1, runs.dt_s[now]
        a, b, d = ahead(then, dt)
        gain, gain_v = a / (a + noise[:, now]), b / (a + noise[:, now])
        expected = place[:, then] + velocity[:, then] * dt
        surprise = feet[:, now] - expected
        place[:, now] = expected + gain * surprise
        velocity[:, now] = velocity[:, then] + gain_v * surprise
        pp[:, now], pv[:, now], vv[:, now] = a * (1 - gain), b * (1 - gain), d - gain_v * b
    for now in reversed(runs.steps):
        then, dt = now - 1, runs.dt_s[now]
        a, b, d = ahead(then, dt)
        late = place[:, now] - place[:, then] - velocity[:, then] * dt
        turn = velocity[:, now] - velocity[:, then]
        whole = a * d - b * b
        u, w = (d * late - b * turn) / whole, (a * turn - b * late) / whole
        place[:, then] += (pp[:, then] + dt * pv[:, then]) * u + pv[:, then] * w
        velocity[:, then] += (pv[:, then] + dt * vv[:, then]) * u + vv[:, then] * w
    return place, velocity


def _gaps(runs: _Runs, fps: float, every: float) -> tuple[I64, int]:
    """Rows before the gaps that are to be filled, and how many gaps stay open."""
    frames, run = runs.rows.frames, runs.run
    steps = np.diff(frames)
    before = np.flatnonzero((run[1:] == run[:-1]) & (steps > 1))
    steps = steps[before]
    firsts = np.flatnonzero(np.diff(run, prepend=-1))
    hits = np.bincount(run)
    lasts = firsts + hits - 1
    samples = (frames[lasts] - frames[firsts]) / every + 1
    well = ((hits >= WELL_SEEN_HITS) & (hits >= WELL_SEEN * samples))[run[before]]
    # Sampled frames are rounded, so that two that follow each other lie less than one frame more apart than `every`.
    wanted = (steps < every + 1) | (steps <= SHORT_S * fps) | (well & (steps <= LONG_S * fps))
    wanted &= np.cumsum(np.where(wanted, steps - 1, 0)) <= MOST_FILLED
    return before[wanted], int((~wanted).sum())


def _fill(runs: _Runs, path: _Path, gaps: I64, fps: float) -> TrackRows:
    """Rows for every frame of the gaps, given by the rows before them."""
    rows = runs.rows
    steps = rows.frames[gaps + 1] - rows.frames[gaps]
    then = np.repeat(gaps, steps - 1)
    now = then + 1
    one = np.arange(len(then)) - np.repeat(np.cumsum(steps - 1) - (steps - 1), steps - 1) + 1
    whole = rows.frames[now] - rows.frames[then]
    u = one / whole
    seconds = whole / fps
    rest = 1 - u
    # Hermite's cubic by the places and velocities at its ends.
    place = rest * rest * ((1 + 2 * u) * path.place[:, then] + u * seconds * path.velocity[:, then])
    place += u * u * ((1 + 2 * rest) * path.place[:, now] - rest * seconds * path.velocity[:, now])
    log_height, log_ratio = (rest * column[then] + u * column[now] for column in (path.log_height, path.log_ratio))
    return TrackRows(
        rows.frames[then] + one,
        rows.ids[then],
        _boxes(place, log_height, log_ratio),
        np.minimum(rows.scores[then], rows.scores[now]),
        rows.labels[then],
        np.zeros(len(then), np.bool_),
    )
