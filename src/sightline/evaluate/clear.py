"""CLEAR measures MOTA, MOTP and ID switches (Bernardin and Stiefelhagen, 2008), as sums that can be added."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sightline.core.values import I64
from sightline.evaluate.pairs import EPS, MATCH, Sequence, assign

_STAY: Final = 1000.0  # keeping the identity of the frame before outweighs any IoU
_NONE: Final = -1


@dataclass(frozen=True, slots=True)
class ClearSums:
    """Boxes matched, missed and wrong, identity switches, and the sum of the matches' IoU."""

    matches: int
    misses: int
    wrong: int
    switches: int
    location: float

    def __add__(self, other: "ClearSums") -> "ClearSums":
        return ClearSums(
            self.matches + other.matches,
            self.misses + other.misses,
            self.wrong + other.wrong,
            self.switches + other.switches,
            self.location + other.location,
        )

    def scores(self) -> dict[str, float]:
        """MOTA and MOTP in percent; IDSW, FP, FN as counts."""
        truth = self.matches + self.misses
        # Without any truth TrackEval says 0, not minus infinity.
        return {
            "MOTA": 100.0 * (self.matches - self.wrong - self.switches) / truth if truth else 0.0,
            "MOTP": 100.0 * self.location / max(1, self.matches),
            "IDSW": self.switches,
            "FP": self.wrong,
            "FN": self.misses,
        }


def clear_sums(sequence: Sequence) -> tuple[ClearSums, I64]:
    """The sums of one sequence, and for each identity of the truth in how many frames it was found."""
    last = np.full(len(sequence.truth_counts), _NONE, np.int64)  # the identity last matched, any time ago
    often = np.zeros(len(last), np.int64)
    before = last.copy()  # the identity matched in the last frame that had boxes on both sides
    matches = switches = 0
    location = 0.0
    for frame in sequence.frames:
        if not frame.ious.size:
            continue
        scores = _STAY * (frame.found[None, :] == before[frame.truth][:, None]) + frame.ious
        scores[frame.ious < MATCH - EPS] = 0
        rows, columns = assign(scores)
        good = scores[rows, columns] > EPS
        rows, columns = rows[good], columns[good]
        truth, found = frame.truth[rows], frame.found[columns]
        previous = last[truth]
        switches += int(((previous != _NONE) & (previous != found)).sum())
        last[truth] = found
        before[:] = _NONE
        before[truth] = found
        often[truth] += 1  # no identity stands twice in a frame
        matches += len(truth)
        location += float(frame.ious[rows, columns].sum())
    sums = ClearSums(matches, sequence.truth_boxes - matches, sequence.found_boxes - matches, switches, location)
    return sums, often
