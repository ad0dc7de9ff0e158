"""Outputs of the licence plate network (barrier-0106) to plate boxes."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.models.decode_pvb import decode_detection_out

F32 = NDArray[np.float32]

_PLATE: Final = 2  # its label 1 is the vehicle


def decode(answers: Mapping[str, NDArray[Any]], input_hw: tuple[int, int], min_score: float) -> tuple[F32, F32]:
    """Plate boxes (n, 4) in input pixels and scores (n,), from min_score on."""
    boxes, scores, labels = decode_detection_out(answers, input_hw)
    good = (labels == _PLATE) & (scores >= min_score)
    return boxes[good], scores[good]
