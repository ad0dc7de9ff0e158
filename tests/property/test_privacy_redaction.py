"""For any picture and any boxes: the size stays, what must be altered is, what need not be stays."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.config import PrivacySettings
from sightline.core.frame import Frame
from sightline.core.values import Tracks
from sightline.core.vocabulary import CLASSES
from sightline.privacy import Redactor
from sightline.privacy.obscure import obscure, pixelated
from sightline.privacy.regions import Regions, head_parts, plate_bands

sides = st.integers(1, 160)
places = st.floats(-200, 400, allow_nan=False, width=32)
boxes = st.tuples(places, places, places, places).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)
labels = st.integers(0, len(CLASSES) - 1)


def noise(width, height):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def tracks(rows, ids=None):
    n = len(rows)
    return Tracks(
        np.array([box for box, _ in rows], np.float32).reshape(n, 4),
        np.full(n, 0.5, np.float32),
        np.array([label for _, label in rows], np.int16),
        np.arange(1, n + 1, dtype=np.int64) if ids is None else np.array(ids, np.int64),
        np.zeros(n, np.float32),
        np.zeros(n, np.bool_),
    )


def nothing(frame, what):
    return np.zeros((0, 5), np.float32)


@settings(deadline=None)
@given(sides, sides, st.lists(st.tuples(boxes, st.floats(0.1, 80)), max_size=6), st.floats(0.2, 2))
def test_only_the_regions_change_and_the_size_stays(width, height, rows, scale):
    picture = noise(width, height)
    regions = Regions.of(
        "face", np.array([b for b, _ in rows], np.float32).reshape(-1, 4), np.array([c for _, c in rows], np.float32)
    )
    altered = obscure(picture, regions, scale)
    assert altered.shape == picture.shape
    outside = np.ones((height, width), bool)
    for left, top, right, bottom in regions.boxes_px * np.float32(scale):
        rows_of = slice(max(0, int(np.floor(top))), max(0, int(np.ceil(bottom))))
        outside[rows_of, max(0, int(np.floor(left))) : max(0, int(np.ceil(right)))] = False
    assert np.array_equal(altered[outside], picture[outside])


@settings(deadline=None)
@given(sides, sides, st.integers(4, 64))
def test_a_pixelated_picture_keeps_its_size(width, height, blocks):
    assert pixelated(noise(width, height), blocks).shape == (height, width, 3)


@settings(deadline=None)
@given(boxes, labels)
def test_heads_and_bands_overlap_their_box(box, label):
    one, code = np.array([box], np.float32), np.array([label], np.int16)
    for part in (head_parts(one, code)[0], plate_bands(one, code, 1000)[0]):
        assert np.isfinite(part).all()
        assert part[0] <= one[0, 0]
        assert part[2] >= one[0, 2]
        assert part[1] <= part[3]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(16, 200),
    st.integers(16, 200),
    st.lists(st.tuples(boxes, labels), max_size=5),
    st.floats(0, 1.5),
    st.one_of(st.none(), st.integers(1, 300)),
)
def test_any_boxes_are_redacted_without_harm(width, height, rows, age_s, wide):
    frame = Frame("gate", 1, 0, noise(width, height))
    redactor = Redactor(nothing, nothing, PrivacySettings())
    for place in range(2):
        later = Frame("gate", place + 1, place * 100_000_000, frame.pixels)
        made = redactor(later, tracks(rows), age_s=age_s, width=wide)
        assert not made.pixelated
        expected = width if wide is None else min(width, wide)
        assert made.pixels.shape[1] == expected
        assert made.pixels.dtype == np.uint8


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 120), st.integers(2, 120), st.integers(20, 60), st.floats(0, 0.5))
def test_the_band_of_a_vehicle_is_altered_wherever_it_stands(x, y, side, age_s):
    frame = Frame("gate", 1, 0, noise(240, 240))
    box = (x, y, x + 2 * side, y + side)
    rows = tracks([(box, CLASSES.index("car"))])
    made = Redactor(nothing, nothing, PrivacySettings(plate_bar_px=40))(frame, rows, age_s=age_s)
    left, top, right, bottom = x, y + int(0.4 * side), min(240, x + 2 * side), min(240, y + side)
    changed = (made.pixels != frame.pixels).any(axis=2)[top:bottom, left:right]
    assert changed.mean() > 0.97
