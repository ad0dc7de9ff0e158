"""One-minute counts summed into the windows of an observation, and persons merged into groups that may be published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sightline.core.vocabulary import CODE, VEHICLES
from sightline.formats.counts_csv import Counted
from sightline.formats.iso_time import is_media_time
from sightline.formats.ngsi_ld import Window
from sightline.sinks.groups import Group, Merging

MINUTE_NS: Final = 60_000_000_000
GRACE_NS: Final = 30_000_000_000  # after its end a window stays open so long for rows of slow cameras
MOST_OPEN: Final = 100_000  # line windows open at once; more are refused and counted

Direction = Literal["forward", "backward"]
Place = tuple[str, str]  # camera, line


@dataclass(frozen=True, slots=True)
class Flow:
    """Crossings of one line, direction and class in one period; speed_mps: mean of those measured, None without one."""

    place: Place
    direction: Direction
    label: str
    window: Window
    count: int
    speed_mps: float | None


@dataclass(frozen=True, slots=True)
class Crowd:
    """Pedestrians over one line in one period, which is longer than a window where they are few."""

    place: Place
    window: Window
    forward: int
    backward: int


@dataclass(slots=True)
class _Open:
    counts: dict[tuple[Direction, str], int] = field(default_factory=dict)
    speeds: dict[tuple[Direction, str], tuple[float, int]] = field(default_factory=dict)


class Windows:
    """Sums of one-minute rows per line and window; windows begin at whole multiples of their length, UTC.

    Vehicles are given exactly, window by window. Persons wait until there are K of them.
    """

    def __init__(self, minutes: int, begun_ns: int = 0) -> None:
        """begun_ns: when counting began; a window under way then would be a part sold as a whole, so it is left out."""
        self._length_ns = minutes * MINUTE_NS
        self._begun_ns = begun_ns
        self._shut_ns = 0  # windows that ended by then have been given: a late row would replace a whole by a part
        self._open: dict[tuple[int, Place], _Open] = {}
        self._riders: Merging[tuple[Place, Direction, str]] = Merging()
        self._walkers: Merging[Place] = Merging()
        self._shares: dict[Place, list[int]] = {}  # of the waiting walkers: forward, backward
        self.refused = 0

    def add(self, rows: Iterable[Counted]) -> None:
        """Take in rows of one minute; others (longer windows, media time) are left out."""
        for row in rows:
            if row.minutes != 1 or is_media_time(row.start_ns) or row.direction not in ("forward", "backward"):
                continue
            window = self._window(row.start_ns, (row.camera, row.line))
            if window is None:
                continue
            for label, count in row.by_class.items():
                key: tuple[Direction, str] = ("forward" if row.direction == "forward" else "backward", label)
                window.counts[key] = window.counts.get(key, 0) + count

    def add_speed(self, place: Place, direction: Direction, label: str, time_ns: int, speed_mps: float) -> None:
        """A vehicle's speed over a line."""
        if label not in VEHICLES or is_media_time(time_ns):
            return
        window = self._window(time_ns, place)
        if window is not None:
            total, n = window.speeds.get((direction, label), (0.0, 0))
            window.speeds[direction, label] = (total + speed_mps, n + 1)

    def closed(self, now_ns: int) -> tuple[list[Flow], list[Crowd]]:
        """What may be published now: of the windows that have ended, oldest first."""
        self._shut_ns = max(self._shut_ns, now_ns - GRACE_NS)
        ended = sorted(key for key in self._open if key[0] + self._length_ns + GRACE_NS <= now_ns)
        flows: list[Flow] = []
        crowds: list[Crowd] = []
        for key in ended:
            window = Window(key[0], key[0] + self._length_ns)
            found = self._open.pop(key)
            flows += self._flows(key[1], window, found)
            crowds += self._crowd(key[1], window, found)
        return flows, crowds

    def _window(self, time_ns: int, place: Place) -> _Open | None:
        key = (time_ns // self._length_ns * self._length_ns, place)
        if key[0] < self._begun_ns:
            return None
        if key not in self._open:
            if len(self._open) >= MOST_OPEN or key[0] + self._length_ns <= self._shut_ns:
                self.refused += 1
                return None
            self._open[key] = _Open()
        return self._open[key]

    def _flows(self, place: Place, window: Window, found: _Open) -> Sequence[Flow]:
        flows = []
        for (direction, label), count in sorted(found.counts.items(), key=lambda item: (item[0][0], CODE[item[0][1]])):
            if label in VEHICLES:
                total, n = found.speeds.get((direction, label), (0.0, 0))
                flows.append(Flow(place, direction, label, window, count, total / n if n else None))
            elif label != "pedestrian" and label != "unknown":
                merged = self._riders.add((place, direction, label), Group(window.start_ns, window.end_ns, count))
                if merged is not None:
                    period = Window(merged.start_ns, merged.end_ns)
                    flows.append(Flow(place, direction, label, period, merged.count, None))
        return flows

    def _crowd(self, place: Place, window: Window, found: _Open) -> Sequence[Crowd]:
        forward, backward = (found.counts.get((way, "pedestrian"), 0) for way in ("forward", "backward"))
        merged = self._walkers.add(place, Group(window.start_ns, window.end_ns, forward + backward))
        shares = self._shares.setdefault(place, [0, 0])
        shares[0] += forward
        shares[1] += backward
        if merged is None:
            if forward + backward == 0 and sum(shares) == 0:
                del self._shares[place]
            return []
        del self._shares[place]
        return [Crowd(place, Window(merged.start_ns, merged.end_ns), *shares)]
