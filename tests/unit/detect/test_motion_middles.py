"""Reading the motion net's answer."""

import numpy as np
import pytest

from sightline.core.vocabulary import CLASSES
from sightline.detect.middles import KINDS, read


def _answer(rows: int = 20, columns: int = 30) -> np.ndarray:
    answer = np.zeros((5 + len(KINDS), rows, columns), np.float32)
    answer[0] = -9.0
    return answer


def _put(answer: np.ndarray, cell: tuple[int, int], logit: float, half: tuple[float, float], kind: str) -> None:
    y, x = cell
    answer[0, y, x] = logit
    answer[1:5, y, x] = np.log([half[0], half[1], half[0], half[1]])
    answer[5 + KINDS.index(kind), y, x] = 8.0


def test_middles_become_boxes_best_first() -> None:
    answer = _answer()
    _put(answer, (5, 5), 0.0, (2.5, 1.5), "car")
    _put(answer, (10, 20), 2.0, (1.0, 3.0), "pedestrian")
    found, sure = read(answer, -3.0)
    assert found.boxes == pytest.approx(np.array([[78, 30, 86, 54], [12, 16, 32, 28]]), abs=0.01)
    assert found.scores == pytest.approx([0.881, 0.5], abs=1e-3)
    assert [CLASSES[code] for code in found.labels] == ["pedestrian", "car"]
    assert sure.min() > 0.9


def test_a_neighbour_that_is_no_peak_is_passed_over_and_one_object_comes_once() -> None:
    answer = _answer()
    _put(answer, (5, 5), 2.0, (12.0, 12.0), "bus")
    _put(answer, (5, 6), 1.0, (6.0, 6.0), "bus")  # a neighbour
    _put(answer, (7, 7), 1.5, (12.0, 12.0), "bus")  # a peak, but nearly the same box
    assert len(read(answer, -3.0)[0].boxes) == 1


def test_two_people_side_by_side_stay_two() -> None:
    answer = _answer()
    _put(answer, (8, 8), 2.0, (0.8, 2.4), "pedestrian")
    _put(answer, (8, 10), 1.9, (0.8, 2.4), "pedestrian")
    assert len(read(answer, -3.0)[0].boxes) == 2


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"car": 4.0}, "car"),
        ({"car": 3.0, "van": 3.0, "truck": 2.9}, "vehicle"),
        ({"bicycle": 3.0, "scooter": 3.0, "motorcycle": 2.9}, "rider"),
        ({"bicycle": 3.0, "pedestrian": 2.5}, "bicycle"),
        ({"pedestrian": 3.0, "car": 2.0, "van": 2.0, "truck": 2.0, "bus": 2.0}, "vehicle"),
    ],
)
def test_a_kind_that_is_unsure_is_named_by_its_group(kinds: dict[str, float], said: str) -> None:
    answer = _answer()
    _put(answer, (5, 5), 2.0, (2.0, 2.0), "car")
    answer[5:, 5, 5] = -4.0
    for kind, logit in kinds.items():
        answer[5 + KINDS.index(kind), 5, 5] = logit
    assert CLASSES[read(answer, -3.0)[0].labels[0]] == said


def test_nothing_is_nothing() -> None:
    found, sure = read(_answer(), -3.0)
    assert (len(found.boxes), len(sure)) == (0, 0)
