"""Finding what moves before a still camera, without a model."""

from collections.abc import Sequence
from sightline.config import DetectSettings
from sightline.core.frame import Frame
from sightline.core.values import Detections


class MotionDetector:
    def __init__(self, settings: DetectSettings, *, notes: tuple[str, ...] = ()) -> None:
        self.name = "motion"
        self.notes = notes
        self.cost = 0.05

    def forget(self, camera: str) -> None:
        """Drop the background of a camera."""

    def __call__(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.empty() for _ in frames]
