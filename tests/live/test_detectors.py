"""The real models on the real clips: the right boxes, one row per road user, the right names."""

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from sightline.config import DetectSettings
from sightline.core.frame import Frame
from sightline.core.geometry import iou
from sightline.core.values import Detections
from sightline.core.vocabulary import CLASSES, TWO_WHEELERS
from sightline.detect import Detector, make_detector, make_namer
from sightline.models.library import Library

pytestmark = pytest.mark.live

# Where a person sees the object: clip, frame (from 0), words that fit, left, top, right, bottom in pixels.
SEEN = [
    ("a white car from above", "person-bicycle-car-detection.mp4", 5, ("vehicle", "car"), (124, 170, 262, 378)),
    ("a walker", "person-bicycle-car-detection.mp4", 340, ("pedestrian",), (213, 4, 250, 85)),
    ("the truck", "street-junction-truck.mp4", 30, ("vehicle", "truck"), (182, 86, 362, 178)),
    ("a car on the right", "street-junction-truck.mp4", 5, ("vehicle", "car"), (566, 130, 678, 198)),
]
DETECTORS = [
    "person-vehicle-bike-detection-2003",
    "person-vehicle-bike-detection-2003-fp16",
    "person-vehicle-bike-detection-2004",
    "nanodet-plus-m-1.5x",
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, models_folder: Path) -> Library:
    library = Library(tmp_path_factory.mktemp("models"))
    library.import_dir(models_folder)
    return library


@pytest.fixture(scope="module")
def detector(library: Library) -> Detector:
    """The default street detector."""
    detector = make_detector("street", library, DetectSettings())
    assert (detector.name, detector.notes) == ("person-vehicle-bike-detection-2003", ())
    return detector


@pytest.fixture(scope="module")
def picture(shared: Path) -> Callable[..., Frame]:
    """The frame of that number (from 0) of a clip."""
    kept: dict[tuple[str, int], np.ndarray] = {}

    def at(clip: str, number: int, layout: str = "bgr") -> Frame:
        if (clip, number) not in kept:
            with av.open(str(shared / "video" / clip)) as container:
                for index, frame in enumerate(container.decode(video=0)):
                    if index == number:
                        kept[clip, number] = frame.to_ndarray(format="bgr24")
                        break
        pixels = kept[clip, number]
        if layout == "i420":
            pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420)
        return Frame(clip, number + 1, 0, pixels, layout)

    return at


def _over(found: Detections, box: tuple[int, ...]) -> np.ndarray:
    return iou(found.boxes_px.astype(float), np.array([box], float))[:, 0]


@pytest.mark.parametrize("layout", ["bgr", "i420"])
@pytest.mark.parametrize(("word", "clip", "number", "names", "box"), SEEN, ids=[row[0] for row in SEEN])
def test_street_sees_it_once(
    detector: Detector, picture, word: str, clip: str, number: int, names: tuple[str, ...], box, layout: str
) -> None:
    (found,) = detector([picture(clip, number, layout)])
    over = _over(found, box)
    best = int(over.argmax())
    assert over[best] > 0.7
    assert CLASSES[found.labels[best]] in names
    assert found.scores[best] >= 0.5
    assert ((over > 0.4) & (found.scores > 0.3)).sum() == 1


@pytest.mark.parametrize("name", DETECTORS)
def test_every_family_sees_the_truck(library: Library, picture, name: str) -> None:
    (found,) = make_detector(name, library, DetectSettings())([picture("street-junction-truck.mp4", 30)])
    over = _over(found, (182, 86, 362, 178))
    assert over.max() > 0.7
    assert found.scores[int(over.argmax())] >= 0.5
    assert CLASSES[found.labels[int(over.argmax())]] in ("vehicle", "truck")


def test_the_cyclist_is_one_object_and_a_bicycle(library: Library, detector: Detector, picture) -> None:
    namer = make_namer(library)
    assert namer is not None
    votes = np.zeros(len(CLASSES))
    frames = [picture("person-bicycle-car-detection.mp4", number) for number in range(136, 158, 3)]
    for frame, found in zip(frames, detector(frames), strict=True):
        right = found.keep((found.boxes_px[:, 0] > 500) & (found.boxes_px[:, 1] < 150))
        sure = right.keep(right.scores > 0.3)
        assert [CLASSES[code] in TWO_WHEELERS for code in sure.labels] == [True], "one object, not person and bicycle"
        votes += namer(frame, sure.boxes_px)[0]
    assert CLASSES[int(votes.argmax())] == "bicycle"
    assert votes.max() > 0.8 * votes.sum()


def test_the_truck_is_named_a_truck_and_the_car_a_car(library: Library, detector: Detector, picture) -> None:
    namer = make_namer(library)
    assert namer is not None
    votes = {"truck": np.zeros(len(CLASSES)), "car": np.zeros(len(CLASSES))}
    for number in range(9, 58, 8):
        frame = picture("street-junction-truck.mp4", number)
        (found,) = detector([frame])
        size = (found.boxes_px[:, 2:] - found.boxes_px[:, :2]).prod(axis=1)
        rows = np.argsort(-size * (found.scores > 0.5))[:2]
        truck, car = sorted(rows, key=lambda row: float(found.boxes_px[row, 0]))
        named = namer(frame, found.boxes_px[[truck, car]])
        votes["truck"] += named[0]
        votes["car"] += named[1]
    assert {word: CLASSES[int(vote.argmax())] for word, vote in votes.items()} == {"truck": "truck", "car": "car"}


def test_many_cameras_in_one_call_answer_in_order(detector: Detector, picture) -> None:
    frames = [picture(clip, number) for _, clip, number, _, _ in SEEN] * 2
    together = detector(frames)
    for frame, found in zip(frames, together, strict=True):
        (alone,) = detector([frame])
        assert np.array_equal(alone.boxes_px, found.boxes_px)
        assert np.array_equal(alone.scores, found.scores)


def test_tiles_find_smaller_cars(library: Library, detector: Detector, picture) -> None:
    far = picture("street-junction-truck.mp4", 30)
    wide = np.full((1800, 2400, 3), 120, np.uint8)
    wide[:600, :800] = far.pixels
    frame = Frame("far", 1, 0, wide)
    plain = detector([frame])[0]
    tiled = make_detector("street", library, DetectSettings(tiles=3))([frame])[0]
    assert (tiled.scores > 0.5).sum() > (plain.scores > 0.5).sum()
    assert ((_over(tiled, (182, 86, 362, 178)) > 0.4) & (tiled.scores > 0.3)).sum() == 1


def test_persons_of_a_street_camera(detector: Detector, shared: Path) -> None:
    folder = shared / "groundtruth" / "pets09-s2l1-first400"
    truth = np.loadtxt(folder / "gt.txt", delimiter=",")
    right = said = there = 0
    with av.open(str(folder / "video.mp4")) as container:
        for number, picture in enumerate(container.decode(video=0), 1):
            if number % 40:
                continue
            rows = truth[truth[:, 0] == number][:, 2:6]
            boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1)
            (found,) = detector([Frame("pets", number, 0, picture.to_ndarray(format="bgr24"))])
            sure = found.keep((found.scores >= 0.6) & (found.labels == CLASSES.index("pedestrian")))
            overlap = iou(boxes, sure.boxes_px.astype(float))
            right += int((overlap.max(axis=1, initial=0.0) > 0.5).sum())
            there += len(boxes)
            said += len(sure)
    assert right / there > 0.85
    assert right / said > 0.85
