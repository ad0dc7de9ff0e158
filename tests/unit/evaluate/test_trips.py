"""Travel times, flows from place to place and speeds by hand."""

import numpy as np
import pytest

from sightline.core.errors import BadData
from sightline.evaluate import od_scores, speed_scores, travel_time_scores
from sightline.evaluate.trips import Trips

NAMES = ("a", "b", "c")


def trips(*rows: tuple[int, int, float]) -> Trips:
    origins, destinations = (np.array([row[k] for row in rows], np.int64) for k in (0, 1))
    return Trips(origins, destinations, np.array([row[2] for row in rows], np.float64))


def test_travel_times() -> None:
    truth = trips((0, 1, 10), (0, 1, 20), (0, 1, 30), (1, 2, 60), (2, 0, 5))
    said = trips((0, 1, 22), (1, 2, 50), (0, 2, 9))
    scores = travel_time_scores(truth, said, NAMES)
    assert scores["mae_s"] == pytest.approx((3 * 2 + 10) / 4), "weighted by the truth's trips"
    assert scores["bias_s"] == pytest.approx((3 * 2 - 10) / 4)
    assert scores["pairs_missing"] == 1
    assert scores["pairs"]["a>b"] == {"truth_s": 20.0, "said_s": 22.0, "error_s": 2.0, "trips": 3, "trips_said": 1}
    assert scores["pairs"]["c>a"]["said_s"] is None
    assert "a>c" not in scores["pairs"]
    nothing = travel_time_scores(truth, trips(), NAMES)
    assert (nothing["mae_s"], nothing["bias_s"], nothing["pairs_missing"]) == (None, None, 3)


@pytest.mark.parametrize(
    ("word", "truth", "said", "expected"),
    [
        ("equal", [(0, 1, 1)] * 4, [(0, 1, 9)] * 4, {"mae": 0, "cosine": 1, "geh_below_5": 1, "error_percent": 0}),
        ("elsewhere", [(0, 1, 1)] * 4, [(1, 0, 1)] * 4, {"mae": 4, "cosine": 0, "error_percent": 200}),
        ("half of one", [(0, 1, 1)] * 4 + [(1, 2, 1)] * 3, [(0, 1, 1)] * 2 + [(1, 2, 1)] * 3,
         {"mae": 1, "error_percent": 200 / 7, "cosine": 17 / (25 * 13) ** 0.5}),
        ("many too few", [(0, 1, 1)] * 100, [(0, 1, 1)] * 50, {"geh_below_5": 0}),
        ("nothing", [], [], {"mae": None, "cosine": None, "geh_below_5": None, "error_percent": None}),
    ],
)  # fmt: skip
def test_matrix(word: str, truth: list, said: list, expected: dict[str, float | None]) -> None:  # type: ignore[type-arg]
    scores = od_scores(trips(*truth), trips(*said), NAMES, seconds=3600)
    for key, value in expected.items():
        assert scores[key] == (None if value is None else pytest.approx(value)), f"{word}: {key}"


def test_speeds() -> None:
    truth = np.full(21, 10.0)
    said = np.append(10 + np.arange(-10, 10) * 0.1, np.nan)
    scores = speed_scores(truth, said)
    assert scores["mae_mps"] == pytest.approx(0.5)
    assert scores["bias_mps"] == pytest.approx(-0.05)
    assert scores["p95_mps"] == pytest.approx(0.905)
    assert (scores["measured"], scores["unknown"]) == (20, 1)
    assert speed_scores(truth, truth * np.nan)["mae_mps"] is None


def test_refuses() -> None:
    with pytest.raises(BadData, match=r"expected places 0\.\.2, got 3"):
        travel_time_scores(trips((0, 3, 1)), trips(), NAMES)
    with pytest.raises(BadData, match=r"expected places 0\.\.2, got -1"):
        od_scores(trips(), trips((-1, 0, 1)), NAMES, seconds=60)
    with pytest.raises(BadData, match="more than 0"):
        od_scores(trips(), trips(), NAMES, seconds=0)
    with pytest.raises(BadData, match="row 1: expected finite seconds"):
        trips((0, 1, 1), (0, 1, np.nan))
    with pytest.raises(BadData, match="expected 2 as in the truth, got 1"):
        speed_scores(np.zeros(2), np.zeros(1))
    with pytest.raises(BadData, match="truth row 0: expected finite"):
        speed_scores(np.full(1, np.nan), np.zeros(1))
