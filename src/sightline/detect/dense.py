"""The families trained on the 80 COCO classes (NanoDet-Plus, YOLOX): rows of the road users among them."""

from typing import Final

import numpy as np

from sightline.core.values import F32
from sightline.core.vocabulary import CODE
from sightline.detect.calibration import calibrated, raw_score
from sightline.detect.family import Found, nothing
from sightline.models.coco import STREET
from sightline.models.model import Model
from sightline.models.suppress import suppress

COLUMNS: Final = np.array(list(STREET), np.int64)
LABELS: Final = np.array([CODE[name] for name in STREET.values()], np.int16)
_MOST_CANDIDATES: Final = 1000  # of one picture that go into suppression, the best


def road_users(boxes: F32, scores: F32, model: Model, most_iou: float, min_score: float) -> Found:
    """Rows whose best class of all 80 is a road user, suppressed within each class and calibrated.

    boxes (n, 4), scores (n, 80) raw, as decoded.
    """
    if not len(boxes):
        return nothing()
    best = scores.argmax(axis=1)
    raw = scores[np.arange(len(best)), best]
    good = np.flatnonzero(np.isin(best, COLUMNS) & (raw >= raw_score(min_score, model)))
    good = good[np.argsort(-raw[good], kind="stable")[:_MOST_CANDIDATES]]
    kept = good[suppress(boxes[good], raw[good], best[good], most_iou)]
    labels = LABELS[np.searchsorted(COLUMNS, best[kept])]
    return Found(boxes[kept].astype(np.float32), calibrated(raw[kept], model), labels)
