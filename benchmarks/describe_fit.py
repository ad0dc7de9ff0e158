"""Fits the constants of ``sightline.describe.calibration`` on labelled crops and cross-validates them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from sightline.core.vocabulary import COLOURS
from sightline.describe import calibration

FOLDS = 5
RIDGE_VEHICLE = 0.1
RIDGE_CLOTHING = 0.24


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """features (n, k); truth (n, v): 2 for the value a person names first, 1 for others that count as right.

    groups (n,): crops of one photo stay together.

    unseen: bool (n,) rows of which nothing would be said, whatever they look like.
    """

    features: np.ndarray
    truth: np.ndarray
    groups: np.ndarray
    unseen: np.ndarray

    def __len__(self) -> int:
        return len(self.features)

    def keep(self, mask: np.ndarray) -> "Fold":
        """Only some rows."""
        return Fold(self.features[mask], self.truth[mask], self.groups[mask], self.unseen[mask])

    @staticmethod
    def joined(parts: list["Fold"]) -> "Fold":
        """Rows of several, in order."""
        return Fold(
            *(np.concatenate([getattr(p, k) for p in parts]) for k in ("features", "truth", "groups", "unseen"))
        )


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Constants found, and the function from features (n, k) to probabilities (n, v) that they make."""

    constants: list[float]
    predict: Callable[[np.ndarray], np.ndarray]


def _minimum(
    scores: Callable[[np.ndarray], np.ndarray], truth: np.ndarray, start: np.ndarray, ridge: float
) -> np.ndarray:
    """Constants of least negative log-likelihood plus ridge times mean square distance from the start."""

    def loss(constants: np.ndarray) -> float:
        z = scores(constants)
        z = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
        away = (constants - start)[-truth.shape[1] :]
        return float(-np.log((np.exp(z) * (truth > 0)).sum(axis=1) + 1e-9).mean() + ridge * (away**2).mean())

    return np.asarray(minimize(loss, start).x)


def _softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))


def fit_vehicle(fold: Fold) -> Fitted:
    """Slope of the model, slope of the pixels, bias per colour."""

    def scores(features: np.ndarray, constants: np.ndarray) -> np.ndarray:
        model, shares = features[:, :7], features[:, 7:]
        return (
            constants[0] * np.log(model @ calibration.SPREAD + calibration.VEHICLE_MODEL_FLOOR)
            + constants[1] * np.log(shares @ calibration.SHADES + calibration.VEHICLE_PIXEL_FLOOR)
            + constants[2:]
        )

    start = np.concatenate([[0.4, 1.0], calibration.VEHICLE_PRIOR])
    best = _minimum(lambda c: scores(fold.features, c), fold.truth, start, RIDGE_VEHICLE)
    return Fitted(best.round(2).tolist(), lambda features: _softmax(scores(features, best)))


def fit_clothing(fold: Fold) -> Fitted:
    """Slope of the pixels, bias per colour."""

    def scores(features: np.ndarray, constants: np.ndarray) -> np.ndarray:
        return constants[0] * np.log(features + calibration.CLOTHING_FLOOR) + constants[1:]

    start = np.concatenate([[1.0], np.zeros(len(COLOURS))])
    best = _minimum(lambda c: scores(fold.features, c), fold.truth, start, RIDGE_CLOTHING)
    return Fitted(best.round(2).tolist(), lambda features: _softmax(scores(features, best)))


def fit_flags(fold: Fold) -> Fitted:
    """Slope and offset of one binary attribute's log-odds (Platt 1999)."""

    def scores(features: np.ndarray, constants: np.ndarray) -> np.ndarray:
        safe = np.clip(features[:, :1], 2e-3, 1 - 2e-3)
        odds = constants[0] * np.log(safe / (1 - safe)) + constants[1]
        return np.hstack([np.zeros_like(odds), odds])

    best = _minimum(lambda c: scores(fold.features, c), fold.truth, np.array([1.0, 0.0]), 0.01)
    return Fitted(best.round(2).tolist(), lambda features: _softmax(scores(features, best)))


def cross_validated(fold: Fold, fit: Callable[[Fold], Fitted]) -> np.ndarray:
    """Probabilities (n, v) of each row from constants fitted without its photo's fold."""
    photos = np.unique(fold.groups)
    number = dict(zip(photos, np.random.default_rng(1).permutation(len(photos)) % FOLDS, strict=True))
    of_row = np.array([number[group] for group in fold.groups])
    predicted = np.zeros(fold.truth.shape)
    for part in range(FOLDS):
        predicted[of_row == part] = fit(fold.keep(of_row != part)).predict(fold.features[of_row == part])
    return predicted
