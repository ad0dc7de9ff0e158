"""Outputs of YuNet to face boxes; Wu, Peng, Yu 2023, doi 10.1007/s11633-023-1423-y."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.models.suppress import suppress

F32 = NDArray[np.float32]

STRIDES: Final = (8, 16, 32)
MOST_IOU: Final = 0.45  # of two boxes of different faces; the maker's demo


def decode(
    answers: Mapping[str, NDArray[Any]], input_hw: tuple[int, int], min_score: float
) -> tuple[F32, F32, NDArray[np.float32]]:
    """Face boxes (n, 4) and five points (n, 5, 2) in input pixels, scores (n,), best first, suppressed.

    Score sqrt(class * objectness); centre (cell + b) * stride, sides exp(b) * stride, points (p + cell) * stride.
    """
    boxes, scores, points = [], [], []
    for stride in STRIDES:
        columns = input_hw[1] // stride
        product = np.clip(answers[f"cls_{stride}"][0, :, 0], 0, 1) * np.clip(answers[f"obj_{stride}"][0, :, 0], 0, 1)
        score = np.sqrt(product)
        rows = np.flatnonzero(score >= min_score)
        cell = np.stack([rows % columns, rows // columns], axis=1).astype(np.float32)
        raw = answers[f"bbox_{stride}"][0][rows]
        centre = (cell + raw[:, :2]) * stride
        half = np.exp(np.minimum(raw[:, 2:4], 20.0)) * stride / 2
        boxes.append(np.concatenate([centre - half, centre + half], axis=1))
        scores.append(score[rows])
        points.append((answers[f"kps_{stride}"][0][rows].reshape(-1, 5, 2) + cell[:, None]) * stride)
    every_box = np.concatenate(boxes).astype(np.float32)
    every_score = np.concatenate(scores).astype(np.float32)
    kept = suppress(every_box, every_score, None, MOST_IOU)
    return every_box[kept], every_score[kept], np.concatenate(points).astype(np.float32)[kept]
