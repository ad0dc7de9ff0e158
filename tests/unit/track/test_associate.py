"""The matching: settled pairs and the solver together find the best total gain."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from sightline.track.associate import Pairs, match


def best_total(gains: np.ndarray) -> float:
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return float(gains[rows, columns].sum())


@pytest.mark.parametrize("density", [0.1, 0.3, 1.0], ids=["sparse", "mixed", "full"])
@pytest.mark.parametrize(("tracks", "detections"), [(1, 1), (4, 4), (9, 5), (5, 12), (30, 30)])
def test_total_gain_is_the_best(tracks: int, detections: int, density: float) -> None:
    rng = np.random.default_rng(tracks * 100 + detections)
    for _ in range(20):
        gains = rng.uniform(0, 30, (tracks, detections)) * (rng.random((tracks, detections)) < density)
        i, j = np.nonzero(gains)
        pairs = Pairs(i, j, np.zeros(len(i)), gains[i, j])
        chosen = match(pairs, np.zeros(tracks, np.int64), tracks, detections).seen
        used = chosen[chosen >= 0]
        assert len(set(used)) == len(used)
        total = gains[np.flatnonzero(chosen >= 0), used].sum()
        assert total == pytest.approx(best_total(gains))


def test_cameras_are_matched_apart() -> None:
    # Two cameras with the same ambiguous pair of pairs each.
    track, seen = np.array([0, 0, 1, 1, 2, 2, 3, 3]), np.array([0, 1, 0, 1, 2, 3, 2, 3])
    gain = np.array([10.0, 9.0, 9.0, 1.0] * 2)
    chosen = match(Pairs(track, seen, np.zeros(8), gain), np.array([0, 0, 1, 1]), 4, 4).seen
    assert chosen.tolist() == [1, 0, 3, 2]


def test_margins_say_how_close_the_call_was() -> None:
    # Track 0 is given detection 0, which track 1 wanted as well; track 2 has a detection of its own; track 3 has none.
    track, seen = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 2])
    pairs = Pairs(track, seen, np.array([1.0, 2.0, 3.0, 4.0]), np.array([20.0, 5.0, 8.0, 9.0]))
    done = match(pairs, np.zeros(4, np.int64), 4, 3)
    assert done.seen.tolist() == [0, -1, 2, -1]
    assert done.margin.tolist() == [20.0 - 5.0 - 8.0, np.inf, np.inf, np.inf]
    assert done.distance.tolist() == [1.0, 0.0, 4.0, 0.0]
