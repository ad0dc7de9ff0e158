"""The detector around a scripted network: scales, order, limits and tiles."""

from collections.abc import Callable

import numpy as np
import pytest

from sightline.config import DetectSettings
from sightline.core.frame import Frame
from sightline.core.vocabulary import CLASSES
from sightline.detect import detector as detector_module
from sightline.detect.detector import ModelDetector
from sightline.models.library import Library

STREET = "person-vehicle-bike-detection-2003"
Opened = Callable[..., ModelDetector]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, scripted, tmp_path) -> Opened:
    """Builds a detector whose network is the given script."""

    def build(name: str, script, **settings: object) -> ModelDetector:
        session = scripted(name, script)
        monkeypatch.setattr(detector_module, "open_session", lambda library, name, **_: session)
        return ModelDetector(name, Library(tmp_path), DetectSettings(**settings))

    return build


def _frame(width: int = 1728, height: int = 960, value: int = 0, layout: str = "bgr") -> Frame:
    shape = (height, width, 3) if layout == "bgr" else (height * 3 // 2, width)
    return Frame("a", 1, 0, np.full(shape, value, np.uint8), layout)


@pytest.mark.parametrize("layout", ["bgr", "i420"])
def test_boxes_come_in_pixels_of_the_frame(opened: Opened, answers_of_pvb, layout: str) -> None:
    detector = opened(
        STREET, lambda tensor: answers_of_pvb((0, 0.4, (10, 20, 100, 80)), (1, 0.3, (400, 100, 420, 160)))
    )
    (found,) = detector([_frame(layout=layout)])
    assert found.boxes_px.tolist() == [[20, 40, 200, 160], [800, 200, 840, 320]]
    assert [CLASSES[code] for code in found.labels] == ["vehicle", "pedestrian"]
    assert found.scores.tolist() == pytest.approx([0.8, 0.6])


def test_frames_answer_in_order(opened: Opened, answers_of_pvb) -> None:
    detector = opened(STREET, lambda tensor: answers_of_pvb((0, 0.4, (10, 20, 100 + float(tensor.max()), 80))))
    found = detector([_frame(864, 480, value) for value in (5, 1, 9)])
    assert [float(rows.boxes_px[0, 2]) for rows in found] == [105, 101, 109]
    assert detector([]) == []


def test_an_empty_street(opened: Opened, answers_of_pvb) -> None:
    (found,) = opened(STREET, lambda tensor: answers_of_pvb())([_frame()])
    assert len(found) == 0


def test_what_leaves_the_picture_is_cut_and_what_is_no_box_is_dropped(opened: Opened, answers_of_pvb) -> None:
    rows = ((0, 0.4, (-50, -50, 100, 80)), (0, 0.4, (900, 10, 950, 60)), (0, 0.4, (300, 300, 300, 340)))
    nan = (1, 0.4, (float("nan"), 0.0, 10.0, 10.0))
    (found,) = opened(STREET, lambda tensor: answers_of_pvb(*rows, nan))([_frame(864, 480)])
    assert found.boxes_px.tolist() == [[0, 0, 100, 80]]


@pytest.mark.parametrize(("min_score", "left"), [(0.1, 3), (0.5, 2), (0.7, 1)])
def test_min_score_is_calibrated(opened: Opened, answers_of_pvb, min_score: float, left: int) -> None:
    rows = [(0, raw, (100.0 * at, 10.0, 100.0 * at + 50, 60.0)) for at, raw in enumerate((0.45, 0.28, 0.15, 0.05))]
    (found,) = opened(STREET, lambda tensor: answers_of_pvb(*rows), min_score=min_score)([_frame()])
    assert len(found) == left


def test_crossroad_counts_its_labels_from_one(opened: Opened) -> None:
    rows = np.full((1, 1, 200, 7), -1, np.float32)
    for at, label in enumerate((1, 2, 3, 0, 4)):
        rows[0, 0, at] = [0, label, 0.9, 0.1 * at, 0.1, 0.1 * at + 0.05, 0.2]
    (found,) = opened("person-vehicle-bike-detection-crossroad-1016", lambda tensor: {"653": rows})([_frame()])
    assert sorted(CLASSES[code] for code in found.labels) == ["pedestrian", "rider", "vehicle"]


def test_yolox_letterbox_is_undone_and_the_rider_joined(opened: Opened) -> None:
    rows = np.zeros((1, 3549, 85), np.float32)
    for cell, (x, y, w, h), column in ((0, (100, 60, 20, 60), 0), (1, (100, 85, 50, 40), 1), (2, (200, 60, 60, 30), 7)):
        rows[0, cell, :4] = [x / 8 - cell, y / 8, np.log(w / 8), np.log(h / 8)]
        rows[0, cell, 4], rows[0, cell, 5 + column] = 0.9, 1.0
    (found,) = opened("yolox-nano", lambda tensor: {"output": rows})([_frame(832, 416)])
    assert {CLASSES[code]: box.round().tolist() for code, box in zip(found.labels, found.boxes_px, strict=True)} == {
        "bicycle": [150, 60, 250, 210],
        "truck": [340, 90, 460, 150],
    }


def test_tiles_look_at_the_whole_and_at_each_part(opened: Opened, answers_of_pvb) -> None:
    detector = opened(STREET, lambda tensor: answers_of_pvb((1, 0.4, (400, 200, 410, 230))), tiles=2)
    frame = _frame(1920, 1080)
    (found,) = detector([frame])
    assert len(detector._session.tensors) == 5
    assert detector.cost == 5
    assert len(found) == 5
    small = sorted(float(box[3] - box[1]) for box in found.boxes_px)
    assert small[-1] == pytest.approx(30 * 1080 / 480, abs=0.1)
    assert small[0] == pytest.approx(30 * 602 / 480, abs=2), "a tile shows objects with about twice the pixels"
