"""What lies between the light and the picture: rain before the lens, and the sensor's noise."""

from functools import cached_property
from typing import Final

import cv2
import numpy as np

from sightline.core.values import U8
from sightline.simulate.weather import Weather

_SLACK: Final = 64  # pixels by which noise and rain are larger than a picture
_STREAKS: Final = 0.0011  # streaks of rain per pixel, at full rain


class Sensor:
    """One camera's noise and rain; every picture takes another piece of the same sheet."""

    def __init__(self, size: tuple[int, int], weather: Weather, seed: list[int]) -> None:
        self._size, self._weather, self._seed = size, weather, seed

    @cached_property
    def _noise(self) -> tuple[U8, U8]:
        """What is added, and what is then taken away: u8 (h + slack, w + slack, 3)."""
        random = np.random.default_rng([*self._seed, 4])
        w, h = self._size
        grey = random.standard_normal((h + _SLACK, w + _SLACK, 1), np.float32) * np.float32(0.85)
        coloured = random.standard_normal((h + _SLACK, w + _SLACK, 3), np.float32) * np.float32(0.5)
        levels = np.round((grey + coloured) * np.float32(self._weather.noise))
        return np.clip(levels, 0, 255).astype(np.uint8), np.clip(-levels, 0, 255).astype(np.uint8)

    @cached_property
    def _streaks(self) -> U8:
        random = np.random.default_rng([*self._seed, 5])
        w, h = self._size
        sheet = np.zeros((h + _SLACK, w + _SLACK, 3), np.uint8)
        count = int(_STREAKS * self._weather.rain * sheet.shape[0] * sheet.shape[1])
        x, y = random.uniform(0, sheet.shape[1], count), random.uniform(0, sheet.shape[0], count)
        length, tone = random.uniform(0.012, 0.05, count) * h, random.uniform(6, 30, count)
        ends = np.round(np.stack([x, y, x - 0.12 * length, y + length], axis=1) * 16).astype(int)
        for (x0, y0, x1, y1), grey in zip(ends.tolist(), tone.tolist(), strict=True):
            cv2.line(sheet, (x0, y0), (x1, y1), (grey, grey, grey), 1, cv2.LINE_AA, 4)
        return sheet

    def take(self, image: U8, index: int) -> U8:
        """The picture as it leaves the camera; noise repeats after some thousand pictures."""
        w, h = self._size
        x, y = index * 37 % _SLACK, index * 53 % (_SLACK - 3)
        if self._weather.rain:
            image = np.asarray(cv2.GaussianBlur(image, (3, 3), 0.6), np.uint8)
            left, top = index * 41 % _SLACK, index * 29 % (_SLACK - 5)
            cv2.add(image, self._streaks[top : top + h, left : left + w], image)
        more, less = (sheet[y : y + h, x : x + w] for sheet in self._noise)
        cv2.add(image, more, image)
        return np.asarray(cv2.subtract(image, less, image), np.uint8)
