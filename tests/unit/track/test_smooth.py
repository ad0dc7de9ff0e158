"""Smoothing of finished tracks: which gaps are filled and how, what stays as it was, what is refused."""

import numpy as np
import pytest

from sightline.core.vocabulary import CODE
from sightline.track import smooth as module
from sightline.track.smooth import TrackRows, smooth

FPS = 10.0


def walk(
    frames: list[int], *, name: int = 1, speed: float = 12.0, noise: float = 0.0, label: str = "pedestrian"
) -> TrackRows:
    """A walk to the right at so many px per frame, 170 px high (100 px per metre), 60 px wide."""
    rng = np.random.default_rng(name)
    at = np.array(frames, np.int64)
    feet = np.stack([100 + speed * at, np.full(len(at), 400.0)], axis=1) + noise * rng.normal(size=(len(at), 2))
    boxes = np.tile(feet, 2) + np.array([-30, -170, 30, 0])
    n = len(at)
    labels = np.full(n, CODE[label])
    return TrackRows(at, np.full(n, name), boxes, np.full(n, 0.9), labels, np.zeros(n, np.bool_))


def seen(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


@pytest.mark.parametrize(
    ("frames", "every", "filled", "left_open"),
    [
        (seen(1, 10), 1, 0, 0),
        ([1, 6], 1, 4, 0),
        ([1, 7], 1, 0, 1),
        ([*seen(1, 20), *seen(40, 60)], 1, 19, 0),
        ([*seen(1, 20), *seen(41, 60)], 1, 0, 1),
        ([*seen(1, 4), *seen(15, 18), *seen(29, 32)], 1, 0, 2),
        ([1, 21, 41], 20, 38, 0),
        ([1, 31, 61], 30, 58, 0),
        ([1, 4, 8, 11], 10 / 3, 7, 0),
        ([1, 11, 31, 41], 10, 9 + 9 + 19, 0),
        ([7], 1, 0, 0),
    ],
    ids=[
        "no gap",
        "half a second",
        "longer, hardly seen",
        "two seconds, well seen",
        "over two seconds",
        "seen too seldom",
        "neighbours of a sparse sampling",
        "neighbours further apart than a gap may be",
        "neighbours of a rounded sampling",
        "one sample missed, else seen",
        "one row",
    ],
)
def test_gaps_that_are_filled(frames: list[int], every: float, filled: int, left_open: int) -> None:
    done = smooth(walk(frames), FPS, every)
    assert (int(done.filled.sum()), done.left_open, done.torn) == (filled, left_open, 0)
    assert sorted(done.rows.frames[~done.filled].tolist()) == frames


def test_what_is_filled_lies_on_the_way() -> None:
    done = smooth(walk([1, 6, 11, 16]), FPS, 5)
    assert done.rows.frames.tolist() == seen(1, 16)
    assert done.rows.boxes_px == pytest.approx(walk(seen(1, 16)).boxes_px, abs=1.0)


def test_smooth_boxes_lie_nearer_to_the_truth() -> None:
    truth, noisy = walk(seen(1, 100)).boxes_px, walk(seen(1, 100), noise=3.0)
    before = np.sqrt(np.mean((noisy.boxes_px - truth) ** 2))
    after = np.sqrt(np.mean((smooth(noisy, FPS).rows.boxes_px - truth) ** 2))
    assert after < 0.7 * before


def test_a_turn_is_kept_within_a_fifth_of_a_metre() -> None:
    rows = walk(seen(1, 20))
    x = 100 + 12.0 * np.minimum(rows.frames, 40 - rows.frames - 20)  # there for ten frames, then back
    rows = rows._replace(boxes_px=np.stack([x - 30, np.full(20, 230.0), x + 30, np.full(20, 400.0)], axis=1))
    assert smooth(rows, FPS).rows.boxes_px == pytest.approx(rows.boxes_px, abs=20.0)


@pytest.mark.parametrize(
    ("label", "shift", "grow", "torn"),
    [
        ("pedestrian", 400.0, 1.0, 0),
        ("pedestrian", 1200.0, 1.0, 1),
        ("car", 1200.0, 1.0, 0),
        ("pedestrian", 0.0, 2.2, 1),
    ],
    ids=["a leap", "farther than anybody runs", "not too far for a car", "twice as high"],
)
def test_ends_of_two_objects_are_not_joined(label: str, shift: float, grow: float, torn: int) -> None:
    rows = walk([*seen(1, 10), *seen(14, 23)], speed=0.0, label=label)
    boxes = rows.boxes_px.copy()
    boxes[10:, [0, 2]] += shift
    boxes[10:, 1] = boxes[10:, 3] - grow * 170
    done = smooth(rows._replace(boxes_px=boxes), FPS)
    assert (done.torn, int(done.filled.sum())) == (torn, 0 if torn else 3)
    if torn:  # and neither end bends towards the other
        assert done.rows.boxes_px == pytest.approx(boxes, abs=1e-6)


def test_rows_carry_what_is_known_of_them() -> None:
    rows = walk([1, 4, 7])._replace(
        scores=np.array([0.9, 0.5, 0.7]),
        labels=np.array([CODE["vehicle"], CODE["car"], CODE["van"]]),
        held=np.array([False, True, False]),
    )
    done = smooth(rows, FPS)
    assert done.rows.scores.tolist() == [0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.7]
    assert set(done.rows.labels.tolist()) == {CODE["van"]}
    assert done.rows.held.tolist() == [False, False, False, True, False, False, False]
    assert done.filled.tolist() == [False, True, True, False, True, True, False]


def test_tracks_do_not_touch_each_other() -> None:
    parts = [walk(seen(1, 30), noise=2.0), walk([5], name=2), walk([3, 5, 9], name=7, noise=2.0)]
    together = smooth(TrackRows.joined(parts), FPS)
    for part in parts:
        alone = smooth(part, FPS)
        mine = together.rows.ids == part.ids[0]
        assert together.rows.boxes_px[mine] == pytest.approx(alone.rows.boxes_px, abs=1e-9)
        assert together.filled[mine].tolist() == alone.filled.tolist()


def test_no_rows() -> None:
    done = smooth(TrackRows.empty(), FPS)
    assert (len(done.rows.frames), len(done.filled), done.left_open, done.torn) == (0, 0, 0, 0)


def test_filled_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILLED", 6)
    done = smooth(walk([1, 5, 9, 13]), FPS)
    assert (int(done.filled.sum()), done.left_open) == (6, 1)


@pytest.mark.parametrize(
    ("rows", "fps", "every", "said"),
    [
        (walk([1, 1]), FPS, 1.0, "once per frame"),
        (walk([1])._replace(boxes_px=np.array([[0.0, 0.0, 5.0, 0.0]])), FPS, 1.0, "width and height"),
        (walk([1])._replace(boxes_px=np.array([[0.0, 0.0, np.nan, 5.0]])), FPS, 1.0, "finite"),
        (walk([1]), 0.0, 1.0, "fps"),
        (walk([1]), FPS, 0.5, "every"),
        (walk([1]), np.nan, 1.0, "fps"),
    ],
    ids=["twice in a frame", "no height", "no number", "no rate", "more samples than frames", "rate of no number"],
)
def test_what_cannot_be_smoothed(rows: TrackRows, fps: float, every: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        smooth(rows, fps, every)
