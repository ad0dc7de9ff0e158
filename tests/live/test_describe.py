"""What is said of the clips' road users, with the real models, as a person sees them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.config import DescribeSettings, DetectSettings, TrackSettings, VideoSettings
from sightline.core.geometry import iou
from sightline.core.values import UNCONFIRMED
from sightline.core.vocabulary import CLASSES
from sightline.describe import Describer
from sightline.detect import make_detector, make_namer
from sightline.models.library import Library
from sightline.track import Sample, Tracker
from sightline.video import open_source

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def library(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library with all shared models imported."""
    made = Library(tmp_path_factory.mktemp("models"))
    made.import_dir(models_folder)
    return made


def described(library: Library, clip: Path, frame: int, box: tuple[float, ...], frames: range) -> dict[str, str]:
    """What is said of the track that is at the box in that frame, after those frames of the clip."""
    describer = Describer(library, DescribeSettings(), make_namer(library))
    detector = make_detector("street", library, DetectSettings())
    tracker = Tracker(TrackSettings())
    wanted = -1
    for picture in _frames(clip, frames):
        detections = detector([picture])[0]
        size = (picture.width, picture.height)
        tracks = tracker.update([Sample(clip.name, picture.time_ns, size, detections, None, False)])[0]
        describer.update(picture, tracks.as_detected(detections))
        if picture.index == frame and len(tracks):
            overlap = np.where(tracks.ids == UNCONFIRMED, 0, iou(np.array([box], np.float32), tracks.boxes_px)[0])
            if overlap.max() >= 0.3:
                wanted = int(tracks.ids[overlap.argmax()])
    assert wanted >= 0, f"expected a confirmed track at {box} in frame {frame}"
    said = {name: value for name, (value, _) in describer.attributes(clip.name, np.array([wanted])).named(0).items()}
    return said | {"class": CLASSES[describer.memory(clip.name, wanted).said]}


def _frames(clip: Path, frames: range) -> Iterator[Any]:
    source = open_source(str(clip), camera=clip.name, settings=VideoSettings())
    try:
        for picture in source:
            if picture.index >= frames.stop:
                return
            if picture.index in frames:
                yield picture
    finally:
        source.close()


CASES = {
    "the white car that stands at first": (
        "person-bicycle-car-detection.mp4",
        22,
        (26, 111, 206, 265),
        range(1, 60),
        {"vehicle_colour": {"white"}, "class": {"car"}},
    ),
    "the cyclist is one object, a bicycle, in long dark sleeves": (
        "person-bicycle-car-detection.mp4",
        148,
        (623, 45, 704, 101),
        range(100, 170),
        {"sleeves": {"long"}, "upper_colour": {"black", "blue", None}, "lower_colour": {"black", None}}
        | {"class": {"bicycle"}, "vehicle_colour": {None}},
    ),
    "the red car": (
        "car-detection.mp4",
        217,
        (306, 31, 460, 271),
        range(180, 245),
        {"vehicle_colour": {"red"}, "class": {"car"}},
    ),
    "the green truck at the junction": (
        "street-junction-truck.mp4",
        29,
        (170, 86, 340, 180),
        range(1, 61),
        {"vehicle_colour": {"green"}, "class": {"truck"}},
    ),
    "a person in black": (
        "one-by-one-person-detection.mp4",
        336,
        (382, 10, 543, 388),
        range(225, 400),
        {"upper_colour": {"black"}, "lower_colour": {"black"}, "sleeves": {"long"}, "hat": {"no", None}}
        | {"class": {"pedestrian"}, "vehicle_colour": {None}, "bag": {"no", None}, "backpack": {"no", None}},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_said_is_what_a_person_sees(library: Library, shared: Path, case: tuple[Any, ...]) -> None:
    clip, frame, box, frames, expected = case
    said = described(library, shared / "video" / clip, frame, box, frames)
    assert {name: said.get(name) for name in expected if said.get(name) not in expected[name]} == {}
