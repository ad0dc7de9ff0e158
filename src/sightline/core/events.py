"""What happens in a camera's picture: one frozen class per kind of event."""

from dataclasses import dataclass
from typing import Literal

from sightline.core.errors import BadConfig


@dataclass(frozen=True, slots=True)
class Line:
    """A directed counting line in shares of the picture (0..1), so that it survives a change of resolution.

    Crossing from the left of start -> end to its right (as seen in the picture) is "forward", the other way "backward".
    """

    name: str
    start: tuple[float, float]
    end: tuple[float, float]

    def __post_init__(self) -> None:
        for key, point in (("start", self.start), ("end", self.end)):
            if not all(0.0 <= value <= 1.0 for value in point):  # also refuses NaN
                raise BadConfig(f"line {self.name!r} {key}", point, "two numbers in 0..1")
        if self.start == self.end:
            raise BadConfig(f"line {self.name!r}", self.start, "two different points")
        if not self.name or len(self.name) > 80:
            raise BadConfig("line name", self.name, "1 to 80 characters")


@dataclass(frozen=True, slots=True)
class LineCrossed:
    """A tracked object crossed a counting line (ONVIF: RuleEngine/LineDetector/Crossed)."""

    camera: str
    time_ns: int
    line: str
    direction: Literal["forward", "backward"]
    track_id: int
    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """A camera's stream was lost or came back (ONVIF: VideoSource/SignalLoss)."""

    camera: str
    time_ns: int
    state: Literal["lost", "returned", "ended"]
    reason: str


Event = LineCrossed | SourceChanged
