"""Votes over looks: table of cases, and which looks are kept."""

import numpy as np
import pytest

from sightline.describe.vote import Looks, voted

EVEN = np.array([0.5, 0.5], np.float32)


@pytest.mark.parametrize(
    ("looks", "weights", "least", "most"),
    [
        ([], [], 0.5, 0.5),
        ([0.8], [1.0], 0.8, 0.8),
        ([0.8], [0.5], 0.6, 0.75),
        ([0.8] * 4, [1.0] * 4, 0.85, 0.92),
        ([0.8, 0.2], [1.0, 1.0], 0.5, 0.5),
        ([0.8, 0.2], [1.0, 0.2], 0.65, 0.8),
        ([1.0], [1.0], 0.999, 1.0),
        ([0.8], [0.0], 0.5, 0.5),
    ],
    ids=[
        "no look gives the prior",
        "one good look is its own probability",
        "half a look counts half",
        "four agreeing are surer, but far from four independent ones (0.996)",
        "two against each other cancel",
        "the better one wins",
        "certainty stays finite",
        "a look without weight says nothing",
    ],
)
def test_voted(looks: list[float], weights: list[float], least: float, most: float) -> None:
    rows = np.array([[1 - p, p] for p in looks], np.float32).reshape(len(looks), 2)
    p = voted(rows, np.array(weights, np.float32), EVEN)
    assert p.sum() == pytest.approx(1, abs=1e-5)
    assert least - 1e-4 <= p[1] <= most + 1e-4


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        ([0.2, 0.9, 0.5], [0.2, 0.5, 0.9]),
        ([0.2, 0.9, 0.5, 0.6], [0.5, 0.6, 0.9]),
        ([0.9, 0.8, 0.7, 0.1], [0.7, 0.8, 0.9]),
        ([0.0, 0.4], [0.4]),
    ],
    ids=["room for all", "the worst gives way", "a worse one is refused", "worthless looks are never kept"],
)
def test_the_best_looks_are_kept(offered: list[float], kept: list[float]) -> None:
    looks = Looks(3, 1)
    for quality in offered:
        looks.add(quality, np.array([quality], np.float32))
    assert sorted(looks.qualities.tolist()) == pytest.approx(kept)
    assert looks.rows[:, 0].tolist() == looks.qualities.tolist()
    assert len(looks) == len(kept) <= looks.most
