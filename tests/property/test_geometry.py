"""Geometry of boxes and lines against slow, plain calculations."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

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

coordinate = st.integers(-6, 6)
point = st.tuples(coordinate, coordinate)
number = st.floats(-1e4, 1e4, allow_nan=False)


@st.composite
def boxes(draw: st.DrawFn) -> np.ndarray:
    rows = draw(st.lists(st.tuples(number, number, st.floats(0, 1e4), st.floats(0, 1e4)), max_size=6))
    corners = np.array(rows, np.float64).reshape(-1, 4)
    corners[:, 2:] += corners[:, :2]
    return corners


@settings(deadline=None)
@given(boxes(), boxes())
def test_iou_is_bounded_and_symmetric(a: np.ndarray, b: np.ndarray) -> None:
    there, back = iou(a, b), iou(b, a)
    assert there.shape == (len(a), len(b))
    assert ((there >= 0) & (there <= 1 + 1e-9)).all()
    np.testing.assert_allclose(there, back.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(iou(a, a)), (areas(a) > 0).astype(float), atol=1e-9)
    assert ((covered(a, b) >= 0) & (covered(a, b) <= 1 + 1e-9)).all()
    assert (intersections(a, b) <= np.minimum(areas(a)[:, None], areas(b)[None]) * (1 + 1e-9)).all()


@settings(deadline=None)
@given(st.tuples(point, point), st.tuples(point, point))
def test_intersection_counts_unit_squares(one: tuple[tuple[int, int], ...], two: tuple[tuple[int, int], ...]) -> None:
    def cells(corners: tuple[tuple[int, int], ...]) -> set[tuple[int, int]]:
        (x0, y0), (x1, y1) = corners
        return {(x, y) for x in range(x0, x1) for y in range(y0, y1)}

    a, b = (np.array([[*corners[0], *corners[1]]], float) for corners in (one, two))
    assert intersections(a, b)[0, 0] == len(cells(one) & cells(two))
    assert areas(a)[0] == len(cells(one))


@settings(deadline=None)
@given(boxes(), st.integers(1, 5000), st.integers(1, 5000), st.floats(0, 2))
def test_boxes_cut_and_grown(a: np.ndarray, width: int, height: int, share: float) -> None:
    cut = clip_boxes(a, width, height)
    assert ((cut >= 0) & (cut <= [width, height, width, height])).all()
    grown = grow_boxes(a, share, share)
    assert (grown[:, :2] <= a[:, :2] + 1e-9).all()
    assert (grown[:, 2:] >= a[:, 2:] - 1e-9).all()
    feet = foot_points(a)
    np.testing.assert_array_equal(feet[:, 1], a[:, 3])
    assert ((feet[:, 0] >= a[:, 0] - 1e-9) & (feet[:, 0] <= a[:, 2] + 1e-9)).all()


def _crosses(a0: tuple[int, int], a1: tuple[int, int], start: tuple[int, int], end: tuple[int, int]) -> bool:
    """Exactly: the way goes from one side to the other, where a point on the line is on its left, within its ends."""

    def side(p: tuple[int, int]) -> int:
        return (end[0] - start[0]) * (p[1] - start[1]) - (end[1] - start[1]) * (p[0] - start[0])

    s0, s1 = side(a0), side(a1)
    if (s0 > 0) == (s1 > 0):
        return False
    t = Fraction(s0, s0 - s1)
    x, y = (a0[k] + t * (a1[k] - a0[k]) for k in (0, 1))
    if start[0] != end[0]:
        return min(start[0], end[0]) <= x <= max(start[0], end[0])
    return min(start[1], end[1]) <= y <= max(start[1], end[1])


@settings(deadline=None, max_examples=60)
@given(point, point, st.integers(0, 1 << 32))
def test_segments_cross(start: tuple[int, int], end: tuple[int, int], seed: int) -> None:
    if start == end:
        return
    # Many ways over one line, drawn by numpy: drawing each by itself takes longer than to check it.
    ways = np.random.default_rng(seed).integers(-6, 7, (40, 2, 2))
    found = segments_cross(ways[:, 0].astype(float), ways[:, 1].astype(float), *np.array([start, end], float))
    for (a0, a1), said in zip(ways.tolist(), found.tolist(), strict=True):
        # Where the way meets an end of the line exactly, rounding may decide either way; everywhere else it must not.
        moved = [_crosses(a0, a1, *ends) for ends in _nearly(start, end)]
        assert said == _crosses(a0, a1, start, end) or moved[0] != moved[1], (a0, a1)


def _nearly(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The line a little shorter and a little longer, in exact numbers."""
    step = (Fraction(end[0] - start[0], 10**9), Fraction(end[1] - start[1], 10**9))
    answer = []
    for sign in (1, -1):
        a = (start[0] + sign * step[0], start[1] + sign * step[1])
        b = (end[0] - sign * step[0], end[1] - sign * step[1])
        answer.append((a, b))
    return answer  # type: ignore[return-value]


@settings(deadline=None)
@given(st.lists(point, min_size=2, max_size=12), point, point)
def test_crossings_of_a_path_alternate(
    path: list[tuple[int, int]], start: tuple[int, int], end: tuple[int, int]
) -> None:
    """Over an endless line, a way that ends on the side where it began crosses it an even number of times."""
    if start == end:
        return
    far_start, far_end = (np.array(p, float) * 1.0 for p in (start, end))
    step = far_end - far_start
    far_start, far_end = far_start - 1000 * step, far_end + 1000 * step
    points = np.array(path, float)
    crossings = int(segments_cross(points[:-1], points[1:], far_start, far_end).sum())
    sides = side_of_line(points[[0, -1]], far_start, far_end) > 0
    assert crossings % 2 == int(sides[0] != sides[1])


def test_right_of_a_line_in_a_picture() -> None:
    points = np.array([[0.5, 1.0], [0.5, -1.0], [0.5, 0.0]])
    sides = side_of_line(points, np.array([0.0, 0.0]), np.array([1.0, 0.0]))
    assert (np.sign(sides) == [1, -1, 0]).all(), "y points down, so right of a line to the right is below it"
