"""How well people are followed on a real street clip with known truth, PETS 2009 S2.L1 (first 400 frames).

The real reader, detector, patch comparison and tracker, at the clip's own 7 frames per second and at fewer (each rate
from several first frames, because one crossing more or less moves the scores), scored by ``sightline.evaluate`` on the
frames analysed. Beside it the tracker alone on the public detections of the five static MOT15 sequences. The noise of
persons (``track/motion.py``) was chosen on these same six scenes: nothing here is held out. Run
``python benchmarks/track_pets.py`` from the project's root.
"""

import argparse
import configparser
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from sightline.bench.result import result
from sightline.config import DetectSettings, TrackSettings, VideoSettings
from sightline.core.frame import Frame
from sightline.core.values import UNCONFIRMED, Detections
from sightline.core.vocabulary import CODE
from sightline.detect import make_detector
from sightline.evaluate import evaluate
from sightline.formats.mot import MotTable, read_mot, table
from sightline.models.library import Library
from sightline.track import Sample, Tracker
from sightline.video import Patches, open_source

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("SIGHTLINE_SHARED", HERE.parents[1] / "shared"))
PETS, PETS_FPS = SHARED / "groundtruth" / "pets09-s2l1-first400", 7.0
MOT15 = ("ADL-Rundle-6", "KITTI-17", "TUD-Campus", "TUD-Stadtmitte", "Venice-2")
DETECTOR = "person-vehicle-bike-detection-2003"
PERSON = CODE["pedestrian"]
SCORES = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW")


def chosen(last: int, fps: float, rate: float, phase: float) -> list[int]:
    """Numbers of the frames analysed at a rate, the first one ``phase`` of a step late."""
    step = max(1.0, fps / rate)
    numbers = 1 + np.round((np.arange(last) + phase) * step).astype(int)
    return np.unique(numbers[numbers <= last]).tolist()


def follow(samples: Iterable[tuple[int, Sample]], tracker: Tracker, fps: float) -> MotTable:
    """People by frame: every row with an id and the first hits told later."""
    rows: list[tuple[int, int, np.ndarray]] = []
    for number, sample in samples:
        tracks = tracker.update([sample])[0]
        people = (tracks.ids != UNCONFIRMED) & (tracks.labels == PERSON)
        rows += [(number, i, b) for i, b in zip(tracks.ids[people].tolist(), tracks.boxes_px[people], strict=True)]
        for first in tracker.confirmed_since(sample.camera):
            if first.label == PERSON:
                rows.append((1 + round(first.time_ns * 1e-9 * fps), first.id, np.array(first.box)))
    if not rows:
        return MotTable.empty()
    frames, ids, boxes = zip(*rows, strict=True)
    return table(np.array(frames), np.array(ids), np.stack(boxes))


def scores(truth: MotTable, found: MotTable, numbers: list[int]) -> dict[str, float]:
    """Scores on the frames analysed."""
    values = evaluate(truth.keep(np.isin(truth.frames, numbers)), found)
    return {name: float(values[name]) for name in SCORES}


def mean(parts: list[dict[str, float]]) -> dict[str, float]:
    """Scores averaged name by name."""
    return {name: round(float(np.mean([part[name] for part in parts])), 2) for name in SCORES}


class Pets:
    """The clip, its detections found once."""

    def __init__(self, library: Library) -> None:
        detect = make_detector(DETECTOR, library, DetectSettings())
        self.detector = detect.name
        source = open_source(str(PETS / "video.mp4"), camera="pets", settings=VideoSettings(), source_fps=PETS_FPS)
        try:
            self.frames: dict[int, Frame] = {frame.index: frame for frame in source}
        finally:
            source.close()
        self.found = {number: detect([frame])[0] for number, frame in self.frames.items()}
        self.truth = read_mot(PETS / "gt.txt")

    def samples(self, numbers: list[int], tracker: Tracker) -> Iterator[tuple[int, Sample]]:
        """Samples of the given frames, patches compared as the pipeline does."""
        patches = Patches()
        for number in numbers:
            frame = self.frames[number]
            unchanged, moved = patches.unchanged(frame, tracker.places("pets"))
            size = (frame.width, frame.height)
            yield number, Sample("pets", frame.time_ns, size, self.found[number], unchanged, moved)

    def at(self, rate: float, phases: int) -> dict[str, float]:
        """Mean scores at a rate of analysis."""
        parts = []
        for k in range(phases):
            numbers = chosen(len(self.frames), PETS_FPS, rate, k / phases)
            tracker = Tracker(TrackSettings())
            parts.append(scores(self.truth, follow(self.samples(numbers, tracker), tracker, PETS_FPS), numbers))
        return mean(parts)


def public(name: str, rate: float | None, phases: int) -> dict[str, float]:
    """Mean scores of the tracker alone on a MOT15 sequence's public detections."""
    folder = SHARED / "groundtruth" / "mot15" / name
    info = configparser.ConfigParser()
    info.read(folder / "seqinfo.ini")
    sequence = info["Sequence"]
    fps, last = float(sequence["frameRate"]), int(sequence["seqLength"])
    size = (int(sequence["imWidth"]), int(sequence["imHeight"]))
    given, truth = read_mot(folder / "det" / "det.txt"), read_mot(folder / "gt" / "gt.txt")
    by_frame = dict(given.by_frame())
    parts = []
    for k in range(phases):
        numbers = chosen(last, fps, rate or fps, k / phases)
        samples = []
        for number in numbers:
            rows = by_frame.get(number, slice(0, 0))
            boxes, score = given.boxes_px[rows].astype(np.float32), given.confidences[rows].astype(np.float32)
            found = Detections(boxes, score, np.full(len(score), PERSON, np.int16))
            samples.append((number, Sample(name, round((number - 1) / fps * 1e9), size, found)))
        parts.append(scores(truth, follow(samples, Tracker(TrackSettings()), fps), numbers))
    return mean(parts)


def main() -> None:
    """Measure, print and keep the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, help="folder of installed models; default: those in shared")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(options.models or Path(scratch))
        if options.models is None:
            library.import_dir(SHARED / "models")
        pets = Pets(library)
    values = {
        "detector": pets.detector,
        "pets_by_rate": {
            f"{rate:g}": pets.at(rate, phases) for rate, phases in ((7, 1), (3.5, 2), (2.33, 3), (1.75, 4))
        },
        "mot15_static_public_detections": {
            "every frame" if rate is None else f"{rate:g}": {
                "mean": mean(parts := [public(name, rate, 1 if rate is None else 3) for name in MOT15]),
                "sequences": dict(zip(MOT15, parts, strict=True)),
            }
            for rate in (None, 5.0, 3.0, 2.0)
        },
    }
    done = result("track-pets", values)
    print(json.dumps(asdict(done), indent=1))
    done.write(options.out)


if __name__ == "__main__":
    main()
