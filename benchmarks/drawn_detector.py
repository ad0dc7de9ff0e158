"""How like the real street model the drawn detector is (``bench/drawn_detector.py``), on the PETS street camera.

The street model on the clip's 400 frames beside the detector drawn over the clip's truth with several seeds: scores by
what is hidden, how long a score lasts, errors of boxes and how long they last, false boxes, and what the tracker makes
of either. Its constants were chosen on this clip. Run ``python benchmarks/drawn_detector.py`` from the project's root.
"""

import argparse
import json
import os
import tempfile
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from sightline.bench.drawn_detector import STREET, STRONG, DrawnDetector, detections, hidden_by
from sightline.bench.result import result
from sightline.bench.tracking_cases import Case, street_case
from sightline.config import TrackSettings
from sightline.core.geometry import iou
from sightline.core.values import UNCONFIRMED, Detections
from sightline.evaluate import evaluate
from sightline.evaluate.pairs import assign
from sightline.formats.mot import table
from sightline.formats.mot_truth import FIRST_CLASS
from sightline.models.library import Library
from sightline.track import Sample, Tracker

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("SIGHTLINE_SHARED", HERE.parents[1] / "shared"))
SEEDS = range(1, 9)
NEAR = 0.4  # IoU from which a detection is that of a true box
HIDDEN = (0.0, 0.05, 0.4, 0.6, 1.01)
LAGS = (1, 4, 7, 14)  # samples: 0.14, 0.57, 1, 2 s
SCORES = ("HOTA", "IDF1", "MOTA")


def matched(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Row of the detection of each true box, -1 = none; IoU of each detection with the nearest true box."""
    found, truth = case.detections, case.truth
    given, nearest = np.full(len(truth), -1), np.zeros(len(found))
    of_frame = dict(found.by_frame())
    for frame, rows in truth.by_frame():
        here = of_frame.get(frame, slice(0, 0))
        overlap = iou(truth.boxes_px[rows], found.boxes_px[here])
        if overlap.size:
            nearest[here] = overlap.max(axis=0)
            worth = np.where(overlap >= NEAR, overlap + 0.3 * found.confidences[here], 0.0)
            i, j = assign(worth)
            sure = worth[i, j] > 0
            given[rows.start + i[sure]] = here.start + j[sure]
    return given, nearest


def lasting(values: np.ndarray, known: np.ndarray, case: Case) -> dict[str, float]:
    """Correlation of values of one object by seconds between them."""
    ids, frames = case.truth.ids, case.truth.frames
    values = values - values[known].mean()
    order = np.lexsort((frames, ids))
    answer = {}
    for lag in LAGS:
        a, b = order[:-lag], order[lag:]
        pairs = (ids[a] == ids[b]) & (frames[b] - frames[a] == lag) & known[a] & known[b]
        answer[f"{lag / case.fps:.2f}"] = float((values[a] * values[b])[pairs].mean() / values[known].var())
    return answer


def described(case: Case) -> dict[str, Any]:
    """Everything that is compared."""
    found, truth = case.detections, case.truth
    given, nearest = matched(case)
    seen, hidden = given >= 0, hidden_by(truth, case.size).share
    score = np.where(seen, found.confidences[given], 0.0)
    by_hidden = {}
    for low, high in pairwise(HIDDEN):
        part = score[(hidden >= low) & (hidden < high)]
        shares = {
            "under 0.1": part < 0.1,
            "0.1 to 0.6": (part >= 0.1) & (part < 0.6),
            "0.6 to 0.9": (part >= 0.6) & (part < 0.9),
        }
        by_hidden[f"{low:g} to {min(high, 1):g}"] = {name: float(mask.mean()) for name, mask in shares.items()}
    sureness = np.log(np.clip(score, 0.03, 0.985) / (1 - np.clip(score, 0.03, 0.985)))
    box, true = found.boxes_px[given], truth.boxes_px
    tall, wide = true[:, 3] - true[:, 1], true[:, 2] - true[:, 0]
    errors = {
        "across": 0.5 * (box[:, 0] + box[:, 2] - true[:, 0] - true[:, 2]) / tall,
        "along": (box[:, 3] - true[:, 3]) / tall,
        "log height": np.log((box[:, 3] - box[:, 1]) / tall),
        "log width": np.log((box[:, 2] - box[:, 0]) / wide),
    }
    clear = seen & (hidden < 0.05)
    taken = np.zeros(len(found), bool)
    taken[given[seen]] = True
    false = {"beside people": ~taken & (nearest >= 0.1), "elsewhere": ~taken & (nearest < 0.1)}
    return {
        "scores_by_hidden_share": by_hidden,
        "score_lasts": lasting(sureness, np.ones(len(truth), bool), case),
        "spread_of_clear_boxes": {
            name: 1.4826 * float(np.median(np.abs(e[clear] - np.median(e[clear])))) for name, e in errors.items()
        },
        "error_lasts": {name: lasting(error, clear, case) for name, error in errors.items()},
        "false_per_frame": {
            name: {
                f"from {least:g}": float((mask & (found.confidences >= least)).sum() / case.frames)
                for least in (0.1, 0.3, 0.6)
            }
            for name, mask in false.items()
        },
        "tracker": tracked(case),
    }


def tracked(case: Case) -> dict[str, float]:
    """Scores of the tracker on every frame."""
    tracker, rows = Tracker(TrackSettings()), []
    found = case.detections
    of_frame = dict(found.by_frame())
    for number in range(1, case.frames + 1):
        here = of_frame.get(number, slice(0, 0))
        labels = (found.classes[here] - FIRST_CLASS).astype(np.int16)
        boxes, scores = found.boxes_px[here].astype(np.float32), found.confidences[here].astype(np.float32)
        time_ns = round((number - 1) / case.fps * 1e9)
        tracks = tracker.update([Sample(case.name, time_ns, case.size, Detections(boxes, scores, labels))])[0]
        rows += [(number, i, b) for i, b in zip(tracks.ids, tracks.boxes_px, strict=True) if i != UNCONFIRMED]
        rows += [
            (1 + round(hit.time_ns * 1e-9 * case.fps), hit.id, hit.box) for hit in tracker.confirmed_since(case.name)
        ]
    frames, ids, boxes_px = zip(*rows, strict=True)
    values = evaluate(case.truth, table(np.array(frames), np.array(ids), np.array(boxes_px, float)))
    return {name: float(values[name]) for name in SCORES}


def mean(parts: list[Any]) -> Any:
    """Equal trees of numbers averaged leaf by leaf."""
    if isinstance(parts[0], dict):
        return {key: mean([part[key] for part in parts]) for key in parts[0]}
    return round(float(np.nanmean(parts)), 3)


def drawn(case: Case, how: DrawnDetector, seed: int) -> Case:
    """The same camera with detections drawn over its truth, people only as in the real ones."""
    truth = case.truth
    return replace(
        replace(case, detections=detections(truth, case.fps, case.size, how, seed)).only("people"), group="pets"
    )


def main() -> None:
    """Measure, print and keep the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(Path(scratch))
        library.import_dir(SHARED / "models")
        case = street_case(SHARED / "groundtruth" / "pets09-s2l1-first400", library)
    parts = {
        name: [described(drawn(case, how, seed)) for seed in SEEDS]
        for name, how in (("street", STREET), ("strong", STRONG))
    }
    spread = {name: round(float(np.std([part["tracker"][name] for part in parts["street"]])), 2) for name in SCORES}
    values = {
        "street_model": mean([described(case)]),
        "drawn_street": mean(parts["street"]),
        "drawn_street_tracker_spread_over_seeds": spread,
        "drawn_strong": mean(parts["strong"]),
        "seeds": len(SEEDS),
        "constants": {"street": asdict(STREET), "strong": asdict(STRONG)},
    }
    done = result("drawn-detector", values)
    print(json.dumps(asdict(done), indent=1))
    done.write(options.out)


if __name__ == "__main__":
    main()
