"""Outputs of the person-vehicle-bike networks (2000 to 2004, crossroad-1016) to boxes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]


def decode(answers: Mapping[str, NDArray[Any]], input_hw: tuple[int, int]) -> Rows:
    """Boxes (n, 4) in input pixels, raw scores (n,), the network's own label numbers (n,).

    Two forms of output exist: ``boxes`` (n, 5) with ``labels`` (n,), whose number of rows changes from picture to
    picture (2003, 2004), and one ``[1, 1, n, 7]`` in shares of the picture (the others).
    """
    if "boxes" in answers and "labels" in answers:
        rows = np.asarray(answers["boxes"], np.float32).reshape(-1, 5)
        labels = np.asarray(answers["labels"]).reshape(-1).astype(np.int64)
        good = rows[:, 4] > 0
        return np.ascontiguousarray(rows[good, :4]), np.ascontiguousarray(rows[good, 4]), labels[good]
    return decode_detection_out(answers, input_hw)


def decode_detection_out(answers: Mapping[str, NDArray[Any]], input_hw: tuple[int, int]) -> Rows:
    """The same of one output [1, 1, n, 7]: image (-1 ends the list), label, score, x1, y1, x2, y2 in 0..1."""
    rows = np.asarray(next(iter(answers.values())), np.float32).reshape(-1, 7)
    ends = np.flatnonzero(rows[:, 0] < 0)
    rows = rows[: ends[0]] if len(ends) else rows
    rows = rows[rows[:, 2] > 0]
    height, width = input_hw
    boxes = rows[:, 3:7] * np.array([width, height, width, height], np.float32)
    return boxes, np.ascontiguousarray(rows[:, 2]), rows[:, 1].astype(np.int64)
