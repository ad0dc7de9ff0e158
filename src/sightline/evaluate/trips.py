"""How far travel times, origin-destination flows and speeds are from the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sightline.core.errors import BadData
from sightline.core.values import I64
from sightline.evaluate.counts import GOOD, geh
from sightline.evaluate.pairs import F64

_HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """Trips as columns (n,): origins, destinations i64 numbers of cameras or zones from 0; seconds f64 on the way."""

    origins: I64
    destinations: I64
    seconds: F64

    def __post_init__(self) -> None:
        n = len(self.origins)
        for name, dtype in (("origins", "i8"), ("destinations", "i8"), ("seconds", "f8")):
            column = getattr(self, name)
            if column.dtype != np.dtype(dtype) or column.shape != (n,):
                raise TypeError(f"Trips.{name}: expected {dtype} ({n},), got {column.dtype} {column.shape}")
        if not np.isfinite(self.seconds).all():
            raise BadData(
                f"trips row {int((~np.isfinite(self.seconds)).argmax())}: expected finite seconds, got others"
            )

    def __len__(self) -> int:
        return len(self.origins)


def travel_time_scores(truth: Trips, said: Trips, names: Sequence[str]) -> dict[str, Any]:
    """Errors of the mean travel time from place to place; names: of all places, in the order of their numbers.

    mae_s and bias_s (said - truth): means over pairs that both sides have, weighted by the truth's trips, None where
    there is none; ``pairs``: "A>B" -> truth_s, said_s, error_s, trips, trips_said, for all pairs of the truth (said_s
    and error_s None where said has no trip); pairs_missing: how many those are.
    """
    n = _checked(truth, said, names)
    (trips, true_s), (trips_said, said_s) = (_mean_seconds(side, n) for side in (truth, said))
    both = (trips > 0) & (trips_said > 0)
    error = np.where(both, said_s - true_s, 0.0)
    weight = int(trips[both].sum())
    pairs = {
        f"{names[cell // n]}>{names[cell % n]}": {
            "truth_s": float(true_s[cell]),
            "said_s": float(said_s[cell]) if both[cell] else None,
            "error_s": float(error[cell]) if both[cell] else None,
            "trips": int(trips[cell]),
            "trips_said": int(trips_said[cell]),
        }
        for cell in np.flatnonzero(trips).tolist()
    }
    return {
        "mae_s": float((np.abs(error) * trips)[both].sum() / weight) if weight else None,
        "bias_s": float((error * trips)[both].sum() / weight) if weight else None,
        "pairs_missing": int(((trips > 0) & ~both).sum()),
        "pairs": pairs,
    }


def od_scores(truth: Trips, said: Trips, names: Sequence[str], *, seconds: float) -> dict[str, Any]:
    """Errors of the matrix of trips from place to place over ``seconds`` of traffic.

    mae: mean absolute error of a cell, in trips, over cells that either side has; error_percent: absolute errors of all
    cells, percent of the truth's trips; geh_below_5: share 0..1 of these cells with GEH < 5 of hourly flows; cosine:
    similarity 0..1 of both matrices as vectors; truth, said: trips. None where there is nothing to compare.
    """
    if not seconds > 0:
        raise BadData(f"seconds: expected more than 0, got {seconds}")
    n = _checked(truth, said, names)
    true, found = (_mean_seconds(side, n)[0].astype(np.float64) for side in (truth, said))
    cells = (true > 0) | (found > 0)
    lengths = float(np.linalg.norm(true) * np.linalg.norm(found))
    wrong = np.abs(found - true)
    flows = geh(found[cells] * _HOUR_S / seconds, true[cells] * _HOUR_S / seconds)
    return {
        "mae": float(wrong[cells].mean()) if cells.any() else None,
        "error_percent": 100 * float(wrong.sum() / true.sum()) if true.any() else None,
        "geh_below_5": float((flows < GOOD).mean()) if cells.any() else None,
        "cosine": min(1.0, float(true @ found) / lengths) if lengths else None,
        "truth": len(truth),
        "said": len(said),
    }


def speed_scores(truth_mps: F64, said_mps: F64) -> dict[str, Any]:
    """Errors of speeds of the same objects, f64 (n,) m/s each; NaN in said = not known.

    mae_mps, bias_mps (said - truth), p95_mps (of the absolute error; linear between ranks), measured, unknown: counts.
    BadData for different lengths or a truth that is not finite.
    """
    if truth_mps.shape != said_mps.shape:
        raise BadData(f"speeds: expected {len(truth_mps)} as in the truth, got {len(said_mps)}")
    if not np.isfinite(truth_mps).all():
        raise BadData(f"speeds of truth row {int((~np.isfinite(truth_mps)).argmax())}: expected finite m/s, got others")
    known = np.isfinite(said_mps)
    error = said_mps[known] - truth_mps[known]
    some = len(error) > 0
    return {
        "mae_mps": float(np.abs(error).mean()) if some else None,
        "bias_mps": float(error.mean()) if some else None,
        "p95_mps": float(np.percentile(np.abs(error), 95)) if some else None,
        "measured": len(error),
        "unknown": int((~known).sum()),
    }


def _mean_seconds(side: Trips, n: int) -> tuple[I64, F64]:
    """Trips and their mean seconds of each cell, (n * n,): cell = origin * n + destination; 0 s where no trip is."""
    cells = side.origins * n + side.destinations
    trips = np.bincount(cells, minlength=n * n).astype(np.int64)
    return trips, np.bincount(cells, side.seconds, minlength=n * n) / np.maximum(1, trips)


def _checked(truth: Trips, said: Trips, names: Sequence[str]) -> int:
    n = len(names)
    for side in (truth, said):
        for column in (side.origins, side.destinations):
            if len(column) and not (column.min() >= 0 and column.max() < n):
                bad = int(column.max()) if column.max() >= n else int(column.min())
                raise BadData(f"trips: expected places 0..{n - 1}, got {bad}")
    return n
