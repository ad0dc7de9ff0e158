"""What holds for any tracks that are smoothed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.core.vocabulary import CLASSES
from sightline.track.smooth import Smoothed, TrackRows, smooth


def tracks(seed: int, ids: int, longest: int, wild: bool) -> TrackRows:
    """Tracks with gaps; wild: boxes anywhere and of any size, else walks with noise."""
    rng = np.random.default_rng(seed)
    parts = []
    for name in range(ids):
        n = int(rng.integers(1, longest + 1))
        frames = np.cumsum(rng.integers(1, 1 + rng.choice([2, 10, 60]), n))
        steps = rng.normal(0, 3, (n, 2)) if not wild else rng.normal(0, 2000, (n, 2))
        feet = np.cumsum(steps, axis=0) + 500
        sizes = np.exp(rng.normal(4, 2.0 if wild else 0.05, (n, 2)))
        boxes = np.concatenate([feet - sizes, feet + sizes * np.array([1, 0])], axis=1)
        label = np.full(n, rng.integers(0, len(CLASSES)))
        parts.append(TrackRows(frames, np.full(n, name), boxes, rng.random(n), label, rng.random(n) < 0.1))
    return TrackRows.joined(parts)


ROWS = st.builds(tracks, st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 30), st.booleans())
FPS = st.floats(1, 240)
EVERY = st.floats(1, 30)


def key(done: Smoothed) -> list[tuple[int, int]]:
    return list(zip(done.rows.frames.tolist(), done.rows.ids.tolist(), strict=True))


@given(ROWS, FPS, EVERY)
@settings(deadline=None, max_examples=50)
def test_rows_stay_and_new_ones_lie_between(rows: TrackRows, fps: float, every: float) -> None:
    done = smooth(rows, fps, every)
    assert key(done) == sorted(set(key(done)))
    given_rows = set(zip(rows.frames.tolist(), rows.ids.tolist(), strict=True))
    assert {k for k, new in zip(key(done), done.filled.tolist(), strict=True) if not new} == given_rows
    for name in np.unique(rows.ids):
        mine = done.rows.frames[(done.rows.ids == name) & done.filled]
        whole = rows.frames[rows.ids == name]
        assert ((mine > whole.min()) & (mine < whole.max())).all()


@given(ROWS, FPS, EVERY)
@settings(deadline=None, max_examples=50)
def test_boxes_are_boxes(rows: TrackRows, fps: float, every: float) -> None:
    boxes = smooth(rows, fps, every).rows.boxes_px
    assert np.isfinite(boxes).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()


@given(ROWS, FPS, EVERY, st.integers(0, 1_000))
@settings(deadline=None, max_examples=30)
def test_neither_order_nor_the_first_number_matters(rows: TrackRows, fps: float, every: float, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(rows.frames))
    done = smooth(rows, fps, every)
    other = smooth(rows.take(order)._replace(frames=rows.frames[order] + seed), fps, every)
    assert [(frame + seed, name) for frame, name in key(done)] == key(other)
    assert other.rows.boxes_px == pytest.approx(done.rows.boxes_px, rel=1e-6, abs=1e-6)
