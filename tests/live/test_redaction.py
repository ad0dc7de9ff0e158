"""Redaction with the real models on labelled photos and clips of shared."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sightline.config import PrivacySettings
from sightline.core.frame import Frame
from sightline.core.values import Tracks
from sightline.models.library import Library
from sightline.privacy import make_redactor
from sightline.privacy.check import privacy_check

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = 12  # every so many of the labelled photos: about 20, half a minute on a busy machine


@pytest.fixture(scope="module")
def measure() -> ModuleType:
    """The benchmark's own module, so that the test judges as it does."""
    spec = importlib.util.spec_from_file_location("redaction_benchmark", ROOT / "benchmarks" / "redaction.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def library(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library with the models of shared."""
    library = Library(tmp_path_factory.mktemp("models"))
    library.import_dir(models_folder)
    return library


@pytest.fixture(scope="module")
def labels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / "benchmarks" / "data" / "privacy_labels.json").read_text())[
        "labels"
    ]
    return found


def some(labels: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    files = sorted({row["file"] for row in labels if row["file"].startswith("images/") and row["kind"] == kind})
    return [row for row in labels if row["file"] in files[::PHOTOS]]


@pytest.mark.parametrize("kind", ["face", "plate"])
def test_labelled_photos_are_covered(kind, measure, library, labels):
    tally = measure.Tally()
    bench = measure.Bench(library, PrivacySettings())
    for sequence in measure.stills(some(labels, kind)):
        bench.run(iter(sequence), 1, tally)
    assert tally.labels >= 15
    assert not tally.misses


@pytest.mark.parametrize("every", [1, 5])
def test_plates_of_moving_cars_are_covered(every, measure, library, labels):
    rows = [row for row in labels if row["file"] == "video/car-detection.mp4" and row["frame"] > 300]
    tally = measure.Tally()
    bench = measure.Bench(library, PrivacySettings())
    for sequence in measure.clips(rows):
        bench.run(iter(sequence), every, tally)
    assert tally.labels >= 15
    assert not tally.misses
    assert np.mean(tally.altered) < 0.6


def test_an_empty_street_is_hardly_altered(measure, library, labels):
    rows = [{"file": "video/car-detection.mp4", "frame": 30, "kind": "plate", "box": [0, 0, 9, 9], "readable": False}]
    tally = measure.Tally()
    for sequence in measure.clips(rows):
        measure.Bench(library, PrivacySettings()).run(iter(sequence), 1, tally)
    assert np.mean(tally.altered) < 0.05


def test_one_flipped_bit_in_a_model_pixelates(library, tmp_path):
    for name in ("yunet-dynamic", "vehicle-license-plate-detection-barrier-0106"):
        for file in (library.folder / name).rglob("*"):
            if file.is_file():
                copy = tmp_path / file.relative_to(library.folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                data = bytearray(file.read_bytes())
                if file.suffix == ".onnx":
                    data[len(data) // 2] ^= 1
                copy.write_bytes(data)
    redactor = make_redactor(Library(tmp_path), PrivacySettings())
    frame = Frame("gate", 1, 0, np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8))
    made = redactor(frame, Tracks.empty())
    assert not redactor.ready
    assert made.pixelated
    assert "yunet" in made.reason


def test_without_a_second_look_everything_is_pixelated(measure, library):
    with measure.without(library, measure.SECOND_MODELS) as fewer:
        redactor = make_redactor(fewer, PrivacySettings())
    assert not redactor.ready
    assert "yolox-nano" in redactor.reason


def test_the_check_finds_a_sound_installation(library):
    findings = privacy_check(PrivacySettings(), library, "127.0.0.1")
    assert [finding for finding in findings if not finding.ok] == []
    assert any("beyond reading" in finding.sentence for finding in findings)
