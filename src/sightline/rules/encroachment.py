"""Ways that cross shortly after each other: post-encroachment times between road users of different kinds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import Bool
from sightline.rules.scene import F64, FOOT_ERROR, Scene, chance

_POINT_NS: Final = 200_000_000  # a way is a chain of points so far apart in time
_PASSING_S: Final = 2.0  # half a long vehicle's passing comes on top of the time between middles
_ANGLE: Final = np.sin(np.radians(30.0))  # flatter than this they follow each other
_SLOW_BOXES: Final = 0.5  # uncalibrated: the faster one goes at least so many of its sizes per second
_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Crossed:
    """Rows of who was there first and second, and the seconds between; metres where they are known."""

    first: int
    second: int
    seconds: float
    distance_m: float | None
    speed_mps: float | None
    sure: float


class Paths:
    """The ways of the last seconds; which two of different kinds crossed within the limit. Each pair is told once."""

    def __init__(self, limit_s: float, min_mps: float) -> None:
        self._limit_s, self._min_mps = limit_s, min_mps
        # By slot: time in ns and place in heights, newest first; a way that is shorter repeats its first point.
        self._points: F64 = np.zeros((0, 2 + round((limit_s + _PASSING_S) * _SECOND_NS / _POINT_NS), 3))
        self._known: Bool = np.zeros(0, np.bool_)
        self._told: set[tuple[int, int]] = set()
        self._begun_ns: int | None = None

    def update(self, scene: Scene, rows: NDArray[np.intp]) -> list[Crossed]:
        """rows: those that count; who of them crossed whose way at this sample."""
        if self._limit_s <= 0:
            return []
        if self._begun_ns is None:
            self._begun_ns = scene.time_ns  # f64 keeps nanoseconds only of short times
        if (more := scene.capacity - len(self._known)) > 0:
            self._known = np.concatenate([self._known, np.zeros(more, np.bool_)])
            self._points = np.concatenate([self._points, np.zeros((more, *self._points.shape[1:]))])
        self._known[scene.gone.slots] = False
        if self._told and len(gone := set(scene.gone.slots.tolist())):
            self._told = {pair for pair in self._told if gone.isdisjoint(pair)}
        rows = rows[scene.moving[rows]]
        slots = scene.slots[rows]
        here = np.concatenate(
            [np.full((len(rows), 1), scene.time_ns - self._begun_ns), scene.feet[rows] * np.array([scene.aspect, 1.0])],
            1,
        )
        new = ~self._known[slots]
        self._points[slots[new]] = here[new, None]
        self._known[slots[new]] = True
        due = ~new & (here[:, 0] - self._points[slots, 0, 0] >= _POINT_NS)
        if not due.any():
            return []
        pushed = slots[due]
        self._points[pushed, 1:] = self._points[pushed, :-1]
        self._points[pushed, 0] = here[due]
        return self._crossings(scene, rows[due])

    def _crossings(self, scene: Scene, fresh: NDArray[np.intp]) -> list[Crossed]:
        """Of the newest step of each fresh row with the ways of all others of another kind."""
        others = np.flatnonzero(self._known[scene.slots])
        ways, steps = self._points[scene.slots[others]], self._points[scene.slots[fresh], :2]
        low, high = ways[..., 1:].min(axis=1), ways[..., 1:].max(axis=1)
        start, end = steps[..., 1:].min(axis=1), steps[..., 1:].max(axis=1)
        near = ((start[:, None] <= high) & (end[:, None] >= low)).all(axis=2)
        near &= scene.kinds[fresh][:, None] != scene.kinds[others]
        found: list[Crossed] = []
        for k, m in np.argwhere(near).tolist():
            times, own = _meet(steps[k, ::-1], ways[m, 1:], ways[m, :-1])
            for there_ns, here_ns in zip(times.tolist(), own.tolist(), strict=True):
                one = self._judged(scene, (int(others[m]), there_ns), (int(fresh[k]), here_ns))
                if one is not None:
                    found.append(one)
        return found

    def _judged(self, scene: Scene, there: tuple[int, float], here: tuple[int, float]) -> Crossed | None:
        (first, came_ns), (second, comes_ns) = sorted((there, here), key=lambda one: (one[1], scene.ids[one[0]]))
        pair = (min(int(scene.slots[first]), int(scene.slots[second])), max(*scene.slots[[first, second]].tolist()))
        drawn = np.maximum(np.hypot(*scene.velocities[[first, second]].T), 1e-6)
        passing = scene.sizes[[first, second]] / drawn  # seconds of going one's own size
        between = (comes_ns - came_ns) / _SECOND_NS - 0.5 * float(np.minimum(passing, 2.0).sum())
        seconds = max(between, 0.0)
        speeds = scene.speeds_mps()[[first, second]]
        metric = bool(np.isfinite(speeds).all())
        fast = speeds.max() >= self._min_mps if metric else (1 / passing).max() >= _SLOW_BOXES
        if pair in self._told or seconds > self._limit_s or not fast:
            return None
        self._told.add(pair)
        error = float(np.hypot(*(FOOT_ERROR * passing))) + 0.02
        likely = chance((self._limit_s - seconds) / error)
        sure = float(scene.scores[[first, second]].min()) * likely
        step = scene.metres[second] - scene.metres[first]
        way = scene.velocities_mps[second] - scene.velocities_mps[first]
        return Crossed(
            first,
            second,
            seconds,
            float(np.hypot(*step)) if metric else None,
            float(np.hypot(*way)) if metric else None,
            sure,
        )


def _meet(segment: F64, a: F64, b: F64) -> tuple[F64, F64]:
    """Where segments a -> b (n, 3: time, x, y) cross the segment (2, 3) steeply: times (k,) on them and on it, ns."""
    d, e = segment[1, 1:] - segment[0, 1:], b[:, 1:] - a[:, 1:]
    cross = d[0] * e[:, 1] - d[1] * e[:, 0]
    long = float(np.hypot(*d)) * np.hypot(e[:, 0], e[:, 1])
    steep = np.abs(cross) > _ANGLE * np.maximum(long, 1e-12)
    safe = np.where(steep, cross, 1.0)
    w = a[:, 1:] - segment[0, 1:]
    here = (w[:, 0] * e[:, 1] - w[:, 1] * e[:, 0]) / safe
    there = (w[:, 0] * d[1] - w[:, 1] * d[0]) / safe
    hits = np.flatnonzero(steep & (here >= 0) & (here <= 1) & (there >= 0) & (there <= 1))
    times = a[hits, 0] + there[hits] * (b[hits, 0] - a[hits, 0])
    own = segment[0, 0] + here[hits] * (segment[1, 0] - segment[0, 0])
    return times, own
