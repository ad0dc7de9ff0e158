"""Pictures to tensors, in both layouts."""

import cv2
import numpy as np
import pytest

from sightline.models.tensors import (
    crop_bgr,
    letterboxed_bgr,
    picture_bgr,
    resized_bgr,
    size_of,
    to_nchw,
    whole_pixels,
)


def _scene(width: int = 64, height: int = 48) -> np.ndarray:
    """A smooth picture, BGR."""
    y, x = np.mgrid[:height, :width]
    return np.stack([60 + x * 2, 90 + y * 2, 150 - x - y // 2], axis=-1).clip(16, 235).astype(np.uint8)


def _planes(bgr: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)


@pytest.mark.parametrize("layout", ["bgr", "i420"])
@pytest.mark.parametrize("size", [(32, 24), (64, 48), (20, 20), (21, 15), (100, 90), (16, 90), (13, 9)])
def test_resized_has_the_size_and_the_colours(layout: str, size: tuple[int, int]) -> None:
    bgr = _scene()
    got = resized_bgr(bgr if layout == "bgr" else _planes(bgr), layout, size)
    want = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    assert got.shape == (size[1], size[0], 3)
    assert got.dtype == np.uint8
    assert np.abs(got.astype(int) - want).mean() < 4


def test_whole_picture_of_bgr_is_not_copied() -> None:
    bgr = _scene()
    assert picture_bgr(bgr, "bgr") is bgr
    assert np.abs(picture_bgr(_planes(bgr), "i420").astype(int) - bgr).mean() < 4


def test_size_of_both_layouts() -> None:
    assert size_of(_scene(), "bgr") == (64, 48)
    assert size_of(_planes(_scene()), "i420") == (64, 48)


@pytest.mark.parametrize(
    ("word", "box", "pixels"),
    [
        ("inside", (10.2, 8.9, 30.1, 20.0), (10, 8, 31, 20)),
        ("odd edges", (11, 7, 14, 10), (11, 7, 14, 10)),
        ("over every edge", (-5, -5, 100, 100), (0, 0, 64, 48)),
        ("outside", (200, 200, 300, 300), (63, 47, 64, 48)),
        ("empty", (10, 10, 10, 10), (10, 10, 11, 11)),
        ("turned", (30, 30, 10, 10), (30, 30, 31, 31)),
    ],
)
def test_crop_is_the_part_of_the_picture(word: str, box: tuple[float, ...], pixels: tuple[int, ...]) -> None:
    bgr = _scene()
    where = np.array(box, np.float32)
    assert whole_pixels(where, 64, 48) == pixels
    left, top, right, bottom = pixels
    assert np.array_equal(crop_bgr(bgr, "bgr", where), bgr[top:bottom, left:right])
    of_planes = crop_bgr(_planes(bgr), "i420", where)
    assert of_planes.shape == (bottom - top, right - left, 3)
    whole = picture_bgr(_planes(bgr), "i420")[top:bottom, left:right]
    assert np.abs(of_planes.astype(int) - whole).max() <= 12  # colour at the edge of a crop has no neighbour


@pytest.mark.parametrize("layout", ["bgr", "i420"])
def test_letterbox_keeps_the_aspect_and_pads_grey(layout: str) -> None:
    bgr = _scene()
    got, ratio = letterboxed_bgr(bgr if layout == "bgr" else _planes(bgr), layout, (32, 32))
    assert ratio == 0.5
    assert got.shape == (32, 32, 3)
    assert (got[24:] == 114).all()
    assert np.abs(got[:24].astype(int) - cv2.resize(bgr, (32, 24), interpolation=cv2.INTER_AREA)).mean() < 4


def test_tensor_is_planar_normalised_and_contiguous() -> None:
    bgr = _scene(8, 6)
    plain = to_nchw(bgr)
    assert plain.shape == (1, 3, 6, 8)
    assert plain.dtype == np.float32
    assert plain.flags.c_contiguous
    assert np.array_equal(plain[0], bgr.transpose(2, 0, 1))
    mean, scale = (10.0, 20.0, 30.0), (0.5, 1.0, 2.0)
    want = (bgr.astype(np.float32) - np.array(mean, np.float32)) * np.array(scale, np.float32)
    assert np.allclose(to_nchw(bgr, mean, scale)[0], want.transpose(2, 0, 1))
