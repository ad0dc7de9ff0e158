"""Columns check themselves when built."""

from typing import Any

import numpy as np
import pytest

from sightline.core.values import Attributes, Detections, Redacted, Tracks
from sightline.core.vocabulary import ATTRIBUTES, CLASSES

K = len(ATTRIBUTES)


def detections(n: int = 2, **other: Any) -> Detections:
    columns = {
        "boxes_px": np.arange(4 * n, dtype=np.float32).reshape(n, 4),
        "scores": np.linspace(0.5, 1, n, dtype=np.float32),
        "labels": np.arange(n, dtype=np.int16),
    }
    return Detections(**(columns | other))


def tracks(n: int = 2, **other: Any) -> Tracks:
    columns = {
        "boxes_px": np.arange(4 * n, dtype=np.float32).reshape(n, 4),
        "scores": np.ones(n, np.float32),
        "labels": np.zeros(n, np.int16),
        "ids": np.arange(n, dtype=np.int64) - 1,
        "ages_s": np.zeros(n, np.float32),
        "held": np.zeros(n, np.bool_),
    }
    return Tracks(**(columns | other))


@pytest.mark.parametrize(
    ("word", "error", "columns"),
    [
        ("boxes f64", TypeError, {"boxes_px": np.zeros((2, 4))}),
        ("boxes flat", ValueError, {"boxes_px": np.zeros(8, np.float32)}),
        ("boxes of five", ValueError, {"boxes_px": np.zeros((2, 5), np.float32)}),
        ("too few boxes", ValueError, {"boxes_px": np.zeros((1, 4), np.float32)}),
        ("labels i64", TypeError, {"labels": np.zeros(2, np.int64)}),
        ("too few labels", ValueError, {"labels": np.zeros(1, np.int16)}),
        ("label below", ValueError, {"labels": np.array([-1, 0], np.int16)}),
        ("label above", ValueError, {"labels": np.array([0, len(CLASSES)], np.int16)}),
        ("scores f64", TypeError, {"scores": np.zeros(2)}),
        ("a list", TypeError, {"scores": [0.5, 0.5]}),
    ],
)
def test_detections_refuse(word: str, error: type[Exception], columns: dict[str, Any]) -> None:
    with pytest.raises(error, match=r"Detections\.\w+: expected"):
        detections(**columns)


@pytest.mark.parametrize(
    ("word", "error", "columns"),
    [
        ("ids i32", TypeError, {"ids": np.zeros(2, np.int32)}),
        ("ids longer", ValueError, {"ids": np.zeros(3, np.int64)}),
        ("held as numbers", TypeError, {"held": np.zeros(2, np.int8)}),
        ("ages f64", TypeError, {"ages_s": np.zeros(2)}),
    ],
)
def test_tracks_refuse(word: str, error: type[Exception], columns: dict[str, Any]) -> None:
    with pytest.raises(error, match=r"Tracks\.\w+: expected"):
        tracks(**columns)


def test_keep_and_confirmed() -> None:
    three = tracks(3)
    assert three.confirmed().ids.tolist() == [0, 1]
    assert three.keep(np.array([True, False, True])).ids.tolist() == [-1, 1]
    assert three.with_labels(np.array([3, 2, 1], np.int16)).labels.tolist() == [3, 2, 1]
    assert detections(3).keep(np.array([False, True, True])).labels.tolist() == [1, 2]


def test_frozen_and_empty() -> None:
    with pytest.raises(AttributeError):
        tracks().ids = np.zeros(2, np.int64)  # type: ignore[misc]
    assert (len(Detections.empty()), len(Tracks.empty()), len(Attributes.empty())) == (0, 0, 0)


def test_attributes_by_name() -> None:
    values = np.full((1, K), -1, np.int16)
    probabilities = np.zeros((1, K), np.float32)
    names = list(ATTRIBUTES)
    values[0, names.index("upper_colour")] = ATTRIBUTES["upper_colour"].index("red")
    probabilities[0, names.index("upper_colour")] = 0.75
    assert Attributes(np.array([4]), values, probabilities).named(0) == {"upper_colour": ("red", 0.75)}
    with pytest.raises(ValueError, match="values: expected shape"):
        Attributes(np.array([4]), values[:, :-1], probabilities)


def test_redacted_is_a_picture() -> None:
    Redacted("north", 1, 0, np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="pixels: expected shape"):
        Redacted("north", 1, 0, np.zeros((4, 4), np.uint8))


def test_tracks_as_detected_keep_all_but_the_boxes_of_detections() -> None:
    three, two = tracks(3), detections(2)
    shown = three.as_detected(two)
    assert np.array_equal(shown.boxes_px[:2], two.boxes_px)
    assert np.array_equal(shown.boxes_px[2:], three.boxes_px[2:])  # held: nothing was detected
    assert shown.ids is three.ids
