"""How often what is said of vehicles and people is right, per attribute, and for how many anything is said.

Crops of labelled photos (one look each, calibration fitted on the other four fifths) and whole tracks of the clips.
Run ``python benchmarks/describe_quality.py [--fit]`` from the project's root; --fit prints the constants of
``describe/calibration.py`` fitted on all labelled crops.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from describe_fit import Fold, cross_validated, fit_clothing, fit_flags, fit_vehicle

from sightline.bench.result import result
from sightline.config import DescribeSettings, DetectSettings, TrackSettings, VideoSettings
from sightline.core.geometry import iou
from sightline.core.values import UNCONFIRMED
from sightline.core.vocabulary import ATTRIBUTES, CLASSES, COLOURS
from sightline.describe import Describer
from sightline.describe.calibration import MODEL_COLOURS, NEVER, PERSON_FLAGS, bars
from sightline.describe.crops import Seer, body_shares, clothing_shares, shows_legs
from sightline.describe.decode import read_person, read_vehicle
from sightline.describe.describer import PERSON_MODEL, VEHICLE_MODEL
from sightline.detect import make_detector, make_namer
from sightline.models.library import Library
from sightline.models.session import open_session
from sightline.track import Sample, Tracker
from sightline.video import open_source

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("SIGHTLINE_SHARED", HERE.parents[1] / "shared"))
FPS = {"person-bicycle-car-detection.mp4": 12.0}


def labelled(name: str) -> dict[str, Any]:
    """One of the label files under benchmarks/data."""
    found: dict[str, Any] = json.loads((HERE / "data" / f"{name}.json").read_text("utf-8"))
    return found


def crop_of(images: str, row: dict[str, Any]) -> np.ndarray:
    """The labelled box of a photo as BGR u8 (h, w, 3)."""
    path = SHARED / "images" / images / row["file"]
    picture = cv2.imread(str(path))
    height, width = picture.shape[:2]
    line = path.with_suffix(".txt").read_text("utf-8").splitlines()[row["line"]]
    x, y, w, h = (float(word) for word in line.split()[1:])
    left, top = max(0, int((x - w / 2) * width)), max(0, int((y - h / 2) * height))
    return picture[top : int((y + h / 2) * height), left : int((x + w / 2) * width)]


def allowed(words: list[str]) -> np.ndarray:
    """f64 (len(COLOURS),): 2 for the first of the words, 1 for the others, which count as right too, else 0."""
    return np.array([float(word in words) + float(word == words[0]) for word in COLOURS])


def vehicle_photos(library: Library) -> Fold:
    """Features and truth of the labelled vehicle crops."""
    data = labelled("vehicle_colours")
    seer = Seer(open_session(library, VEHICLE_MODEL), vehicles=True)
    crops = [crop_of(data["images"], row) for row in data["crops"]]
    model = np.stack([read_vehicle(seer.answer(crop)) for crop in crops])
    shares = np.stack([body_shares(crop) for crop in crops])
    truth = np.stack([allowed(row["colours"]) for row in data["crops"]])
    return Fold(
        features=np.hstack([model, shares]),
        truth=truth,
        groups=np.array([r["file"] for r in data["crops"]]),
        unseen=np.zeros(len(truth), np.bool_),
    )


def person_photos(library: Library) -> tuple[dict[str, Fold], dict[str, Fold]]:
    """Features and truth of the labelled person crops: clothing colours, and flags, by attribute."""
    data = labelled("clothing")
    seer = Seer(open_session(library, PERSON_MODEL), vehicles=False)
    rows: dict[str, list[tuple[np.ndarray, np.ndarray, str, bool]]] = defaultdict(list)
    for row in data["crops"]:
        crop = crop_of(data["images"], row)
        reading = read_person(seer.answer(crop))
        shares = dict(zip(("upper_colour", "lower_colour"), clothing_shares(reading, crop), strict=True))
        for name, values in shares.items():
            if name in row:
                unseen = name == "lower_colour" and not shows_legs(crop)
                rows[name].append((values, allowed(row[name]), row["file"], unseen))
        for place, name in enumerate(PERSON_FLAGS):
            if name in row:
                yes = float(ATTRIBUTES[name].index(row[name]))
                rows[name].append((reading.flags[place : place + 1], np.array([1.0 - yes, yes]), row["file"], False))
    folds = {name: Fold(*(np.stack(column) for column in zip(*found, strict=True))) for name, found in rows.items()}
    colours = {name: folds[name] for name in ("upper_colour", "lower_colour")}
    return colours, {name: folds[name] for name in PERSON_FLAGS}


def scored(probabilities: np.ndarray, truth: np.ndarray, bar: np.ndarray) -> dict[str, Any]:
    """Counts, accuracy of what is said at the bars (v,), coverage, and accuracy were everything said."""
    top = probabilities.argmax(axis=1)
    right = truth[np.arange(len(top)), top] > 0
    first = truth[np.arange(len(top)), top] == truth.max(axis=1)
    said = probabilities.max(axis=1) >= bar[top]
    return {
        "crops": len(top),
        "bar": round(float(bar.min()), 2) if bar.min() < NEVER else None,
        "said": int(said.sum()),
        "right": int((said & right).sum()),
        "accuracy": round(float(right[said].mean()), 3) if said.any() else None,
        "accuracy_first_word": round(float(first[said].mean()), 3) if said.any() else None,
        "coverage": round(float(said.mean()), 3),
        "accuracy_without_bar": round(float(right.mean()), 3),
    }


def flag_details(fold: Fold, probabilities: np.ndarray, bar: np.ndarray) -> dict[str, Any]:
    """What a binary attribute needs besides: how often each value is true and said, and the area under the ROC."""
    yes = fold.truth[:, 1] > 0
    raw = fold.features[:, 0]
    auc = float(np.mean((raw[yes][:, None] > raw[~yes]) + 0.5 * (raw[yes][:, None] == raw[~yes])))
    details: dict[str, Any] = {"roc_auc": round(auc, 3)}
    for value, true in enumerate((~yes, yes)):
        said = (probabilities.argmax(axis=1) == value) & (probabilities[:, value] >= bar[value])
        details[f"value_{value}"] = {
            "true": int(true.sum()),
            "said": int(said.sum()),
            "right": int((said & true).sum()),
        }
    return details


def photos(library: Library, bar: float, show_fit: bool) -> dict[str, Any]:
    """Quality on photos, one look per crop, cross-validated."""
    values: dict[str, Any] = {}
    own = {name: bars(name, bar) for name in ATTRIBUTES}
    vehicles = vehicle_photos(library)
    values["vehicle_colour"] = scored(cross_validated(vehicles, fit_vehicle), vehicles.truth, own["vehicle_colour"])
    alone = vehicles.features[:, : len(MODEL_COLOURS)] @ np.eye(len(COLOURS))[[COLOURS.index(w) for w in MODEL_COLOURS]]
    values["vehicle_colour"]["accuracy_of_the_model_alone"] = scored(alone, vehicles.truth, np.zeros(len(COLOURS)))[
        "accuracy"
    ]
    colours, flags = person_photos(library)
    both = Fold.joined(list(colours.values()))
    predicted = cross_validated(both, fit_clothing)
    predicted[both.unseen] = 1.0 / len(COLOURS)
    start = 0
    for name, fold in colours.items():
        values[name] = scored(predicted[start : start + len(fold)], fold.truth, own[name])
        start += len(fold)
    for name, fold in flags.items():
        p = cross_validated(fold, fit_flags)
        values[name] = scored(p, fold.truth, own[name]) | flag_details(fold, p, own[name])
    if show_fit:
        print("vehicle", fit_vehicle(vehicles).constants)
        print("clothing", fit_clothing(both).constants)
        for name, fold in flags.items():
            print(name, fit_flags(fold).constants)
    return values


def correlation(looks: list[np.ndarray]) -> float | None:
    """Intraclass correlation (one-way) of the truth's log-probability between the looks at one track."""
    groups = [values for values in looks if len(values) >= 2]
    if len(groups) < 3:
        return None
    size = np.mean([len(values) for values in groups])
    between = size * np.var([values.mean() for values in groups], ddof=1)
    within = np.mean([values.var(ddof=1) for values in groups])
    return round(float((between - within) / (between + (size - 1) * within)), 3)


def follow_clip(library: Library, describer: Describer, clip: str, truths: list[dict[str, Any]]) -> dict[int, int]:
    """Run detector, tracker and describer over a clip; which track id (values) each truth (keys) became."""
    detector = make_detector("street", library, DetectSettings())
    tracker = Tracker(TrackSettings())
    matched: dict[int, int] = {}
    source = open_source(str(SHARED / "video" / clip), camera=clip, settings=VideoSettings(), source_fps=FPS.get(clip))
    for frame in source:
        detections = detector([frame])[0]
        size = (frame.width, frame.height)
        tracks = tracker.update([Sample(clip, frame.time_ns, size, detections, None, False)])[0]
        describer.update(frame, tracks)
        for place, truth in enumerate(truths):
            if truth["clip"] != clip or truth["frame"] != frame.index or not len(tracks):
                continue
            overlap = iou(np.array([truth["box"]], np.float32), tracks.boxes_px)[0]
            overlap[tracks.ids == UNCONFIRMED] = 0
            if overlap.max() >= 0.3:
                matched[place] = int(tracks.ids[overlap.argmax()])
    source.close()
    return matched


def clips(library: Library, settings: DescribeSettings) -> dict[str, Any]:
    """Quality on whole tracks of the clips, voted, with the shipped constants and the default budget."""
    truths = labelled("described_tracks")["tracks"]
    namer = make_namer(library)
    describer = Describer(library, settings, namer)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    said_of: list[dict[str, Any]] = []
    looks: list[np.ndarray] = []
    spent: dict[str, float] = {}
    for clip in dict.fromkeys(truth["clip"] for truth in truths):
        for place, track_id in follow_clip(library, describer, clip, truths).items():
            truth = truths[place]
            memory = describer.memory(clip, track_id)
            said = describer.attributes(clip, np.array([track_id])).named(0) | {"class": (CLASSES[memory.said], 1.0)}
            said_of.append(
                {"clip": clip, "frame": truth["frame"], "track": track_id}
                | {name: [value, round(p, 2)] for name, (value, p) in said.items()}
            )
            for name in {*truth} & {"class", *ATTRIBUTES}:
                right = truth[name] if isinstance(truth[name], list) else [truth[name]]
                coarse = name == "class" and said["class"][0] in ("vehicle", "rider")
                known = name in said and not coarse
                counts[name][0] += 1
                counts[name][1] += known
                counts[name][2] += known and said[name][0] in right
            words = truth.get("vehicle_colour", truth.get("upper_colour"))
            looks.append(np.log((memory.looks.rows[:, : len(COLOURS)] @ (allowed(words) > 0)) + 1e-3))
        spent[clip] = round(describer.spent(clip), 2)
    table = {
        name: {"tracks": n, "said": said, "right": right, "accuracy": round(right / said, 3) if said else None}
        for name, (n, said, right) in sorted(counts.items())
    }
    return {
        "namer": namer is not None,
        "attributes": table,
        "correlation_of_looks": correlation(looks),
        "units_spent": spent,
        "tracks": said_of,
    }


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="print constants fitted on all labelled crops")
    parser.add_argument("--models", type=Path, default=None, help="folder of model files, default as for sightline")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        print("describe_quality: the shared folder with the labelled pictures is not here")
        return 0
    library = Library(arguments.models)
    settings = DescribeSettings()
    values = {
        "min_probability": settings.min_probability,
        "photos": photos(library, settings.min_probability, arguments.fit),
        "clips": clips(library, settings),
    }
    made = result("describe", values)
    made.write(HERE / "results")
    print(json.dumps(values, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
