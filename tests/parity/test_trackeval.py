"""Our measures are TrackEval's, on real truth with real detections and on random cases.

TrackEval runs in its own environment (``.venv-parity``, locked by requirements/parity.txt), made here at need.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sightline.core.geometry import iou
from sightline.evaluate import evaluate_paths
from sightline.formats.mot import MotTable, read_mot, table, write_mot

pytestmark = pytest.mark.parity

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv-parity"
LOCK = ROOT / "requirements" / "parity.txt"
VERSION = "1.3.0"
TOLERANCE = 1e-6


def _has_trackeval(python: Path) -> bool:
    if not python.is_file():
        return False
    ask = "from importlib.metadata import version; print(version('trackeval'))"
    found = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return found.stdout.strip() == VERSION


@pytest.fixture(scope="module")
def trackeval_python() -> Path:
    """The interpreter that has TrackEval."""
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if _has_trackeval(python):
        return python
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True, capture_output=True)
    command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "--retries", "1", "--timeout", "15"]
    try:
        subprocess.run(
            [*command, "install", "--require-hashes", "-r", LOCK], check=True, capture_output=True, timeout=240
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("TrackEval absent: requirements/parity.txt could not be installed (no network?)")
    return python


Case = dict[str, tuple[Path, MotTable]]  # sequence -> truth file, results


@pytest.fixture
def compare(trackeval_python: Path, tmp_path: Path) -> Callable[[Case, str], None]:
    """Asserts that both say the same of every sequence and of all together."""

    def run(case: Case, benchmark: str) -> None:
        for name, (truth, results) in case.items():
            folder = tmp_path / "gt" / name / "gt"
            folder.mkdir(parents=True)
            (folder / "gt.txt").write_bytes(truth.read_bytes())
            write_mot(tmp_path / "trackers" / "case" / "data" / f"{name}.txt", results)
        script = Path(__file__).with_name("trackeval_scores.py")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
        done = subprocess.run(
            [trackeval_python, script, tmp_path, benchmark],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        theirs = json.loads(done.stdout)
        convention = {"MOT15": "mot15", "MOT17": "mot17", "MOT20": "mot20"}[benchmark]
        ours = evaluate_paths(
            tmp_path / "gt",
            tmp_path / "trackers" / "case" / "data",
            convention=convention,  # type: ignore[arg-type]
        )
        parts = ours.pop("sequences")
        assert sorted(parts) == sorted(case)
        for name, scores in {"COMBINED_SEQ": ours, **parts}.items():
            for key, value in theirs[name].items():
                assert scores[key] == pytest.approx(value, abs=TOLERANCE), f"{name} {key}"

    return run


def linked(detections: MotTable, threshold: float = 0.3) -> MotTable:
    """Detections given ids by the largest overlap with the frame before, greedily."""
    ids = np.full(len(detections), -1, np.int64)
    following, known, boxes = 1, np.zeros(0, np.int64), np.zeros((0, 4))
    for _, rows in detections.by_frame():
        now = detections.boxes_px[rows]
        given = np.full(len(now), -1, np.int64)
        scores = np.asarray(iou(boxes, now)).copy()
        while scores.size and scores.max() > threshold:
            before, after = np.unravel_index(int(scores.argmax()), scores.shape)
            given[after] = known[before]
            scores[before, :] = scores[:, after] = 0
        for row in np.flatnonzero(given < 0):
            given[row], following = following, following + 1
        ids[rows], known, boxes = given, given, now
    return table(detections.frames, ids, detections.boxes_px, detections.confidences)


def _with_boxes(rows: MotTable, boxes: np.ndarray) -> MotTable:
    return table(rows.frames, rows.ids, boxes, rows.confidences)


def _switched(rows: MotTable, random: np.random.Generator) -> MotTable:
    """Every identity changes its number once, at a random frame."""
    ids = rows.ids.copy()
    for one in np.unique(rows.ids):
        mine = np.flatnonzero(rows.ids == one)
        ids[mine[int(random.integers(len(mine))) :]] += 100_000
    return table(rows.frames, ids, rows.boxes_px, rows.confidences)


def _shaken(rows: MotTable, random: np.random.Generator) -> MotTable:
    size = (rows.boxes_px[:, 2:] - rows.boxes_px[:, :2]).repeat(2, axis=0).reshape(-1, 4)
    boxes = rows.boxes_px + random.normal(0, 0.12, rows.boxes_px.shape) * size
    return _with_boxes(rows, np.concatenate([boxes[:, :2], np.maximum(boxes[:, 2:], boxes[:, :2])], axis=1))


def _with_false_boxes(rows: MotTable, random: np.random.Generator) -> MotTable:
    corner = random.uniform(0, 1000, (len(rows) // 4, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 200, corner.shape)], axis=1)
    frames = random.choice(rows.frames, len(boxes))
    ids = 500_000 + np.arange(len(boxes), dtype=np.int64)
    return table(np.append(rows.frames, frames), np.append(rows.ids, ids), np.concatenate([rows.boxes_px, boxes]))


FAULTS: dict[str, Callable[[MotTable, np.random.Generator], MotTable]] = {
    "as linked": lambda rows, _: rows,
    "a third of the rows lost": lambda rows, random: rows.keep(random.random(len(rows)) > 0.33),
    "every identity broken once": _switched,
    "boxes shaken": _shaken,
    "false boxes added": _with_false_boxes,
    "every fifth frame only": lambda rows, _: rows.keep(rows.frames % 5 == 1),
    "the second half missing": lambda rows, _: rows.keep(rows.frames <= np.median(rows.frames)),
    "nothing found": lambda _rows, _random: MotTable.empty(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_public_detections(shared: Path, compare: Callable[[Case, str], None], fault: str) -> None:
    random = np.random.default_rng(7)
    case: Case = {}
    for folder in sorted((shared / "groundtruth" / "mot15").iterdir()):
        results = FAULTS[fault](linked(read_mot(folder / "det" / "det.txt")), random)
        case[folder.name] = (folder / "gt" / "gt.txt", results)
    compare(case, "MOT15")


@pytest.mark.parametrize("fault", ["as linked", "boxes shaken", "every identity broken once"])
def test_truth_against_itself(shared: Path, compare: Callable[[Case, str], None], fault: str) -> None:
    random = np.random.default_rng(8)
    case: Case = {}
    for folder in sorted((shared / "groundtruth" / "mot15").iterdir()):
        truth = folder / "gt" / "gt.txt"
        case[folder.name] = (truth, FAULTS[fault](read_mot(truth), random))
    compare(case, "MOT15")


def _random_truth(path: Path, random: np.random.Generator, classes: bool) -> MotTable:
    """A crowd on a small picture, many of them overlapping; with classes in the layout of MOT17 (nine columns)."""
    lines, frames, ids, boxes = [], [], [], []
    for one in range(1, 16):
        kind = int(random.choice([1, 1, 1, 2, 3, 6, 7, 8, 12])) if classes else -1
        place, speed = random.uniform(0, 300, 2), random.normal(0, 4, 2)
        size = random.uniform(20, 80, 2)
        for frame in range(int(random.integers(1, 20)), int(random.integers(20, 60))):
            left, top = place + speed * frame + random.normal(0, 1, 2)
            mark = int(random.random() > 0.1)
            tail = f"{kind},{random.random():.2f}" if classes else "-1,-1,-1"
            lines.append(f"{frame},{one},{left:.3f},{top:.3f},{size[0]:.3f},{size[1]:.3f},{mark},{tail}")
            frames.append(frame)
            ids.append(one)
            boxes.append([left, top, left + size[0], top + size[1]])
    order = random.permutation(len(lines))
    path.write_text("\n".join(lines[row] for row in order) + "\n", encoding="ascii")
    return table(np.array(frames)[order], np.array(ids)[order], np.array(boxes)[order])


@pytest.mark.parametrize("benchmark", ["MOT15", "MOT17", "MOT20"])
def test_random_crowds(
    tmp_path_factory: pytest.TempPathFactory, compare: Callable[[Case, str], None], benchmark: str
) -> None:
    random = np.random.default_rng(9)
    folder = tmp_path_factory.mktemp("truth")
    case: Case = {}
    for number in range(12):
        path = folder / f"crowd-{number}.txt"
        rows = _random_truth(path, random, classes=benchmark != "MOT15")
        fault = list(FAULTS.values())[number % len(FAULTS)]
        case[path.stem] = (path, fault(_shaken(rows, random), random))
    compare(case, benchmark)
