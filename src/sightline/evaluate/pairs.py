"""Truth and results of one sequence side by side: which boxes of a frame overlap and how much.

Conventions are those of TrackEval's MotChallenge2DBox (github.com/JonathonLuiten/TrackEval, MIT), so that the numbers
compare with published ones: truth marked 0 is not counted, and where truth names classes (MOT16, MOT17, MOT20) only
pedestrians count and results on distractors are neither right nor wrong. Truth of a simulated district names
Sightline's own classes (100 + code): all count together, and results on rows marked 0 are neither right nor wrong.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from sightline.core.errors import BadData
from sightline.core.geometry import iou
from sightline.core.values import I64, Bool
from sightline.core.vocabulary import CLASSES
from sightline.formats.mot import MotTable
from sightline.formats.mot_truth import FIRST_CLASS

F64 = NDArray[np.float64]
Convention = Literal["auto", "mot15", "mot17", "mot20", "district"]

EPS: Final = float(np.finfo("float").eps)
_PEDESTRIAN: Final = 1
# person on vehicle, static person, distractor, reflection; MOT20 adds non-motorised vehicles.
_DISTRACTORS: Final = (2, 7, 8, 12)
_DISTRACTORS_MOT20: Final = (*_DISTRACTORS, 6)
_CLASSES: Final = range(1, 14)
MATCH: Final = 0.5  # IoU from which a box counts as found, in the preparation as in CLEAR and IDF1


@dataclass(frozen=True, slots=True)
class Overlap:
    """One frame. truth (g,) and found (p,): indices of identities, in the order of the files; ious: f64 (g, p)."""

    truth: I64
    found: I64
    ious: F64


@dataclass(frozen=True, slots=True)
class Sequence:
    """What the measures need of a sequence.

    frames: those with any box, rising; truth_counts, found_counts: boxes per identity; truth_ids, found_ids: their
    numbers in the files, rising; truth_labels: code of CLASSES per identity of the truth, -1 = not given.
    """

    frames: tuple[Overlap, ...]
    truth_counts: I64
    found_counts: I64
    truth_ids: I64
    found_ids: I64
    truth_labels: I64

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

    convention "auto" is mot17 where every truth row names a class of MOTChallenge (1..13), district where every one
    names a class of a district (100 and more), and mot15 elsewhere.
    """
    check_ids("truth", truth)
    check_ids("prediction", prediction)
    chosen = convention_of(truth, convention)
    counted = truth.confidences != 0  # TrackEval cuts 0.9 to 0 here; results used as truth would then count nothing
    kept = np.ones(len(prediction), np.bool_)
    if chosen == "district":
        kept = ~_on_harmless(truth, prediction, ~counted)
    elif chosen != "mot15":
        counted &= truth.classes == _PEDESTRIAN
        distractors = _DISTRACTORS_MOT20 if chosen == "mot20" else _DISTRACTORS
        kept = ~_on_harmless(truth, prediction, np.isin(truth.classes, distractors))
    truth, prediction = truth.keep(counted), prediction.keep(kept)
    truth_ids, first, truth_rows = np.unique(truth.ids, return_index=True, return_inverse=True)
    found_ids, found_rows = np.unique(prediction.ids, return_inverse=True)
    frames = tuple(
        Overlap(truth_rows[t], found_rows[p], _ious(truth.boxes_px[t], prediction.boxes_px[p]))
        for _, t, p in together(truth, prediction)
    )
    return Sequence(
        frames,
        np.bincount(truth_rows, minlength=len(truth_ids)).astype(np.int64),
        np.bincount(found_rows, minlength=len(found_ids)).astype(np.int64),
        truth_ids,
        found_ids,
        truth.classes[first] - FIRST_CLASS if chosen == "district" else np.full(len(truth_ids), -1, np.int64),
    )


def assign(scores: F64) -> tuple[I64, I64]:
    """Rows and columns of the one-to-one choice with the largest sum of scores (n, m); all of the shorter side."""
    rows, columns = linear_sum_assignment(-scores)
    return rows, columns


def _ious(truth: F64, found: F64) -> F64:
    return np.asarray(iou(truth, found), np.float64)


def check_ids(name: str, table: MotTable) -> None:
    """BadData where an id is below 0 or stands twice in one frame; name says whose table it is."""
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


def convention_of(truth: MotTable, asked: Convention) -> Convention:
    """What "auto" stands for with this truth; BadData where its class numbers do not fit what was asked."""
    named = bool(len(truth)) and bool(np.isin(truth.classes, _CLASSES).all())
    district = truth.classes >= FIRST_CLASS
    if district.any():
        wrong = ~district | (truth.classes >= FIRST_CLASS + len(CLASSES))
        if wrong.any():
            row = int(wrong.argmax())
            allowed = f"a class of {FIRST_CLASS}..{FIRST_CLASS + len(CLASSES) - 1} as in other rows"
            raise BadData(f"truth frame {truth.frames[row]}: expected {allowed}, got {truth.classes[row]}")
    if asked == "auto":
        return "district" if district.any() else "mot17" if named else "mot15"
    if asked == "district" and len(truth) and not district.any():
        raise BadData(f"truth: expected class numbers from {FIRST_CLASS} as in a district, got others or none")
    if asked in ("mot17", "mot20") and len(truth) and not named:
        raise BadData(f"truth: expected class numbers 1..13 as in {asked}, got others or none")
    return asked


def together(truth: MotTable, prediction: MotTable) -> list[tuple[int, slice, slice]]:
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


def _on_harmless(truth: MotTable, prediction: MotTable, harmless: Bool) -> Bool:
    """Which predictions (p,) match a truth box that is neither counted nor wrong, in one assignment of all truth."""
    removed = np.zeros(len(prediction), np.bool_)
    if not harmless.any():
        return removed
    for _, t, p in together(truth, prediction):
        if not harmless[t].any():
            continue
        scores = _ious(truth.boxes_px[t], prediction.boxes_px[p])
        if not scores.size:
            continue
        scores[scores < MATCH - EPS] = 0
        rows, columns = assign(scores)
        matched = scores[rows, columns] > EPS
        removed[p.start + columns[matched]] = harmless[t.start + rows[matched]]
    return removed
