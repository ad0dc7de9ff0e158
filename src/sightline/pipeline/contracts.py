"""The callables that stages offer to the pipeline; they fit on one screen."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sightline.core.frame import Frame
from sightline.core.values import I16, I64, Attributes, Detections, Tracks

# Frames of any cameras in, one Detections per frame out, in the same order.
Detect = Callable[[Sequence[Frame]], Sequence[Detections]]

# A camera leaves the worker: drop what is kept of it.
Forget = Callable[[str], None]


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
