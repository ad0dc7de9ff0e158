"""Which detector runs."""

from collections.abc import Callable

import pytest

from sightline.config import DetectSettings
from sightline.core.errors import BadConfig, ModelUnavailable
from sightline.detect import choose, make_detector, models_for
from sightline.detect import detector as detector_module
from sightline.detect.motion import MotionDetector
from sightline.models.library import Library
from sightline.models.registry import MODELS

LibraryWith = Callable[..., Library]
BEST = "person-vehicle-bike-detection-2003"


@pytest.fixture
def no_sessions(monkeypatch: pytest.MonkeyPatch, scripted) -> None:
    """Models "open" without being read."""
    monkeypatch.setattr(detector_module, "open_session", lambda library, name, **_: scripted(name, lambda tensor: {}))


@pytest.mark.parametrize(
    ("word", "installed", "taken", "notes"),
    [
        ("the usual one", [BEST, "yolox-nano"], BEST, 0),
        ("its full precision", ["person-vehicle-bike-detection-2003-fp16", "yolox-nano"], BEST + "-fp16", 1),
        ("the fast tier", ["person-vehicle-bike-detection-2004"], "person-vehicle-bike-detection-2004", 1),
        ("an 80-class model", ["nanodet-plus-m-1.5x", "yolox-nano"], "nanodet-plus-m-1.5x", 1),
        ("no model that detects", ["yunet"], "motion", 1),
        ("nothing", [], "motion", 1),
    ],
)
def test_street_falls_down_by_what_is_installed(
    no_sessions: None, library_with: LibraryWith, word: str, installed: list[str], taken: str, notes: int
) -> None:
    detector = make_detector("street", library_with(*installed), DetectSettings())
    assert detector.name == taken
    assert len(detector.notes) == notes
    for note in detector.notes:
        assert note.endswith(".")
        assert BEST in note


def test_a_damaged_street_model_is_an_error_and_not_passed_over(library_with: LibraryWith) -> None:
    with pytest.raises(
        ModelUnavailable, match=r"person-vehicle-bike-detection-2003\.xml: expected 1624853 bytes, got 0"
    ):
        make_detector("street", library_with(BEST, "yolox-nano"), DetectSettings())


def test_motion_by_name_has_no_notes(library_with: LibraryWith) -> None:
    detector = make_detector("motion", library_with(), DetectSettings())
    assert isinstance(detector, MotionDetector)
    assert detector.notes == ()


def test_a_named_model_that_is_absent_says_how_to_get_it(library_with: LibraryWith) -> None:
    with pytest.raises(ModelUnavailable, match="models pull yolox-s"):
        make_detector("yolox-s", library_with(), DetectSettings())


@pytest.mark.parametrize("name", ["yunet", "nonsense", ""])
def test_what_is_no_detector_is_refused(library_with: LibraryWith, name: str) -> None:
    with pytest.raises(BadConfig, match=r"detect\.detector: expected street, motion, person"):
        make_detector(name, library_with(), DetectSettings())


def test_a_detector_from_outside(library_with: LibraryWith, monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        def load(self) -> Callable[[DetectSettings], MotionDetector]:
            return lambda settings: MotionDetector(settings, notes=("From outside.",))

    monkeypatch.setattr(
        choose,
        "entry_points",
        lambda group, name: [Entry()] if (group, name) == ("sightline.detectors", "ours") else [],
    )
    assert make_detector("ours", library_with(), DetectSettings()).notes == ("From outside.",)


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("street", (BEST, "yolox-s")),
        ("yolox-s", ("yolox-s",)),
        ("yolox-tiny", ("yolox-tiny", "yolox-s")),
        ("motion", ()),
    ],
)
def test_models_for(name: str, models: tuple[str, ...]) -> None:
    assert models_for(name) == models


def test_every_street_model_is_in_the_registry() -> None:
    assert {name for name, model in MODELS.items() if model.task == "detect"} == set(choose.STREET) | {"yolox-l"}
