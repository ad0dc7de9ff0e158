"""The class of a track: kinds stay with the detector, finer classes need a bar and leave by a margin."""

import numpy as np
import pytest

from sightline.core.vocabulary import CLASSES, CODE
from sightline.describe.classes import voted_class

BAR = 0.65


def heard(**scores: float) -> np.ndarray:
    row = np.zeros(len(CLASSES), np.float32)
    for name, score in scores.items():
        row[CODE[name]] = score
    return row


def passes(*rows: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array([heard(**row) for row in rows], np.float32).reshape(len(rows), len(CLASSES))
    return table, np.ones(len(rows), np.float32)


@pytest.mark.parametrize(
    ("seen", "named", "before", "expected"),
    [
        (heard(vehicle=3), passes(), None, "vehicle"),
        (heard(vehicle=3), passes({"truck": 0.8}), None, "truck"),
        (heard(vehicle=3), passes({"truck": 0.3, "car": 0.3}), None, "vehicle"),
        (heard(vehicle=3), passes({"van": 0.9}), None, "van"),
        (heard(rider=3), passes({"bicycle": 0.7, "pedestrian": 0.2}), None, "bicycle"),
        (heard(rider=3), passes({"motorcycle": 0.9}), None, "motorcycle"),
        (heard(rider=3), passes({"pedestrian": 0.9}), None, "rider"),
        (heard(pedestrian=3), passes({"car": 0.99}), None, "pedestrian"),
        (heard(pedestrian=3, rider=2.5), passes(), "rider", "rider"),
        (heard(pedestrian=6, rider=2.5), passes(), "rider", "pedestrian"),
        (heard(vehicle=3), passes({"truck": 0.45, "car": 0.5}), "truck", "truck"),
        (heard(vehicle=3), passes({"truck": 0.1, "car": 0.8}), "truck", "car"),
        (heard(vehicle=3), passes({"car": 0.3, "bus": 0.3, "truck": 0.3, "van": 0.1}), "car", "vehicle"),
        (heard(car=3), passes(), None, "car"),
        (heard(car=3, truck=0.8), passes(), "car", "car"),
        (heard(unknown=3), passes({"car": 0.9}), None, "car"),
        (heard(unknown=3), passes(), None, "unknown"),
    ],
    ids=[
        "coarse without a pass",
        "one clear pass",
        "two classes alike stay coarse",
        "a van, should a model know vans",
        "the person in the box does not hide the bicycle",
        "a motorcycle",
        "only a person seen: kind of two-wheeler unknown",
        "a pedestrian never becomes a car",
        "a little more of another kind does not flip it",
        "much more does",
        "a narrow lead does not change what is said",
        "a clear lead does",
        "evidence gone: coarse again",
        "a detector of finer classes",
        "its few slips do not show",
        "something moving that the namer knows",
        "something moving that nobody knows",
    ],
)
def test_voted_class(seen: np.ndarray, named: tuple[np.ndarray, np.ndarray], before: str | None, expected: str) -> None:
    said = voted_class(seen, named, CODE[before] if before else -1, BAR)
    assert CLASSES[said] == expected
