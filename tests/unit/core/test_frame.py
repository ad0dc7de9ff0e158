"""One raw picture."""

import numpy as np
import pytest

from sightline.core.frame import Frame


def test_bgr() -> None:
    frame = Frame("north", 1, 0, np.zeros((6, 8, 3), np.uint8))
    assert (frame.width, frame.height, frame.synthetic) == (8, 6, False)
    with pytest.raises(ValueError, match="expected layout i420, got bgr"):
        frame.planes()


def test_planes_of_i420() -> None:
    pixels = np.arange(6 * 3 // 2 * 8, dtype=np.uint8).reshape(9, 8)
    frame = Frame("north", 1, 0, pixels, "i420")
    assert (frame.width, frame.height) == (8, 6)
    luma, u, v = frame.planes()
    assert (luma.shape, u.shape, v.shape) == ((6, 8), (3, 4), (3, 4))
    assert np.concatenate([plane.ravel() for plane in (luma, u, v)]).tolist() == pixels.ravel().tolist()
    assert np.shares_memory(luma, pixels)


@pytest.mark.parametrize(
    ("word", "pixels", "layout", "error"),
    [
        ("floats", np.zeros((6, 8, 3)), "bgr", TypeError),
        ("grey", np.zeros((6, 8), np.uint8), "bgr", ValueError),
        ("four channels", np.zeros((6, 8, 4), np.uint8), "bgr", ValueError),
        ("planes with colours", np.zeros((6, 8, 3), np.uint8), "i420", ValueError),
        ("rows not of three planes", np.zeros((8, 8), np.uint8), "i420", ValueError),
        ("odd columns", np.zeros((9, 7), np.uint8), "i420", ValueError),
    ],
)
def test_refuses(word: str, pixels: np.ndarray, layout: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"Frame\.pixels: expected"):
        Frame("north", 1, 0, pixels, layout)  # type: ignore[arg-type]
