"""States with a least duration: on after a condition held long enough, off after it was gone long enough."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import I64, Bool
from sightline.core.vocabulary import CODE, PERSONS, TWO_WHEELERS, VEHICLES
from sightline.rules.scene import Scene

NEVER: Final = -(2**62)  # a time before all
ROAD_USERS: Final = (*VEHICLES, *TWO_WHEELERS, "pedestrian", "unknown")
WHEELED: Final = (*VEHICLES, *TWO_WHEELERS)
PEOPLE: Final = PERSONS

_SECOND_NS: Final = 1_000_000_000
_NONE: Final[NDArray[np.intp]] = np.zeros(0, np.intp)
_NONE.setflags(write=False)


def label_mask(names: frozenset[str]) -> Bool:
    """Which codes of CLASSES are among the names, bool (classes,)."""
    mask = np.zeros(len(CODE), np.bool_)
    mask[[CODE[name] for name in names]] = True
    return mask


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """What an update of a latch changed: rows (b,) and (e,) of the scene, rows (g,) of ``scene.gone``."""

    began: NDArray[np.intp]
    ended: NDArray[np.intp]
    gone: NDArray[np.intp]


class Latch:
    """One state per object, by slot. A run is a time in which the condition held, but for gaps of up to ``fall_s``.

    On when a run is ``rise_s`` long and the condition holds; off when a gap is longer than ``fall_s`` or the object is
    gone. An absent object neither begins nor ends a run: it was not seen.
    """

    def __init__(self, rise_s: float, fall_s: float) -> None:
        self._rise_ns = round(rise_s * _SECOND_NS)
        self._fall_ns = round(fall_s * _SECOND_NS)
        self._on: Bool = np.zeros(0, np.bool_)
        self._since: I64 = np.zeros(0, np.int64)
        self._last: I64 = np.zeros(0, np.int64)
        self._run: Bool = np.zeros(0, np.bool_)
        self._before_ns: int | None = None
        self._quiet = True  # nobody is on or in a run: nothing to do until the condition holds for somebody

    def update(self, scene: Scene, condition: Bool) -> Changes:
        """condition: (n,) of the scene's rows."""
        self._fit(scene.capacity)
        now, gone = scene.time_ns, scene.gone.slots
        if self._quiet and not condition.any():
            self._before_ns = now
            return Changes(_NONE, _NONE, _NONE)
        ended_gone = np.flatnonzero(self._on[gone])
        self._on[gone] = self._run[gone] = False
        self._last[gone] = np.minimum(self._last[gone], scene.gone.last_ns)
        holds = condition & scene.present
        slots, here = scene.slots, scene.present
        # The time of who is absent stands still.
        last = self._last[slots] + np.where(here, 0, now - (self._before_ns or now))
        self._before_ns = now
        run, was = self._run[slots], self._on[slots]
        over = run & here & ~holds & (now - last > self._fall_ns)
        since = np.where(holds & ~run, now, self._since[slots])
        began = holds & ~was & (now - since >= self._rise_ns)
        self._last[slots] = np.where(holds, now, last)
        self._since[slots] = since
        self._run[slots] = run = (run | holds) & ~over
        self._on[slots] = (was | began) & ~over
        self._quiet = not run.any()
        return Changes(np.flatnonzero(began), np.flatnonzero(was & over), ended_gone)

    def on(self, scene: Scene) -> Bool:
        """Which objects (n,) are on, after the update."""
        self._fit(scene.capacity)
        return np.asarray(self._on[scene.slots])

    def lasted_s(self, slots: I64) -> NDArray[np.float64]:
        """How long the runs (k,) of slots are: from the beginning to when the condition held last; of gone ones too."""
        return np.asarray(np.maximum(self._last[slots] - self._since[slots], 0) / _SECOND_NS)

    def clear(self, slots: I64) -> None:
        """Forget runs; call it for gone ones when their ends are told, as their slots are given away."""
        self._on[slots] = self._run[slots] = False

    def reset(self) -> None:
        """Forget all runs."""
        self._on[:] = self._run[:] = False
        self._before_ns = None
        self._quiet = True

    def _fit(self, capacity: int) -> None:
        if (more := capacity - len(self._on)) > 0:
            self._on = np.concatenate([self._on, np.zeros(more, np.bool_)])
            self._run = np.concatenate([self._run, np.zeros(more, np.bool_)])
            self._since = np.concatenate([self._since, np.zeros(more, np.int64)])
            self._last = np.concatenate([self._last, np.zeros(more, np.int64)])


class Switch:
    """The same state once, for a whole zone; ``most`` remembers the largest number told while it is on."""

    def __init__(self, rise_s: float, fall_s: float) -> None:
        self._rise_ns, self._fall_ns = round(rise_s * _SECOND_NS), round(fall_s * _SECOND_NS)
        self.on = False
        self.most = 0
        self._run = False
        self._since_ns = self._last_ns = 0

    def update(self, now_ns: int, holds: bool, number: int) -> str | None:
        """ "began" or "ended" where the state changed; number: what ``most`` is about."""
        if holds:
            if not self._run:
                self._run, self._since_ns, self.most = True, now_ns, 0
            self._last_ns = now_ns
            self.most = max(self.most, number)
            if not self.on and now_ns - self._since_ns >= self._rise_ns:
                self.on = True
                return "began"
        elif self._run and now_ns - self._last_ns > self._fall_ns:
            self._run = False
            if self.on:
                self.on = False
                return "ended"
        return None

    def lasted_s(self) -> float:
        """From the beginning of the run to when its condition held last."""
        return max(self._last_ns - self._since_ns, 0) / _SECOND_NS

    def end(self) -> bool:
        """Switch off; whether it was on."""
        was, self.on, self._run = self.on, False, False
        return was
