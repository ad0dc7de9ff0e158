"""Near misses between road users of different kinds: by time to collision and by post-encroachment time."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.config.rules import NearMissRule
from sightline.core.events import Event, NearMiss
from sightline.core.values import Bool
from sightline.core.vocabulary import CLASSES, HEIGHT_M, TWO_WHEELERS, VEHICLES
from sightline.rules.encroachment import Paths
from sightline.rules.scene import F64, FOOT_ERROR, UNKNOWN, Scene, chance
from sightline.rules.states import ROAD_USERS, label_mask

# Half widths and lengths of road users, metres: what must not meet.
_HALF_M: Final = {name: 1.25 if name in ("bus", "truck") else 0.9 for name in VEHICLES} | dict.fromkeys(
    TWO_WHEELERS, 0.35
)
_LONG_M: Final = {"bus": 11.0, "truck": 8.0, "van": 5.2} | dict.fromkeys(TWO_WHEELERS, 1.8)
HALF_M: Final[F64] = np.array([_HALF_M.get(name, 0.3) for name in CLASSES])
LONG_M: Final[F64] = np.array([_LONG_M.get(name, 4.4 if name in VEHICLES else 0.0) for name in CLASSES])
TALL_M: Final[F64] = np.array([HEIGHT_M[name] for name in CLASSES])
for _column in (HALF_M, LONG_M, TALL_M):
    _column.setflags(write=False)

_PARTS: Final = np.array([-0.5, 0.0, 0.5])  # a long one is three discs along its way
_SAMPLES: Final = 2  # a course of collision must be seen so often ...
_OVER_NS: Final = 1_000_000_000  # ... and has passed its worst when no worse came for so long
_SAME_DEPTH: Final = 1.6  # uncalibrated: two are near each other only if their scales differ by less than this factor
_NO_METRES: Final = 0.5  # factor on the confidence then: up and down the picture, distances are not known


@dataclass(slots=True)
class _Encounter:
    """The worst moment of two on a course of collision so far."""

    seconds: float
    time_ns: int
    seen: int
    ids: tuple[int, int]
    labels: tuple[str, str]
    distance_m: float | None
    speed_mps: float | None
    sure: float


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """One object of each pair: places, ways (p, 2) and errors (p,) of their parts, in metres and m/s."""

    places: F64
    ways: F64
    errors: F64

    def keep(self, which: Bool) -> "_Placed":
        """Those of some pairs."""
        return _Placed(self.places[which], self.ways[which], self.errors[which])


class NearMisses:
    """Pairs of different kinds (vehicle, two-wheeler, person on foot), at least one of them fast.

    Time to collision (Hayward, 1972): both go on as in the last second; they collide where discs of their half widths,
    three along a long one, touch. Told once per encounter with its least value, when no lesser came for a second.
    Post-encroachment time (Allen and others, 1978): from one leaving the point where their ways cross to the other
    reaching it; needs no metres. Without a calibration the time to collision uses typical heights and half the
    confidence. Confidence: lesser mean score of the two times the probability that they would really have touched
    (that the time really is below the limit), by the errors of place and velocity.
    """

    def __init__(self, config: NearMissRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._mask = label_mask(config.allowed(ROAD_USERS))
        self._encounters: dict[tuple[int, int], _Encounter] = {}
        self._paths = Paths(config.pet_s, config.min_mps)

    def update(self, scene: Scene) -> list[Event]:
        """Encounters whose worst is over, and ways that just crossed."""
        in_zone = scene.in_zone(self._config.zone) & self._mask[scene.labels] & (scene.kinds != UNKNOWN)
        rows = np.flatnonzero(in_zone & scene.seen & np.isfinite(scene.velocity_errors))
        if len(rows) >= 2 and len(np.unique(scene.kinds[rows])) >= 2:
            self._approach(scene, rows)
        gone = set(scene.gone.slots.tolist())
        events = self._over(scene.time_ns, gone)
        for one in self._paths.update(scene, rows):
            ids = [int(scene.ids[row]) for row in (one.first, one.second)]
            words = [CLASSES[int(scene.labels[row])] for row in (one.first, one.second)]
            events.append(
                NearMiss(
                    self._camera, scene.time_ns, self._config.name, "post_encroachment", one.seconds, ids[0], words[0],
                    ids[1], words[1], one.distance_m, one.speed_mps, one.sure,
                )
            )  # fmt: skip
        return events

    def finish(self, time_ns: int) -> list[Event]:
        """Encounters going on are told with their worst so far."""
        events = self._over(time_ns, {slot for pair in self._encounters for slot in pair})
        self._encounters.clear()
        self._paths = Paths(self._config.pet_s, self._config.min_mps)
        return events

    def _approach(self, scene: Scene, rows: NDArray[np.intp]) -> None:
        """Note the pairs of rows that are on a course of collision."""
        i, j = np.triu_indices(len(rows), 1)
        i, j = rows[i], rows[j]
        mixed = scene.kinds[i] != scene.kinds[j]
        i, j = i[mixed], j[mixed]
        metric = scene.ground is not None
        one, other = _metres(scene, i, j)
        fast = np.maximum(np.hypot(*one.ways.T), np.hypot(*other.ways.T)) >= self._config.min_mps
        fast &= np.isfinite(one.places).all(axis=1) & np.isfinite(other.places).all(axis=1)
        if not metric:
            fast &= np.abs(np.log(_scales(scene, i) / _scales(scene, j))) < np.log(_SAME_DEPTH)
        i, j, one, other = i[fast], j[fast], one.keep(fast), other.keep(fast)
        if not len(i):
            return
        step = (_parts(scene, j, other)[:, None] - _parts(scene, i, one)[:, :, None]).reshape(len(i), 9, 2)
        v = other.ways - one.ways
        reach = HALF_M[scene.labels[i]] + HALF_M[scene.labels[j]]
        seconds, miss = collision(step, v, reach)
        now = scene.time_ns
        for k in np.flatnonzero(seconds <= self._config.ttc_s).tolist():
            a, b = int(i[k]), int(j[k])
            low, high = sorted((int(scene.slots[a]), int(scene.slots[b])))
            pair = (low, high)
            before = self._encounters.get(pair)
            seen = 1 if before is None else before.seen + 1
            if before is not None and before.seconds <= seconds[k]:
                before.seen = seen
                continue
            drift = float(np.hypot(one.errors[k], other.errors[k])) * float(seconds[k])
            foot = FOOT_ERROR * float(np.hypot(TALL_M[scene.labels[a]], TALL_M[scene.labels[b]]))
            touch = chance(float(reach[k] - miss[k]) / max(float(np.hypot(drift, foot)), 1e-6))
            sure = min(float(scene.scores[a]), float(scene.scores[b])) * touch
            # The worst is told with the distance between the two, not between their nearest parts' middles.
            gap = max(float(np.min(np.hypot(step[k, :, 0], step[k, :, 1]))) - float(reach[k]), 0.0)
            self._encounters[pair] = _Encounter(
                float(seconds[k]),
                now,
                seen,
                (int(scene.ids[a]), int(scene.ids[b])),
                (CLASSES[int(scene.labels[a])], CLASSES[int(scene.labels[b])]),
                gap if metric else None,
                float(np.hypot(v[k, 0], v[k, 1])) if metric else None,
                sure if metric else sure * _NO_METRES,
            )

    def _over(self, now_ns: int, gone: set[int]) -> list[Event]:
        events: list[Event] = []
        for pair, one in sorted(self._encounters.items()):
            if now_ns - one.time_ns <= _OVER_NS and gone.isdisjoint(pair):
                continue
            del self._encounters[pair]
            if one.seen >= _SAMPLES:
                events.append(
                    NearMiss(
                        self._camera, one.time_ns, self._config.name, "time_to_collision", one.seconds, one.ids[0],
                        one.labels[0], one.ids[1], one.labels[1], one.distance_m, one.speed_mps, one.sure,
                    )
                )  # fmt: skip
        return sorted(events, key=lambda event: (event.time_ns, getattr(event, "track_id", 0)))


def _metres(scene: Scene, i: NDArray[np.intp], j: NDArray[np.intp]) -> tuple[_Placed, _Placed]:
    """Rows i (p,) and j (p,) in metres. Without a calibration both of a pair are measured by one scale, the geometric
    mean of those that their heights tell: two scales would shift their places by a share of the whole picture."""
    if scene.ground is not None:
        columns = (scene.metres, scene.velocities_mps, scene.speed_errors_mps)
        one, other = (_Placed(*(column[rows] for column in columns)) for rows in (i, j))
        return one, other
    scale = np.sqrt(_scales(scene, i) * _scales(scene, j))
    stretch = np.array([scene.aspect, 1.0])
    one, other = (
        _Placed(
            scene.feet[rows] * stretch * scale[:, None],
            scene.velocities[rows] * scale[:, None],
            scene.velocity_errors[rows] * scale,
        )
        for rows in (i, j)
    )
    return one, other


def _scales(scene: Scene, rows: NDArray[np.intp]) -> F64:
    """Metres per height of the picture (p,) at rows (p,), by typical heights of their classes."""
    tall = np.maximum(scene.boxes[rows, 3] - scene.boxes[rows, 1], 1e-3)
    return np.asarray(TALL_M[scene.labels[rows]] / tall)


def _parts(scene: Scene, rows: NDArray[np.intp], placed: _Placed) -> F64:
    """Middles (p, 3, 2) in metres of the three discs that rows (p,) are."""
    speed = np.hypot(placed.ways[:, 0], placed.ways[:, 1])
    ahead = placed.ways / np.maximum(speed, 1e-6)[:, None] * (speed > 0.5)[:, None]
    # The foot of a box is its nearest edge: the rear of who drives away, the front of who comes.
    drawn = scene.velocities[rows]
    away = -drawn[:, 1] / np.maximum(np.hypot(drawn[:, 0], drawn[:, 1]), 1e-9)
    labels = scene.labels[rows]
    long = np.maximum(LONG_M[labels] - 2 * HALF_M[labels], 0.0)
    reach = long[:, None] * (away[:, None] / 2 + _PARTS)
    return np.asarray(placed.places[:, None] + ahead[:, None] * reach[..., None])


def collision(steps: F64, v: F64, reach: F64) -> tuple[F64, F64]:
    """Seconds (p,) until discs touch, inf where they never do, and the least distance (p,) of their middles.

    steps: (p, k, 2) metres from parts of one to parts of the other; v: (p, 2) velocity of the other against the one;
    reach: (p,) sum of the radii.
    """
    square = np.maximum((v**2).sum(axis=1), 1e-9)[:, None]
    closing = (steps * v[:, None]).sum(axis=2)
    apart = (steps**2).sum(axis=2)
    miss = np.sqrt(np.maximum(apart - closing**2 / square, 0.0))
    inside = reach[:, None] ** 2 - miss**2
    touches = (inside >= 0) & (closing < 0)
    seconds = (-closing - np.sqrt(np.maximum(inside * square, 0.0))) / square
    seconds = np.where(touches, np.maximum(seconds, 0.0), np.inf)
    best = np.argmin(seconds, axis=1)[:, None]
    return np.take_along_axis(seconds, best, 1)[:, 0], np.take_along_axis(miss, best, 1)[:, 0]
