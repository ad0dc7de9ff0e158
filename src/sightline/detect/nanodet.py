"""NanoDet-Plus (Apache-2.0), the 80 COCO classes."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.detect.calibration import raw_score
from sightline.detect.dense import road_users
from sightline.detect.family import Found
from sightline.models.decode_nanodet import decode
from sightline.models.model import Model

_MOST_IOU: Final = 0.6  # its maker's


def read(answers: Mapping[str, NDArray[Any]], model: Model, input_hw: tuple[int, int], min_score: float) -> Found:
    """Rows of one pass; see ``family.Family``."""
    boxes, scores = decode(answers, input_hw, raw_score(min_score, model))
    return road_users(np.asarray(boxes), scores, model, _MOST_IOU, min_score)
