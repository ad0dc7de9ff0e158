"""How well each detector finds, how honest its scores are, and how often the namer is right, on the shared pictures.

Run from the project's root: python benchmarks/detect_quality.py [--models DIR]. Writes benchmarks/results/
detect_quality.json. Vehicles and two-wheelers: validation photos of openimages-vehicles; persons: validation pictures
of coco128 and every eighth frame of the PETS street camera. A box is right at IoU 0.5 (two-wheelers 0.3: the truth's
box is without the rider). Photos are harder and closer than street cameras; the numbers compare detectors.
"""

import argparse
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from sightline.bench.result import result
from sightline.config import DetectSettings
from sightline.core.errors import ModelUnavailable
from sightline.core.frame import Frame
from sightline.core.geometry import iou
from sightline.core.vocabulary import CLASSES, CODE, TWO_WHEELERS, VEHICLES
from sightline.detect import make_detector, make_namer
from sightline.detect.namer import NAMERS
from sightline.models.library import Library

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("SIGHTLINE_SHARED", ROOT.parent / "shared"))
GROUPS = {"vehicle": VEHICLES, "two-wheeler": TWO_WHEELERS, "person": ("pedestrian",)}
LEAST_IOU = {"vehicle": 0.5, "two-wheeler": 0.3, "person": 0.5}
BINS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.001)
OPEN_IMAGES = {1: "bus", 2: "car", 3: "motorcycle", 4: "truck"}


@dataclass
class Picture:
    """One labelled picture: boxes (n, 4) px per group, only of the groups that are labelled completely."""

    source: str
    pixels: np.ndarray
    truth: dict[str, np.ndarray]
    names: list[str]


def photos(folder: Path, groups: dict[str, set[int]], names: dict[int, str]) -> Iterator[Picture]:
    """Pictures with YOLO labels beside them; groups: which label numbers make each group."""
    for path in sorted(folder.glob("*.txt")):
        pixels = cv2.imread(str(path.with_suffix(".jpg")))
        if pixels is None:
            continue
        rows = np.array([line.split() for line in path.read_text().splitlines() if line.strip()], float).reshape(-1, 5)
        height, width = pixels.shape[:2]
        corners = np.concatenate([rows[:, 1:3] - rows[:, 3:5] / 2, rows[:, 1:3] + rows[:, 3:5] / 2], axis=1)
        boxes = corners * np.array([width, height, width, height])
        truth = {group: boxes[np.isin(rows[:, 0], list(numbers))] for group, numbers in groups.items()}
        yield Picture(folder.parent.name, pixels, truth, [names.get(int(number), "") for number in rows[:, 0]])


def street() -> Iterator[Picture]:
    """Every eighth frame of the PETS camera with its persons."""
    folder = SHARED / "groundtruth" / "pets09-s2l1-first400"
    truth = np.loadtxt(folder / "gt.txt", delimiter=",")
    with av.open(str(folder / "video.mp4")) as container:
        for number, frame in enumerate(container.decode(video=0), 1):
            if number % 8 == 0:
                rows = truth[truth[:, 0] == number][:, 2:6]
                boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1)
                yield Picture("pets09", frame.to_ndarray(format="bgr24"), {"person": boxes}, [])


def matched(found: np.ndarray, truth: np.ndarray, least: float) -> np.ndarray:
    """Which boxes found (best first) are right; each true box counts once."""
    right, used = np.zeros(len(found), bool), np.zeros(len(truth), bool)
    overlap = iou(found.astype(float), truth)
    for row in range(len(found)):
        if len(truth):
            best = int(np.where(used, -1.0, overlap[row]).argmax())
            right[row] = not used[best] and overlap[row, best] >= least
            used[best] |= right[row]
    return right


def average_precision(scores: np.ndarray, right: np.ndarray, count: int) -> float:
    """Area under the interpolated precision-recall curve, 101 points as COCO does."""
    if not len(scores):
        return 0.0
    hits = np.cumsum(right[np.argsort(-scores, kind="stable")])
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    at = np.searchsorted(hits / count, np.linspace(0, 1, 101), side="left")
    return float(np.where(at < len(precision), precision[np.minimum(at, len(precision) - 1)], 0.0).mean())


def measure(detector: Any, pictures: list[Picture]) -> dict[str, Any]:
    """AP50 per source and group, and the share of right boxes per bin of the calibrated score."""
    columns: dict[str, list[tuple[float, bool]]] = {}
    counts: dict[str, int] = {}
    for at, picture in enumerate(pictures):
        seen = detector([Frame(f"picture{at}", 1, 0, picture.pixels)])[0]
        for group, truth in picture.truth.items():
            key = f"{group} {picture.source}"
            rows = np.isin(seen.labels, [CODE[name] for name in GROUPS[group]])
            right = matched(seen.boxes_px[rows], truth, LEAST_IOU[group])
            columns.setdefault(key, []).extend(zip(seen.scores[rows].tolist(), right.tolist(), strict=True))
            counts[key] = counts.get(key, 0) + len(truth)
    found = {key: np.array(rows, float).reshape(-1, 2) for key, rows in columns.items()}
    trusted = np.concatenate([rows for key, rows in found.items() if not key.startswith("two-wheeler")])
    honest = {}
    for low, high in itertools.pairwise(BINS):
        inside = trusted[(trusted[:, 0] >= low) & (trusted[:, 0] < high)]
        honest[f"{low:.1f}"] = {
            "precision": round(float(inside[:, 1].mean()), 3) if len(inside) else None,
            "n": len(inside),
        }
    return {
        "ap50": {key: round(average_precision(r[:, 0], r[:, 1] > 0, counts[key]), 3) for key, r in found.items()},
        "truths": counts,
        "precision_by_score": honest,
    }


def naming(namer: Any, folder: Path) -> dict[str, Any]:
    """What the namer says of true boxes of at least 24 px: rows truth, columns answer."""
    words = [*CLASSES, "no opinion"]
    table = {name: dict.fromkeys(words, 0) for name in OPEN_IMAGES.values()}
    for picture in photos(folder, {"all": {0, 1, 2, 3, 4}}, OPEN_IMAGES):
        boxes = picture.truth["all"].astype(np.float32)
        wide = ((boxes[:, 2:] - boxes[:, :2]) >= 24).all(axis=1) & np.array([bool(name) for name in picture.names])
        names = [name for name, good in zip(picture.names, wide, strict=True) if good]
        answers = namer(Frame("picture", 1, 0, picture.pixels), boxes[wide])
        for name, answer in zip(names, answers, strict=True):
            table[name][words[int(answer.argmax())] if answer.any() else "no opinion"] += 1
    right = sum(row[name] for name, row in table.items())
    said = sum(sum(row.values()) - row["no opinion"] for row in table.values())
    total = sum(sum(row.values()) for row in table.values())
    return {
        "right": round(right / total, 3),
        "right_of_said": round(right / said, 3),
        "confusion": {name: {word: n for word, n in row.items() if n} for name, row in table.items()},
    }


def main() -> int:
    """Measure every installed detector and namer, print a table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, help="model cache folder; default: imported from the shared folder")
    chosen = parser.parse_args().models
    if not SHARED.is_dir():
        print("shared material absent: expected ../shared or SIGHTLINE_SHARED", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(chosen or Path(scratch))
        if chosen is None:
            library.import_dir(SHARED / "models")
        values = _values(library)
    result("detect_quality", values).write(ROOT / "benchmarks" / "results")
    return 0


def _values(library: Library) -> dict[str, Any]:
    images = SHARED / "images"
    pictures = [
        *photos(images / "openimages-vehicles" / "val", {"vehicle": {0, 1, 2, 4}, "two-wheeler": {3}}, OPEN_IMAGES),
        *photos(images / "coco128" / "val", {"person": {0}}, {}),
        *street(),
    ]
    values: dict[str, Any] = {"detectors": {}, "namers": {}, "pictures": len(pictures)}
    for row in library.list():
        if row.task != "detect" or not library.installed(row.name):
            continue
        try:
            measured = measure(make_detector(row.name, library, DetectSettings(min_score=0.05)), pictures)
        except ModelUnavailable as error:
            print(f"{row.name}: {error}", file=sys.stderr)
            continue
        values["detectors"][row.name] = measured
        print(f"{row.name:45s}", "  ".join(f"{key} {ap:.3f}" for key, ap in measured["ap50"].items()), flush=True)
        print(
            " " * 45, " ".join(f"{k}:{v['precision']}" for k, v in measured["precision_by_score"].items()), flush=True
        )
    for name in NAMERS:
        if library.installed(name):
            namer = make_namer(library, name=name)
            values["namers"][name] = naming(namer, images / "openimages-vehicles" / "val")
            print(f"names with {name}:", json.dumps(values["namers"][name]), flush=True)
    return values


if __name__ == "__main__":
    raise SystemExit(main())
