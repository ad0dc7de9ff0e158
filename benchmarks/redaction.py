"""How many of the faces and plates that a person can recognise are covered in the pictures that leave.

The real redactor, detector and tracker on every labelled picture (``benchmarks/data/privacy_labels.json``): photos as
they are (also with fewer models installed), eight photos in one large picture, the clips, and photos pushed across the
view; what moves is analysed in every frame and in every fifth only. Run ``python benchmarks/redaction.py`` from the
project's root; every miss is listed in ``results/redaction.json``.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.stats import beta

from sightline.bench.result import result
from sightline.config import DetectSettings, PrivacySettings, TrackSettings, VideoSettings
from sightline.core.frame import Frame
from sightline.core.values import Tracks
from sightline.detect import make_detector
from sightline.models.library import Library
from sightline.privacy import Redactor, make_redactor
from sightline.privacy.regions import Regions
from sightline.privacy.second_look import FRESH_MODELS, SECOND_MODELS
from sightline.track import Sample, Tracker
from sightline.video import open_source

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("SIGHTLINE_SHARED", HERE.parents[1] / "shared"))
COVERED = 0.9  # share of a label's area that must lie inside altered regions
DETAIL_LEFT = 0.15  # most of the label's fine detail that may be left in its core
PUSH_PX = 10  # a pushed photo of 416 px moves so far per frame: across the view in 3.5 s at 12 fps
PUSH_FPS = 12.0
PUSH_FRAMES = 10
SINCE = ("first five frames", "later frames")  # an object has no track before its second analysis
FPS = {"car-detection.mp4": 12.5, "person-bicycle-car-detection.mp4": 12.0, "one-by-one-person-detection.mp4": 10.0}
LEAD_IN = 12  # frames of a clip before a label, so that tracker and memory are warm

Label = dict[str, Any]


@dataclass
class Tally:
    """What was counted in one way of running."""

    labels: int = 0
    covered: int = 0
    by_group: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    misses: list[Label] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=lambda: [0, 0])
    altered: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """The numbers, with the lower end of the one-sided exact (Clopper-Pearson) 95 % interval."""
        return {
            "labels": self.labels,
            "covered": self.covered,
            "share": round(self.covered / max(1, self.labels), 4),
            "lower_95": lower_bound(self.covered, self.labels),
            "by_group": {
                kind: {"labels": n, "covered": k, "share": round(k / n, 4), "lower_95": lower_bound(k, n)}
                for kind, (n, k) in sorted(self.by_group.items())
            },
            "blank_plates": {"labels": self.unreadable[0], "covered": self.unreadable[1]},
            "picture_altered_share": {
                "mean": round(float(np.mean(self.altered)), 4),
                "median": round(float(np.median(self.altered)), 4),
                "p90": round(float(np.quantile(self.altered, 0.9)), 4),
            },
            "ms_per_picture": {
                "median": round(float(np.median(self.seconds)) * 1e3, 1),
                "p90": round(float(np.quantile(self.seconds, 0.9)) * 1e3, 1),
            },
            "misses": self.misses,
        }


def lower_bound(covered: int, labels: int) -> float:
    """Lower end of the one-sided exact 95 % confidence interval of a share (Clopper and Pearson 1934)."""
    return round(float(beta.ppf(0.05, covered, labels - covered + 1)), 4) if covered else 0.0


def detail_left(before: np.ndarray, after: np.ndarray, kind: str) -> float:
    """Share of a part's fine detail that is still there: its projection on the detail as it was, 0..1.

    Detail is the Laplacian of a face, the second derivative along a plate (its characters; the plate's own outline may
    stay). Edges where two altered regions meet are new and count for nothing.
    """
    kernel = np.array([[1.0, -2.0, 1.0]]) if kind == "plate" else np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    grey = (cv2.cvtColor(part, cv2.COLOR_BGR2GRAY) for part in (before, after))
    was, now = (cv2.filter2D(part, cv2.CV_32F, kernel) for part in grey)
    return float(abs((was * now).sum()) / max(float((was * was).sum()), 1e-6))


class Bench:
    """One library, detector and settings for all ways of running."""

    def __init__(self, library: Library, settings: PrivacySettings, *, second_look: bool = True) -> None:
        self.second_look = second_look
        self.detector = make_detector("street", library, DetectSettings())
        self.library = library
        self.settings = settings

    def redactor(self) -> Redactor:
        """A redactor without memory; SystemExit where the models are missing."""
        made = make_redactor(self.library, self.settings, second_look=self.second_look)
        if not made.ready:
            sys.exit(made.reason)
        return made

    def run(self, frames: Iterator[tuple[Frame, list[Label]]], every: int, tally: Tally) -> None:
        """Redact frames of one camera, analysing one in ``every``; frames come with their labels."""
        redactor, tracker = self.redactor(), Tracker(TrackSettings())
        tracks, analysed_ns = Tracks.empty(), 0
        for place, (frame, labels) in enumerate(frames):
            if place % every == 0:
                found = self.detector([frame])[0]
                (tracks,) = tracker.update([Sample(frame.camera, frame.time_ns, (frame.width, frame.height), found)])
                analysed_ns = frame.time_ns
            else:
                tracks = tracker.predict(frame.camera, frame.time_ns)
            started = time.perf_counter()
            picture, regions = redactor.examine(frame, tracks, age_s=(frame.time_ns - analysed_ns) / 1e9)
            tally.seconds.append(time.perf_counter() - started)
            judge(frame, picture.pixels, regions, tracks, labels, tally)
        self.detector.forget("bench")


def judge(
    frame: Frame, pixels: np.ndarray, regions: Regions, tracks: Tracks, labels: list[Label], tally: Tally
) -> None:
    """Count the labels of one picture."""
    mask = np.zeros((frame.height, frame.width), np.uint8)
    for left, top, right, bottom in regions.boxes_px.tolist():
        mask[int(np.floor(top)) : int(np.ceil(bottom)), int(np.floor(left)) : int(np.ceil(right))] = 1
    tally.altered.append(float(mask.mean()))
    for label in labels:
        limit = (frame.width, frame.height) * 2
        left, top, right, bottom = (round(min(max(v, 0), most)) for v, most in zip(label["box"], limit, strict=True))
        if right - left < 2 or bottom - top < 2:
            continue
        inside = float(mask[top:bottom, left:right].mean())
        dx, dy = (right - left) // 5, (bottom - top) // 5
        core = (slice(top + dy, bottom - dy), slice(left + dx, right - dx))
        before, after = np.ascontiguousarray(frame.pixels[core]), np.ascontiguousarray(pixels[core])
        left_over = detail_left(before, after, label["kind"])
        good = inside >= COVERED and left_over <= DETAIL_LEFT
        if not label["readable"]:
            tally.unreadable[0] += 1
            tally.unreadable[1] += good
            continue
        tally.labels += 1
        tally.covered += good
        for group in (label["kind"], label.get("since")):
            if group:
                tally.by_group[group][0] += 1
                tally.by_group[group][1] += good
        if not good:
            near = tracks.boxes_px
            middle = ((left + right) / 2, (top + bottom) / 2)
            owned = bool(
                len(near)
                and (
                    (near[:, 0] <= middle[0])
                    & (near[:, 2] >= middle[0])
                    & (near[:, 1] <= middle[1])
                    & (near[:, 3] >= middle[1])
                ).any()
            )
            why = "outside the regions of its object" if owned else "no object found there"
            tally.misses.append(
                {
                    "file": label["file"],
                    "frame": label["frame"],
                    "shown": frame.index,
                    "kind": label["kind"],
                    "box": label["box"],
                    "covered": round(inside, 2),
                    "detail_left": round(left_over, 2),
                    "why": why if inside < COVERED else "altered too little",
                }
            )


def stills(labels: list[Label]) -> Iterator[list[tuple[Frame, list[Label]]]]:
    """Each labelled photo as a camera's only frame."""
    for file, rows in grouped(labels):
        if file.startswith("images/"):
            yield [(Frame("bench", 1, 0, read(file)), rows)]


def pushed(labels: list[Label]) -> Iterator[list[tuple[Frame, list[Label]]]]:
    """Each labelled photo moving sideways by PUSH_PX per frame."""
    for number, (file, rows) in enumerate(grouped(labels)):
        if not file.startswith("images/"):
            continue
        picture = read(file)
        height, width = picture.shape[:2]
        step = PUSH_PX * max(width, height) / 416 * (1 if number % 2 else -1)
        sequence = []
        for place in range(PUSH_FRAMES):
            shift = round(step * (place - PUSH_FRAMES // 2))
            moved = cv2.warpAffine(
                picture,
                np.array([[1, 0, shift], [0, 1, 0]], np.float32),
                (width, height),
                borderMode=cv2.BORDER_REFLECT,
            )
            here = [
                row | {"box": [row["box"][0] + shift, row["box"][1], row["box"][2] + shift, row["box"][3]]}
                for row in rows
            ]
            here = [
                row | {"since": SINCE[place >= PUSH_FRAMES // 2]}
                for row in here
                if row["box"][0] >= 0 and row["box"][2] <= width
            ]
            time_ns = round(place / PUSH_FPS * 1e9)
            sequence.append((Frame("bench", place + 1, time_ns, np.asarray(moved, np.uint8)), here))
        yield sequence


def crowded(labels: list[Label]) -> Iterator[list[tuple[Frame, list[Label]]]]:
    """Eight labelled photos at a time side by side in one picture of 1920 x 1080: small objects in a large view."""
    columns, rows, (width, height) = 4, 2, (480, 540)
    photos = [(file, own) for file, own in grouped(labels) if file.startswith("images/")]
    for first in range(0, len(photos), columns * rows):
        canvas, moved = np.full((rows * height, columns * width, 3), 90, np.uint8), []
        for place, (file, own) in enumerate(photos[first : first + columns * rows]):
            picture = read(file)
            scale = min(1.0, width / picture.shape[1], height / picture.shape[0])
            size = (int(picture.shape[1] * scale), int(picture.shape[0] * scale))
            x, y = place % columns * width, place // columns * height
            canvas[y : y + size[1], x : x + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            shift = np.array([x, y, x, y])
            moved += [row | {"box": (np.array(row["box"]) * scale + shift).round(1).tolist()} for row in own]
        yield [(Frame("bench", 1, 0, canvas), moved)]


def clips(labels: list[Label], starts: int = 1) -> Iterator[Iterator[tuple[Frame, list[Label]]]]:
    """Each labelled clip around its labels, begun ``starts`` times one frame later (so another frame is analysed)."""
    for file, rows in grouped(labels):
        if file.startswith("video/"):
            for start in range(starts):
                yield islice(clip(file, rows), start, None)


def clip(file: str, rows: list[Label]) -> Iterator[tuple[Frame, list[Label]]]:
    """The frames of one clip that carry labels, each with the frames before it."""
    by_frame: dict[int, list[Label]] = defaultdict(list)
    for row in rows:
        by_frame[row["frame"]].append(row)
    wanted = {index + back for index in by_frame for back in range(-LEAD_IN, 1)}
    source = open_source(str(SHARED / file), camera="bench", settings=VideoSettings(), source_fps=FPS[Path(file).name])
    for frame in source:
        if frame.index in wanted:
            pixels = frame.pixels
            if frame.layout == "i420":
                pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_YUV2BGR_I420), np.uint8)
            yield Frame("bench", frame.index, frame.time_ns, pixels), by_frame.get(frame.index, [])
    source.close()


def grouped(labels: list[Label]) -> list[tuple[str, list[Label]]]:
    """Labels by file, in order."""
    by_file: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        by_file[label["file"]].append(label)
    return sorted(by_file.items())


def read(file: str) -> np.ndarray:
    """A photo as BGR u8 (h, w, 3)."""
    return np.asarray(cv2.imread(str(SHARED / file)), np.uint8)


@contextmanager
def without(library: Library, names: Sequence[str]) -> Iterator[Library]:
    """The library as if these models were not installed."""
    with tempfile.TemporaryDirectory() as folder:
        for path in library.folder.iterdir():
            if path.name not in names:
                (Path(folder) / path.name).symlink_to(path.resolve())
        yield Library(Path(folder))


def measure(
    make: Callable[[], Iterator[Iterable[tuple[Frame, list[Label]]]]], bench: Bench, every: int
) -> dict[str, Any]:
    """The values of one way of running."""
    tally = Tally()
    for sequence in make():
        bench.run(iter(sequence), every, tally)
    return tally.values()


def main() -> None:
    """Run all ways and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, help="folder of model files (default: the user's)")
    parser.add_argument("--only", help="beginnings of names of ways, comma between")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the result")
    parser.add_argument("--every-photo", type=int, default=1, help="push one labelled photo in so many (1 = all)")
    arguments = parser.parse_args()
    labels: list[Label] = json.loads((HERE / "data" / "privacy_labels.json").read_text("utf-8"))["labels"]
    some = set(sorted({label["file"] for label in labels})[:: arguments.every_photo])
    ways: dict[str, tuple[Callable[[], Any], int, tuple[str, ...]]] = {
        "stills": (lambda: stills(labels), 1, ()),
        "stills_with_fixed_face_model": (lambda: stills(labels), 1, ("yunet-dynamic",)),
        "stills_without_second_look": (lambda: stills(labels), 1, SECOND_MODELS),
        "crowded": (lambda: crowded(labels), 1, ()),
        "clips_analysed_every_frame": (lambda: clips(labels), 1, ()),
        "clips_analysed_every_fifth": (lambda: clips(labels, starts=5), 5, ()),
        "clips_analysed_every_fifth_without_fresh_look": (lambda: clips(labels, starts=5), 5, FRESH_MODELS),
        "pushed_analysed_every_frame": (lambda: pushed([row for row in labels if row["file"] in some]), 1, ()),
        "pushed_analysed_every_fifth": (lambda: pushed([row for row in labels if row["file"] in some]), 5, ()),
    }
    values: dict[str, Any] = {"pushed_every_photo": arguments.every_photo}
    library = Library(arguments.models)
    for name, (make, every, missing) in ways.items():
        if arguments.only and not name.startswith(tuple(arguments.only.split(","))):
            continue
        with without(library, missing) as fewer:
            bench = Bench(fewer, PrivacySettings(), second_look=missing != SECOND_MODELS)
            values[name] = measure(make, bench, every)
        shown = {key: value for key, value in values[name].items() if key != "misses"}
        sys.stderr.write(f"{name}: {json.dumps(shown)}\n")
    result("redaction", values).write(arguments.out)


if __name__ == "__main__":
    main()
