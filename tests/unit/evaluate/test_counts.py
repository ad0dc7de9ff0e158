"""Counts against truth by hand: errors that do not cancel, GEH, windows, and lines only one side has."""

import numpy as np
import pytest

from sightline.core.errors import BadConfig, BadData
from sightline.evaluate import count_scores
from sightline.evaluate.counts import geh
from sightline.evaluate.crossings import Crossings, crossings_of

Place = tuple[str, str]


def crossed(*given: tuple[float, str, str, int], lines: list[Place] | None = None) -> Crossings:
    """Rows of seconds, direction, class, how many; all at line gate of camera a."""
    rows = [(round(s * 1e9), "a", "gate", direction, name) for s, direction, name, n in given for _ in range(n)]
    return crossings_of(rows, lines or [])


@pytest.mark.parametrize(
    ("said", "truth", "expected"),
    [(100, 100, 0), (0, 0, 0), (0, 50, 10), (120, 80, 4), (80, 120, 4)],  # 120 and 80: sqrt(2 * 1600 / 200)
)
def test_geh(said: float, truth: float, expected: float) -> None:
    assert geh(np.array([said]), np.array([truth])).tolist() == pytest.approx([expected])


@pytest.mark.parametrize(
    ("word", "truth", "said", "expected"),
    [
        ("equal", [(1, "forward", "car", 4)], [(2, "forward", "car", 4)],
         {"count_error": 0, "class_error": 0, "geh_below_5": 1, "geh_mean": 0, "truth": 4, "said": 4}),
        ("a wrong class counts twice by class, not at all by line", [(1, "forward", "car", 4)],
         [(1, "forward", "car", 3), (1, "forward", "van", 1)], {"count_error": 0, "class_error": 50}),
        ("a wrong direction is an error at both", [(1, "forward", "car", 4)],
         [(1, "forward", "car", 3), (1, "backward", "car", 1)], {"count_error": 50}),
        ("nothing said", [(1, "forward", "car", 4)], [], {"count_error": 100, "said": 0}),
        ("nothing there", [], [(1, "forward", "car", 4)], {"count_error": None, "geh_below_5": None, "flows": 0}),
    ],
)  # fmt: skip
def test_by_hand(word: str, truth: list, said: list, expected: dict[str, float | None]) -> None:  # type: ignore[type-arg]
    scores = count_scores(crossed(*truth), crossed(*said), seconds=900)
    for key, value in expected.items():
        assert scores[key] == (None if value is None else pytest.approx(value)), f"{word}: {key}"


def test_lines_and_classes() -> None:
    truth = crossed((1, "forward", "car", 10), (1, "forward", "pedestrian", 2))
    scores = count_scores(truth, crossed((1, "forward", "car", 8)), seconds=900)
    forward, backward = scores["lines"]
    assert (forward["truth"], forward["said"], forward["error"]) == (12, 8, -4)
    assert forward["by_class"] == {"car": {"truth": 10, "said": 8}, "pedestrian": {"truth": 2, "said": 0}}
    assert forward["geh"] == pytest.approx([round(float(np.sqrt(2 * 16**2 / 80)), 3)]), "hourly flows 32 and 48"
    assert (backward["direction"], backward["truth"]) == ("backward", 0)
    assert scores["classes"]["car"] == {"truth": 10, "said": 8, "error_percent": 20.0}
    assert scores["classes"]["pedestrian"]["error_percent"] == 100.0


def test_windows() -> None:
    truth = crossed((10, "forward", "car", 25), (1000, "forward", "car", 25))
    said = crossed((10, "forward", "car", 25))
    scores = count_scores(truth, said, seconds=1350)
    forward = scores["lines"][0]
    assert forward["geh"] == pytest.approx([0, round(float(np.sqrt(2 * 200)), 3)]), "450 s of 25 are 200 an hour"
    assert scores["flows"] == 2, "nobody comes backward and nobody is said to: that shows nothing"
    assert scores["geh_below_5"] == 0.5
    assert count_scores(truth, said)["flows"] == 2, "without seconds the last window is whole"
    assert len(count_scores(truth, said, seconds=1350, window_s=60)["lines"][0]["geh"]) == 23


def test_lines_only_one_side_has() -> None:
    truth = crossed((1, "forward", "car", 1), lines=[("b", "quiet")])
    said = crossings_of([(0, "a", "gate", "forward", "car"), (0, "c", "own", "forward", "car")])
    scores = count_scores(truth, said, seconds=60)
    assert scores["lines_without_truth"] == ["c/own"]
    assert scores["said"] == 1
    assert {(row["camera"], row["line"]) for row in scores["lines"]} == {("a", "gate"), ("b", "quiet")}


@pytest.mark.parametrize(
    ("word", "truth", "said", "message"),
    [
        ("after the end", [(61, "forward", "car", 1)], [], "of truth row 0: expected 0 to 60 s, got 61"),
        ("before the start", [], [(1, "forward", "car", 1), (-1, "forward", "car", 1)], "of said row 1: expected 0 to"),
    ],
)
def test_refuses(word: str, truth: list, said: list, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(BadData, match=message):
        count_scores(crossed(*truth, lines=[("a", "gate")]), crossed(*said), seconds=60)


def test_window_of_no_length() -> None:
    with pytest.raises(BadConfig, match="window_s: expected more than 0"):
        count_scores(crossed(), crossed(), window_s=0)
