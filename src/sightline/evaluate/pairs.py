"""Truth and results of one sequence side by side: which boxes of a frame overlap and how much.

Conventions are those of TrackEval's MotChallenge2DBox (github.com/JonathonLuiten/TrackEval, MIT), so that the numbers
compare with published ones: truth marked 0 is not counted, and where truth names classes (MOT16, MOT17, MOT20) only
pedestrians count and results on distractors are neither right nor wrong.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from sightline.core.errors import BadData
from sightline.core.geometry import iou
from sightline.core.values import I64, Bool
from sightline.formats.mot import MotTable

F64 = NDArray[np.float64]
Convention = Literal["auto", "mot15", "mot17", "mot20"]

EPS: Final = float(np.finfo("float").eps)
_PEDESTRIAN: Final = 1
# person on vehicle, static person, distractor, reflection; MOT20 adds non-motorised vehicles.
_DISTRACTORS: Final = (2, 7, 8, 12)
_DISTRACTORS_MOT20: Final = (*_DISTRACTORS, 6)
_CLASSES: Final = range(1, 14)
_MATCH: Final = 0.5  # IoU from which a box counts as found, in the preparation as in CLEAR and IDF1


@dataclass(frozen=True, slots=True)
class Overlap:
    """One frame. truth (g,) and found (p,): indices of identities, in the order of the files; ious: f64 (g, p)."""

    truth: I64
    found: I64
    ious: F64


@dataclass(frozen=True, slots=True)
class Sequence:
    """What the measures need of a sequence.

    frames: those with any box, rising; truth_counts, found_counts: boxes per identity.
    """

    frames: tuple[Overlap, ...]
    truth_counts: I64
    found_counts: I64

    @property
    def truth_boxes(self) -> int:
        """Boxes of the truth."""
        return int(self.truth_counts.sum())

    @property
    def found_boxes(self) -> int:
        """Boxes of the results."""
        return int(self.found_counts.sum())


def pair(truth: MotTable, prediction: MotTable, convention: Convention = "auto") -> Sequence:
    """Truth and prediction frame by frame; BadData for ids below 0, or an id twice in a frame.

    convention "auto" is mot17 where every truth row names a class of MOTChallenge (1..13), and mot15 elsewhere.
    """
    _check_ids("truth", truth)
    _check_ids("prediction", prediction)
    chosen = _convention(truth, convention)
    counted = truth.confidences != 0  # TrackEval cuts 0.9 to 0 here; results used as truth would then count nothing
    kept = np.ones(len(prediction), np.bool_)
    if chosen != "mot15":
        counted &= truth.classes == _PEDESTRIAN
        kept = ~_on_distractors(truth, prediction, _DISTRACTORS_MOT20 if chosen == "mot20" else _DISTRACTORS)
    truth, prediction = truth.keep(counted), prediction.keep(kept)
    truth_ids, truth_rows = np.unique(truth.ids, return_inverse=True)
    found_ids, found_rows = np.unique(prediction.ids, return_inverse=True)
    frames = tuple(
        Overlap(truth_rows[t], found_rows[p], _ious(truth.boxes_px[t], prediction.boxes_px[p]))
        for _, t, p in _together(truth, prediction)
    )
    return Sequence(
        frames,
        np.bincount(truth_rows, minlength=len(truth_ids)).astype(np.int64),
        np.bincount(found_rows, minlength=len(found_ids)).astype(np.int64),
    )


def assign(scores: F64) -> tuple[I64, I64]:
    """Rows and columns of the one-to-one choice with the largest sum of scores (n, m); all of the shorter side."""
    rows, columns = linear_sum_assignment(-scores)
    return rows, columns


def _ious(truth: F64, found: F64) -> F64:
    return np.asarray(iou(truth, found), np.float64)


def _check_ids(name: str, table: MotTable) -> None:
    if not len(table):
        return
    if table.ids.min() < 0:
        row = int(table.ids.argmin())
        raise BadData(f"{name} frame {table.frames[row]}: expected an id of 0 or more, got {table.ids[row]}")
    order = np.lexsort((table.ids, table.frames))
    twice = (np.diff(table.frames[order]) == 0) & (np.diff(table.ids[order]) == 0)
    if twice.any():
        row = int(order[int(twice.argmax())])
        raise BadData(f"{name} frame {table.frames[row]}: expected each id once, got {table.ids[row]} twice")


def _convention(truth: MotTable, asked: Convention) -> Convention:
    named = bool(len(truth)) and bool(np.isin(truth.classes, _CLASSES).all())
    if asked == "auto":
        return "mot17" if named else "mot15"
    if asked != "mot15" and len(truth) and not named:
        raise BadData(f"truth: expected class numbers 1..13 as in {asked}, got others or none")
    return asked


def _together(truth: MotTable, prediction: MotTable) -> list[tuple[int, slice, slice]]:
    """Every frame with rows in either table, rising, with the rows of both."""
    numbers = np.union1d(truth.frames, prediction.frames)
    bounds = [
        (np.searchsorted(table.frames, numbers, "left"), np.searchsorted(table.frames, numbers, "right"))
        for table in (truth, prediction)
    ]
    return [
        (int(number), slice(int(t0), int(t1)), slice(int(p0), int(p1)))
        for number, t0, t1, p0, p1 in zip(numbers, *bounds[0], *bounds[1], strict=True)
    ]


def _on_distractors(truth: MotTable, prediction: MotTable, distractors: tuple[int, ...]) -> Bool:
    """Which predictions (p,) match a truth box of a class that is neither counted nor wrong."""
    removed = np.zeros(len(prediction), np.bool_)
    harmless = np.isin(truth.classes, distractors)
    for _, t, p in _together(truth, prediction):
        scores = _ious(truth.boxes_px[t], prediction.boxes_px[p])
        if not scores.size:
            continue
        scores[scores < _MATCH - EPS] = 0
        rows, columns = assign(scores)
        matched = scores[rows, columns] > EPS
        removed[p.start + columns[matched]] = harmless[t.start + rows[matched]]
    return removed
