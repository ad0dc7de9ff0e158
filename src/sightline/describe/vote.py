"""Votes over the few looks at one track: which looks are kept, and what they say together."""

from typing import Final

import numpy as np

from sightline.core.values import F32

# Correlation of the errors of two looks at one track. Crops of a track show the same side under the same light, so n
# looks count as n / (1 + (n - 1) r) independent ones (Kish's design effect, Survey Sampling 1965). The labelled tracks
# of the clips show 0.51 to 0.57 as details change: correlation_of_looks in benchmarks/results/describe.json.
CORRELATION: Final = 0.5


class Looks:
    """The best few looks at one track: an evidence row and a quality each; bounded, best kept."""

    __slots__ = ("_count", "_qualities", "_rows")

    def __init__(self, most: int, width: int) -> None:
        self._qualities = np.zeros(most, np.float32)
        self._rows = np.zeros((most, width), np.float32)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def most(self) -> int:
        """How many looks are kept."""
        return len(self._qualities)

    @property
    def nbytes(self) -> int:
        """Bytes of the columns, fixed when built."""
        return self._qualities.nbytes + self._rows.nbytes

    def wanted(self, quality: float) -> bool:
        """Whether a look of this quality would be kept."""
        return quality > 0 and (self._count < len(self._qualities) or quality > self._qualities.min())

    def add(self, quality: float, row: F32) -> None:
        """Keep the look if there is room or it is better than the worst, which it then replaces."""
        if not self.wanted(quality):
            return
        place = self._count if self._count < len(self._qualities) else int(self._qualities.argmin())
        self._qualities[place] = quality
        self._rows[place] = row
        self._count = min(self._count + 1, len(self._qualities))

    @property
    def worst(self) -> float:
        """The lowest quality kept; 0 while there is room."""
        return float(self._qualities.min())

    @property
    def rows(self) -> F32:
        """Evidence (n, width) kept."""
        return self._rows[: self._count]

    @property
    def qualities(self) -> F32:
        """Qualities (n,) kept, 0..1."""
        return self._qualities[: self._count]


def voted(probabilities: F32, weights: F32, prior: F32) -> F32:
    """Probabilities (v,) of the values, from those of k looks (k, v), weights (k,) 0..1 and the prior (v,).

    Log-odds against the prior add up, shrunk because looks at one track are correlated; the order of the looks does not
    matter, and no looks give the prior.
    """
    base = np.log(np.maximum(prior, 1e-6))
    total = float(weights.sum())
    if not len(weights) or total <= 0:
        return np.asarray(prior / prior.sum(), np.float32)
    gained = (weights[:, None] * (np.log(np.maximum(probabilities, 1e-4)) - base)).sum(axis=0)
    scores = base + gained / (1.0 + CORRELATION * max(0.0, total - 1.0))
    scores -= scores.max()
    odds = np.exp(scores)
    return np.asarray(odds / odds.sum(), np.float32)
