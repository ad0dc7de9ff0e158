"""A session whose answers the test writes, in place of a real network."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.models.library import Library
from sightline.models.model import Model
from sightline.models.registry import MODELS

Script = Callable[[np.ndarray], dict[str, np.ndarray]]


class ScriptedSession:
    """A ``models.session.Session`` that answers what its script says of each tensor."""

    def __init__(self, model: Model, script: Script) -> None:
        self.model = model
        self.input_hw = model.input_hw
        self.device = "cpu"
        self.tensors: list[np.ndarray] = []
        self._script = script

    def run(self, tensor: np.ndarray) -> dict[str, np.ndarray]:
        assert tensor.shape == (1, 3, *self.input_hw)
        self.tensors.append(tensor)
        return self._script(tensor)

    def run_many(self, tensors: Iterable[np.ndarray]) -> list[dict[str, np.ndarray]]:
        return [self.run(tensor) for tensor in tensors]


@pytest.fixture
def scripted() -> Callable[[str, Script], ScriptedSession]:
    """Builds a scripted session of a model of the registry."""
    return lambda name, script: ScriptedSession(MODELS[name], script)


@pytest.fixture
def library_with(tmp_path: Path) -> Callable[..., Library]:
    """Builds a library in which the files of the named models exist (their content is not the published one)."""

    def build(*names: str) -> Library:
        library = Library(tmp_path)
        for name in names:
            for file in MODELS[name].files:
                path = tmp_path / name / file.name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(b"")
        return library

    return build


@pytest.fixture
def answers_of_pvb() -> Callable[..., dict[str, np.ndarray]]:
    """Rows (label, score, box in input pixels) as the 2003 network gives them."""

    def build(*rows: tuple[int, float, tuple[float, float, float, float]]) -> dict[str, Any]:
        boxes = np.array([[*box, score] for _, score, box in rows], np.float32).reshape(-1, 5)
        return {"boxes": boxes, "labels": np.array([label for label, _, _ in rows], np.int64)}

    return build
