"""What a still camera shows when nobody is there: a small background picture, and the planes the motion net sees."""

from typing import Final

import cv2
import numpy as np

from sightline.core.frame import Frame
from sightline.core.values import F32, U8

AREA_PX: Final = 640 * 360  # a larger picture is shrunk to this area; a smaller one stays as it is
ALIGN_PX: Final = 16  # the net halves its picture four times
CHANNELS: Final = 8  # Y of 2 x 2 pixels, U, V, background Y, Y of the picture before
_GREY: Final = 128  # what the net takes for nothing; fills up to ALIGN_PX

# How fast the background follows the picture, grey levels per second. What the detector has found is not learnt (half
# a level a second takes a parked car's contrast of 60 levels two minutes); what differs, does not move and is no road
# user is the hole left by one that drove off, and goes soon; what moves is passed over.
_CLAIMED, _STILL, _MOVING = 0.5, 30.0, 6.0
_FIRST: Final = 120.0  # in the first seconds whoever was there at the start must go from it
_FIRST_S: Final = 1.5
_SHARE: Final = 3.0  # of the difference per second at most, so that noise averages out
_STILL_LEVELS: Final = 8.0  # of 255 between two pictures that are noise
_GAINS: Final = (0.5, 2.0)  # of exposure that are evened out at once; more is another picture
_GAIN_LEAST: Final = 0.02  # smaller changes of exposure are left to the slow way
_CHANGED_LEVELS: Final = 40.0
_CHANGED_SHARE: Final = 0.5  # of the picture: the view or the light changed, start anew
_EVERY: Final = 6  # pixel that exposure is measured on
_BLACK: Final = 16.0  # Y of black in limited range
_LONGEST_STEP_S: Final = 1.0


def net_size(width: int, height: int) -> tuple[int, int]:
    """Width and height, even, of the picture the net sees of a frame (before it is filled up to ALIGN_PX)."""
    ratio = min(1.0, (AREA_PX / (width * height)) ** 0.5)
    return max(2, round(width * ratio / 2) * 2), max(2, round(height * ratio / 2) * 2)


class Background:
    """One camera's background, and its planes for the net picture by picture.

    size: width and height of the frames that come.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.net_size = net_size(*size)
        width, height = self.net_size
        self.half = (width // 2, height // 2)
        rows, columns = -(-height // ALIGN_PX) * ALIGN_PX // 2, -(-width // ALIGN_PX) * ALIGN_PX // 2
        self.planes: U8 = np.full((1, CHANNELS, rows, columns), _GREY, np.uint8)
        self.before: F32 | None = None  # Y of the picture before, (h / 2, w / 2)
        self.still: F32 | None = None  # Y of the background, likewise
        self.now: F32 = np.zeros(self.half[::-1], np.float32)  # Y of the picture seen last, (h / 2, w / 2)
        self.new_view = False  # whether this picture was the first of a view
        self._first_ns = 0
        self._last_ns = 0
        self._now_ns = 0

    def see(self, frame: Frame) -> U8:
        """The net's input for this frame, u8 (1, 8, h / 2, w / 2); valid until the next call.

        The background in it is what was known before this frame; a view never seen before is its own background.
        """
        luma, blue, red = small_planes(frame, self.net_size)
        now = np.asarray(cv2.resize(luma, self.half, interpolation=cv2.INTER_AREA), np.uint8).astype(np.float32)
        self.new_view = self.still is None or self._changed(now)
        if self.still is None or self.before is None or self.new_view:
            self.still, self.before, self._first_ns = now.copy(), now, frame.time_ns
            self._last_ns = frame.time_ns
        columns, rows = self.half
        part = self.planes[0, :, :rows, :columns]
        part[0], part[1] = luma[::2, ::2], luma[::2, 1::2]
        part[2], part[3] = luma[1::2, ::2], luma[1::2, 1::2]
        part[4], part[5] = blue, red
        part[6], part[7] = self.still, self.before
        self.now, self._now_ns = now, frame.time_ns
        return self.planes

    def learn(self, claimed: F32) -> None:
        """Take the frame seen last into the background, but not what boxes (n, 4) in frame pixels claim."""
        assert self.still is not None
        assert self.before is not None
        step_s = min(max((self._now_ns - self._last_ns) * 1e-9, 0.0), _LONGEST_STEP_S)
        difference = self.now - self.still
        free = _FIRST if self._now_ns - self._first_ns < _FIRST_S * 1e9 else _STILL
        most = np.where(cv2.absdiff(self.now, self.before) < _STILL_LEVELS, np.float32(free), np.float32(_MOVING))
        for left, top, right, bottom in self.cells(claimed):
            most[top:bottom, left:right] = _CLAIMED
        most *= np.float32(step_s)
        difference *= np.float32(min(1.0, _SHARE * step_s))
        self.still += np.clip(difference, -most, most)
        self.before, self._last_ns = self.now, self._now_ns

    def cells(self, boxes: F32) -> list[list[int]]:
        """Boxes (n, 4) in frame pixels as whole pixels of the small planes: left, top, right, bottom."""
        scale = np.array([self.half[0] / self.size[0], self.half[1] / self.size[1]] * 2, np.float32)
        whole = np.round(boxes * scale)
        return np.clip(whole, 0, [*self.half, *self.half]).astype(int).tolist()  # type: ignore[no-any-return]

    def share_over(self, boxes: F32, levels: float) -> F32:
        """Share (n,) of each box (n, 4) in frame pixels that is so many grey levels from the background."""
        assert self.still is not None
        away = (cv2.absdiff(self.now, self.still) > levels).astype(np.uint8)
        total = cv2.integral(away)
        left, top, right, bottom = np.array(self.cells(boxes), np.int64).reshape(-1, 4).T
        inside = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
        return np.asarray(inside / np.maximum((right - left) * (bottom - top), 1), np.float32)

    def _changed(self, now: F32) -> bool:
        """Whether this is another view; a change of exposure is taken over into what is known."""
        assert self.still is not None
        assert self.before is not None
        seen = now[::_EVERY, ::_EVERY] - _BLACK
        known = self.still[::_EVERY, ::_EVERY] - _BLACK
        bright = known > _BLACK
        gain = float(np.median(seen[bright] / known[bright])) if bright.any() else 1.0
        if not _GAINS[0] <= gain <= _GAINS[1]:
            return True
        if float((np.abs(seen - gain * known) > _CHANGED_LEVELS).mean()) > _CHANGED_SHARE:
            return True
        if abs(gain - 1.0) > _GAIN_LEAST:
            for plane in (self.still, self.before):
                plane -= _BLACK
                plane *= np.float32(gain)
                plane += _BLACK
                np.clip(plane, 0.0, 255.0, out=plane)
        return False


def small_planes(frame: Frame, size: tuple[int, int]) -> tuple[U8, U8, U8]:
    """Y (h, w), U and V (h / 2, w / 2) of a frame at size (width, height), both even."""
    width, height = size
    if frame.layout == "i420":
        luma, blue, red = frame.planes()
        half = (width // 2, height // 2)
        return _resized(luma, size), _resized(blue, half), _resized(red, half)
    flat = np.asarray(cv2.cvtColor(_resized(frame.pixels, size), cv2.COLOR_BGR2YUV_I420), np.uint8).reshape(-1)
    area = width * height
    parts = flat[area : area * 5 // 4], flat[area * 5 // 4 :]
    blue, red = (part.reshape(height // 2, width // 2) for part in parts)
    return flat[:area].reshape(height, width), blue, red


def _resized(plane: U8, size: tuple[int, int]) -> U8:
    """Halved as long as it stays the larger, which averages, then interpolated."""
    rows, columns = plane.shape[:2]
    while columns >= 2 * size[0] and rows >= 2 * size[1]:
        columns, rows = columns // 2, rows // 2
        plane = np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)
    return plane if (columns, rows) == size else np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR))
