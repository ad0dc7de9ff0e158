"""Fixtures of the tracker's tests: detections from short rows, and a drawn walk."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from sightline.core.values import Detections
from sightline.core.vocabulary import CODE
from sightline.track import Sample

Row = tuple[float, float, float, float, float, str]


def detections(rows: Sequence[Row]) -> Detections:
    """Detections of rows left, top, right, bottom, score, class name."""
    return Detections(
        np.array([row[:4] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[4] for row in rows], np.float32),
        np.array([CODE[row[5]] for row in rows], np.int16),
    )


@pytest.fixture
def found() -> Callable[[Sequence[Row]], Detections]:
    """The function ``detections``."""
    return detections


@pytest.fixture
def sample() -> Callable[..., Sample]:
    """A function (seconds, rows, camera="a", **more of Sample) -> Sample of a picture of 1280 x 720."""

    def make(seconds: float, rows: Sequence[Row] = (), camera: str = "a", **more: object) -> Sample:
        return Sample(camera, round(seconds * 1e9), (1280, 720), detections(rows), **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def person() -> Callable[..., Row]:
    """A function (foot x, foot y, score=0.9, height=170) -> row of a pedestrian; 170 px high = 100 px per metre."""

    def make(x: float, y: float, score: float = 0.9, height: float = 170.0) -> Row:
        return (x - 0.2 * height, y - height, x + 0.2 * height, y, score, "pedestrian")

    return make


@pytest.fixture
def car() -> Callable[..., Row]:
    """A function (foot x, foot y, score=0.9, height=80, name="vehicle") -> row of a vehicle twice as wide as high."""

    def make(x: float, y: float, score: float = 0.9, height: float = 80.0, name: str = "vehicle") -> Row:
        return (x - height, y - height, x + height, y, score, name)

    return make
