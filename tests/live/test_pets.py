"""People on a real street clip with known truth are followed as well as the README says."""

from pathlib import Path

import numpy as np
import pytest

from sightline.config import DetectSettings, VideoSettings
from sightline.core.values import UNCONFIRMED
from sightline.core.vocabulary import CODE
from sightline.detect import make_detector
from sightline.evaluate import evaluate
from sightline.formats.mot import read_mot, table
from sightline.models.library import Library
from sightline.track import Sample, Tracker
from sightline.video import Patches, open_source

FPS = 7.0  # the clip's real rate; its container says otherwise


@pytest.mark.live
def test_people_keep_their_ids_on_pets(shared: Path, models_folder: Path, tmp_path: Path) -> None:
    folder = shared / "groundtruth" / "pets09-s2l1-first400"
    library = Library(tmp_path)
    library.import_dir(models_folder)
    detect = make_detector("person-vehicle-bike-detection-2003", library, DetectSettings())
    tracker, patches, rows = Tracker(), Patches(), []
    source = open_source(str(folder / "video.mp4"), camera="pets", settings=VideoSettings(), source_fps=FPS)
    try:
        for frame in source:
            unchanged, moved = patches.unchanged(frame, tracker.places("pets"))
            found = detect([frame])[0]
            sample = Sample("pets", frame.time_ns, (frame.width, frame.height), found, unchanged, moved)
            tracks = tracker.update([sample])[0]
            people = (tracks.ids != UNCONFIRMED) & (tracks.labels == CODE["pedestrian"])
            rows += [(frame.index, i, *b) for i, b in zip(tracks.ids[people], tracks.boxes_px[people], strict=True)]
            rows += [
                (1 + round(first.time_ns * 1e-9 * FPS), first.id, *first.box)
                for first in tracker.confirmed_since("pets")
                if first.label == CODE["pedestrian"]
            ]
    finally:
        source.close()
    columns = np.array(rows, np.float64)
    prediction = table(columns[:, 0].astype(np.int64), columns[:, 1].astype(np.int64), columns[:, 2:])
    values = evaluate(read_mot(folder / "gt.txt"), prediction)
    assert values["HOTA"] >= 62, values
    assert values["IDF1"] >= 83, values
