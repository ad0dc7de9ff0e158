"""One camera of a district with its own traffic: pictures and truth by index; the same seed draws the same street."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Final

import numpy as np

from sightline.core.events import Line, LineCrossed
from sightline.core.geometry import segments_cross, side_of_line
from sightline.core.values import F32, I16, I64, U8
from sightline.core.vocabulary import CLASSES
from sightline.simulate.district import District, district
from sightline.simulate.flow import Traffic
from sightline.simulate.mounting import lines_for
from sightline.simulate.painter import Painter, Seen
from sightline.simulate.weather import WEATHERS, Weather
from sightline.simulate.world import Camera

CAMERAS: Final = 6  # of the district that a scene is one view of
_USERS: Final = 180  # road users on the move in it: each camera has some to show at any time
_LONGEST_STEP_S: Final = 0.1  # of traffic; longer steps would jump over what happens between them
_MIDDLE: Final = Line("line 1", (0.05, 0.6), (0.95, 0.6))  # where no place for a good line is found


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The road users that move and can be seen well enough in one picture.

    ids: i64 (n,) from 1, for good; labels: i16 (n,) codes of CLASSES; boxes_px: f32 (n, 4) cut to the picture;
    visibility: f32 (n,) share of its silhouette that is in the picture and not hidden.
    """

    ids: I64
    labels: I16
    boxes_px: F32
    visibility: F32

    def __len__(self) -> int:
        return len(self.ids)


class Scene:
    """One camera over a street: pictures and truth by index, from 1.

    Going forward is cheap; asking for an earlier picture replays the street from its start. Not thread-safe.
    """

    def __init__(self, seed: int, place: District, camera: Camera, weather: Weather) -> None:
        self.seed, self.size, self.fps = seed, camera.size, camera.fps
        self.district, self.camera = place, camera
        self._painter = Painter(place.layout, camera, weather, seed)
        self._parts = max(1, ceil(1 / self.fps / _LONGEST_STEP_S - 1e-9))
        self._start()

    @cached_property
    def line(self) -> Line:
        """A counting line that suits the view."""
        return next(iter(lines_for(self.district.layout, self.camera)), _MIDDLE)

    def truth(self, index: int) -> Truth:
        """Who can be seen in picture index (from 1)."""
        self._go_to(index)
        return _truth(self._painter.seen(self._traffic.movers))

    def frame(self, index: int) -> tuple[U8, Truth]:
        """Picture index (from 1) as u8 (h, w, 3) BGR, and who can be seen in it."""
        self._go_to(index)
        picture, seen = self._painter.paint(self._traffic.movers, self._traffic.lights, index)
        return picture, _truth(seen)

    def crossings(self, line: Line, frames: int, camera: str = "camera") -> list[LineCrossed]:
        """Every pass over a line in pictures 1..frames by the feet of road users, hidden or not, at media time."""
        stretch = np.array(self.size, np.float64)
        start, end = np.array(line.start) * stretch, np.array(line.end) * stretch
        events: list[LineCrossed] = []
        before, places = np.empty(0, np.int64), np.empty((0, 2))
        for index in range(1, frames + 1):
            self._go_to(index)
            ids, labels, feet = self._painter.feet(self._traffic.movers)
            _, here, there = np.intersect1d(ids, before, return_indices=True)
            crossed = segments_cross(places[there], feet[here], start, end)
            for row in here[crossed].tolist():
                way = "forward" if side_of_line(feet[row][None], start, end)[0] > 0 else "backward"
                time_ns, label = round((index - 1) / self.fps * 1e9), CLASSES[labels[row]]
                events.append(LineCrossed(camera, time_ns, line.name, way, int(ids[row]), label, 1.0))  # type: ignore[arg-type]
            before, places = ids, feet
        return events

    def _start(self) -> None:
        self._traffic = Traffic(self.district.layout, self.seed, step_s=1 / self.fps / self._parts, users=_USERS)
        self._index = 1

    def _go_to(self, index: int) -> None:
        if index < 1:
            raise ValueError(f"index: expected 1 or more, got {index}")
        if index < self._index:
            self._start()
        while self._index < index:
            for _ in range(self._parts):
                self._traffic.advance()
            self._index += 1


def _truth(seen: Seen) -> Truth:
    rows = seen.counted
    return Truth(seen.ids[rows], seen.labels[rows], seen.boxes_px[rows], seen.visibility[rows])


def scene(
    seed: int, size: tuple[int, int] = (960, 540), fps: float = 20.0, *, view: int | None = None, weather: str = "clear"
) -> Scene:
    """One camera of the seed's district of CAMERAS, with traffic.

    size: width and height in pixels; view: which camera, by seed where None; weather: one of WEATHERS. ValueError.
    """
    if min(size) < 64 or max(size) > 8192 or not 1 <= fps <= 50:
        raise ValueError(f"scene: expected sides of 64 to 8192 px and 1 to 50 fps, got {size} and {fps}")
    if weather not in WEATHERS:
        raise ValueError(f"scene: expected a weather of {', '.join(WEATHERS)}, got {weather!r}")
    place = district(seed, CAMERAS, size=size, fps=fps)
    return Scene(seed, place, place.cameras[(seed if view is None else view) % CAMERAS], WEATHERS[weather])
