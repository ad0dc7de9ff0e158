"""The callables that stages offer to the pipeline; they fit on one screen."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sightline.core.frame import Frame
from sightline.core.values import F32, I16, I64, Attributes, Bool, Detections, Redacted, Tracks

# Frames of any cameras in, one Detections per frame out, in the same order.
Detect = Callable[[Sequence[Frame]], Sequence[Detections]]

# One frame and boxes (n, 4) in its pixels in; probabilities f32 (n, len(CLASSES)) out, a row of zeros = no opinion.
NameBoxes = Callable[[Frame, F32], F32]

# A frame and the tracks predicted to the frame's time in; a picture without faces and plates out.
Redact = Callable[[Frame, Tracks], Redacted]


class Follow(Protocol):
    """The tracker of all cameras of a worker (``track.Tracker``)."""

    def places(self, camera: str) -> F32:
        """Boxes (m, 4) of the live tracks, whose patches the caller compares with the frame before."""
        ...

    def update(self, samples: Sequence["Sampled"]) -> Sequence[Tracks]:
        """One Tracks per sample, in the same order."""
        ...

    def predict(self, camera: str, time_ns: int) -> Tracks:
        """The confirmed tracks moved to another time; every row is held."""
        ...

    def forget(self, camera: str) -> None:
        """Drop all tracks of a camera (never reusing an id)."""
        ...


class Sampled(Protocol):
    """What the tracker needs of one analysed frame (``track.Sample``); no picture."""

    camera: str
    time_ns: int
    size_px: tuple[int, int]
    detections: Detections
    unchanged: Bool | None
    moved: bool


class Describe(Protocol):
    """The describer of all cameras of a worker (``describe.Describer``)."""

    def update(self, frame: Frame, tracks: Tracks) -> None:
        """Look at the best crops of the tracks, within the budget."""
        ...

    def labels(self, camera: str, tracks: Tracks) -> I16:
        """The voted class (n,) of each row, the row's own label where nothing finer is known."""
        ...

    def attributes(self, camera: str, ids: I64) -> Attributes:
        """What is known of the given tracks, one row each, in order."""
        ...

    def forget(self, camera: str, ids: I64 | None = None) -> None:
        """Drop what is kept of ended tracks, or of the whole camera."""
        ...
