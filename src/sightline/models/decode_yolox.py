"""Outputs of YOLOX (nano to l, all of one form) to boxes; Ge et al. 2021, arXiv 2107.08430."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

STRIDES: Final = (8, 16, 32)


def decode(answers: Mapping[str, NDArray[Any]], input_hw: tuple[int, int], min_score: float) -> tuple[F32, F32]:
    """Boxes (n, 4) in input pixels and scores (n, 80) of the COCO classes, where any score reaches min_score.

    A row of the output belongs to one cell of one stride: centre (p + cell) * stride, sides exp(p) * stride, score
    objectness * class. Before suppression; the maker suppresses at an IoU of 0.45 to 0.5.
    """
    rows = np.asarray(next(iter(answers.values())), np.float32)[0]
    cells = sum((input_hw[0] // stride) * (input_hw[1] // stride) for stride in STRIDES)
    if rows.shape != (cells, 85):
        raise ValueError(f"yolox output: expected ({cells}, 85) for an input of {input_hw}, got {rows.shape}")
    possible = np.flatnonzero(rows[:, 4] >= min_score)  # a class can only lower the objectness
    scores = rows[possible, 4:5] * rows[possible, 5:]
    good = scores.max(axis=1, initial=0.0) >= min_score
    rows, scores, possible = rows[possible[good]], scores[good], possible[good]
    corner, stride = _cells(input_hw)
    centre = (rows[:, :2] + corner[possible]) * stride[possible, None]
    half = np.exp(np.minimum(rows[:, 2:4], 20.0)) * stride[possible, None] / 2
    return np.concatenate([centre - half, centre + half], axis=1), scores


def _cells(input_hw: tuple[int, int]) -> tuple[F32, F32]:
    corners, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: input_hw[0] // stride, : input_hw[1] // stride]
        corners.append(np.stack([x, y], axis=-1).reshape(-1, 2))
        strides.append(np.full(x.size, stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)
