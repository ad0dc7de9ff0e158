"""Our AP and recall are those of pycocotools, on random crowds and on real truth with public detections."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sightline.evaluate import detection_scores
from sightline.evaluate.detection import HEIGHTS
from sightline.formats.mot import MotTable, read_mot, table

pytestmark = pytest.mark.parity

TOLERANCE = 1e-6
BANDS = {"all": (0.0, 1e9)} | {name: (low, min(high, 1e9)) for name, (low, high) in HEIGHTS.items()}
Tables = dict[str, tuple[MotTable, MotTable]]


def _rows(tables: Tables, side: int, last: list[int]) -> list[list[float]]:
    """Rows of pycocotools; pictures of all sequences have consecutive numbers."""
    rows = []
    for (name, both), start in zip(tables.items(), np.cumsum([0, *last[:-1]]).tolist(), strict=True):
        one = both[side]
        assert len(one) or side, name
        sizes = one.boxes_px[:, 2:] - one.boxes_px[:, :2]
        for frame, at, size, mark in zip(one.frames, one.boxes_px[:, :2], sizes, one.confidences, strict=True):
            rows.append([int(frame) + start, *at.tolist(), *size.tolist(), float(mark if side else mark != 0)])
    return rows


def _compare(tables: Tables, reference: Callable[..., str], tmp_path: Path) -> None:
    last = [int(max(one.frames.max(initial=1) for one in both)) for both in tables.values()]
    given = {"pictures": sum(last), "truth": _rows(tables, 0, last), "found": _rows(tables, 1, last), "bands": BANDS}
    (tmp_path / "case.json").write_text(json.dumps(given))
    theirs = json.loads(reference("coco_scores.py", tmp_path / "case.json"))
    ours = detection_scores(tables, convention="mot15")
    for name, scores in theirs.items():
        mine = ours if name == "all" else ours["heights"][name]
        for key, value in scores.items():
            assert mine[key] == (None if value == -100 else pytest.approx(value, abs=TOLERANCE)), f"{name} {key}"


def _crowd(random: np.random.Generator, ties: bool) -> tuple[MotTable, MotTable]:
    """Many overlapping boxes of 8 to 80 px, a fifth not counted; found shaken, some twice, some false."""
    n = int(random.integers(5, 300))
    frames = random.integers(1, 12, n)
    corner = random.uniform(0, 150, (n, 2))
    size = random.uniform(8, 80, (n, 2))
    boxes = np.concatenate([corner, corner + size], axis=1)
    truth = table(frames, np.arange(n), boxes, (random.random(n) > 0.2).astype(float))
    again = np.concatenate([np.flatnonzero(random.random(n) < 0.8), np.flatnonzero(random.random(n) < 0.3)])
    shaken = boxes[again] + random.normal(0, 0.08, (len(again), 4)) * np.tile(size[again], 2)
    wrong = int(n * 0.3) + 1
    at = random.uniform(0, 150, (wrong, 2))
    false = np.concatenate([at, at + random.uniform(8, 80, (wrong, 2))], axis=1)
    found = np.concatenate([shaken, false])
    scores = random.random(len(found))
    scores = np.round(scores, 1) if ties else scores
    frames = np.concatenate([frames[again], random.integers(1, 12, wrong)])
    return truth, table(frames, np.full(len(found), -1), found, scores)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_random_crowds(reference: Callable[..., str], tmp_path: Path, seed: int, ties: bool) -> None:
    random = np.random.default_rng([12, seed])
    _compare({f"crowd {k}": _crowd(random, ties) for k in range(4)}, reference, tmp_path)


def test_nothing_found(reference: Callable[..., str], tmp_path: Path) -> None:
    truth, _ = _crowd(np.random.default_rng(13), ties=False)
    _compare({"one": (truth, MotTable.empty())}, reference, tmp_path)


def test_public_detections(shared: Path, reference: Callable[..., str], tmp_path: Path) -> None:
    tables = {
        folder.name: (read_mot(folder / "gt" / "gt.txt"), read_mot(folder / "det" / "det.txt"))
        for folder in sorted((shared / "groundtruth" / "mot15").iterdir())
    }
    _compare(tables, reference, tmp_path)
