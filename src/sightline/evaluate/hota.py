"""HOTA with its parts DetA, AssA and LocA (Luiten et al., IJCV 2021), summed so that sequences can be combined."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.evaluate.pairs import EPS, F64, Sequence, assign

ALPHAS: Final[F64] = np.arange(0.05, 0.99, 0.05)  # the 19 IoU thresholds of the paper
_STEPS: Final = len(ALPHAS)


@dataclass(frozen=True, slots=True)
class HotaSums:
    """Per threshold, f64 (19,): matches, misses, false boxes, and the sums over matches of association and IoU."""

    matches: F64
    misses: F64
    wrong: F64
    association: F64
    location: F64

    def __add__(self, other: "HotaSums") -> "HotaSums":
        return HotaSums(
            self.matches + other.matches,
            self.misses + other.misses,
            self.wrong + other.wrong,
            self.association + other.association,
            self.location + other.location,
        )

    @staticmethod
    def zero() -> "HotaSums":
        """Nothing seen."""
        return HotaSums(*(np.zeros(_STEPS) for _ in range(5)))

    def curves(self) -> dict[str, F64]:
        """HOTA, DetA, AssA, LocA at each threshold of ALPHAS, f64 (19,) percent."""
        detection = self.matches / np.maximum(1, self.matches + self.misses + self.wrong)
        association = self.association / np.maximum(1, self.matches)
        location = np.maximum(1e-10, self.location) / np.maximum(1e-10, self.matches)
        parts = {"HOTA": np.sqrt(detection * association), "DetA": detection, "AssA": association, "LocA": location}
        return {name: 100 * curve for name, curve in parts.items()}

    def scores(self) -> dict[str, float]:
        """HOTA, DetA, AssA, LocA as means over the thresholds, percent."""
        return {name: float(curve.mean()) for name, curve in self.curves().items()}


def hota_sums(sequence: Sequence) -> HotaSums:
    """The sums of one sequence."""
    if not sequence.truth_boxes or not sequence.found_boxes:
        empty = np.zeros(_STEPS)
        return HotaSums(empty, empty + sequence.truth_boxes, empty + sequence.found_boxes, empty, empty)
    keys: list[NDArray[np.int64]] = []
    ious: list[F64] = []
    width = len(sequence.found_counts)
    for frame, aligned in zip(sequence.frames, _alignment(sequence), strict=True):
        if frame.ious.size:
            rows, columns = assign(aligned * frame.ious)
            keys.append(frame.truth[rows] * width + frame.found[columns])
            ious.append(frame.ious[rows, columns])
    return _sums(sequence, np.concatenate(keys or [np.zeros(0, np.int64)]), np.concatenate(ious or [np.zeros(0)]))


def _alignment(sequence: Sequence) -> Iterator[F64]:
    """Per frame (g, p): how well the two identities go together over the whole sequence, 0..1.

    Only pairs that ever overlap are kept, so that memory follows the boxes, not identities times identities.
    """
    width = len(sequence.found_counts)
    keys: list[NDArray[np.int64]] = []
    shares: list[F64] = []
    places: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for frame in sequence.frames:
        rows, columns = np.nonzero(frame.ious)
        both = frame.ious[rows, columns]
        either = frame.ious.sum(0)[columns] + frame.ious.sum(1)[rows] - both
        keys.append(frame.truth[rows] * width + frame.found[columns])
        shares.append(np.divide(both, either, out=np.zeros_like(both), where=either > EPS))
        places.append((rows, columns))
    unique, where = np.unique(np.concatenate(keys), return_inverse=True)
    together = np.bincount(where, np.concatenate(shares), minlength=len(unique))
    apart = sequence.truth_counts[unique // width] + sequence.found_counts[unique % width]
    values = (together / (apart - together))[where]
    start = 0
    for frame, (rows, columns) in zip(sequence.frames, places, strict=True):
        aligned = np.zeros(frame.ious.shape)
        aligned[rows, columns] = values[start : start + len(rows)]
        start += len(rows)
        yield aligned


def _sums(sequence: Sequence, keys: NDArray[np.int64], ious: F64) -> HotaSums:
    """Sums over the chosen pairs: keys (m,) = truth * identities found + found; ious (m,)."""
    width = len(sequence.found_counts)
    matches, association, location = np.zeros(_STEPS), np.zeros(_STEPS), np.zeros(_STEPS)
    unique, where = np.unique(keys, return_inverse=True)
    boxes = sequence.truth_counts[unique // width] + sequence.found_counts[unique % width]
    for step, alpha in enumerate(ALPHAS):
        taken = ious >= alpha - EPS
        matches[step] = taken.sum()
        location[step] = ious[taken].sum()
        shared = np.bincount(where[taken], minlength=len(unique))
        association[step] = (shared * (shared / np.maximum(1, boxes - shared))).sum()
    return HotaSums(matches, sequence.truth_boxes - matches, sequence.found_boxes - matches, association, location)
