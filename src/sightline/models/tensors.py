"""From a picture's own pixels to the small BGR picture and the tensor that a model takes; plain arrays only.

Whole frames are never converted: planes are resized (or cut) first, so that the colour conversion touches only the
pixels a model will see.
"""

from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Layout = Literal["bgr", "i420"]
PAD_GREY: Final = 114  # the grey that YOLOX was trained to see around a letterboxed picture


def size_of(pixels: U8, layout: Layout) -> tuple[int, int]:
    """Width and height in pixels of a picture in layout "bgr" (h, w, 3) or "i420" (h * 3 // 2, w)."""
    rows, columns = pixels.shape[:2]
    return int(columns), int(rows if layout == "bgr" else rows * 2 // 3)


def picture_bgr(pixels: U8, layout: Layout) -> U8:
    """The whole picture as BGR u8 (h, w, 3); for layout "bgr" the same array, not a copy."""
    return pixels if layout == "bgr" else _bgr(pixels)


def resized_bgr(pixels: U8, layout: Layout, size: tuple[int, int]) -> U8:
    """The whole picture stretched to size (width, height) as BGR u8 (height, width, 3).

    Shrinking averages (no aliasing on far objects), enlarging interpolates.
    """
    if layout == "bgr":
        return _resized(pixels, size)
    even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
    y, u, v = _planes(pixels)
    half = (even[0] // 2, even[1] // 2)
    small = np.empty((even[1] * 3 // 2, even[0]), np.uint8)
    to_y, to_u, to_v = _planes(small)
    to_y[:] = _resized(y, even)
    to_u[:] = _resized(u, half)
    to_v[:] = _resized(v, half)
    bgr = _bgr(small)
    return bgr if even == size else _resized(bgr, size)


def crop_bgr(pixels: U8, layout: Layout, box: NDArray[np.floating]) -> U8:
    """The part of the picture inside box (4,) left top right bottom, as BGR u8; never empty, never converted whole.

    The box is cut to the picture and widened to whole pixels; for layout "bgr" the answer is a view.
    """
    width, height = size_of(pixels, layout)
    left, top, right, bottom = whole_pixels(box, width, height)
    if layout == "bgr":
        return pixels[top:bottom, left:right]
    x0, y0 = left - left % 2, top - top % 2
    x1, y1 = right + right % 2, bottom + bottom % 2
    y, u, v = _planes(pixels)
    part = np.empty(((y1 - y0) * 3 // 2, x1 - x0), np.uint8)
    to_y, to_u, to_v = _planes(part)
    to_y[:] = y[y0:y1, x0:x1]
    to_u[:] = u[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
    to_v[:] = v[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
    return _bgr(part)[top - y0 : bottom - y0, left - x0 : right - x0]


def whole_pixels(box: NDArray[np.floating], width: int, height: int) -> tuple[int, int, int, int]:
    """Box (4,) cut to the picture and widened to whole pixels: left, top, right, bottom, never empty."""
    left = min(max(int(np.floor(box[0])), 0), width - 1)
    top = min(max(int(np.floor(box[1])), 0), height - 1)
    right = max(min(int(np.ceil(box[2])), width), left + 1)
    bottom = max(min(int(np.ceil(box[3])), height), top + 1)
    return left, top, right, bottom


def letterboxed_bgr(pixels: U8, layout: Layout, size: tuple[int, int]) -> tuple[U8, float]:
    """The picture with its aspect kept, top-left in size (width, height) padded with grey; and the ratio new / old."""
    width, height = size_of(pixels, layout)
    ratio = min(size[0] / width, size[1] / height)
    inner = (max(1, min(size[0], round(width * ratio))), max(1, min(size[1], round(height * ratio))))
    canvas = np.full((size[1], size[0], 3), PAD_GREY, np.uint8)
    canvas[: inner[1], : inner[0]] = resized_bgr(pixels, layout, inner)
    return canvas, ratio


def to_nchw(
    bgr: U8,
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0),
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> F32:
    """BGR u8 (h, w, 3) as f32 (1, 3, h, w), contiguous, each channel as (x - mean) * scale."""
    tensor = np.empty((1, 3, *bgr.shape[:2]), np.float32)
    for channel, values in enumerate(cv2.split(bgr)):
        plane = tensor[0, channel]
        plane[:] = values
        if mean[channel]:
            plane -= np.float32(mean[channel])
        if scale[channel] != 1.0:
            plane *= np.float32(scale[channel])
    return tensor


def _bgr(i420: U8) -> U8:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(i420), cv2.COLOR_YUV2BGR_I420), np.uint8)


def _planes(i420: U8) -> tuple[U8, U8, U8]:
    rows, width = i420.shape
    height = rows * 2 // 3
    flat = np.ascontiguousarray(i420).reshape(-1)
    area = width * height
    half = (height // 2, width // 2)
    return (
        flat[:area].reshape(height, width),
        flat[area : area * 5 // 4].reshape(half),
        flat[area * 5 // 4 :].reshape(half),
    )


def _resized(picture: U8, size: tuple[int, int]) -> U8:
    """Halved (which averages, fast) as long as it stays the larger, then interpolated: no aliasing at the cost of both.

    Averaging areas in one step takes ten times as long where the ratio is not whole.
    """
    height, width = picture.shape[:2]
    while width >= 2 * size[0] and height >= 2 * size[1]:
        width, height = width // 2, height // 2
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    if (width, height) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
