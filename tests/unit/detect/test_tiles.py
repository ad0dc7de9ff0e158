"""Looking at a frame in parts."""

import numpy as np
import pytest

from sightline.detect.family import Found
from sightline.detect.tiles import join_views, views_of


@pytest.mark.parametrize("tiles", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1920, 1080), (640, 360), (101, 77), (16, 16)])
def test_views_cover_the_frame_and_overlap(tiles: int, size: tuple[int, int]) -> None:
    width, height = size
    views = views_of(width, height, tiles)
    assert len(views) == (1 if tiles == 1 else tiles * tiles + 1)
    assert views[0].whole
    seen = np.zeros((height, width), int)
    for view in views[1:]:
        assert 0 <= view.left < view.right <= width
        assert 0 <= view.top < view.bottom <= height
        assert view.left % 2 == view.top % 2 == 0
        seen[view.top : view.bottom, view.left : view.right] += 1
    if tiles > 1:
        assert seen.min() >= 1
        if min(size) >= 64:
            assert (seen > 1).mean() > 0.1


def test_cut_objects_are_left_to_the_neighbour() -> None:
    view = views_of(1000, 600, 2)[1]  # top left
    boxes = np.array([[0, 0, 50, 50], [view.right - 40, 100, view.right, 150], [10, view.bottom - 20, 60, view.bottom]])
    kept, mask = view.whole_objects(boxes.astype(np.float32))
    assert mask.tolist() == [True, False, False]
    assert kept.tolist() == [[0, 0, 50, 50]]


@pytest.mark.parametrize("layout", ["bgr", "i420"])
def test_a_view_cuts_its_own_pixels(layout: str) -> None:
    pixels = np.zeros((60, 80, 3) if layout == "bgr" else (90, 80), np.uint8)
    whole, part = views_of(80, 60, 2)[:2]
    assert whole.cut(pixels, layout) is pixels
    assert whole.layout(layout) == layout
    assert part.layout(layout) == "bgr"
    assert part.cut(pixels, layout).shape == (part.bottom, part.right, 3)


def _found(*rows: tuple[float, float, float, float, float, int]) -> Found:
    columns = np.array(rows, np.float32).reshape(-1, 6)
    return Found(columns[:, :4], columns[:, 4], columns[:, 5].astype(np.int16))


@pytest.mark.parametrize(
    ("word", "parts", "boxes"),
    [
        ("one view", [_found((0, 0, 10, 10, 0.9, 0))], [[0, 0, 10, 10]]),
        ("seen twice", [_found((0, 0, 10, 10, 0.6, 0)), _found((0, 1, 10, 11, 0.9, 0))], [[0, 1, 10, 11]]),
        ("a piece", [_found((0, 0, 100, 50, 0.6, 0)), _found((0, 0, 45, 50, 0.9, 0))], [[0, 0, 100, 50]]),
        (
            "one before another, of another class",
            [_found((0, 0, 100, 50, 0.9, 0)), _found((10, 10, 30, 50, 0.8, 7))],
            [[0, 0, 100, 50], [10, 10, 30, 50]],
        ),
        ("nothing", [_found(), _found()], []),
    ],
)
def test_join_views(word: str, parts: list[Found], boxes: list[list[float]]) -> None:
    assert join_views(parts).boxes.tolist() == boxes
