"""Judges a shipped motion net on held-out samples and writes the JSON beside it: `python score.py FOLDER WEIGHTS`.

Painted and real parts are judged apart: AP at an IoU of 0.5 of all kinds as one, per kind, by height, which kind is
taken for which, and how often a box with a raw score is right (the calibration the detector uses).
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from samples import Sample, load

from sightline.core.geometry import iou
from sightline.core.vocabulary import CLASSES, CODE, TWO_WHEELERS, VEHICLES
from sightline.detect.middles import KINDS, read
from sightline.models.shipped import ShippedNet

PARTS = {"painted": ("painted",), "real cut-outs on streets": ("pasted", "photo"), "photos, standing": ("still",)}
HEIGHTS = {"16 to 24": (16, 24), "24 to 40": (24, 40), "over 40": (40, 1e9)}
KNOTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0)
STANDS_OUT, SHARE = 20, 0.10  # as in sightline.detect.motion

Rows = NDArray[np.float64]  # score, right, kind found, kind meant (-1 = none), height of the box found, came


def judged(sample: Sample, net: ShippedNet) -> tuple[Rows, Rows]:
    """Rows of what was found (k, 6), and kind, height (n, 2) of who should be found."""
    found, _ = read(net.run_many([sample.planes[None]])[0], -4.0)
    away = (cv2.absdiff(sample.planes[:4].mean(axis=0), sample.planes[6].astype(np.float64)) > STANDS_OUT).astype(float)
    truth = sample.boxes.astype(np.float64)
    tall = truth[:, 3] - truth[:, 1]
    care = sample.care & (tall >= 16)
    overlap = iou(found.boxes.astype(np.float64), truth)
    free = care.copy()
    rows = []
    for row in range(len(found.boxes)):
        left, top, right, bottom = np.round(np.clip(found.boxes[row] / 2, 0, None)).astype(int)
        part = away[top:bottom, left:right]
        came = float(part.size > 0 and part.mean() >= SHARE)
        height = float(found.boxes[row, 3] - found.boxes[row, 1])
        open_ = np.where(free, overlap[row], 0.0)
        best = int(open_.argmax()) if len(open_) else -1
        label = int(found.labels[row])
        if best >= 0 and open_[best] >= 0.5:
            free[best] = False
            rows.append((found.scores[row], 1, label, sample.kinds[best], height, came))
        elif not (len(truth) and overlap[row][~care].max(initial=0.0) >= 0.3) and (
            sample.weight > 0 or label not in (CODE["pedestrian"], CODE["rider"])
        ):
            rows.append((found.scores[row], 0, label, -1, height, came))
    return np.array(rows, np.float64).reshape(-1, 6), np.stack([sample.kinds[care], tall[care]], axis=1)


def average_precision(scores: Rows, right: Rows, many: int) -> float:
    """Area under precision over recall (all points), in per cent."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    precision = hits / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    recall = hits / max(many, 1)
    return round(float(100 * np.sum(np.diff(recall, prepend=0.0) * precision)), 1)


def report(found: Rows, wanted: Rows) -> dict[str, object]:
    """The scores of one part."""
    group = {CODE[n]: k for k, names in enumerate((VEHICLES, TWO_WHEELERS, ("pedestrian",))) for n in names}
    right = found[found[:, 1] == 1]
    confusion: dict[str, dict[str, int]] = {}
    for label, meant in right[right[:, 0] >= 0.3][:, 2:4].astype(int).tolist():
        row = confusion.setdefault(KINDS[meant], {})
        row[CLASSES[label]] = row.get(CLASSES[label], 0) + 1
    same = [group[int(a)] == group[int(b)] for a, b in right[:, 2:4]]
    kinds = {}
    for k, name in enumerate(KINDS):
        of = (found[:, 3] == k) | ((found[:, 1] == 0) & (found[:, 2] == k))
        many = int((wanted[:, 0] == k).sum())
        if many:
            kinds[name] = {"objects": many, "AP50": average_precision(found[of, 0], found[of, 1], many)}
    heights = {}
    for name, (low, high) in HEIGHTS.items():
        of = (found[:, 4] >= low) & (found[:, 4] < high)
        many = int(((wanted[:, 1] >= low) & (wanted[:, 1] < high)).sum())
        if many:
            heights[name] = {"objects": many, "AP50": average_precision(found[of, 0], found[of, 1], many)}
    return {
        "objects": len(wanted),
        "AP50 of all as one": average_precision(found[:, 0], found[:, 1], len(wanted)),
        "AP50 by kind": kinds,
        "AP50 by height, px at 640 x 360": heights,
        "group right (four wheels, two wheels, foot), share of those found": round(float(np.mean(same)), 3),
        "found as (score 0.3 and more)": {name: confusion[name] for name in KINDS if name in confusion},
    }


def calibration(found: Rows) -> list[list[float]]:
    """Knots (raw score, share right), made to rise by pooling neighbours that fall (isotonic regression)."""
    at, value, weight = [], [], []
    for low, high in pairwise(KNOTS):
        of = found[(found[:, 0] >= low) & (found[:, 0] < high)]
        if len(of) >= 30:
            at.append(float(of[:, 0].mean()))
            value.append(float(of[:, 1].mean()))
            weight.append(len(of))
    pools = [[v, w, 1] for v, w in zip(value, weight, strict=True)]
    k = 0
    while k + 1 < len(pools):
        if pools[k][0] <= pools[k + 1][0]:
            k += 1
            continue
        (v0, w0, n0), (v1, w1, n1) = pools[k], pools[k + 1]
        pools[k : k + 2] = [[(v0 * w0 + v1 * w1) / (w0 + w1), w0 + w1, n0 + n1]]
        k = max(0, k - 1)
    rising = [v for v, _, n in pools for _ in range(int(n))]
    knots = [[0.0, 0.0], *([round(a, 3), round(v, 3)] for a, v in zip(at, rising, strict=True)), [1.0, 1.0]]
    return [[a, min(v, 0.99)] for a, v in knots]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--about", type=Path, help="JSON that is written along: how it was trained, licences")
    told = parser.parse_args()
    samples = load(told.folder, "val")
    net = ShippedNet(told.weights / "motion.xml", threads=1)
    parts, pool = {}, []
    for name, sources in PARTS.items():
        both = [judged(sample, net) for sample in samples if sample.source in sources]
        if both:
            found, wanted = (np.concatenate(column) for column in zip(*both, strict=True))
            parts[name] = {"pictures": len(both), **report(found, wanted)}
            pool.append(found)
    found = np.concatenate(pool)
    curves = {"came": calibration(found[found[:, 5] == 1]), "as ever": calibration(found[found[:, 5] == 0])}
    about = json.loads(told.about.read_text(encoding="utf-8")) if told.about else {}
    text = json.dumps({"about": about, "scores": parts, "calibration": curves}, indent=1)
    (told.weights / "motion.json").write_text(text + "\n", encoding="utf-8")
    print(json.dumps(parts, indent=1), json.dumps(curves))


if __name__ == "__main__":
    main()
