"""Which truth counts and which results are left out, by the numbers of classes."""

from collections.abc import Callable

import numpy as np
import pytest

from sightline.core.errors import BadData
from sightline.evaluate import evaluate
from sightline.evaluate.pairs import Convention, convention_of, pair
from sightline.formats.mot import MotTable

Rows = Callable[..., MotTable]
CAR, PEDESTRIAN = 100, 107


@pytest.mark.parametrize(
    ("word", "classes", "asked", "chosen"),
    [
        ("no classes", [-1, -1], "auto", "mot15"),
        ("classes of MOTChallenge", [1, 8], "auto", "mot17"),
        ("classes of a district", [CAR, PEDESTRIAN], "auto", "district"),
        ("a district as if it had none", [CAR, PEDESTRIAN], "mot15", "mot15"),
        ("nothing there", [], "district", "district"),
    ],
)
def test_convention(rows: Rows, word: str, classes: list[int], asked: Convention, chosen: Convention) -> None:
    truth = rows(*((1, k, 50.0 * k) for k in range(len(classes))), classes=classes)
    assert convention_of(truth, asked) == chosen, word


@pytest.mark.parametrize(
    ("word", "classes", "asked", "said"),
    [
        ("both kinds", [CAR, 1], "auto", "frame 1: expected a class of 100..110 as in other rows, got 1"),
        ("beyond the last class", [CAR, 150], "auto", "as in other rows, got 150"),
        ("a district that is none", [1, 1], "district", "class numbers from 100"),
        ("MOT17 that is a district", [CAR, CAR], "mot17", r"class numbers 1\.\.13"),
    ],
)
def test_refuses(rows: Rows, word: str, classes: list[int], asked: Convention, said: str) -> None:
    truth = rows(*((1, k, 50.0 * k) for k in range(len(classes))), classes=classes)
    with pytest.raises(BadData, match=said):
        pair(truth, truth, asked)


@pytest.mark.parametrize(
    ("word", "left", "expected"),
    [
        ("on the counted one", 0.0, {"FP": 0, "FN": 0}),
        ("on the parked one: neither right nor wrong", 100.0, {"FP": 0, "FN": 1}),
        ("on nothing", 300.0, {"FP": 1, "FN": 1}),
        ("beside the parked one, IoU 1/3", 105.0, {"FP": 1, "FN": 1}),
        ("nearer to the counted one than to the parked one beside it", 1.0, {"FP": 0, "FN": 0}),
    ],
)
def test_rows_marked_zero_do_not_care(rows: Rows, word: str, left: float, expected: dict[str, int]) -> None:
    truth = rows((1, 1, 0.0), (1, 2, 100.0), (1, 3, 3.0), marks=[1, 0, 0], classes=[CAR, CAR, CAR])
    scores = evaluate(truth, rows((1, 9, left)))
    assert {key: scores[key] for key in expected} == expected, word
    assert scores["GT_IDs"] == 1


def test_a_second_box_on_a_parked_car_is_wrong(rows: Rows) -> None:
    truth = rows((1, 2, 100.0), marks=[0], classes=[CAR])
    assert evaluate(truth, rows((1, 8, 100.0), (1, 9, 101.0)))["FP"] == 1


def test_recall_by_class(rows: Rows) -> None:
    truth = rows(*((f, i, 100.0 * i) for f in (1, 2) for i in (1, 2, 3)), classes=[CAR, PEDESTRIAN, CAR] * 2)
    found = rows((1, 1, 100.0), (2, 1, 100.0), (1, 3, 300.0), (1, 2, 200.0))
    classes = evaluate(truth, found)["classes"]
    assert classes == {
        "car": {"recall": 75.0, "GT_IDs": 2, "boxes": 4},
        "pedestrian": {"recall": 50.0, "GT_IDs": 1, "boxes": 2},
    }
    assert "classes" not in evaluate(rows((1, 1, 0.0)), found)


def test_ids_and_labels_of_identities(rows: Rows) -> None:
    truth = rows((1, 5, 0.0), (2, 3, 0.0), classes=[CAR, PEDESTRIAN])
    sequence = pair(truth, truth)
    assert sequence.truth_ids.tolist() == [3, 5]
    assert sequence.truth_labels.tolist() == [7, 0]
    assert np.array_equal(sequence.truth_ids, sequence.found_ids)
