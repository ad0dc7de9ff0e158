"""The drawn street: the same every time, with truth that fits its pictures."""

import cv2
import numpy as np
import pytest

from sightline.core.geometry import iou
from sightline.core.vocabulary import CLASSES
from sightline.simulate import Scene, scene
from sightline.simulate.traffic import Traffic
from sightline.simulate.view import VIEWS

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


def test_truth_columns(street: Scene) -> None:
    kinds: set[str] = set()
    for index in range(1, 400, 20):
        truth = street.truth(index)
        n = len(truth)
        assert (truth.ids.dtype, truth.labels.dtype) == (np.int64, np.int16)
        assert (truth.boxes_px.dtype, truth.boxes_px.shape) == (np.float32, (n, 4))
        assert len(set(truth.ids.tolist())) == n
        assert ((truth.boxes_px >= 0) & (truth.boxes_px <= [*SIZE, *SIZE])).all()
        assert (truth.boxes_px[:, 2:] > truth.boxes_px[:, :2]).all()
        assert ((truth.visibility >= 0.2) & (truth.visibility <= 1)).all()
        kinds |= {CLASSES[label] for label in truth.labels}
    assert {"car", "bicycle", "pedestrian"} <= kinds


@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_movement_is_where_truth_says(view: int) -> None:
    """Pixels that differ from the still street lie in the boxes (or their shadows), and every seen box has some."""
    street = scene(view + 6, (640, 360), FPS, view=view)
    picture, truth = street.frame(60)
    still = street._scenery.picture
    changed = np.abs(cv2.blur(picture, (3, 3)).astype(int) - cv2.blur(still, (3, 3)).astype(int)).max(axis=2) > 25
    assert 0.002 < changed.mean() < 0.4
    assert len(truth)
    inside = np.zeros(changed.shape, np.bool_)
    for box, seen in zip(truth.boxes_px.astype(int), truth.visibility, strict=True):
        left, top, right, bottom = box
        w, h = right - left, bottom - top
        inside[max(0, top - h // 2) : bottom + h // 2 + 3, max(0, left - 2 * w) : right + 2 * w + 3] = True
        if seen > 0.9:
            assert changed[top : bottom + 1, left : right + 1].mean() > 0.15
    assert (changed & ~inside).sum() < 0.1 * changed.sum() + 60


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
    seen = np.concatenate([street.truth(index).visibility for index in range(1, 600, 5)])
    assert (seen > 0.9).mean() > 0.5
    assert (seen < 0.7).any()


def test_ids_are_for_good() -> None:
    gone: set[int] = set()
    before: set[int] = set()
    traffic = Traffic(1, 0.2)
    for _ in range(600):
        traffic.advance()
        now = {mover.id for mover in traffic.movers}
        gone |= before - now
        assert not gone & now
        before = now


@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_crossings(view: int) -> None:
    street = scene(view, SIZE, 5.0, view=view)
    events = street.crossings(street.line, 200, "north")
    assert len(events) >= 3
    assert {event.camera for event in events} == {"north"}
    assert [event.time_ns for event in events] == sorted(event.time_ns for event in events)
    assert {event.direction for event in events} == {"forward", "backward"}


@pytest.mark.parametrize(
    ("word", "size", "fps"), [("tiny", (32, 32), 20.0), ("huge", (10_000, 180), 20.0), ("no rate", SIZE, 0.0)]
)
def test_refuses(word: str, size: tuple[int, int], fps: float) -> None:
    with pytest.raises(ValueError, match="scene: expected"):
        scene(1, size, fps)


def test_pictures_count_from_one(street: Scene) -> None:
    with pytest.raises(ValueError, match="index: expected 1 or more, got 0"):
        street.frame(0)


@pytest.mark.parametrize("size", [(64, 64), (333, 187), (180, 320)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    picture, truth = scene(3, size, FPS).frame(20)
    assert picture.shape == (size[1], size[0], 3)
    assert (truth.boxes_px <= [*size, *size]).all()
