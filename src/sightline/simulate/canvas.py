"""A still picture in the making: its pixels, what is covered already, and how far away what stands there is."""

from dataclasses import dataclass

import cv2
import numpy as np

from sightline.core.values import F32, U8
from sightline.simulate.projection import Pinhole, plane_depths
from sightline.simulate.weather import Weather
from sightline.simulate.world import F64


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """One camera's picture, painted larger than it will be.

    picture: u8 (h, w, 3) and covered: u8 (h, w), 255 where something stands on the ground, both of the pinhole's size;
    depths: f32 metres to the ground below what stands there, of the final size, inf where nothing does; with the ground
    below it, who stands before whom is the same for heads and feet.
    """

    picture: U8
    covered: U8
    depths: F32
    pinhole: Pinhole
    weather: Weather

    def shows(self, pixels: F64) -> bool:
        """Whether the box around pixels (k, 2) meets the picture."""
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        return bool((high > 0).all() and (low < self.pinhole.size).all())

    def toned(self, colours: F64, lights: F64, depths: F64) -> list[list[int]]:
        """Colours (n, 3) under lights (n,) as the camera shows them from depths (n,), through the haze."""
        lens = np.array(self.pinhole.camera.tint) * self.pinhole.camera.gain
        haze = self.weather.haze_at(depths)[:, None]
        tones = colours * lights[:, None] * np.array(self.weather.tint) * (1 - haze)
        tones += np.array(self.weather.horizon) * haze
        return np.clip(np.round(tones * lens), 0, 255).astype(np.int64).tolist()  # type: ignore[no-any-return]

    def plain(self, corners: F64, colour: tuple[float, float, float], light: float) -> None:
        """Paint a flat polygon (n, 3), metres, in one colour."""
        pixels = self.pinhole.polygon(corners)
        if pixels is None or not self.shows(pixels):
            return
        depth = np.maximum(self.pinhole.project(corners)[1], 1).mean(keepdims=True)
        tone = self.toned(np.array([colour], np.float64), np.array([light]), depth)[0]
        cv2.fillConvexPoly(self.picture, np.round(pixels * 16).astype(np.int32), tone, cv2.LINE_AA, 4)
        self.cover(pixels, corners)

    def cover(self, pixels: F64, corners: F64) -> None:
        """Note that a flat polygon (pixels (k, 2) of its part before the camera, corners (n, 3)) stands there."""
        cv2.fillConvexPoly(self.covered, np.round(pixels * 16).astype(np.int32), 255, cv2.LINE_8, 4)
        scale = self.depths.shape[1] / self.pinhole.size[0]
        small = pixels * scale
        h, w = self.depths.shape
        left, top = np.floor(np.clip(small.min(axis=0), 0, [w, h])).astype(int).tolist()
        right, bottom = np.ceil(np.clip(small.max(axis=0), 0, [w, h])).astype(int).tolist()
        if right <= left or bottom <= top:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillConvexPoly(mask, np.round((small - [left, top]) * 16).astype(np.int32), 1, cv2.LINE_8, 4)
        seen, far = self.pinhole.project(corners)
        order = np.argsort(-far)[:3]  # the farthest three are surely before the camera
        if far[order].min() < 1.0:
            plane = np.full(mask.shape, max(float(far.max()) / 2, 1.0), np.float32)
        else:
            plane = plane_depths(seen[order] * scale, far[order], (left, top, right, bottom))
        down, ahead = self.pinhole.axes[1, 2], self.pinhole.axes[2, 2]
        below = (np.arange(top, bottom) + 0.5 - h / 2) / (self.pinhole.focal * scale)
        height = self.pinhole.place[2] + plane * (ahead + below * down)[:, None]
        part = self.depths[top:bottom, left:right]
        np.minimum(part, (plane - height * ahead).astype(np.float32), out=part, where=mask > 0)
