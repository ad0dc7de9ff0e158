"""The background of a still camera: what it learns, what it leaves out, how fast."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.core.frame import Frame
from sightline.core.values import F32
from sightline.detect.background import ALIGN_PX, AREA_PX, Background, net_size

NOBODY: F32 = np.zeros((0, 4), np.float32)
STREET = np.tile(np.linspace(60, 180, 160).astype(np.uint8), (96, 1))
BOX: F32 = np.array([[40, 32, 72, 64]], np.float32)


def _frame(luma: np.ndarray, number: int) -> Frame:
    rows, columns = luma.shape
    pixels = np.full((rows * 3 // 2, columns), 128, np.uint8)
    pixels[:rows] = luma
    return Frame("c", number, number * 100_000_000, pixels, "i420")


def _with_object(level: int = 230) -> np.ndarray:
    street = STREET.copy()
    street[32:64, 40:72] = level
    return street


def _watch(background: Background, pictures: list[np.ndarray], claimed: F32, first: int = 0) -> None:
    for number, luma in enumerate(pictures, first):
        background.see(_frame(luma, number))
        background.learn(claimed)


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_net_sees_no_more_than_its_area(width: int, height: int) -> None:
    wide, high = net_size(width, height)
    assert wide % 2 == 0
    assert high % 2 == 0
    assert wide * high <= AREA_PX * 1.02 + 4 * (wide + high)


def test_the_planes_are_those_of_the_picture() -> None:
    background = Background((160, 96))
    picture = np.random.default_rng(1).integers(16, 236, (96, 160)).astype(np.uint8)
    planes = background.see(_frame(picture, 1))
    assert planes.shape == (1, 8, 48, 80)
    for plane, (y, x) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        assert np.array_equal(planes[0, plane], picture[y::2, x::2])
    assert (planes[0, 4:6] == 128).all()
    assert np.abs(planes[0, 6].astype(int) - planes[0, :4].mean(axis=0)).max() <= 1, "its own background at first"


def test_planes_are_filled_up_to_whole_cells() -> None:
    planes = Background((100, 50)).see(Frame("c", 1, 0, np.zeros((50, 100, 3), np.uint8)))
    assert planes.shape == (1, 8, -(-50 // ALIGN_PX) * ALIGN_PX // 2, -(-100 // ALIGN_PX) * ALIGN_PX // 2)
    assert (planes[0, :, 25:] == 128).all()
    assert (planes[0, :, :, 50:] == 128).all()


@pytest.mark.parametrize(
    ("claimed", "seconds", "gone"),
    [(NOBODY, 12.0, True), (BOX, 12.0, False), (BOX, 400.0, True)],
    ids=["nobody claims it", "claimed", "claimed for minutes"],
)
def test_what_stands_is_learnt_unless_it_is_claimed(claimed: F32, seconds: float, gone: bool) -> None:
    background = Background((160, 96))
    _watch(background, [STREET] * 30, NOBODY)
    many = min(round(seconds * 10), 400)  # over long spans at one picture per second, the longest step
    step = 10 if seconds > 40 else 1
    for number in range(many):
        background.see(_frame(_with_object(), 30 + number * step))
        background.learn(claimed)
    assert background.still is not None
    assert (abs(float(background.still[24, 28]) - 230) < 12) == gone


def test_a_hole_left_at_the_start_closes_within_seconds() -> None:
    background = Background((160, 96))
    _watch(background, [_with_object()] * 5 + [STREET] * 60, NOBODY)
    assert background.still is not None
    assert abs(float(background.still[24, 28]) - float(STREET[48, 56])) < 8


def test_exposure_is_taken_over_at_once() -> None:
    background = Background((160, 96))
    _watch(background, [STREET] * 30, NOBODY)
    darker = np.round(16 + (STREET.astype(float) - 16) * 0.7).astype(np.uint8)
    background.see(_frame(darker, 30))
    assert not background.new_view
    assert float(background.share_over(np.array([[0, 0, 160, 96]], np.float32), 8.0)[0]) < 0.02


def test_another_view_starts_anew() -> None:
    background = Background((160, 96))
    _watch(background, [STREET] * 10, NOBODY)
    background.see(_frame(np.ascontiguousarray(STREET[:, ::-1]), 11))
    assert background.new_view
    assert float(background.share_over(np.array([[0, 0, 160, 96]], np.float32), 8.0)[0]) == 0.0


def test_share_over_counts_each_box_alone() -> None:
    background = Background((160, 96))
    _watch(background, [STREET] * 10, NOBODY)
    background.see(_frame(_with_object(), 11))
    boxes = np.array([[40, 32, 72, 64], [40, 32, 104, 64], [100, 0, 160, 30], [5, 5, 5, 5]], np.float32)
    assert background.share_over(boxes, 40.0) == pytest.approx([1.0, 0.5, 0.0, 0.0], abs=0.02)
