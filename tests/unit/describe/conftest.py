"""Stand-ins for the two attribute models and the namer, and tracks to describe."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sightline.config import DescribeSettings
from sightline.core.frame import Frame
from sightline.core.values import Tracks
from sightline.core.vocabulary import CLASSES, CODE
from sightline.describe import Describer, describer
from sightline.models.library import Library

SIZE = (640, 360)


class FakeSession:
    """Answers every crop alike and remembers how many it saw."""

    def __init__(self, cost: float, input_hw: tuple[int, int], answer: dict[str, np.ndarray]) -> None:
        self.model = SimpleNamespace(cost=cost)
        self.input_hw = input_hw
        self.answer = answer
        self.seen = 0

    def run_many(self, tensors: Iterable[np.ndarray]) -> list[dict[str, np.ndarray]]:
        answers = []
        for tensor in tensors:
            assert tensor.shape == (1, 3, *self.input_hw)
            self.seen += 1
            answers.append(self.answer)
        return answers


class FakeNamer:
    """Says one class of every box; cost of a pass as given, a grid of 2 x 2 crops a pass."""

    grid = 2

    def __init__(self, name: str = "car", probability: float = 0.9, cost: float = 1.2) -> None:
        self.cost = cost
        self.row = np.zeros(len(CLASSES), np.float32)
        self.row[CODE[name]] = probability
        self.calls: list[int] = []

    def __call__(self, frame: Frame, boxes: np.ndarray) -> np.ndarray:
        self.calls.append(len(boxes))
        return np.tile(self.row, (len(boxes), 1))


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeSession]:
    """Both attribute models, opened by the describer instead of real ones: red cars, long sleeves."""
    colour = np.full(7, 0.01, np.float32)
    colour[3] = 0.94
    flags = np.array([0.99, 0.1, 0.1, 0.01, 0.9, 0.5, 0.99, 0.1], np.float32)
    made = {
        describer.VEHICLE_MODEL: FakeSession(
            0.04, (72, 72), {"color": colour.reshape(1, 7, 1, 1), "type": np.ones((1, 4, 1, 1), np.float32)}
        ),
        describer.PERSON_MODEL: FakeSession(
            0.08,
            (160, 80),
            {
                "453": flags.reshape(1, 8, 1, 1),
                "456": np.array([0.5, 0.3], np.float32).reshape(1, 2, 1, 1),
                "459": np.array([0.5, 0.7], np.float32).reshape(1, 2, 1, 1),
            },
        ),
    }
    monkeypatch.setattr(describer, "open_session", lambda library, name, **options: made[name])
    return made


@pytest.fixture
def make_describer(sessions: dict[str, FakeSession], tmp_path: Any) -> Callable[..., Describer]:
    """A describer on the stand-ins: make_describer(namer, **settings)."""

    def make(namer: FakeNamer | None = None, **settings: Any) -> Describer:
        return Describer(Library(tmp_path), DescribeSettings(**settings), namer)

    return make


@pytest.fixture
def make_namer() -> type[FakeNamer]:
    """The stand-in for the namer."""
    return FakeNamer


@pytest.fixture
def make_tracks() -> Callable[..., Tracks]:
    """make_tracks([(id, class, box), ...], age_s=..., held=[...]): rows as the tracker gives them."""

    def make(
        rows: list[tuple[int, str, tuple[float, float, float, float]]],
        age_s: float = 0.0,
        held: list[bool] | None = None,
        score: float = 0.9,
    ) -> Tracks:
        n = len(rows)
        return Tracks(
            np.array([row[2] for row in rows], np.float32).reshape(n, 4),
            np.full(n, score, np.float32),
            np.array([CODE[row[1]] for row in rows], np.int16),
            np.array([row[0] for row in rows], np.int64),
            np.full(n, age_s, np.float32),
            np.array(held if held is not None else [False] * n, np.bool_),
        )

    return make


@pytest.fixture
def make_frame() -> Callable[..., Frame]:
    """make_frame(camera, bgr): one flat-coloured frame of 640 x 360."""

    def make(camera: str = "c", bgr: tuple[int, int, int] = (30, 30, 200), index: int = 1) -> Frame:
        pixels = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
        pixels[:] = bgr
        return Frame(camera, index, index * 100_000_000, pixels)

    return make
