"""IDF1, IDP and IDR (Ristani et al., 2016), as sums that can be added."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from sightline.core.values import I64
from sightline.evaluate.pairs import MATCH, Sequence, assign

_DENSE: Final = (
    1_000_000  # cells up to which a group is solved as a full matrix (8 MB); a network's is sparse and larger
)


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
    width = len(sequence.found_counts)
    keys = [np.zeros(0, np.int64)]
    for frame in sequence.frames:
        rows, columns = np.nonzero(frame.ious >= MATCH)
        keys.append(frame.truth[rows] * width + frame.found[columns])
    unique, counts = np.unique(np.concatenate(keys), return_counts=True)
    matches = agreement(unique // max(width, 1), unique % max(width, 1), counts)
    return IdentitySums(matches, sequence.truth_boxes - matches, sequence.found_boxes - matches)


def agreement(truth: I64, found: I64, counts: I64) -> int:
    """The largest sum of counts (m,) over pairs with each truth (m,) and each found (m,) at most once.

    truth, found: numbers from 0; each pair stands at most once.
    """
    if not len(truth):
        return 0
    height, width = int(truth.max()) + 1, int(found.max()) + 1
    links = coo_array((np.ones(len(truth)), (truth, height + found)), shape=(height + width, height + width))
    _, group = connected_components(links, directed=False)
    groups = group[truth]
    order = np.argsort(groups, kind="stable")
    total = 0
    for part in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        rows, row = np.unique(truth[part], return_inverse=True)
        columns, column = np.unique(found[part], return_inverse=True)
        shape = (len(rows), len(columns))
        solve = _solve_dense if shape[0] * shape[1] <= _DENSE else _solve_sparse
        total += solve(row, column, counts[part], shape)
    return total


def _solve_dense(row: I64, column: I64, counts: I64, shape: tuple[int, int]) -> int:
    weight = np.zeros(shape)
    weight[row, column] = counts
    return int(weight[assign(weight)].sum())


def _solve_sparse(row: I64, column: I64, counts: I64, shape: tuple[int, int]) -> int:
    """As dense; every row also has a partner of its own worth nothing, and all gain 1 because 0 means no edge."""
    height, width = shape
    own = np.arange(height)
    values = np.concatenate([counts + 1.0, np.ones(height)])
    places = (np.concatenate([row, own]), np.concatenate([column, width + own]))
    weight = coo_array((values, places), shape=(height, width + height)).tocsr()
    rows, columns = min_weight_full_bipartite_matching(weight, maximize=True)
    return round(float(weight[rows, columns].sum())) - height
