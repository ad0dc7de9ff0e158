"""Outputs of NanoDet-Plus to boxes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


def decode(answers: Mapping[str, NDArray[Any]], input_hw: tuple[int, int], min_score: float) -> tuple[F32, F32]:
    """Boxes (n, 4) in input pixels and scores (n, 80) of the COCO classes, where any score reaches min_score.

    Before suppression; the maker suppresses at an IoU of 0.6.
    """
    scores = np.asarray(answers["scores"], np.float32)[0]
    rows = np.flatnonzero(scores.max(axis=1) >= min_score)
    return np.asarray(answers["boxes"], np.float32)[0][rows], scores[rows]
