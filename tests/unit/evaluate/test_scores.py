"""Scores on cases small enough to count by hand, and the layouts of folders."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import BadData
from sightline.evaluate import evaluate, evaluate_paths, evaluate_sequences
from sightline.formats.mot import MotTable, table

Row = tuple[int, int, float]  # frame, id, left of a box 10 wide and 20 high


def rows(*given: Row, confidence: float = 1.0) -> MotTable:
    frames = np.array([row[0] for row in given], np.int64)
    ids = np.array([row[1] for row in given], np.int64)
    left = np.array([row[2] for row in given], np.float64)
    zero = np.zeros(len(given))
    return table(frames, ids, np.stack([left, zero, left + 10, zero + 20], 1), np.full(len(given), confidence))


def walk(id_: int, first: int, last: int, left: float = 0.0) -> list[Row]:
    return [(frame, id_, left) for frame in range(first, last + 1)]


@pytest.mark.parametrize(
    ("word", "truth", "found", "expected"),
    [
        (
            "perfect",
            walk(1, 1, 10) + walk(2, 1, 10, 100),
            walk(8, 1, 10) + walk(9, 1, 10, 100),
            {"HOTA": 100, "DetA": 100, "AssA": 100, "LocA": 100, "IDF1": 100, "MOTA": 100, "MOTP": 100, "IDSW": 0,
             "FP": 0, "FN": 0, "count_error": 0, "IDs": 2, "GT_IDs": 2},
        ),
        (
            "half of the frames found",
            walk(1, 1, 10),
            walk(1, 1, 5),
            {"DetA": 50, "AssA": 50, "HOTA": 50, "MOTA": 50, "FN": 5, "FP": 0, "IDR": 50, "IDP": 100, "IDF1": 200 / 3},
        ),
        (
            "one switch in the middle",
            walk(1, 1, 10),
            walk(1, 1, 5) + walk(2, 6, 10),
            {"DetA": 100, "AssA": 50, "HOTA": 100 * 0.5**0.5, "MOTA": 90, "IDSW": 1, "IDF1": 50, "count_error": 100},
        ),
        (
            "a false box in every frame",
            walk(1, 1, 10),
            walk(1, 1, 10) + walk(2, 1, 10, 500),
            {"DetA": 50, "AssA": 100, "FP": 10, "MOTA": 0, "IDP": 50, "IDR": 100},
        ),
        (
            "boxes overlap by a third",
            walk(1, 1, 4),
            walk(1, 1, 4, 5),  # IoU 5 / 15
            {"MOTA": -100, "IDF1": 0, "FN": 4, "FP": 4, "DetA": 100 * 6 / 19, "LocA": 100 * (6 / 3 + 13) / 19},
        ),
        ("nothing found", walk(1, 1, 4), [], {"HOTA": 0, "MOTA": 0, "IDF1": 0, "FN": 4, "LocA": 100, "GT_IDs": 1}),
        ("nothing there", [], walk(1, 1, 4), {"HOTA": 0, "MOTA": 0, "IDF1": 0, "FP": 4, "count_error": 100}),
        ("neither", [], [], {"HOTA": 0, "MOTA": 0, "IDF1": 0, "FP": 0, "FN": 0, "count_error": 0}),
        ("frames far apart", [(1, 1, 0), (10**9, 1, 0)], [(1, 1, 0), (10**9, 1, 0)], {"HOTA": 100}),
    ],
)  # fmt: skip
def test_by_hand(word: str, truth: list[Row], found: list[Row], expected: dict[str, float]) -> None:
    scores = evaluate(rows(*truth), rows(*found))
    for key, value in expected.items():
        assert scores[key] == pytest.approx(value), f"{word}: {key}"


def test_truth_marked_zero_does_not_count() -> None:
    truth = table(
        np.array([1, 1]), np.array([1, 2]), np.array([[0.0, 0, 10, 20], [99, 0, 109, 20]]), np.array([1.0, 0])
    )
    scores = evaluate(truth, rows((1, 1, 0)))
    assert (scores["HOTA"], scores["FN"], scores["GT_IDs"]) == (pytest.approx(100), 0, 1)


def test_distractors_are_neither_right_nor_wrong() -> None:
    boxes = np.array([[0.0, 0, 10, 20], [100, 0, 110, 20], [200, 0, 210, 20]])
    truth = table(np.ones(3, np.int64), np.arange(3), boxes, None, np.array([1, 8, 3]))  # pedestrian, distractor, car
    found = table(np.ones(3, np.int64), np.arange(3), boxes)
    assert evaluate(truth, found)["FP"] == 1, "the car counts as wrong, the distractor does not"
    assert evaluate(truth, found, convention="mot15")["FP"] == 0, "without classes all three are wanted"
    with pytest.raises(BadData, match=r"class numbers 1\.\.13"):
        evaluate(rows((1, 1, 0)), found, convention="mot17")


@pytest.mark.parametrize(
    ("word", "bad", "said"),
    [
        ("detections without ids", [(1, -1, 0.0)], "prediction frame 1: expected an id of 0 or more, got -1"),
        ("an id twice", [(3, 5, 0.0), (3, 5, 9.0)], "prediction frame 3: expected each id once, got 5 twice"),
    ],
)
def test_refuses(word: str, bad: list[Row], said: str) -> None:
    with pytest.raises(BadData, match=said):
        evaluate(rows((1, 1, 0)), rows(*bad))


def test_sequences_are_added_before_shares_are_taken() -> None:
    long, short = rows(*walk(1, 1, 90)), rows(*walk(1, 1, 10))
    scores = evaluate_sequences({"long": (long, long), "short": (short, rows(*walk(1, 1, 10, 500)))})
    assert scores["MOTA"] == pytest.approx(100 * (90 - 10) / 100)
    assert scores["sequences"]["short"]["MOTA"] == pytest.approx(-100)
    assert list(scores["sequences"]) == ["long", "short"]
    with pytest.raises(BadData, match="at least one"):
        evaluate_sequences({})


def test_errors_of_counts_do_not_cancel() -> None:
    two = rows((1, 1, 0), (1, 2, 100))
    scores = evaluate_sequences({"few": (two, rows((1, 1, 0))), "many": (rows((1, 1, 0)), two)})
    assert scores["count_error"] == pytest.approx(100 * 2 / 3)


def _write(path: Path, text: str = "1,1,0,0,10,20,1,-1,-1,-1\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("word", "truth", "found", "names"),
    [
        ("MOTChallenge truth, flat results", ["a/gt/gt.txt", "b/gt/gt.txt"], ["a.txt", "b.txt", "c.txt"], ["a", "b"]),
        ("flat both", ["a.txt"], ["a.txt"], ["a"]),
        ("gt.txt beside a video", ["a/gt.txt"], ["a.txt"], ["a"]),
        ("the same layout twice", ["a/gt/gt.txt"], ["a/gt/gt.txt"], ["a"]),
    ],
)
def test_folders(tmp_path: Path, word: str, truth: list[str], found: list[str], names: list[str]) -> None:
    for folder, files in (("truth", truth), ("found", found)):
        for name in files:
            _write(tmp_path / folder / name)
    scores = evaluate_paths(tmp_path / "truth", tmp_path / "found")
    assert list(scores["sequences"]) == names, word
    assert scores["HOTA"] == pytest.approx(100)


def test_files(tmp_path: Path) -> None:
    _write(tmp_path / "truth.txt")
    _write(tmp_path / "seq" / "gt" / "gt.txt")
    assert evaluate_paths(tmp_path / "truth.txt", tmp_path / "truth.txt")["HOTA"] == pytest.approx(100)
    assert "sequences" not in evaluate_paths(tmp_path / "seq", tmp_path / "truth.txt")
    with pytest.raises(BadData, match="no such file"):
        evaluate_paths(tmp_path / "truth.txt", tmp_path / "none.txt")


def test_folder_faults(tmp_path: Path) -> None:
    for name in ("truth/a.txt", "truth/b.txt", "found/a.txt"):
        _write(tmp_path / name)
    with pytest.raises(BadData, match=r"expected b\.txt, got no such file"):
        evaluate_paths(tmp_path / "truth", tmp_path / "found")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadData, match="got neither"):
        evaluate_paths(tmp_path / "empty", tmp_path / "found")
    with pytest.raises(BadData, match="expected one sequence to compare with a file, got 2"):
        evaluate_paths(tmp_path / "truth", tmp_path / "found" / "a.txt")
