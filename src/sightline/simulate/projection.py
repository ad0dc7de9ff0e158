"""How the world falls into a camera's picture: a pinhole with square pixels, its middle the picture's middle."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import F32
from sightline.simulate.world import F64, Camera

NEAREST_M = 0.8  # what is closer to the camera's plane is not drawn


class Pinhole:
    """Projection into one camera's pictures of size (width, height) in pixels."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.size = camera.size
        self.place: F64 = np.array(camera.place, np.float64)
        yaw, pitch = camera.yaw, camera.pitch
        ahead = np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), -np.sin(pitch)])
        right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
        self.axes: F64 = np.stack([right, np.cross(ahead, right), ahead])  # right, down, ahead
        self.focal = camera.focal_px
        self.centre: F64 = np.array([camera.size[0] / 2, camera.size[1] / 2])
        calibration = np.array([[self.focal, 0, self.centre[0]], [0, self.focal, self.centre[1]], [0, 0, 1.0]])
        self._matrix = calibration @ self.axes

    def finer(self, factor: int) -> "Pinhole":
        """The same camera with pictures so many times larger each way."""
        w, h = self.size
        return Pinhole(replace(self.camera, size=(w * factor, h * factor)))

    def project(self, points: F64) -> tuple[F64, F64]:
        """Pixels (..., 2) and depths in metres (...) of points (..., 3); depths below NEAREST_M count as that."""
        flat = (points.reshape(-1, 3) - self.place) @ self._matrix.T
        depth = flat[:, 2].copy()
        pixels = flat[:, :2]
        pixels += self.centre * (np.maximum(depth, NEAREST_M) - depth)[:, None]  # the middle holds when depth is cut
        pixels /= np.maximum(depth, NEAREST_M)[:, None]
        return pixels.reshape(*points.shape[:-1], 2), depth.reshape(points.shape[:-1])

    def scale(self, depth: F64) -> F64:
        """Pixels per metre at depths in metres."""
        return np.asarray(self.focal / np.maximum(depth, NEAREST_M))

    def polygon(self, corners: F64) -> F64 | None:
        """Pixels (k, 2) of a flat polygon (n, 3) cut at NEAREST_M; None where nothing of it is before the camera."""
        pixels, depth = self.project(corners)
        behind = depth < NEAREST_M
        if not behind.any():
            return pixels
        if behind.all():
            return None
        kept: list[F64] = []
        for k in range(len(corners)):
            here, before = corners[k], corners[k - 1]
            if behind[k] != behind[k - 1]:
                share = (NEAREST_M + 1e-6 - depth[k - 1]) / (depth[k] - depth[k - 1])
                kept.append(before + share * (here - before))
            if not behind[k]:
                kept.append(here)
        return self.project(np.array(kept))[0]

    def ground_homography(self) -> F64:
        """The homography (3, 3) from ground (x, y, 1) in metres to pixels."""
        columns = np.stack([self._matrix[:, 0], self._matrix[:, 1], -self._matrix @ self.place], axis=1)
        return np.asarray(columns)

    def ground_seen(self) -> tuple[F32, F32, F32]:
        """x, y and depth in metres, each f32 (h, w), of the ground seen in each pixel; NaN at and above the horizon."""
        w, h = self.size
        across = ((np.arange(w) + 0.5 - self.centre[0]) / self.focal).astype(np.float32)[None, :]
        down = ((np.arange(h) + 0.5 - self.centre[1]) / self.focal).astype(np.float32)[:, None]
        right, low, ahead = self.axes.astype(np.float32)
        falls = -(ahead[2] + down * low[2])  # right has no height: the picture is level
        depth = np.where(falls > 1e-4, np.float32(self.place[2]) / np.maximum(falls, 1e-4), np.float32(np.nan))
        x = np.float32(self.place[0]) + depth * (ahead[0] + across * right[0] + down * low[0])
        y = np.float32(self.place[1]) + depth * (ahead[1] + across * right[1] + down * low[1])
        return x, y, np.broadcast_to(depth, (h, w))


def plane_depths(pixels: F64, depths: F64, box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Depths f32 (bottom - top, right - left) of a plane through three points, pixels (3, 2) and depths (3,), in a box.

    One over depth is linear in the picture.
    """
    left, top, right, bottom = box
    rows = np.column_stack([pixels, np.ones(3)])
    if abs(np.linalg.det(rows)) < 1e-6:
        return np.full((bottom - top, right - left), depths.mean(), np.float32)
    a, b, c = np.linalg.solve(rows, 1 / np.maximum(depths, NEAREST_M)).tolist()
    x = np.arange(left, right, dtype=np.float32) + 0.5
    y = np.arange(top, bottom, dtype=np.float32) + 0.5
    inverse = np.float32(a) * x[None, :] + (np.float32(b) * y + np.float32(c))[:, None]
    return np.asarray(1 / np.maximum(inverse, 1e-4), np.float32)
