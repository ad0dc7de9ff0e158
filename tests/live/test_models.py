"""The real model files of the shared folder: importing, verifying, opening, and requests that do not mix."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import ModelUnavailable
from sightline.models.library import Library
from sightline.models.registry import MODELS
from sightline.models.session import open_session

pytestmark = pytest.mark.live

HERE = [name for name in MODELS if name not in ("yolox-s", "yolox-tiny", "yolox-m", "yolox-l")]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, models_folder: Path) -> Library:
    library = Library(tmp_path_factory.mktemp("models"))
    assert sorted(library.import_dir(models_folder)) == sorted(HERE)
    return library


@pytest.mark.parametrize("name", HERE)
def test_each_model_is_as_published_and_answers(library: Library, name: str) -> None:
    library.verify(name)
    session = open_session(library, name)
    assert session.input_hw == MODELS[name].input_hw
    answers = session.run(np.full((1, 3, *session.input_hw), 100, np.float32))
    assert answers
    assert all(np.isfinite(values).all() for values in answers.values())


@pytest.mark.parametrize("name", ["person-vehicle-bike-detection-2003", "nanodet-plus-m-1.5x", "yunet"])
def test_pictures_in_flight_answer_as_pictures_one_by_one(library: Library, name: str) -> None:
    session = open_session(library, name, requests=3, threads=2)
    rng = np.random.default_rng(7)
    coarse = [rng.integers(0, 256, (1, 3, 6, 8)).astype(np.float32) for _ in range(7)]
    height, width = session.input_hw
    pictures = [
        np.ascontiguousarray(np.kron(c, np.ones((1, 1, height // 6 + 1, width // 8 + 1), np.float32))) for c in coarse
    ]
    pictures = [np.ascontiguousarray(picture[:, :, :height, :width]) for picture in pictures]
    alone = [session.run(picture) for picture in pictures]
    for one, many in zip(alone, session.run_many(pictures), strict=True):
        assert sorted(one) == sorted(many)
        assert all(np.array_equal(one[key], many[key]) for key in one), "INT8 must be deterministic"


def test_one_flipped_bit_is_refused_by_name(library: Library, tmp_path: Path) -> None:
    name = "person-vehicle-bike-detection-2003"
    copy = Library(tmp_path)
    (tmp_path / name).mkdir()
    for file in MODELS[name].files:
        content = bytearray((library.folder / name / file.name).read_bytes())
        if file.name.endswith(".bin"):
            content[1_000_000] ^= 4
        (tmp_path / name / file.name).write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"2003\.bin: expected sha256 [0-9a-f]{16}\.\.\., got"):
        open_session(copy, name)
