"""IDF1, IDP and IDR (Ristani et al., 2016), as sums that can be added."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sightline.evaluate.pairs import Sequence, assign

_MATCH: Final = 0.5  # IoU from which two boxes are of one object


@dataclass(frozen=True, slots=True)
class IdentitySums:
    """Boxes that the best one-to-one choice of identities explains, misses and gets wrong."""

    matches: int
    misses: int
    wrong: int

    def __add__(self, other: "IdentitySums") -> "IdentitySums":
        return IdentitySums(self.matches + other.matches, self.misses + other.misses, self.wrong + other.wrong)

    def scores(self) -> dict[str, float]:
        """IDF1, IDP, IDR in percent."""
        return {
            "IDF1": 100.0 * self.matches / max(1.0, self.matches + 0.5 * self.wrong + 0.5 * self.misses),
            "IDP": 100.0 * self.matches / max(1, self.matches + self.wrong),
            "IDR": 100.0 * self.matches / max(1, self.matches + self.misses),
        }


def identity_sums(sequence: Sequence) -> IdentitySums:
    """The sums of one sequence.

    The measure minimises misses + wrong boxes, which is to maximise the frames in which chosen identities agree. That
    falls apart into the groups of identities that ever meet, each solved alone.
    """
    width, height = len(sequence.found_counts), len(sequence.truth_counts)
    keys = [np.zeros(0, np.int64)]
    for frame in sequence.frames:
        rows, columns = np.nonzero(frame.ious >= _MATCH)
        keys.append(frame.truth[rows] * width + frame.found[columns])
    unique, counts = np.unique(np.concatenate(keys), return_counts=True)
    matches = _best(unique // max(width, 1), unique % max(width, 1), counts, (height, width)) if len(unique) else 0
    return IdentitySums(matches, sequence.truth_boxes - matches, sequence.found_boxes - matches)


def _best(truth: np.ndarray, found: np.ndarray, counts: np.ndarray, shape: tuple[int, int]) -> int:
    """The largest sum of counts over pairs with each truth (m,) and each found (m,) at most once."""
    height, width = shape
    links = coo_array((np.ones(len(truth)), (truth, height + found)), shape=(height + width, height + width))
    _, group = connected_components(links, directed=False)
    groups = group[truth]
    order = np.argsort(groups, kind="stable")
    total = 0
    for part in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        rows, row = np.unique(truth[part], return_inverse=True)
        columns, column = np.unique(found[part], return_inverse=True)
        weight = np.zeros((len(rows), len(columns)))
        weight[row, column] = counts[part]
        total += int(weight[assign(weight)].sum())
    return total
