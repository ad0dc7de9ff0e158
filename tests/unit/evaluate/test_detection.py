"""AP and recall on cases small enough to count by hand."""

import numpy as np
import pytest

from sightline.evaluate import detection_scores
from sightline.formats.mot import MotTable, table


def scored(*given: tuple[int, float, float, float], classes: list[int] | None = None) -> MotTable:
    """Rows of frame, left, height, score; width 10, top 0; for truth the score is the mark."""
    frames = np.array([row[0] for row in given], np.int64)
    left, height, score = (np.array([row[k] for row in given], np.float64) for k in (1, 2, 3))
    corners = np.stack([left, np.zeros(len(given)), left + 10, height], axis=1)
    kinds = None if classes is None else np.array(classes, np.int64)
    return table(frames, np.arange(len(given)), corners, score, kinds)


@pytest.mark.parametrize(
    ("word", "truth", "found", "expected"),
    [
        ("perfect", [(1, 0, 20, 1)], [(1, 0, 20, 0.9)], {"AP": 100, "recall": 100, "AR": 100}),
        ("nothing found", [(1, 0, 20, 1)], [], {"AP": 0, "recall": 0}),
        ("nothing there", [], [(1, 0, 20, 0.9)], {"AP": None, "recall": None, "boxes": 0}),
        ("a false box scored below", [(1, 0, 20, 1)], [(1, 0, 20, 0.9), (1, 50, 20, 0.1)], {"AP": 100}),
        ("a false box scored above", [(1, 0, 20, 1)], [(1, 0, 20, 0.1), (1, 50, 20, 0.9)], {"AP": 50}),
        # Recall 0.5 at precision 1: 51 of the 101 points.
        ("half found", [(1, 0, 20, 1), (1, 50, 20, 1)], [(1, 0, 20, 0.9)], {"AP": 100 * 51 / 101, "recall": 50}),
        # IoU 20/25 = 0.8: right at seven of ten thresholds.
        ("a box too high", [(1, 0, 20, 1)], [(1, 0, 25, 0.9)], {"AP": 70, "AP50": 100, "AP75": 100, "AR": 70}),
        ("twice on one", [(1, 0, 20, 1)], [(1, 0, 20, 0.9), (1, 0, 21, 0.95)], {"AP50": 100, "recall": 100}),
        ("on truth that does not count", [(1, 0, 20, 1), (1, 50, 20, 0)], [(1, 50, 20, 0.99), (1, 0, 20, 0.5)],
         {"AP": 100, "boxes": 1}),
        ("in another frame", [(1, 0, 20, 1)], [(2, 0, 20, 0.9)], {"AP": 0}),
    ],
)  # fmt: skip
def test_by_hand(word: str, truth: list, found: list, expected: dict[str, float | None]) -> None:  # type: ignore[type-arg]
    scores = detection_scores({"one": (scored(*truth), scored(*found))})
    for key, value in expected.items():
        assert scores[key] == (None if value is None else pytest.approx(value)), f"{word}: {key}"


def test_by_height() -> None:
    truth = scored((1, 0, 16, 1), (1, 50, 24, 1), (1, 100, 23.9, 1), (1, 150, 40, 1), (1, 200, 12, 1))
    found = scored((1, 0, 16, 0.9), (1, 150, 40, 0.8), (1, 300, 50, 0.99))
    heights = detection_scores({"one": (truth, found)})["heights"]
    assert {name: part["boxes"] for name, part in heights.items()} == {"16-24": 2, "24-40": 1, ">40": 1}
    assert {name: part["recall"] for name, part in heights.items()} == {"16-24": 50.0, "24-40": 0.0, ">40": 100.0}
    assert heights["16-24"]["AP"] == pytest.approx(100 * 51 / 101), "the false box of 50 px belongs to another band"
    assert heights[">40"]["AP"] == pytest.approx(50)


def test_only_the_best_scored_of_a_picture() -> None:
    found = scored(*((1, 100.0 * k, 20.0, 0.5) for k in range(1, 101)), (1, 0, 20, 0.4))
    truth = {"one": (scored((1, 0, 20, 1)), found)}
    assert detection_scores(truth)["recall"] == 0
    assert detection_scores(truth, most=101)["recall"] == 100


def test_who_is_ousted_looks_on() -> None:
    """The middle box wants what the best took, then ousts the last from its second choice."""
    truth = scored((1, 0, 20, 1), (1, 2, 20, 1))
    found = scored((1, 0, 20, 0.9), (1, 0.5, 20, 0.8), (1, 2, 20, 0.7))
    assert detection_scores({"one": (truth, found)})["AP50"] == pytest.approx(100)
    assert detection_scores({"one": (truth, found.keep(np.array([True, False, True])))})["AP"] == pytest.approx(100)


def test_classes_choose_who_counts() -> None:
    truth = scored((1, 0, 20, 1), (1, 50, 20, 1), classes=[1, 3])
    assert detection_scores({"one": (truth, scored((1, 0, 20, 0.9)))})["boxes"] == 1
    assert detection_scores({"one": (truth, scored((1, 0, 20, 0.9)))}, convention="mot15")["boxes"] == 2
