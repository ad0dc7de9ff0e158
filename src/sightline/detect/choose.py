"""Choosing the detector: the one named, or for "street" the best that is installed, down to the motion detector."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Final, Protocol

from sightline.config import DetectSettings
from sightline.core.errors import BadConfig
from sightline.core.frame import Frame
from sightline.core.values import Detections
from sightline.detect.detector import ModelDetector
from sightline.detect.motion import MotionDetector
from sightline.models.library import Library

STREET: Final = (  # best first on street cameras (AP50 of vehicles, two-wheelers and persons)
    "person-vehicle-bike-detection-2003",
    "person-vehicle-bike-detection-2003-fp16",
    "person-vehicle-bike-detection-crossroad-1016",
    "person-vehicle-bike-detection-2004",
    "person-vehicle-bike-detection-2002",
    "person-vehicle-bike-detection-2001",
    "yolox-s",
    "yolox-m",
    "yolox-tiny",
    "nanodet-plus-m-1.5x",
    "person-vehicle-bike-detection-2000",
    "yolox-nano",
)
_NAMER_TO_PULL: Final = "yolox-s"


class Detector(Protocol):
    """A ``pipeline.contracts.Detect`` that says what it is.

    name: model or method; notes: sentences that people should read; cost: of one frame relative to
    person-vehicle-bike-detection-2003 = 1.0.
    """

    @property
    def name(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def cost(self) -> float: ...

    def __call__(self, frames: Sequence[Frame]) -> Sequence[Detections]:
        """One Detections per frame, in the same order."""
        ...

    def forget(self, camera: str) -> None:
        """Drop what is kept of a camera."""
        ...


def make_detector(name: str, library: Library, settings: DetectSettings, *, threads: int = 0) -> Detector:
    """The detector of that name: "street", "motion", a detection model of the registry, or one from outside.

    "street" takes the best model that is installed and says in its notes when that is not the usual one; without any
    it is the motion detector. A model that is installed but not the published file is an error, never passed over.
    BadConfig: no such detector; ModelUnavailable: a model named is absent, or one chosen cannot be used.
    """
    if name == "motion":
        return MotionDetector(settings, threads=threads)
    if name == "street":
        return _street(library, settings, threads)
    outside = entry_points(group="sightline.detectors", name=name)
    if outside:
        made: Detector = next(iter(outside)).load()(settings)
        return made
    known = [row.name for row in library.list() if row.task == "detect"]
    if name not in known:
        raise BadConfig("detect.detector", name, f"street, motion, {', '.join(known)}")
    return ModelDetector(name, library, settings, threads=threads)


def models_for(name: str) -> tuple[str, ...]:
    """The models that a detector wants and that can be fetched: what finds first, then what names the finer class."""
    if name == "motion":
        return ()
    finder = STREET[0] if name == "street" else name
    return (finder,) if finder == _NAMER_TO_PULL else (finder, _NAMER_TO_PULL)


def _street(library: Library, settings: DetectSettings, threads: int) -> Detector:
    for name in STREET:
        if not library.installed(name):
            continue
        if name == STREET[0]:
            return ModelDetector(name, library, settings, threads=threads)
        note = f"The street model {STREET[0]} is not installed; {name} finds in its place and may find less."
        return ModelDetector(name, library, settings, threads=threads, notes=(note,))
    note = (
        "No detection model is installed; the built-in motion detector finds what moves before a still camera. "
        f"Run 'sightline models pull {STREET[0]}' for the street model."
    )
    return MotionDetector(settings, notes=(note,), threads=threads)
