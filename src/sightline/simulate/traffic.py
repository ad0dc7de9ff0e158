"""Who is on the street when: vehicles that keep their distance, riders, and walkers who cross in a gap."""

from dataclasses import dataclass
from math import ceil, hypot
from typing import Final

import numpy as np

# Layout of the street in metres; scenery paints what traffic drives on.
LANE_M: Final = 1.75  # middle of the driving lanes, left and right of x = 0; traffic keeps right
CYCLE_M: Final = 4.35
KERB_M: Final = 5.2
FACADE_M: Final = 9.6
ZEBRA_M: Final = (19.0, 22.5)
STOP_M: Final = 1.6  # stop lines before and after the zebra
NEAR_M, FAR_M = -26.0, 88.0  # where traffic comes and goes, out of every picture
_PATIENCE_S: Final = 3.0  # then drivers see that a walker wants to cross, and let them
# Who is nearer than this to the middle of a vehicle's (or bicycle's) lane is in its way.
_CORRIDOR_M: Final = 1.9
_CYCLE_CORRIDOR_M: Final = 1.1
_LONGEST_STEP_S: Final = 0.1  # longer steps would walk through each other
_WARM_S: Final = 70.0  # the street is already busy at the first picture

# Free speed m/s (mean, spread), length m, gap m, for following; speeds of walkers and riders as commonly measured.
_SPEED: Final = {
    "car": (11.5, 1.2),
    "van": (10.8, 1.0),
    "truck": (9.2, 0.7),
    "bus": (9.4, 0.6),
    "bicycle": (4.8, 0.7),
    "pedestrian": (1.35, 0.2),
}
LENGTH_M: Final = {"car": 4.4, "van": 5.2, "truck": 8.2, "bus": 11.2, "bicycle": 1.75, "pedestrian": 0.5}
_VEHICLES: Final = ("car", "van", "truck", "bus")
_SHARES: Final = (0.66, 0.15, 0.10, 0.09)
# Intelligent Driver Model (Treiber, Hennecke and Helbing, 2000): usual values for towns.
_ACCELERATION, _BRAKE, _HEADWAY_S, _STANDSTILL_M = 1.6, 2.4, 1.3, 2.2


@dataclass(slots=True)
class Mover:
    """One road user: id from 1, class, place (x, y) in metres, heading (unit vector) and speed m/s, and its looks.

    phase counts metres gone, for legs and pedals; seed chooses colours and build.
    """

    id: int
    label: str
    x: float
    y: float
    heading: tuple[float, float]
    speed: float
    free_speed: float
    seed: int
    way: list[tuple[float, float]]  # points still to reach, in order
    phase: float = 0.0
    waits: bool = False
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Route:
    kind: str  # "vehicle", "bicycle", "pedestrian", "crossing"
    side: int  # +1 right of the middle, -1 left
    ahead: int  # +1 with y, -1 against
    per_s: float


_ROUTES: Final = (
    _Route("vehicle", 1, 1, 0.17),
    _Route("vehicle", -1, -1, 0.17),
    _Route("bicycle", 1, 1, 0.05),
    _Route("bicycle", -1, -1, 0.05),
    _Route("pedestrian", 1, 1, 0.014),
    _Route("pedestrian", 1, -1, 0.012),
    _Route("pedestrian", -1, 1, 0.012),
    _Route("pedestrian", -1, -1, 0.014),
    _Route("crossing", 1, 1, 0.025),
    _Route("crossing", -1, -1, 0.025),
)


class Traffic:
    """The road users at one instant, moved on in equal steps; the same seed and step give the same street.

    step_s: seconds between two pictures; long ones are walked in parts.
    """

    def __init__(self, seed: int, step_s: float) -> None:
        self._random = np.random.default_rng([seed, 11])
        self._parts = max(1, ceil(step_s / _LONGEST_STEP_S))
        self._step_s = step_s / self._parts
        self._time_s = 0.0
        self._next_id = 1
        self._due = [float(self._random.exponential(1 / route.per_s)) * 0.3 for route in _ROUTES]
        self.movers: list[Mover] = []
        for _ in range(round(_WARM_S / step_s)):
            self.advance()

    def advance(self) -> None:
        """One step."""
        for _ in range(self._parts):
            self._advance()

    def _advance(self) -> None:
        self._time_s += self._step_s
        for k, route in enumerate(_ROUTES):
            if self._time_s >= self._due[k] and self._enter(route):
                self._due[k] = self._time_s + 1.0 + float(self._random.exponential(1 / route.per_s))
        walkers = [mover for mover in self.movers if mover.label == "pedestrian"]
        busy = [m for m in walkers if m.waited_s > _PATIENCE_S or (not m.waits and _on_zebra(m))]
        speeds = [self._wanted(mover, busy) for mover in self.movers]
        for mover, speed in zip(self.movers, speeds, strict=True):
            mover.speed = speed
            self._go(mover)
        self.movers = [mover for mover in self.movers if mover.way]

    def _enter(self, route: _Route) -> bool:
        """Let one in where there is room; whether it came."""
        label = route.kind
        if route.kind == "vehicle":
            label = str(self._random.choice(_VEHICLES, p=_SHARES))
        elif route.kind == "crossing":
            label = "pedestrian"
        start = NEAR_M if route.ahead > 0 else FAR_M
        end = FAR_M if route.ahead > 0 else NEAR_M
        if route.kind == "vehicle":
            x = float(route.side * LANE_M)
        elif route.kind == "bicycle":
            x = float(route.side * CYCLE_M)
        else:
            x = route.side * float(self._random.uniform(KERB_M + 1.1, FACADE_M - 1.0))
        lane = [m for m in self.movers if abs(m.x - x) < 0.6 and m.heading[1] * route.ahead > 0]
        if any(abs(m.y - start) < 9 + LENGTH_M[m.label] + LENGTH_M[label] for m in lane if label != "pedestrian"):
            return False
        mean, spread = _SPEED[label]
        speed = max(mean * 0.6, float(self._random.normal(mean, spread)))
        way = [(x, end)]
        if route.kind == "crossing":
            y = float(self._random.uniform(ZEBRA_M[0] + 0.7, ZEBRA_M[1] - 0.7))
            kerb, other = route.side * (KERB_M + 0.7), -route.side * (KERB_M + 1.6)
            way = [(x, y), (kerb, y), (other, y), (other, end)]
        self.movers.append(
            Mover(
                self._next_id,
                label,
                x,
                start,
                (0.0, float(route.ahead)),
                speed,
                speed,
                int(self._random.integers(1 << 30)),
                way,
            )
        )
        self._next_id += 1
        return True

    def _wanted(self, mover: Mover, on_zebra: list[Mover]) -> float:
        """Its speed after this step."""
        if mover.label == "pedestrian":
            mover.waits = self._must_wait(mover)
            mover.waited_s = mover.waited_s + self._step_s if mover.waits else 0.0
            return 0.0 if mover.waits else mover.free_speed
        gap, closing = self._ahead(mover, on_zebra)
        braking = mover.speed * closing / (2 * (_ACCELERATION * _BRAKE) ** 0.5)
        wanted = _STANDSTILL_M + max(0.0, mover.speed * _HEADWAY_S + braking)
        push = _ACCELERATION * (1 - (mover.speed / mover.free_speed) ** 4 - (wanted / max(gap, 0.3)) ** 2)
        return float(max(0.0, mover.speed + max(push, -6.0) * self._step_s))

    def _ahead(self, mover: Mover, on_zebra: list[Mover]) -> tuple[float, float]:
        """Free metres ahead, and how fast they shrink (m/s)."""
        forward = mover.heading[1]
        gap, closing = 200.0, 0.0
        for other in self.movers:
            if other is mover or abs(other.x - mover.x) > 0.9 or other.label == "pedestrian":
                continue
            free = (other.y - mover.y) * forward - (LENGTH_M[mover.label] + LENGTH_M[other.label]) / 2
            if -1.0 < free < gap and (other.y - mover.y) * forward > 0:
                gap, closing = max(free, 0.3), mover.speed - other.speed
        for walker in on_zebra:
            free = (walker.y - mover.y) * forward - LENGTH_M[mover.label] / 2 - 0.8
            if not walker.waits and abs(walker.x - mover.x) < _corridor(mover) and -0.8 < free < gap:
                gap, closing = max(free, 0.05), mover.speed
        if on_zebra:
            stop = ZEBRA_M[0] - STOP_M if forward > 0 else ZEBRA_M[1] + STOP_M
            free = (stop - mover.y) * forward - LENGTH_M[mover.label] / 2
            # Those who can no longer stop drive on; walkers have looked before they went.
            if free > mover.speed**2 / (2 * 4.0) and free + _STANDSTILL_M < gap:
                gap, closing = free + _STANDSTILL_M, mover.speed
        return gap, closing

    def _must_wait(self, walker: Mover) -> bool:
        """Whether a walker lets traffic pass first, at the kerb or before the next lane."""
        if _on_zebra(walker) and not _at_kerb(walker):
            for other in self.movers:
                ahead = (other.x - walker.x) * walker.heading[0]
                beside = abs(other.y - walker.y) < LENGTH_M[other.label] / 2 + 1.0
                width = _corridor(other)
                if other.label != "pedestrian" and beside and width < ahead < width + 0.3:
                    return True
            return False
        if len(walker.way) != 2 or not _at_kerb(walker):
            return False
        for other in self.movers:
            if other.label == "pedestrian":
                continue
            half = LENGTH_M[other.label] / 2
            if ZEBRA_M[0] - 0.4 - half < other.y < ZEBRA_M[1] + 0.4 + half:
                return True
            away = (sum(ZEBRA_M) / 2 - other.y) * other.heading[1]
            if away > 0 and other.speed > 1.5 and away - half - 3.0 < other.speed * 3.2:
                return True
        return False

    def _go(self, mover: Mover) -> None:
        left = mover.speed * self._step_s
        mover.phase += left
        while left > 0 and mover.way:
            x, y = mover.way[0]
            dx, dy = x - mover.x, y - mover.y
            far = hypot(dx, dy)
            if far > 1e-9:
                mover.heading = (dx / far, dy / far)
            if far > left:
                mover.x += mover.heading[0] * left
                mover.y += mover.heading[1] * left
                return
            mover.x, mover.y = x, y
            left -= far
            mover.way.pop(0)


def _corridor(mover: Mover) -> float:
    return _CYCLE_CORRIDOR_M if mover.label == "bicycle" else _CORRIDOR_M


def _on_zebra(mover: Mover) -> bool:
    return abs(mover.x) < KERB_M + 0.3 and abs(mover.heading[0]) > 0.9


def _at_kerb(mover: Mover) -> bool:
    """Whether it stands before the road, with the other side ahead."""
    x, y = mover.way[0]
    return abs(abs(mover.x) - (KERB_M + 0.7)) < 0.02 and y == mover.y and x * mover.x < 0
