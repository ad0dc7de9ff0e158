"""Finders that answer what a test says, and small pictures full of detail."""

from collections.abc import Callable

import numpy as np
import pytest

from sightline.core.frame import Frame
from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE


class Answers:
    """A finder (faces or plates) that answers the same boxes each time, or what ``rows`` is set to."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self.rows = [(*box, 0.9) for box in boxes]
        self.calls: list[object] = []

    def __call__(self, frame: Frame, what: object) -> np.ndarray:
        self.calls.append(what)
        return np.array(self.rows, np.float32).reshape(-1, 5)


class Failing:
    """A finder that raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, frame: Frame, what: object) -> np.ndarray:
        raise self.error


@pytest.fixture
def answers() -> type[Answers]:
    return Answers


@pytest.fixture
def failing() -> type[Failing]:
    return Failing


@pytest.fixture
def noisy() -> Callable[..., Frame]:
    """A frame whose every pixel is random: any altered part shows."""

    def make(width: int = 320, height: int = 240, *, seconds: float = 0.0, **given: object) -> Frame:
        pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
        return Frame("gate", 1, round(seconds * 1e9), pixels, **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def objects() -> Callable[..., Tracks]:
    """Tracks of (class, box) pairs with ids from 1; ids=None: none confirmed."""

    def make(*rows: tuple[str, tuple[float, float, float, float]], ids: list[int] | None = None) -> Tracks:
        n = len(rows)
        return Tracks(
            np.array([box for _, box in rows], np.float32).reshape(n, 4),
            np.full(n, 0.9, np.float32),
            np.array([CODE[name] for name, _ in rows], np.int16),
            np.array(range(1, n + 1) if ids is None else ids, np.int64),
            np.ones(n, np.float32),
            np.zeros(n, np.bool_),
        )

    return make
