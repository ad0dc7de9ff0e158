"""Metres on the ground under a camera's picture: the map from picture to ground, and how to get it from clicks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadConfig
from sightline.rules.least_squares import fit

F64 = NDArray[np.float64]

FIELD_PRIOR: Final = (65.0, 22.0)  # degrees, mean and standard error: lenses of street cameras, where nobody knows
CLICK_ERROR: Final = 0.004  # of a clicked point, heights of the picture: 3 px of 720
TAPE_ERROR: Final = 0.01  # of a measured length, share of it
HORIZON_ERROR: Final = 0.02  # of a horizon guessed by eye, heights of the picture
_FAR: Final = 0.02  # beyond 50 times the depth of the picture's lower edge nothing is said
_LEAST_POINTS: Final = 4
_HEIGHTS_M: Final = (0.7, 120.0)  # of cameras over streets
_WORST: Final = 0.6  # an error above this is no calibration
_PLACES: Final = np.array([[0.3, 0.6], [0.7, 0.6], [0.5, 0.75], [0.3, 0.9], [0.7, 0.9]])  # where errors are told


@dataclass(frozen=True, slots=True, eq=False)
class GroundPlane:
    """Flat ground before a fixed camera, in metres.

    to_metres: f64 (3, 3) homography from x, y in shares of the picture to metres (right, ahead), its third number > 0
    before the camera; error_share: one standard error of lengths and speeds, as share of them; method: how it was made;
    residual_share: how far what was given and what came out differ, likewise.
    """

    to_metres: F64
    error_share: float
    residual_share: float
    method: Literal["lengths", "points", "sizes"]

    def metres(self, shares: F64) -> F64:
        """Ground points (..., 2) in metres of points (..., 2) in shares; NaN at, above and close to the horizon."""
        m = self.to_metres
        x, y = shares[..., 0], shares[..., 1]
        w = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        w = np.where(w > _FAR * (m[2, 0] * 0.5 + m[2, 1] + m[2, 2]), w, np.nan)
        return np.stack([(m[0, 0] * x + m[0, 1] * y + m[0, 2]) / w, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / w], axis=-1)

    def area_m2(self, corners: F64) -> float:
        """Area of a polygon (k, 2) in shares; NaN where a corner is above the horizon."""
        x, y = self.metres(corners).T
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


@dataclass(frozen=True, slots=True)
class KnownLength:
    """Two points of the picture in shares and the metres between them on the ground."""

    start: tuple[float, float]
    end: tuple[float, float]
    metres: float


@dataclass(frozen=True, slots=True)
class Pinhole:
    """A camera without roll and distortion above flat ground: height in metres, pitch downwards in radians, focal
    length in heights of the picture, width / height of the picture.
    """

    height_m: float
    pitch: float
    focal: float
    aspect: float

    def homography(self) -> F64:
        """From shares of the picture to metres right and ahead of the camera's foot."""
        s, c = np.sin(self.pitch), np.cos(self.pitch)
        inner = np.array([[self.aspect / self.focal, 0.0, -self.aspect / 2 / self.focal],
                          [0.0, 1 / self.focal, -0.5 / self.focal], [0.0, 0.0, 1.0]])  # fmt: skip
        rays = np.array([[1.0, 0.0, 0.0], [0.0, -s, c], [0.0, c, s]])  # right, ahead, falling of a ray (right, down, 1)
        return np.asarray(np.diag([self.height_m, self.height_m, 1.0]) @ rays @ inner)

    @property
    def horizon(self) -> float:
        """Where the horizon lies, heights of the picture below its middle (mostly negative)."""
        return float(-self.focal * np.tan(self.pitch))


def pinhole_of(values: F64, aspect: float) -> Pinhole:
    """The pinhole of the numbers that are fitted: logarithm of the height, pitch, logarithm of the focal length."""
    return Pinhole(float(np.exp(values[0])), float(values[1]), float(np.exp(values[2])), aspect)


def focal_prior(aspect: float, field_deg: float | None) -> tuple[float, float]:
    """Logarithm of the focal length in heights of the picture, and its standard error."""
    degrees, error = (field_deg, 2.0) if field_deg is not None else FIELD_PRIOR
    half = np.radians(degrees) / 2
    slope = np.radians(error) / 2 / (np.sin(half) * np.cos(half))  # of log tan
    return float(np.log(aspect / 2 / np.tan(half))), float(slope)


def from_lengths(
    lengths: Sequence[KnownLength], aspect: float, horizon: float | None = None, field_deg: float | None = None
) -> GroundPlane:
    """The ground from two or more known lengths, with a guess of the horizon (share from the top) where there is one.

    Height, pitch and focal length of a pinhole are fitted (Levenberg and Marquardt) to the logarithms of the lengths,
    with prior knowledge of lenses; the error is that of the fit, never less than what the lengths disagree by.
    BadConfig for fewer than two lengths, ends that are the same point, and lengths that no camera can see so.
    """
    if len(lengths) < 2:
        raise BadConfig("ground.lengths", len(lengths), "two or more known lengths")
    ends = np.array([(one.start, one.end) for one in lengths], np.float64)
    true = np.array([one.metres for one in lengths])
    stretch = np.array([aspect, 1.0])
    drawn = np.hypot(*((ends[:, 1] - ends[:, 0]) * stretch).T)
    if (drawn < 1e-3).any() or (true <= 0).any():
        raise BadConfig("ground.lengths", lengths[int(np.argmin(drawn))], "two points apart and metres above 0")
    # An error of the clicks weighs more on short lengths.
    weight = 1 / np.hypot(TAPE_ERROR, np.sqrt(2) * CLICK_ERROR / drawn)
    focal, focal_error = focal_prior(aspect, field_deg)

    def residuals(values: F64) -> F64:
        plane = pinhole_of(values, aspect)
        points = _project_back(plane, ends)
        long = np.hypot(*(points[:, 1] - points[:, 0]).T)
        rows = [np.log(np.maximum(long, 1e-6) / true) * weight, [(values[2] - focal) / focal_error]]
        rows.append([(values[1] - 0.4) / 0.5])  # street cameras look down by 25 degrees, more or less
        if horizon is not None:
            rows.append([(plane.horizon - (horizon - 0.5)) / HORIZON_ERROR])
        return np.concatenate([np.asarray(row, np.float64) for row in rows])

    starts = [np.array([np.log(6.0), p, focal + f]) for p in (0.15, 0.4, 0.8) for f in (-0.4, 0.0, 0.4)]
    values, covariance = fit(residuals, starts)
    if len(lengths) <= 3:  # as many numbers as lengths: what the lens is, is believed, not seen
        covariance = covariance * 4
    off = residuals(values)[: len(lengths)] / weight
    residual = float(np.sqrt(np.mean(off**2)))
    if residual > 0.25:
        raise BadConfig("ground.lengths", f"lengths that disagree by {residual:.0%}", "lengths on one flat ground")
    error = float(np.hypot(scale_error(values, covariance, aspect), residual))
    plane = pinhole_of(values, aspect)
    lens = abs(values[2] - focal) / focal_error
    if not (_HEIGHTS_M[0] < plane.height_m < _HEIGHTS_M[1] and 0 < plane.pitch < 1.55 and lens < 4) or error > _WORST:
        seen = f"a camera {plane.height_m:.1f} m high, turned down by {np.degrees(plane.pitch):.0f} degrees"
        raise BadConfig("ground.lengths", seen, "lengths on one flat ground, as a camera over a street sees them")
    return GroundPlane(pinhole_of(values, aspect).homography(), error, residual, "lengths")


def from_points(points: Sequence[tuple[float, float, float, float]]) -> GroundPlane:
    """The ground from four or more points: x, y in shares of the picture, and x, y in metres.

    Homography by the normalised direct linear transformation (Hartley and Zisserman, 2004, algorithm 4.2). The error is
    that of the clicks, by the extent of all points, and not less than what more than four points disagree by.
    BadConfig for fewer than four, three of four on a line, and points that no flat ground has.
    """
    if len(points) < _LEAST_POINTS:
        raise BadConfig("ground.points", len(points), "four or more points")
    table = np.array(points, np.float64)
    shown, true = table[:, :2], table[:, 2:]
    extent = float(np.sqrt(((true - true.mean(axis=0)) ** 2).sum(axis=1).mean()))
    matrix = _homography(shown, true)
    side = np.column_stack([shown, np.ones(len(shown))]) @ matrix[2]
    if not (np.all(side > 0) or np.all(side < 0)):
        raise BadConfig("ground.points", "points on both sides of the horizon", "points of one flat ground")
    matrix = matrix * np.sign(side[0])
    plane = GroundPlane(matrix, 0.0, 0.0, "points")
    residual = float(np.sqrt(np.mean(np.sum((plane.metres(shown) - true) ** 2, axis=1)))) / extent
    shaken = [_homography(shown + move * CLICK_ERROR, true) for move in _moves(len(shown))]
    at = np.column_stack([shown, np.ones(len(shown))])
    spread = [np.sum(((at @ one.T)[:, :2] / (at @ one.T)[:, 2:] - true) ** 2, axis=1).mean() for one in shaken]
    error = float(np.sqrt(np.mean(spread))) / extent
    if len(points) > _LEAST_POINTS:  # eight numbers are fitted to two of each point
        error = max(error, residual / np.sqrt(1 - _LEAST_POINTS / len(points)))
    if residual > 0.25:
        raise BadConfig("ground.points", f"points that disagree by {residual:.0%}", "points of one flat ground")
    return GroundPlane(matrix, max(error, TAPE_ERROR), residual, "points")


def _moves(n: int) -> F64:
    """Every point moved alone by one click error, right or down: (2 n, n, 2)."""
    moves = np.zeros((2 * n, n, 2))
    for k in range(n):
        moves[2 * k, k, 0] = moves[2 * k + 1, k, 1] = np.sqrt(2 * n)  # all errors of 2 n parts at once, in the mean
    return moves


def _homography(shown: F64, true: F64) -> F64:
    (a, from_shown), (b, from_true) = _normalised(shown), _normalised(true)
    zero, one = np.zeros(len(a)), np.ones(len(a))
    upper = np.stack([a[:, 0], a[:, 1], one, zero, zero, zero, -b[:, 0] * a[:, 0], -b[:, 0] * a[:, 1], -b[:, 0]], 1)
    lower = np.stack([zero, zero, zero, a[:, 0], a[:, 1], one, -b[:, 1] * a[:, 0], -b[:, 1] * a[:, 1], -b[:, 1]], 1)
    _, strengths, rows = np.linalg.svd(np.concatenate([upper, lower]))
    if strengths[7] < 1e-6 * strengths[0]:
        raise BadConfig("ground.points", "points on a line", "points of which no three lie on a line")
    return np.asarray(np.linalg.inv(from_true) @ rows[-1].reshape(3, 3) @ from_shown)


def _normalised(points: F64) -> tuple[F64, F64]:
    middle = points.mean(axis=0)
    scale = np.sqrt(2) / max(float(np.hypot(*(points - middle).T).mean()), 1e-12)
    return (points - middle) * scale, np.array(
        [[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]]
    )


def _project_back(plane: Pinhole, shares: F64) -> F64:
    """Ground points as ``GroundPlane.metres``, but far instead of NaN: a fit must find its way back."""
    flat = np.concatenate([shares, np.ones((*shares.shape[:-1], 1))], axis=-1) @ plane.homography().T
    return np.asarray(flat[..., :2] / np.maximum(flat[..., 2:], 1e-3))


def scale_error(values: F64, covariance: F64, aspect: float) -> float:
    """Standard error of short lengths on the ground, share of them: mean over the middle and lower picture."""

    def scales(at: F64) -> F64:
        plane = pinhole_of(at, aspect)
        steps = _PLACES[None] + np.array([[0.0, 0.0], [0.01, 0.0], [0.0, 0.01]])[:, None]
        points = _project_back(plane, steps)
        steps_m = points[1:] - points[0]
        return np.asarray(np.log(np.maximum(np.hypot(steps_m[..., 0], steps_m[..., 1]), 1e-9)).ravel())

    slopes = np.stack([(scales(values + d) - scales(values - d)) / 2e-4 for d in np.eye(3) * 1e-4], axis=1)
    variances = np.einsum("ij,jk,ik->i", slopes, covariance, slopes)
    return float(np.sqrt(np.mean(np.maximum(variances, 0.0))))
