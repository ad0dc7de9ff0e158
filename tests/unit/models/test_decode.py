"""Outputs of the networks to boxes, on outputs written by hand."""

import numpy as np
import pytest

from sightline.models import decode_nanodet, decode_plates, decode_pvb, decode_yolox, decode_yunet
from sightline.models.suppress import suppress


def test_pvb_with_a_changing_number_of_rows() -> None:
    answers = {
        "boxes": np.array([[1, 2, 11, 22, 0.5], [3, 4, 5, 6, 0.0], [7, 8, 9, 10, 0.2]], np.float32),
        "labels": np.array([0, 1, 2], np.int64),
    }
    boxes, scores, labels = decode_pvb.decode(answers, (480, 864))
    assert boxes.tolist() == [[1, 2, 11, 22], [7, 8, 9, 10]]
    assert scores.tolist() == pytest.approx([0.5, 0.2])
    assert labels.tolist() == [0, 2]
    none = decode_pvb.decode({"boxes": np.zeros((0, 5), np.float32), "labels": np.zeros(0, np.int64)}, (480, 864))
    assert [len(column) for column in none] == [0, 0, 0]


def test_pvb_detection_out_ends_at_minus_one() -> None:
    rows = np.zeros((1, 1, 200, 7), np.float32)
    rows[0, 0, 0] = [0, 2, 0.9, 0.1, 0.2, 0.3, 0.4]
    rows[0, 0, 1] = [-1, 1, 0.9, 0, 0, 1, 1]
    rows[0, 0, 2] = [0, 1, 0.9, 0, 0, 1, 1]
    boxes, scores, labels = decode_pvb.decode({"653": rows}, (100, 200))
    assert boxes.tolist() == [pytest.approx([20, 20, 60, 40])]
    assert scores.tolist() == pytest.approx([0.9])
    assert labels.tolist() == [2]


def test_nanodet_keeps_rows_that_reach_the_score() -> None:
    scores = np.full((1, 4, 80), 0.01, np.float32)
    scores[0, 2, 7] = 0.6
    boxes = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    kept, of = decode_nanodet.decode({"boxes": boxes, "scores": scores}, (416, 416), 0.3)
    assert kept.tolist() == [[8, 9, 10, 11]]
    assert of.shape == (1, 80)
    assert int(of[0].argmax()) == 7


def test_yolox_places_a_cell_of_each_stride() -> None:
    rows = np.zeros((1, 64 * 64 // 64 + 64 * 64 // 256 + 64 * 64 // 1024, 85), np.float32)
    at = {8: 0 + 2 * 8 + 3, 16: 64 + 1 * 4 + 2, 32: 64 + 16 + 3}
    for stride, row in at.items():
        rows[0, row, :4] = [0.5, 0.5, 0.0, np.log(2.0)]
        rows[0, row, 4], rows[0, row, 5 + 2] = 0.8, stride / 40
    boxes, scores = decode_yolox.decode({"output": rows}, (64, 64), 0.1)
    assert boxes.tolist() == [
        pytest.approx([3.5 * 8 - 4, 2.5 * 8 - 8, 3.5 * 8 + 4, 2.5 * 8 + 8]),
        pytest.approx([2.5 * 16 - 8, 1.5 * 16 - 16, 2.5 * 16 + 8, 1.5 * 16 + 16]),
        pytest.approx([1.5 * 32 - 16, 1.5 * 32 - 32, 1.5 * 32 + 16, 1.5 * 32 + 32]),
    ]
    assert scores[:, 2].tolist() == pytest.approx([0.8 * 0.2, 0.8 * 0.4, 0.8 * 0.8])


def test_yolox_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(84, 85\)"):
        decode_yolox.decode({"output": np.zeros((1, 83, 85), np.float32)}, (64, 64), 0.1)


def _faces(side: int) -> dict[str, np.ndarray]:
    answers = {}
    for stride in (8, 16, 32):
        cells = (side // stride) ** 2
        for name, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            answers[f"{name}_{stride}"] = np.zeros((1, cells, width), np.float32)
    return answers


def test_yunet_places_a_face_with_its_points() -> None:
    answers = _faces(64)
    row = 1 * 4 + 2  # stride 16: second row, third column
    answers["cls_16"][0, row], answers["obj_16"][0, row] = 0.81, 1.0
    answers["bbox_16"][0, row] = [0.5, 0.25, np.log(2.0), np.log(3.0)]
    answers["kps_16"][0, row, :2] = [0.5, 1.0]
    boxes, scores, points = decode_yunet.decode(answers, (64, 64), 0.5)
    assert scores.tolist() == pytest.approx([0.9])
    assert boxes.tolist() == [pytest.approx([40 - 16, 20 - 24, 40 + 16, 20 + 24])]
    assert points.shape == (1, 5, 2)
    assert points[0, 0].tolist() == pytest.approx([40, 32])
    assert [len(column) for column in decode_yunet.decode(answers, (64, 64), 0.95)] == [0, 0, 0]


def test_plates_are_label_two() -> None:
    rows = np.full((1, 1, 200, 7), -1, np.float32)
    rows[0, 0, 0] = [0, 1, 0.9, 0, 0, 1, 1]
    rows[0, 0, 1] = [0, 2, 0.7, 0.5, 0.5, 0.75, 0.6]
    rows[0, 0, 2] = [0, 2, 0.2, 0.1, 0.1, 0.2, 0.2]
    boxes, scores = decode_plates.decode({"DetectionOutput_": rows}, (300, 300), 0.5)
    assert boxes.tolist() == [pytest.approx([150, 150, 225, 180])]
    assert scores.tolist() == pytest.approx([0.7])


BOXES = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [30, 30, 40, 40], [0, 0, 10, 10]], np.float32)
SCORES = np.array([0.5, 0.9, 0.3, 0.5], np.float32)


@pytest.mark.parametrize(
    ("word", "classes", "most_iou", "kept"),
    [
        ("one kind", None, 0.5, [1, 2]),
        ("within each class", np.array([0, 1, 0, 0]), 0.5, [1, 0, 2]),
        ("all overlap allowed", None, 1.0, [1, 0, 3, 2]),
    ],
)
def test_suppress(word: str, classes: np.ndarray | None, most_iou: float, kept: list[int]) -> None:
    assert suppress(BOXES, SCORES, classes, most_iou).tolist() == kept


def test_suppress_of_nothing() -> None:
    assert len(suppress(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), None, 0.5)) == 0
