"""Samples of many cameras as one ordered, checked set of columns."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from sightline.config import TrackSettings
from sightline.core.values import F32, I16, I64, Bool
from sightline.track.associate import Seen
from sightline.track.columns import F64
from sightline.track.sample import Sample

_FARTHEST_PX: Final = 1e6  # no picture is so large: coordinates beyond it are rubbish
_LEAST_SIDE_PX: Final = 1.0
_EDGE_SHARE: Final = 0.01  # a box this near to the upper or lower edge, in shares of the height, may be cut by it
_CUT_LOG_HEIGHT: Final = 0.2  # noise of its log-height: it slides into the picture faster than objects grow


class Intake(NamedTuple):
    """All rows of a call as given, and the tracked ones of them in an order of their own.

    boxes, scores, labels: the rows of all samples one after the other; first: (samples + 1,) where each sample's start;
    rows: (k,) which rows are tracked; by sample, then falling score, then box and label, so that nothing depends on the
    order in which rows came; seen, ratio: those rows' measurements; invalid, over: (samples,) rows refused.
    """

    boxes: F32
    scores: F32
    labels: I16
    first: I64
    rows: I64
    seen: Seen
    ratio: F64
    invalid: I64
    over: I64


def take(samples: Sequence[Sample], settings: TrackSettings) -> Intake:
    """Check, order and cap the detections of samples; where there are too many, the highest scores stay."""
    counts = [len(sample.detections) for sample in samples]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    boxes = np.concatenate([sample.detections.boxes_px for sample in samples])
    scores = np.concatenate([sample.detections.scores for sample in samples])
    labels = np.concatenate([sample.detections.labels for sample in samples])
    at = np.repeat(np.arange(len(samples)), counts)
    valid = _valid(boxes, scores)
    invalid = np.bincount(at[~valid], minlength=len(samples))
    rows = np.flatnonzero(valid & (scores >= settings.low_score))
    wide = boxes[rows].T.astype(np.float64)
    score = np.minimum(scores[rows].astype(np.float64), 1.0)
    order = np.lexsort((labels[rows], wide[3], wide[2], wide[1], wide[0], -score, at[rows]))
    rows, wide, score = rows[order], wide[:, order], score[order]
    held = np.bincount(at[rows], minlength=len(samples))
    over = np.maximum(held - settings.max_objects, 0)
    if over.any():
        rank = np.arange(len(rows)) - np.repeat(np.cumsum(held) - held, held)
        fits = rank < settings.max_objects
        rows, wide, score = rows[fits], wide[:, fits], score[fits]
    sizes = np.array([sample.size_px for sample in samples], np.float64)[at[rows]].T
    seen = Seen(at[rows], _measured(wide, score, sizes, settings.high_score), labels[rows].astype(np.int64))
    ratio = (wide[2] - wide[0]) / (wide[3] - wide[1])
    return Intake(boxes, scores, labels, first, rows, seen, ratio, invalid, over)


def _measured(sides: F64, score: F64, sizes: F64, high_score: float) -> F64:
    """Block (motion.MEASURED, k) of boxes given as sides (4, k) in pictures of sizes (2, k)."""
    left, top, right, bottom = sides
    edge = _EDGE_SHARE * sizes[1]
    # Only sure ones: a faint box at the edge is seldom the rest of an object.
    cut = (score >= high_score) & ((top <= edge) | (bottom >= sizes[1] - edge))
    return np.stack([0.5 * (left + right), bottom, np.log(bottom - top), score, cut * _CUT_LOG_HEIGHT**2])


def _valid(boxes: F32, scores: F32) -> Bool:
    """Rows (n,) with four finite sides that enclose an area and a score that is a number from 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        side = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf)
        near = np.abs(boxes).max(axis=1, initial=0.0) <= _FARTHEST_PX  # false for NaN
        return np.asarray(near & (side >= _LEAST_SIDE_PX) & (scores >= 0) & (scores < np.inf))
