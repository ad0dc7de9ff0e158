"""What holds for any boxes: settling, suppressing, tiling, calibrating and cropping."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.core.geometry import iou
from sightline.core.vocabulary import CLASSES
from sightline.detect.calibration import calibrated
from sightline.detect.family import Found
from sightline.detect.merge import settle
from sightline.detect.tiles import join_views, views_of
from sightline.models.registry import MODELS
from sightline.models.suppress import suppress
from sightline.models.tensors import crop_bgr, picture_bgr, resized_bgr

SIDE = st.integers(0, 200)
BOX = st.tuples(SIDE, SIDE, st.integers(1, 120), st.integers(1, 120)).map(
    lambda row: (row[0], row[1], row[0] + row[2], row[1] + row[3])
)
ROWS = st.lists(
    st.tuples(BOX, st.integers(1, 1000), st.integers(0, len(CLASSES) - 1)), max_size=12, unique_by=lambda row: row[1]
)


def _found(rows: list[tuple[tuple[int, ...], int, int]]) -> Found:
    return Found(
        np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in rows], np.float32) / 1000,
        np.array([label for _, _, label in rows], np.int16),
    )


def _sorted(found: Found) -> list[list[float]]:
    return sorted(
        [*box, score, label]
        for box, score, label in zip(found.boxes.tolist(), found.scores.tolist(), found.labels.tolist(), strict=True)
    )


@settings(deadline=None)
@given(ROWS, st.randoms())
def test_settling_never_adds_and_does_not_depend_on_the_order_of_rows(rows, random) -> None:  # type: ignore[no-untyped-def]
    settled = settle(_found(rows))
    assert len(settled.scores) <= len(rows)
    assert bool(rows) == bool(len(settled.scores))
    assert (np.diff(settled.scores) <= 0).all()
    assert set(settled.labels.tolist()) <= {label for _, _, label in rows}
    mixed = list(rows)
    random.shuffle(mixed)
    assert _sorted(settle(_found(mixed))) == _sorted(settled)


@settings(deadline=None)
@given(ROWS)
def test_settled_boxes_of_vehicles_are_boxes_that_were_there(rows) -> None:  # type: ignore[no-untyped-def]
    before = {tuple(float(side) for side in box) for box, _, _ in rows}
    settled = settle(_found(rows))
    vehicles = [tuple(box) for box, label in zip(settled.boxes.tolist(), settled.labels, strict=True) if label <= 3]
    assert set(vehicles) <= before


@settings(deadline=None)
@given(ROWS, st.floats(0, 1))
def test_suppressed_boxes_overlap_something_kept_and_kept_ones_do_not_overlap(rows, most) -> None:  # type: ignore[no-untyped-def]
    found = _found(rows)
    kept = suppress(found.boxes, found.scores, None, most)
    overlaps = iou(found.boxes.astype(np.float64), found.boxes[kept].astype(np.float64))
    apart = overlaps[kept] - np.eye(len(kept))
    assert (apart <= most + 1e-6).all()
    for row in set(range(len(rows))) - set(kept.tolist()):
        better = found.scores[kept] >= found.scores[row]
        assert (overlaps[row][better] > most - 1e-6).any()


@settings(deadline=None)
@given(st.integers(8, 3000), st.integers(8, 3000), st.integers(1, 4), BOX)
def test_every_object_smaller_than_the_overlap_is_whole_in_a_tile(width: int, height: int, tiles: int, box) -> None:  # type: ignore[no-untyped-def]
    side = min(width, height) / tiles * 0.15
    left, top = min(box[0], width - side), min(box[1], height - side)
    where = np.array([[left, top, left + side, top + side]], np.float32)
    assert any(len(view.whole_objects(where)[0]) for view in views_of(width, height, tiles))
    joined = join_views([Found(where, np.ones(1, np.float32), np.zeros(1, np.int16))] * 3)
    assert len(joined.scores) == 1


@settings(deadline=None)
@given(st.sampled_from(sorted(MODELS)), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_calibrating_keeps_the_order(name: str, raw: list[float]) -> None:
    if MODELS[name].task != "detect":
        return
    scores = calibrated(np.array(sorted(raw), np.float32), MODELS[name])
    assert (np.diff(scores) >= 0).all()
    assert ((scores >= 0) & (scores <= 1)).all()


@settings(deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 30),
    st.tuples(*[st.floats(-100, 200)] * 4),
    st.integers(1, 64),
    st.integers(1, 64),
)
def test_crops_and_sizes_hold_for_any_picture(half_w: int, half_h: int, box, to_w: int, to_h: int) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(half_w * 100 + half_h)
    planes = rng.integers(0, 256, (half_h * 3, half_w * 2)).astype(np.uint8)
    where = np.array(box, np.float32)
    whole = picture_bgr(planes, "i420")
    assert crop_bgr(planes, "i420", where).shape == crop_bgr(whole, "bgr", where).shape
    assert crop_bgr(planes, "i420", where).size > 0
    for pixels, layout in ((planes, "i420"), (whole, "bgr")):
        assert resized_bgr(pixels, layout, (to_w, to_h)).shape == (to_h, to_w, 3)
