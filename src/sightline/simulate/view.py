"""A fixed camera over the street: where it hangs, what light there is, and how the world falls into its picture.

The world is in metres: x to the right and y along the street, z up; the road's middle is x = 0 and its surface z = 0.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
NEAREST_M: Final = 0.6  # what is closer to the camera's plane is not drawn


@dataclass(frozen=True, slots=True)
class View:
    """One camera and time of day.

    place and target: points in metres; field_deg: horizontal field of view; shadow: how far a point one metre up throws
    its shadow along x and y; ambient and sun: share of light on a face in shade, and what full sun adds; tint: factors
    on blue, green, red; line: the camera's counting line in shares of the picture (start x, y, end x, y).
    """

    name: str
    place: tuple[float, float, float]
    target: tuple[float, float, float]
    field_deg: float
    shadow: tuple[float, float]
    ambient: float
    sun: float
    tint: tuple[float, float, float]
    line: tuple[float, float, float, float]


VIEWS: Final = (
    View(
        "avenue, midday",
        place=(6.4, -15.0, 8.2),
        target=(-0.6, 14.0, 0.0),
        field_deg=58.0,
        shadow=(-0.32, 0.35),
        ambient=0.70,
        sun=0.52,
        tint=(0.98, 1.0, 1.0),
        line=(0.97, 0.56, 0.03, 0.56),
    ),
    View(
        "crossing, evening",
        place=(-7.2, -3.0, 9.4),
        target=(3.2, 19.0, 0.0),
        field_deg=60.0,
        shadow=(1.05, -0.5),
        ambient=0.66,
        sun=0.50,
        tint=(0.86, 0.96, 1.06),
        line=(0.80, 0.35, 0.28, 0.80),
    ),
    View(
        "shops, overcast",
        place=(9.2, 6.0, 10.0),
        target=(-4.5, 22.5, 0.0),
        field_deg=66.0,
        shadow=(0.06, 0.05),
        ambient=0.92,
        sun=0.10,
        tint=(1.03, 1.0, 0.97),
        line=(0.80, 0.80, 0.56, 0.22),
    ),
)


class Pinhole:
    """Projection of one view into pictures of one size (width, height) in pixels."""

    def __init__(self, view: View, size: tuple[int, int]) -> None:
        self.size = size
        self.place = np.array(view.place)
        forward = np.array(view.target) - self.place
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        self._axes = np.stack([right, np.cross(forward, right), forward])  # right, down, ahead
        self._focal = size[0] / 2 / np.tan(np.radians(view.field_deg) / 2)
        self._centre = np.array([size[0] / 2, size[1] / 2])

    def project(self, points: F64) -> tuple[F64, F64]:
        """Pixels (n, 2) and depths in metres (n,) of points (n, 3); depths below NEAREST_M are clamped to it."""
        local = (points - self.place) @ self._axes.T
        depth = local[:, 2]
        return local[:, :2] * (self._focal / np.maximum(depth, NEAREST_M))[:, None] + self._centre, depth

    def scale(self, depth: float) -> float:
        """Pixels per metre at a depth in metres."""
        return float(self._focal / max(depth, NEAREST_M))

    def ground_depth(self) -> F64:
        """Depth in metres (h, w) of the ground seen in each pixel; NaN at and above the horizon."""
        w, h = self.size
        across = (np.arange(w) + 0.5 - self._centre[0]) / self._focal
        down = (np.arange(h) + 0.5 - self._centre[1]) / self._focal
        falls = -(self._axes[2, 2] + across[None, :] * self._axes[0, 2] + down[:, None] * self._axes[1, 2])
        return np.asarray(self.place[2] / np.where(falls > 1e-6, falls, np.nan))

    def matrix(self, origin: F64, u: F64, v: F64) -> F64:
        """The homography (3, 3) from plane coordinates (a, b), the point origin + a u + b v, to pixels."""
        columns = np.stack([self._axes @ u, self._axes @ v, self._axes @ (origin - self.place)], axis=1)
        calibration = np.array([[self._focal, 0, self._centre[0]], [0, self._focal, self._centre[1]], [0, 0, 1.0]])
        return np.asarray(calibration @ columns)
