"""What every family of detection models gives: how a picture goes in and how its answer is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import F32, I16, U8
from sightline.models.model import Model
from sightline.models.tensors import letterboxed_bgr, resized_bgr, size_of, to_nchw


@dataclass(frozen=True, slots=True)
class Found:
    """What one pass of a model found: boxes (n, 4) in pixels of the picture that went in, calibrated scores, labels."""

    boxes: F32
    scores: F32
    labels: I16


# What reads a family of models: the outputs of one pass, the model, its input height and width, the lowest calibrated
# score of interest -> rows in input pixels.
Family = Callable[[Mapping[str, NDArray[Any]], Model, tuple[int, int], float], Found]


def prepare(
    pixels: U8, layout: Literal["bgr", "i420"], model: Model, input_hw: tuple[int, int]
) -> tuple[F32, tuple[float, float]]:
    """The tensor (1, 3, h, w) of a picture for a model, and pixels of the picture per input pixel (x, y)."""
    height, width = input_hw
    if model.fit == "letterbox":
        bgr, ratio = letterboxed_bgr(pixels, layout, (width, height))
        return to_nchw(bgr, model.mean, model.scale), (1 / ratio, 1 / ratio)
    columns, rows = size_of(pixels, layout)
    bgr = resized_bgr(pixels, layout, (width, height))
    return to_nchw(bgr, model.mean, model.scale), (columns / width, rows / height)


def nothing() -> Found:
    """No rows."""
    return Found(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int16))
