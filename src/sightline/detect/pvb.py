"""The person-vehicle-bike networks (Open Model Zoo): one label each for vehicles, persons, two-wheelers with rider."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.vocabulary import CODE
from sightline.detect.calibration import calibrated
from sightline.detect.family import Found
from sightline.models.decode_pvb import decode
from sightline.models.model import Model

_CODES: Final = (CODE["vehicle"], CODE["pedestrian"], CODE["rider"])
_FIRST_LABEL: Final = {"person-vehicle-bike-detection-crossroad-1016": 1}  # its labels count from 1, the others' from 0


def read(answers: Mapping[str, NDArray[Any]], model: Model, input_hw: tuple[int, int], min_score: float) -> Found:
    """Rows of one pass; see ``family.Family``."""
    boxes, raw, numbers = decode(answers, input_hw)
    kinds = numbers - _FIRST_LABEL.get(model.name, 0)
    scores = calibrated(raw, model)
    good = (scores >= min_score) & (kinds >= 0) & (kinds < len(_CODES))
    labels = np.array(_CODES, np.int16)[kinds[good]]
    return Found(boxes[good], scores[good], labels)
