"""A counting line for a camera that nobody has given one, from the ways its traffic takes."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.config import CountSettings
from sightline.core.events import Line
from sightline.core.geometry import foot_points
from sightline.core.values import UNCONFIRMED, Tracks

F64 = NDArray[np.float64]
Sample = tuple[int, tuple[int, int], Tracks]  # time_ns, size_px, tracks

_SAMPLES: Final = 1500  # 60 s at 25 per second; what is older than that is not replayed
_TRACKS: Final = 4096
_FAR_BOXES: Final = 1.5  # a track has passed when it is so many of its own sizes from where it began ...
_FAR_HEIGHT: Final = 0.2  # ... and so much of the picture's height: enough to tell its direction
_PLACES: Final = np.linspace(0.15, 0.85, 29)  # where along the traffic a line may lie, shares of the picture
_MIDDLE_WORTH: Final = 0.5  # a line at the edge must be crossed by so much more of the traffic than one in the middle
_MARGIN: Final = 0.25  # how far the line reaches past the ways seen, shares of the picture's height


class Rehearsal:
    """The samples of a camera without a line, and which of its tracks have gone some way; bounded memory."""

    def __init__(self) -> None:
        self.samples: deque[Sample] = deque(maxlen=_SAMPLES)
        self._starts: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._passed: set[int] = set()
        self._begun_ns: int | None = None

    def add(self, time_ns: int, size_px: tuple[int, int], tracks: Tracks) -> None:
        """Remember one analysed frame."""
        self.samples.append((time_ns, size_px, tracks))
        seen = (tracks.ids != UNCONFIRMED) & ~tracks.held
        height = size_px[1]
        boxes = tracks.boxes_px[seen].astype(np.float64) / height
        sizes = np.sqrt(np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1))
        for track, (x, y), size in zip(tracks.ids[seen].tolist(), foot_points(boxes).tolist(), sizes, strict=True):
            if self._begun_ns is None:
                self._begun_ns = time_ns
            x0, y0 = self._starts.setdefault(track, (x, y))
            if np.hypot(x - x0, y - y0) >= max(_FAR_BOXES * size, _FAR_HEIGHT):
                self._passed.add(track)
        while len(self._starts) > _TRACKS:
            self._passed.discard(self._starts.popitem(last=False)[0])

    def due(self, time_ns: int, settings: CountSettings) -> bool:
        """Whether enough was seen: so many tracks have passed, or one has and traffic was seen for so long."""
        if not self._passed or self._begun_ns is None:
            return False
        return len(self._passed) >= settings.suggest_tracks or time_ns - self._begun_ns >= settings.suggest_s * 1e9

    def wait_for_more(self) -> None:
        """What passed so far gave no line: do not look again before as much new traffic has passed."""
        self._passed.clear()
        self._starts.clear()
        self._begun_ns = None

    def line(self, name: str) -> Line | None:
        """The line over the ways of the tracks that have passed; None where there is none."""
        if not self.samples:
            return None
        width, height = self.samples[-1][1]
        ways: dict[int, list[F64]] = {}
        for _, (w, h), tracks in self.samples:
            seen = np.isin(tracks.ids, list(self._passed)) & ~tracks.held
            feet = foot_points(tracks.boxes_px[seen].astype(np.float64)) / np.array([w, h])
            for track, foot in zip(tracks.ids[seen].tolist(), feet, strict=True):
                ways.setdefault(track, []).append(foot)
        return suggest_line([np.array(way) for way in ways.values()], width / height, name)


def suggest_line(ways: Sequence[F64], aspect: float, name: str) -> Line | None:
    """A line across the traffic, or None where nothing moves.

    ways: foot points (n, 2) of each track in shares of the picture, in order of time; aspect: width / height. The line
    stands square to the main axis of motion (mean of doubled angles, weighted by distance), as near the middle of the
    picture as most ways cross it, and reaches a margin past them. More of the traffic goes forward than backward.
    """
    stretch = np.array([aspect, 1.0])  # lengths in heights of the picture
    tracks = [np.asarray(way, np.float64) * stretch for way in ways if len(way) >= 2]
    steps = np.array([way[-1] - way[0] for way in tracks]).reshape(-1, 2)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    if not len(steps) or lengths.max() == 0:
        return None
    doubled = np.sum((steps[:, 0] + 1j * steps[:, 1]) ** 2 / np.maximum(lengths, 1e-12))
    angle = float(np.angle(doubled)) / 2
    motion = np.array([np.cos(angle), np.sin(angle)])
    if float((steps @ motion).sum()) < 0:
        motion = -motion
    across = np.array([-motion[1], motion[0]])  # to the right of the motion in a picture (y down)
    centre = stretch / 2
    reach = abs(float(centre @ np.abs(motion)))  # half the picture along the motion
    best: tuple[float, float, F64] | None = None
    for place in _PLACES:
        offset = (place - 0.5) * 2 * reach
        points = _crossings(tracks, centre + offset * motion, motion, across)
        worth = len(points) * (1 - _MIDDLE_WORTH * abs(place - 0.5) * 2)
        if len(points) and (best is None or worth > best[0] + 1e-9):
            best = (worth, offset, points)
    if best is None:
        return None
    _, offset, points = best
    base = centre + offset * motion
    low, high = float(points.min()) - _MARGIN, float(points.max()) + _MARGIN
    # From its right end (seen along the motion) to its left one: then the motion goes from left to right of it.
    ends = _inside(base + high * across, base + low * across, stretch)
    if ends is None:
        return None
    start, end = ((round(float(x), 3), round(float(y), 3)) for x, y in (ends[0] / stretch, ends[1] / stretch))
    return Line(name, start, end) if start != end else None


def _crossings(tracks: Sequence[F64], base: F64, motion: F64, across: F64) -> F64:
    """Where along the infinite line through base each way first crosses it, as distance from base."""
    places = []
    for way in tracks:
        ahead = (way - base) @ motion
        hits = np.flatnonzero((ahead[1:] > 0) != (ahead[:-1] > 0))
        if len(hits):
            k = int(hits[0])
            share = ahead[k] / (ahead[k] - ahead[k + 1])
            places.append(float((way[k] + share * (way[k + 1] - way[k]) - base) @ across))
    return np.array(places)


def _inside(start: F64, end: F64, size: F64) -> tuple[F64, F64] | None:
    """The part of start -> end in the picture 0..size (Liang and Barsky, 1984); None where there is none."""
    step = end - start
    first, last = 0.0, 1.0
    for axis in (0, 1):
        for direction, room in ((-step[axis], start[axis]), (step[axis], size[axis] - start[axis])):
            if direction == 0:
                if room < 0:
                    return None
            elif direction < 0:
                first = max(first, room / direction)
            else:
                last = min(last, room / direction)
    return (start + first * step, start + last * step) if first < last else None
