"""Reading the motion net's answer: the middles of objects become boxes with scores and kinds."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.core.values import F32, I16
from sightline.core.vocabulary import CODE, TWO_WHEELERS, VEHICLES
from sightline.detect.family import Found, nothing
from sightline.models.suppress import suppress

CELL_PX: Final = 4.0  # of the net's picture per output cell
KINDS: Final = ("car", "van", "truck", "bus", "motorcycle", "bicycle", "scooter", "pedestrian")  # order of its outputs
_CODES: Final = np.array([CODE[name] for name in KINDS], np.int16)
_FOUR: Final = np.array([name in VEHICLES for name in KINDS])
_TWO: Final = np.array([name in TWO_WHEELERS for name in KINDS])
_NAME_FROM: Final = 0.5  # probability of a kind under which only its group is said
_MOST: Final = 400  # middles of one picture that are looked at, the best
_SAME_IOU: Final = 0.6  # of two boxes of one object; people in groups overlap up to here

Curve = tuple[tuple[float, float], ...]


def read(answer: F32, least_logit: float) -> tuple[Found, F32]:
    """Rows of one answer f32 (5 + kinds, rows, columns), best first: boxes in pixels of the net's picture, raw scores
    0..1 (not calibrated), labels; and the probability of the label (n,).

    A middle is a cell whose logit is the largest of its 3 x 3 neighbours; least_logit: those under it are left out.
    """
    logits = np.ascontiguousarray(answer[0])
    peaks = (logits >= least_logit) & (logits >= np.asarray(cv2.dilate(logits, np.ones((3, 3), np.uint8))))
    y, x = np.nonzero(peaks)
    if not len(y):
        return nothing(), np.zeros(0, np.float32)
    best = np.argsort(-logits[y, x], kind="stable")[:_MOST]
    y, x = y[best], x[best]
    raw = _sigmoid(logits[y, x])
    sides = np.exp(np.clip(answer[1:5, y, x], -4.0, 5.0))
    boxes = np.stack([x + 0.5 - sides[0], y + 0.5 - sides[1], x + 0.5 + sides[2], y + 0.5 + sides[3]], axis=1)
    boxes = (boxes * CELL_PX).astype(np.float32)
    kept = suppress(boxes, raw, np.zeros(len(raw), np.int64), _SAME_IOU)
    labels, sure = named(answer[5:, y[kept], x[kept]].T)
    return Found(boxes[kept], raw[kept], labels), sure


def _sigmoid(logits: F32) -> F32:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), np.float32)


def named(logits: NDArray[np.float32]) -> tuple[I16, F32]:
    """Label (n,) and its probability (n,) of logits (n, kinds): the kind, or its group where that is unsure."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    four, two = odds[:, _FOUR].sum(axis=1), odds[:, _TWO].sum(axis=1)
    foot = odds[:, KINDS.index("pedestrian")]
    group = np.stack([four, two, foot], axis=1)
    row = np.arange(len(odds))
    kind = np.where(np.stack([_FOUR, _TWO, ~(_FOUR | _TWO)])[group.argmax(axis=1)], odds, -1.0).argmax(axis=1)
    labels = _CODES[kind]
    unsure = odds[row, kind] < _NAME_FROM
    coarse = np.array([CODE["vehicle"], CODE["rider"], CODE["pedestrian"]], np.int16)[group.argmax(axis=1)]
    labels = np.where(unsure, coarse, labels).astype(np.int16)
    return labels, np.where(unsure, group.max(axis=1), odds[row, kind]).astype(np.float32)
