"""Samples of many cameras as one ordered, checked set of columns."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from sightline.config import TrackSettings
from sightline.core.values import F32, I16, I64, Bool
from sightline.track import columns as c
from sightline.track import motion
from sightline.track.associate import Seen
from sightline.track.columns import F64
from sightline.track.sample import Sample

_FARTHEST_PX: Final = 1e6  # no picture is so large: coordinates beyond it are rubbish
_LEAST_SIDE_PX: Final = 1.0
_EDGE_SHARE: Final = 0.01  # a box this near to an edge, in shares of the picture's side, may be cut by it
# What a cut adds to the errors, by class: of foot points in metres, of log-height, of log-shape. A box slides into the
# picture faster than its object moves or grows; of a vehicle half in the picture height and shape say nothing.
_PERSON: Final = (0.2, 0.2, 0.3)
_OTHERS: Final = (0.5, 1.0, 1.0)
_CUT: Final = np.array([_PERSON if kind is motion.PERSON else _OTHERS for kind in motion.KINDS]).T ** 2


Masks = tuple[tuple[tuple[float, float], ...], ...]  # see ``Sample``


class Intake(NamedTuple):
    """All rows of a call as given, and the tracked ones of them in an order of their own.

    boxes, scores, labels: the rows of all samples one after the other; first: (samples + 1,) where each sample's start;
    rows: (k,) which rows are tracked; by sample, then falling score, then box and label, so that nothing depends on the
    order in which rows came; seen: those rows' measurements; sizes: (2, samples) of the pictures, px; masks: of the
    samples that have some, by position; invalid, over: (samples,) rows refused.
    """

    boxes: F32
    scores: F32
    labels: I16
    first: I64
    rows: I64
    seen: Seen
    sizes: F64
    masks: dict[int, Masks]
    invalid: I64
    over: I64


def take(samples: Sequence[Sample], settings: TrackSettings) -> Intake:
    """Check, order and cap the detections of samples; where there are too many, the highest scores stay."""
    first = np.zeros(len(samples) + 1, np.int64)
    counts = first[1:]
    counts[:] = [len(sample.detections) for sample in samples]
    at = np.repeat(np.arange(len(samples)), counts)
    counts.cumsum(out=counts)
    boxes, scores, labels = _joined(samples)
    valid = _valid(boxes, scores)
    invalid = np.bincount(at[~valid], minlength=len(samples))
    rows = (valid & (scores >= settings.low_score)).nonzero()[0]
    score = np.minimum(scores[rows].astype(np.float64), 1.0)
    order = _order(at[rows], score, boxes, labels, rows)
    rows, score = rows[order], score[order]
    held = np.bincount(at[rows], minlength=len(samples))
    over = np.maximum(held - settings.max_objects, 0)
    if np.count_nonzero(over):
        rank = np.arange(len(rows)) - np.repeat(held.cumsum() - held, held)
        fits = rank < settings.max_objects
        rows, score = rows[fits], score[fits]
    sizes = np.array([sample.size_px for sample in samples], np.float64).reshape(-1, 2).T
    at = at[rows]
    sides = boxes.take(rows, 0).T.astype(np.float64, order="C")
    label = labels[rows].astype(np.int64)
    state, cut = _measured(sides, score, label, sizes.take(at, 1), settings.high_score)
    seen = Seen(at, sides, state, cut, score, label)
    masks = {i: sample.masks for i, sample in enumerate(samples) if sample.masks}
    return Intake(boxes, scores, labels, first, rows, seen, sizes, masks, invalid, over)


def _joined(samples: Sequence[Sample]) -> tuple[F32, F32, I16]:
    """Boxes, scores and labels of all samples one after the other."""
    if len(samples) == 1:
        only = samples[0].detections
        return only.boxes_px, only.scores, only.labels
    return (
        np.concatenate([sample.detections.boxes_px for sample in samples]),
        np.concatenate([sample.detections.scores for sample in samples]),
        np.concatenate([sample.detections.labels for sample in samples]),
    )


def _order(at: I64, score: F64, boxes: F32, labels: I16, rows: I64) -> I64:
    """Order (k,) of rows, of cameras at (k,) and with a score (k,), by camera, falling score, then box and label, which
    matter only where scores are equal."""
    order = np.lexsort((-score, at))
    ordered = score[order]
    if np.count_nonzero(ordered[1:] == ordered[:-1]):
        left, top, right, bottom = boxes[rows].T
        order = np.lexsort((labels[rows], bottom, right, top, left, -score, at))
    return order


def _measured(sides: F64, score: F64, labels: I64, sizes: F64, high_score: float) -> tuple[F64, F64]:
    """States (AXES, k) of boxes given as sides (4, k) in pictures of sizes (2, k), and the variance (AXES, k) that the
    edges of the picture add."""
    left, top, right, bottom = sides
    height = bottom - top
    state = np.empty_like(sides)
    state[c.FOOT_X], state[c.FOOT_Y] = 0.5 * (left + right), bottom
    state[c.HEIGHT], state[c.SHAPE] = np.log(height), np.log((right - left) / height)
    edge = _EDGE_SHARE * sizes
    low = bottom >= sizes[1] - edge[1]
    sure = score >= high_score  # a faint box at the edge is seldom the rest of an object
    tall = sure & (low | (top <= edge[1]))
    wide = sure & ((left <= edge[0]) | (right >= sizes[0] - edge[0]))
    cut = np.zeros_like(state)
    if np.count_nonzero(tall | wide):
        place, log_height, log_shape = _CUT.take(labels, 1)
        metres = place * (height / motion.HEIGHTS_M[labels]) ** 2
        cut[c.FOOT_X] = wide * metres
        cut[c.FOOT_Y] = (sure & low) * metres
        cut[c.HEIGHT] = tall * log_height
        cut[c.SHAPE] = (tall | wide) * log_shape
    return state, cut


def _valid(boxes: F32, scores: F32) -> Bool:
    """Rows (n,) with four finite sides that enclose an area and a score that is a number from 0."""
    near = np.abs(boxes) <= _FARTHEST_PX  # nor is NaN
    if np.count_nonzero(near) < near.size:
        boxes = np.where(near.all(axis=1, keepdims=True), boxes, np.float32(0))  # no area is left
    wide, tall = (boxes[:, 2:] - boxes[:, :2]).T
    return np.asarray((wide >= _LEAST_SIDE_PX) & (tall >= _LEAST_SIDE_PX) & (scores >= 0) & (scores < np.inf))
