"""Pixels of decoded pictures: every format looks the same, upright, in limited range."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from sightline.core.frame import Frame
from sightline.video.pictures import orientation, pixels_of

W, H = 64, 48


def scene(width: int = W, height: int = H) -> np.ndarray:
    """Four patches: red, green, blue, light grey."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (40, 40, 200)
    picture[: height // 2, width // 2 :] = (40, 200, 40)
    picture[height // 2 :, : width // 2] = (200, 40, 40)
    picture[height // 2 :, width // 2 :] = (220, 220, 220)
    return picture


def bgr_of(pixels: np.ndarray, layout: str) -> np.ndarray:
    return cv2.cvtColor(pixels, cv2.COLOR_YUV2BGR_I420) if layout == "i420" else pixels


def decoded(format_name: str, *, full: bool = False, size: tuple[int, int] = (W, H)) -> av.VideoFrame:
    source = av.VideoFrame.from_ndarray(scene(*size), format="bgr24")
    colour = {} if format_name in ("bgr24", "rgb24", "gbrp", "rgba") else {"dst_color_range": 2 if full else 1}
    frame = source.reformat(format=format_name, dst_colorspace="ITU601", **colour)
    if full:
        frame.color_range = 2
    return frame


@pytest.mark.parametrize(
    ("format_name", "full", "layout"),
    [
        ("yuv420p", False, "i420"),
        ("yuv420p", True, "i420"),
        ("yuvj420p", True, "i420"),
        ("yuv422p", False, "i420"),
        ("yuvj422p", True, "i420"),
        ("nv12", False, "i420"),
        ("nv12", True, "i420"),
        ("yuv444p", False, "bgr"),
        ("yuv420p10le", False, "bgr"),
        ("yuv422p10le", False, "bgr"),
        ("yuyv422", False, "bgr"),
        ("bgr24", False, "bgr"),
        ("rgba", False, "bgr"),
    ],
)
def test_every_format_shows_the_same_scene(format_name: str, full: bool, layout: str) -> None:
    pixels, got = pixels_of(decoded(format_name, full=full))
    assert got == layout
    Frame("cam", 1, 0, pixels, got)  # its shape and dtype are what the contract wants
    picture, expected = bgr_of(pixels, got), scene()
    for top in (4, H // 2 + 4):
        for left in (4, W // 2 + 4):
            inner = np.s_[top : top + H // 2 - 8, left : left + W // 2 - 8]
            assert np.abs(picture[inner].astype(int) - expected[inner]).max() <= 9


@pytest.mark.parametrize("full", [False, True])
def test_grey_has_no_colour(full: bool) -> None:
    luma = np.full((H, W), 255 if full else 235, np.uint8)
    frame = av.VideoFrame.from_ndarray(luma, format="gray")
    frame.color_range = 2 if full else 1
    pixels, layout = pixels_of(frame)
    picture = bgr_of(pixels, layout)
    assert layout == "i420"
    assert picture.min() >= 253


@pytest.mark.parametrize("size", [(63, 48), (64, 47), (63, 47)])
def test_odd_sizes_are_bgr(size: tuple[int, int]) -> None:
    pixels, layout = pixels_of(decoded("yuv420p", size=size))
    assert layout == "bgr"
    assert pixels.shape == (size[1], size[0], 3)


def test_padded_lines_of_the_decoder_are_left_out(make_clip) -> None:
    with av.open(str(make_clip(size=(70, 50), frames=1))) as container:
        frame = next(container.decode(video=0))
        pixels, layout = pixels_of(frame)
        assert layout == "i420"
        assert np.array_equal(pixels, frame.to_ndarray(format="yuv420p"))


def with_matrix(clip: Path, rows: tuple[int, int, int, int]) -> Path:
    """The MP4 with a b c d of its track's display matrix (16.16) replaced."""
    data = bytearray(clip.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 4 * 5 + 8 + 8  # version, times and ids; reserved; layer to volume
    one = 1 << 16
    a, b, c, d = (value * one for value in rows)
    width, height = (64 * one, 48 * one)
    x = {-1: width}.get(rows[0], 0) or {-1: height}.get(rows[2], 0)
    y = {-1: height}.get(rows[3], 0) or {-1: width}.get(rows[1], 0)
    values = (a, b, 0, c, d, 0, x, y, 1 << 30)
    data[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in values)
    clip.write_bytes(data)
    return clip


@pytest.mark.parametrize(
    ("rows", "expected", "word"),
    [
        ((1, 0, 0, 1), (False, 0), "upright"),
        ((0, 1, -1, 0), (False, 90), "phone held upright"),
        ((-1, 0, 0, -1), (False, 180), "camera hung upside down"),
        ((0, -1, 1, 0), (False, 270), "phone the other way"),
        ((-1, 0, 0, 1), (True, 0), "mirrored"),
        ((1, 0, 0, -1), (True, 180), "flipped"),
    ],
)
def test_display_matrix(make_clip, rows: tuple[int, int, int, int], expected: tuple[bool, int], word: str) -> None:
    clip = with_matrix(make_clip(frames=1, size=(64, 48)), rows)
    with av.open(str(clip)) as container:
        frame = next(container.decode(video=0))
    assert orientation(frame) == expected, word
    flat = frame.to_ndarray(format="bgr24")
    a, b, c, d = rows
    ys, xs = np.mgrid[0:48, 0:64]
    new_x, new_y = a * xs + c * ys, b * xs + d * ys
    height, width = (64, 48) if a == 0 else (48, 64)
    expected_picture = np.zeros((height, width, 3), np.uint8)
    expected_picture[new_y - new_y.min(), new_x - new_x.min()] = flat
    pixels, layout = pixels_of(frame, expected)
    assert layout == "i420"
    assert np.abs(bgr_of(pixels, layout).astype(int) - expected_picture).mean() < 6, word
