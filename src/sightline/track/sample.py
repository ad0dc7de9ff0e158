"""What the tracker takes and tells besides Tracks."""

from dataclasses import dataclass
from typing import NamedTuple

from sightline.core.values import Bool, Detections


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One analysed frame of one camera, without its picture.

    time_ns: the frame's time; size_px: (width, height) of the picture; unchanged: bool (m,), aligned with
    ``Tracker.places(camera)`` as it answered last: the patch of that track equals that of the frame before; None = not
    known; moved: the camera's view changed, so nothing of what was known of places holds; masks: polygons, corners x, y
    in shares of the picture, in which nothing is detected: who goes in there is as gone as who leaves the picture.
    """

    camera: str
    time_ns: int
    size_px: tuple[int, int]
    detections: Detections
    unchanged: Bool | None = None
    moved: bool = False
    masks: tuple[tuple[tuple[float, float], ...], ...] = ()


class FirstHit(NamedTuple):
    """The detection that started a track which the last update confirmed: what was shown without an id then.

    box: left, top, right, bottom, px; label: class code the detection had.
    """

    id: int
    time_ns: int
    box: tuple[float, float, float, float]
    score: float
    label: int


@dataclass(frozen=True, slots=True)
class TrackerStats:
    """Counters of one camera since it was first seen or forgotten."""

    samples: int  # frames given
    detections: int  # rows given
    invalid: int  # rows refused: a number that is not finite, no area, out of bounds
    over_limit: int  # rows beyond max_objects that were not tracked
    births_refused: int  # births refused because max_objects tracks lived already
    pairs_cut: int  # in a heap of boxes: pairs of a track and a detection beyond the best that were not weighed further
    confirmed: int  # ids given
    time_backward: int  # frames not later than the one before
    gaps: int  # frames so late that nothing was carried over
    moves: int  # resets because the view moved
    live: int  # tracks now, unconfirmed included
