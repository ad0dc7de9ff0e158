"""Bringing the scores of every model to one scale: the share of boxes with that score that are right.

The knots are rounded from precision per score bin (a box is right at an IoU of 0.5) on labelled photos of vehicles and
of street life and on frames of a street camera; benchmarks/detect_quality.py measures them again and keeps the table in
its result file. For the 2003 and 2004 networks the curve doubles the raw score between
0.25 and 0.4, the scale that trackers expect.
"""

from typing import Final

import numpy as np

from sightline.core.values import F32
from sightline.models.model import Model

Curve = tuple[tuple[float, float], ...]  # (raw, calibrated), rising, straight between the knots

_LOW: Final[Curve] = (
    (0.0, 0.0),
    (0.1, 0.08),
    (0.15, 0.16),
    (0.2, 0.3),
    (0.25, 0.48),
    (0.3, 0.6),
    (0.35, 0.7),
    (0.4, 0.8),
    (0.5, 0.93),
    (0.7, 0.99),
    (1.0, 1.0),
)
_SSD: Final[Curve] = (
    (0.0, 0.0),
    (0.1, 0.09),
    (0.3, 0.25),
    (0.5, 0.45),
    (0.7, 0.65),
    (0.8, 0.78),
    (0.9, 0.9),
    (1.0, 0.99),
)
_NANODET: Final[Curve] = (
    (0.0, 0.0),
    (0.2, 0.03),
    (0.3, 0.12),
    (0.4, 0.3),
    (0.45, 0.5),
    (0.5, 0.65),
    (0.6, 0.8),
    (0.7, 0.92),
    (0.85, 0.99),
    (1.0, 1.0),
)
_YOLOX: Final[Curve] = (
    (0.0, 0.0),
    (0.1, 0.08),
    (0.3, 0.25),
    (0.5, 0.45),
    (0.6, 0.62),
    (0.7, 0.78),
    (0.8, 0.9),
    (0.9, 0.97),
    (1.0, 1.0),
)
_OF_FAMILY: Final = {"pvb": _SSD, "nanodet": _NANODET, "yolox": _YOLOX}
_OF_MODEL: Final = {
    "person-vehicle-bike-detection-2003": _LOW,
    "person-vehicle-bike-detection-2003-fp16": _LOW,
    "person-vehicle-bike-detection-2004": _LOW,
}


def calibrated(raw: F32, model: Model) -> F32:
    """Scores (n,) of a model brought to the common scale, 0..1; the order of scores is kept."""
    at, value = zip(*_curve(model), strict=True)
    return np.asarray(np.interp(raw, at, value), np.float32)


def raw_score(score: float, model: Model) -> float:
    """The model's own score that stands for a calibrated one."""
    at, value = zip(*_curve(model), strict=True)
    return float(np.interp(score, value, at))


def _curve(model: Model) -> Curve:
    return _OF_MODEL.get(model.name, _OF_FAMILY[model.family])
