"""One camera of a district by picture index: the same every time, with truth that fits its pictures."""

import cv2
import numpy as np
import pytest

from sightline.core.geometry import iou
from sightline.core.vocabulary import CLASSES
from sightline.simulate import Scene, scene
from sightline.simulate.street import CAMERAS

SIZE = (320, 180)
FPS = 10.0


@pytest.fixture(scope="module")
def street() -> Scene:
    return scene(1, SIZE, FPS)


def test_same_seed_same_street(street: Scene) -> None:
    again = scene(1, SIZE, FPS)
    for index in (1, 7, 40):
        ours, theirs = street.frame(index), again.frame(index)
        np.testing.assert_array_equal(ours[0], theirs[0])
        for column in ("ids", "labels", "boxes_px", "visibility"):
            np.testing.assert_array_equal(getattr(ours[1], column), getattr(theirs[1], column))
    assert not np.array_equal(scene(4, SIZE, FPS, view=1).frame(1)[0], again.frame(1)[0])


def test_going_back_replays(street: Scene) -> None:
    first = street.frame(3)
    street.frame(30)
    back = street.frame(3)
    np.testing.assert_array_equal(first[0], back[0])
    np.testing.assert_array_equal(first[1].boxes_px, back[1].boxes_px)
    np.testing.assert_array_equal(street.truth(3).ids, first[1].ids)


def test_truth_columns() -> None:
    kinds: set[str] = set()
    for view in (1, 3):
        street = scene(1, (640, 360), FPS, view=view)
        for index in (1, 60):
            truth = street.truth(index)
            n = len(truth)
            assert (truth.ids.dtype, truth.labels.dtype) == (np.int64, np.int16)
            assert (truth.boxes_px.dtype, truth.boxes_px.shape) == (np.float32, (n, 4))
            assert len(set(truth.ids.tolist())) == n
            assert ((truth.boxes_px >= 0) & (truth.boxes_px <= [640, 360, 640, 360])).all()
            assert (truth.boxes_px[:, 2:] > truth.boxes_px[:, :2]).all()
            assert ((truth.visibility >= 0.2) & (truth.visibility <= 1)).all()
            kinds |= {CLASSES[label] for label in truth.labels}
    assert {"car", "bicycle", "pedestrian"} <= kinds


@pytest.mark.parametrize("view", range(0, CAMERAS, 2))
def test_movement_is_where_truth_says(view: int) -> None:
    """Pixels that change lie in the boxes (or their shadows), and every box that moves has some."""
    street = scene(6, (640, 360), FPS, view=view)
    (first, truth), (second, later) = street.frame(60), street.frame(63)
    soft = [cv2.GaussianBlur(one, (5, 5), 0).astype(int) for one in (first, second)]
    changed = np.abs(soft[0] - soft[1]).max(axis=2) > 25
    assert 0.0002 < changed.mean() < 0.4
    inside = np.zeros(changed.shape, np.bool_)
    for box in np.concatenate([truth.boxes_px, later.boxes_px]).astype(int):
        left, top, right, bottom = box
        w, h = right - left, bottom - top
        inside[max(0, top - h // 2) : bottom + h // 2 + 3, max(0, left - 2 * w) : right + 2 * w + 3] = True
    assert (changed & ~inside).sum() < 0.15 * changed.sum() + 80


def test_boxes_move_smoothly(street: Scene) -> None:
    before = street.truth(1)
    for index in range(2, 60):
        now = street.truth(index)
        both, rows, columns = np.intersect1d(before.ids, now.ids, return_indices=True)
        overlap = np.diag(iou(before.boxes_px[rows], now.boxes_px[columns])) if len(both) else np.ones(1)
        assert overlap.min() > 0.05
        np.testing.assert_array_equal(before.labels[rows], now.labels[columns])
        before = now


def test_hidden_ones_are_less_visible() -> None:
    street = scene(2, (640, 360), FPS)
    seen = np.concatenate([street.truth(index).visibility for index in range(1, 120, 10)])
    assert (seen > 0.9).mean() > 0.4
    assert (seen < 0.7).any()


def test_crossings() -> None:
    total, ways = 0, set()
    for view in (1, 5):
        street = scene(view, SIZE, 5.0, view=view)
        events = street.crossings(street.line, 50, "north")
        assert {event.camera for event in events} <= {"north"}
        assert [event.time_ns for event in events] == sorted(event.time_ns for event in events)
        total += len(events)
        ways |= {event.direction for event in events}
    assert total >= 10
    assert ways == {"forward", "backward"}


@pytest.mark.parametrize(
    ("word", "size", "fps", "weather"),
    [
        ("tiny", (32, 32), 20.0, "clear"),
        ("huge", (10_000, 180), 20.0, "clear"),
        ("no rate", SIZE, 0.0, "clear"),
        ("no such weather", SIZE, 10.0, "snow"),
    ],
)
def test_refuses(word: str, size: tuple[int, int], fps: float, weather: str) -> None:
    with pytest.raises(ValueError, match="scene: expected"):
        scene(1, size, fps, weather=weather)


def test_pictures_count_from_one(street: Scene) -> None:
    with pytest.raises(ValueError, match="index: expected 1 or more, got 0"):
        street.frame(0)


@pytest.mark.parametrize("size", [(64, 64), (333, 187), (180, 320)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    picture, truth = scene(3, size, FPS).frame(5)
    assert picture.shape == (size[1], size[0], 3)
    assert (truth.boxes_px <= [*size, *size]).all()
