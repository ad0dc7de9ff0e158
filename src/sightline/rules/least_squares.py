"""Fitting of a few numbers to many residuals (Levenberg 1944, Marquardt 1963), with slopes by differences."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_STEPS: Final = 40
_SMALL: Final = 1e-5  # step of the differences; the numbers are angles and logarithms
_DONE: Final = 1e-9  # relative gain from which it goes on


def fit(residuals: Callable[[F64], F64], starts: Sequence[F64]) -> tuple[F64, F64]:
    """The numbers (p,) of least squared residuals from the best of the starts, and their covariance (p, p).

    residuals: p numbers -> residuals (n,) in standard errors, finite wherever it may step; n >= p.
    """
    best: tuple[float, F64] | None = None
    for start in starts:
        cost, values = _descend(residuals, np.asarray(start, np.float64))
        if best is None or cost < best[0]:
            best = (cost, values)
    if best is None:
        raise ValueError("fit: expected a start, got none")
    slopes = _slopes(residuals, best[1], residuals(best[1]))
    return best[1], np.asarray(np.linalg.pinv(slopes.T @ slopes))


def robust(deviations: F64) -> F64:
    """Residuals whose squares grow as Huber's loss: far ones pull evenly, not by their square."""
    return np.asarray(np.sign(deviations) * np.sqrt(2 * (np.sqrt(1 + deviations**2) - 1)))


def _descend(residuals: Callable[[F64], F64], values: F64) -> tuple[float, F64]:
    off = residuals(values)
    cost, damping = float(off @ off), 1e-2
    for _ in range(_STEPS):
        slopes = _slopes(residuals, values, off)
        square, pull = slopes.T @ slopes, slopes.T @ off
        while damping < 1e8:
            step = -np.linalg.solve(square + damping * np.diag(np.diag(square) + 1e-9), pull)
            tried = values + np.clip(step, -0.5, 0.5)
            there = residuals(tried)
            if (new := float(there @ there)) < cost:
                break
            damping *= 4
        else:
            return cost, values
        gained = (cost - new) / max(cost, 1e-300)
        values, off, cost, damping = tried, there, new, max(damping / 9, 1e-9)
        if gained < _DONE:
            break
    return cost, values


def _slopes(residuals: Callable[[F64], F64], values: F64, off: F64) -> F64:
    return np.stack([(residuals(values + step) - off) / _SMALL for step in np.eye(len(values)) * _SMALL], axis=1)
