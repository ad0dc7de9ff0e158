"""What changed in a camera's picture since the last look: patches of boxes, the whole view, a share."""

from typing import Final

import cv2
import numpy as np

from sightline.core.frame import Frame
from sightline.core.values import F32, I64, U8, Bool

_STEP: Final = 4  # the small plane takes every 4th pixel of every 4th row
_CELL: Final = 4  # the coarse plane is the mean of 4 x 4 pixels of the small one
_RENEW_NS: Final = 10_000_000_000  # an unchanged patch takes over the present look (light) only so often
_CHANGED_SHARE: Final = 0.15  # more changed pixels than this: the patch changed (less is someone passing a corner)
_CONTRAST_SHARE: Final = 0.25  # a pixel changed if it differs by this share of the patch's own contrast, ...
_NOISES: Final = 4.0  # ... and by so many deviations of the picture's noise, ...
_LEAST: Final = 5.0  # ... and by so many grey levels
_NOISE_GROWTH: Final = 1.5  # per frame
_GAIN: Final = (0.6, 1.6)  # change of contrast that still counts as light
_CELL_LEAST: Final = 8.0  # grey levels by which a coarse cell must differ to count as changed
_VIEW_SHARE: Final = 0.25  # from this share of changed cells on the whole view is looked at
_COVERED_SHARE: Final = 0.7  # this many cells changed and nothing alike: another view, or a cover
_ALIKE: Final = 0.5  # correlation over which two views are still the same one
_PEAK: Final = 0.3  # response of the phase correlation from which its shift is believed
_SHIFT_CELLS: Final = 0.75  # coarse cells (of 16 px) the view must have shifted to have moved


class Patches:
    """One camera's small Y plane between analysed frames; about 0.1 ms per 1080p frame.

    A patch is compared, free of its mean and contrast (light), with a reference that stays until the patch changes or
    ten seconds are over, so that slow creeping adds up to a change. Call ``unchanged`` once per analysed frame.
    """

    def __init__(self) -> None:
        self._reference: U8 | None = None
        self._before: U8 | None = None
        self._coarse: F32 | None = None
        self._size = (0, 0)
        self._renewed_ns = 0
        self._window: F32 | None = None
        self.activity = 0.0  # share 0..1 of the view that changed since the frame before
        self.noise = 1.0  # deviation of a pixel between two frames, grey levels

    def unchanged(self, frame: Frame, boxes: F32) -> tuple[Bool, bool]:
        """Which boxes f32 (m, 4) in px show what they showed before: bool (m,); and whether the whole view moved.

        The first frame, and one of another size, has no unchanged patch; another size counts as moved.
        """
        small = _small_luma(frame)
        coarse = _coarse(small)
        nothing = np.zeros(len(boxes), np.bool_)
        size = (frame.width, frame.height)
        if self._reference is None or self._before is None or self._coarse is None or size != self._size:
            first = self._reference is None
            self._size, self._window = size, None
            self._start(small, coarse, frame.time_ns)
            self.activity = 0.0 if first else 1.0
            return nothing, not first
        self._note_noise(small)
        moved = self._look_at_view(coarse)
        if moved:
            self._start(small, coarse, frame.time_ns)
            return nothing, True
        places = _places(boxes, small.shape[1], small.shape[0])
        same = np.array([self._compare(small, place) for place in places], np.bool_)
        if frame.time_ns - self._renewed_ns >= _RENEW_NS:
            self._reference, self._renewed_ns = small, frame.time_ns
        elif not same.all():
            if self._reference is self._before:  # never write into the plane that noise is measured on
                self._reference = self._reference.copy()
            for left, top, right, bottom in places[~same]:
                self._reference[top:bottom, left:right] = small[top:bottom, left:right]
        self._before, self._coarse = small, coarse
        return same, False

    def _start(self, small: U8, coarse: F32, time_ns: int) -> None:
        self._reference, self._before, self._coarse = small.copy(), small, coarse
        self._renewed_ns = time_ns

    def _compare(self, small: U8, place: I64) -> bool:
        left, top, right, bottom = place
        if right - left < 2 or bottom - top < 2 or self._reference is None:
            return False
        new = small[top:bottom, left:right].astype(np.float32)
        old = self._reference[top:bottom, left:right].astype(np.float32)
        new_mean, new_std = _moments(new)
        old_mean, old_std = _moments(old)
        gain = 1.0
        if old_std > 3 * self.noise and new_std > 0:
            gain = new_std / old_std
            if not _GAIN[0] < gain < _GAIN[1]:
                return False
        residual = cv2.absdiff(new - new_mean, (old - old_mean) * gain)
        bar = max(_LEAST, _NOISES * self.noise) + _CONTRAST_SHARE * min(old_std, new_std)
        return bool(np.count_nonzero(residual > bar) <= _CHANGED_SHARE * residual.size)

    def _look_at_view(self, coarse: F32) -> bool:
        """Note the activity; whether the view moved or was covered."""
        assert self._coarse is not None
        old_mean, old_std = _moments(self._coarse)
        new_mean, new_std = _moments(coarse)
        gain = min(max(new_std / old_std, _GAIN[0]), _GAIN[1]) if old_std > 1 else 1.0
        old, new = self._coarse - old_mean, coarse - new_mean
        # A cell is still the same if either nothing or a change of light explains it: a bus in front moves the mean.
        residual = np.minimum(cv2.absdiff(coarse, self._coarse), cv2.absdiff(new, old * gain))
        share = float(np.count_nonzero(residual > max(_CELL_LEAST, self.noise))) / residual.size
        self.activity = share
        flat = new_std < 0.25 * old_std and old_std > 2 * _CELL_LEAST  # covered: the contrast of the view is gone
        if flat or share < _VIEW_SHARE:
            return flat
        alike = float(np.mean(new * old)) / max(1e-6, new_std * old_std)
        if share > _COVERED_SHARE and alike < _ALIKE:
            return True
        if self._window is None or self._window.shape != coarse.shape:
            self._window = np.asarray(cv2.createHanningWindow(coarse.shape[::-1], cv2.CV_32F), np.float32)
        (dx, dy), peak = cv2.phaseCorrelate(old, new, self._window)
        return bool(peak > _PEAK and max(abs(dx), abs(dy)) >= _SHIFT_CELLS)

    def _note_noise(self, small: U8) -> None:
        """1.48 median absolute difference of a sample; grows slowly, because a moving view is no noise."""
        assert self._before is not None
        difference = cv2.absdiff(small[::8, ::8], self._before[::8, ::8])
        measured = max(1.0, 1.4826 * float(np.median(difference)))
        self.noise = min(measured, self.noise * _NOISE_GROWTH)


def _small_luma(frame: Frame) -> U8:
    if frame.layout == "bgr":
        return np.ascontiguousarray(frame.pixels[::_STEP, ::_STEP, 1])  # green stands for luma
    rows = frame.pixels[: frame.height : _STEP]
    if frame.width % _STEP == 0 and rows.strides[1] == 1:
        # Four pixels read as one little-endian number: its low byte is the first; 4 times faster than a stride.
        return np.asarray(rows.view("<u4").astype(np.uint8))
    return np.ascontiguousarray(rows[:, ::_STEP])


def _coarse(small: U8) -> F32:
    rows, columns = small.shape[0] // _CELL, small.shape[1] // _CELL
    if min(rows, columns) < 2:  # smaller than 32 px: every pixel is a cell
        return small.astype(np.float32)
    whole = small[: rows * _CELL, : columns * _CELL]  # whole cells: cv2 is 3 times faster on them
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)).astype(np.float32)


def _moments(plane: F32) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(deviation[0, 0])


def _places(boxes: F32, columns: int, rows: int) -> I64:
    """Boxes (m, 4) in px as whole pixels of the small plane, cut to it."""
    finite = np.nan_to_num(np.asarray(boxes, np.float64).reshape(-1, 4), posinf=1e6, neginf=-1e6) / _STEP
    corners = np.concatenate([np.floor(finite[:, :2]), np.ceil(finite[:, 2:])], axis=1)
    limit = np.array([columns, rows, columns, rows])
    return np.asarray(np.clip(corners, 0, limit).astype(np.int64))
