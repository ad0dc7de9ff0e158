"""Geometry by hand; the properties are in tests/property."""

import numpy as np
import pytest

from sightline.core.geometry import (
    areas,
    clip_boxes,
    covered,
    foot_points,
    grow_boxes,
    intersections,
    iou,
    segments_cross,
    side_of_line,
)

BOXES = np.array([[0, 0, 10, 10], [5, 5, 15, 15], [20, 20, 20, 30], [10, 0, 20, 10]], np.float32)


def test_boxes() -> None:
    assert areas(BOXES).tolist() == [100, 100, 0, 100]
    assert areas(np.array([[5.0, 5, 0, 0]])).tolist() == [0], "turned inside out"
    assert intersections(BOXES[:1], BOXES).tolist() == [[100, 25, 0, 0]]
    assert iou(BOXES[:1], BOXES)[0].tolist() == pytest.approx([1, 25 / 175, 0, 0])
    assert iou(BOXES[2:3], BOXES[2:3]).tolist() == [[0]], "two empty boxes"
    assert covered(BOXES[:1], np.array([[0, 0, 5, 100]], np.float32)).tolist() == [[0.5]]
    assert covered(BOXES[2:3], BOXES).tolist() == [[0, 0, 0, 0]]
    assert foot_points(BOXES)[1].tolist() == [10, 15]
    assert clip_boxes(np.array([[-5.0, -5, 50, 60]]), 40, 30).tolist() == [[0, 0, 40, 30]]
    assert grow_boxes(np.array([[10.0, 10, 20, 30]]), 0.5, 0.1).tolist() == [[5, 8, 25, 32]]
    assert iou(np.zeros((0, 4)), BOXES).shape == (0, 4)


@pytest.mark.parametrize(
    ("word", "way", "crosses"),
    [
        ("straight over", ((5, -5), (5, 5)), True),
        ("back", ((5, 5), (5, -5)), True),
        ("slanted", ((0, -1), (10, 1)), True),
        ("past the end", ((11, -5), (11, 5)), False),
        ("before the start", ((-1, -5), (-1, 5)), False),
        ("ends before it", ((5, -5), (5, -1)), False),
        ("along it", ((2, 0), (8, 0)), False),
        ("parallel", ((2, 1), (8, 1)), False),
        ("comes to it from the left and stops: not yet right of it", ((5, -5), (5, 0)), False),
        ("goes on from there: now", ((5, 0), (5, 5)), True),
        ("comes to it from the right and stops: no longer right of it", ((5, 5), (5, 0)), True),
        ("goes on from there: counted already", ((5, 0), (5, -5)), False),
        ("stands", ((5, 0), (5, 0)), False),
        ("over its start", ((0, -5), (0, 5)), True),
        ("over its end", ((10, -5), (10, 5)), True),
    ],
)
def test_segments_cross(word: str, way: tuple[tuple[float, float], ...], crosses: bool) -> None:
    a0, a1 = (np.array([p], float) for p in way)
    start, end = np.array([0.0, 0]), np.array([10.0, 0])
    assert segments_cross(a0, a1, start, end).tolist() == [crosses], word
    touches = 0 in (way[0][1], way[1][1])  # what stands on the line counts as left of it, so turning it matters
    assert touches or segments_cross(a0, a1, end, start).tolist() == [crosses], f"{word}, line turned"


def test_sides() -> None:
    points = np.array([[5.0, 1], [5, -1], [5, 0]])
    assert np.sign(side_of_line(points, np.array([0.0, 0]), np.array([10.0, 0]))).tolist() == [1, -1, 0]
