"""Queue length: vehicles that stand or creep in a lane, in vehicles and, where the ground is calibrated, in metres."""

from typing import Final, Literal

import numpy as np

from sightline.config.rules import QueueRule
from sightline.core.events import Event, QueueChanged
from sightline.core.values import Bool
from sightline.core.vocabulary import VEHICLES
from sightline.rules.scene import Scene, speed_chance
from sightline.rules.states import NEVER, Latch, Switch, label_mask

_SLOW_S: Final = 1.0  # a vehicle must be slow for so long, and fast for so long
_FAST_S: Final = 2.0
_VEHICLE_M: Final = 4.4  # the last vehicle's own length beyond its foot


class Queue:
    """Vehicles of a zone slower than ``creep_mps`` (uncalibrated: ``creep_boxes`` of their size per second).

    Who never moved and has stood for ``parked_s`` is parked and left out. A queue begins when ``vehicles`` of them were
    there for ``min_s``. Its length is the extent of their feet along the direction in which they spread most, and one
    vehicle. Confidence: mean over its vehicles of score times the probability that they are that slow.
    """

    def __init__(self, config: QueueRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._mask = label_mask(config.allowed(VEHICLES))
        self._slow = Latch(_SLOW_S, _FAST_S)
        self._switch = Switch(config.min_s, config.min_s)
        self._told = (0, NEVER)  # vehicles and time
        self._longest_m: float | None = None
        self._sure = 0.0

    def update(self, scene: Scene) -> list[Event]:
        """Whether the queue began, changed or ended."""
        in_lane = scene.in_zone(self._config.zone) & self._mask[scene.labels]
        in_lane &= scene.travelled | (scene.still_s < self._config.parked_s)
        self._slow.update(scene, in_lane & self._creeps(scene))
        rows = np.flatnonzero(self._slow.on(scene) & in_lane & scene.lately)
        self._slow.clear(scene.gone.slots)
        number = len(rows)
        change = self._switch.update(scene.time_ns, number >= self._config.vehicles, number)
        if change == "ended":
            return [self._event(scene.time_ns, "ended", self._switch.most, self._longest_m)]
        if not self._switch.on or number < self._config.vehicles:
            return []
        length = self._length(scene, rows)
        if change == "began":
            self._longest_m = length
        if length is not None:
            self._longest_m = max(self._longest_m or 0.0, length)
        due = scene.time_ns - self._told[1] >= self._config.every_s * 1e9 and number != self._told[0]
        if change is None and not due:
            return []
        self._told = (number, scene.time_ns)
        self._sure = float(np.mean([self._chance(scene, row) for row in rows.tolist()]))
        return [self._event(scene.time_ns, "began" if change else "changed", number, length)]

    def finish(self, time_ns: int) -> list[Event]:
        """The queue ends."""
        self._slow.reset()
        event = self._event(time_ns, "ended", self._switch.most, self._longest_m)
        self._told, self._longest_m = (0, NEVER), None
        return [event] if self._switch.end() else []  # a queue that only began to form is forgotten too

    def _creeps(self, scene: Scene) -> Bool:
        metric = np.isfinite(scene.speed_errors_mps)
        slow_m = np.where(metric, scene.speeds_mps(), 0.0) < self._config.creep_mps
        slow = scene.boxes_per_s() < self._config.creep_boxes
        known = np.isfinite(scene.velocity_errors)
        return np.where(metric, slow_m, slow & known)

    def _chance(self, scene: Scene, row: int) -> float:
        metric = bool(np.isfinite(scene.speed_errors_mps[row]))
        limit = self._config.creep_mps if metric else self._config.creep_boxes
        return float(scene.scores[row]) * speed_chance(scene, row, limit, metric=metric)

    @staticmethod
    def _length(scene: Scene, rows: np.ndarray) -> float | None:
        places = scene.metres[rows]
        places = places[np.isfinite(places).all(axis=1)]
        if len(places) < len(rows) or not len(places):
            return None
        away = places - places.mean(axis=0)
        _, _, axes = np.linalg.svd(away, full_matrices=False)
        along = away @ axes[0]
        return float(along.max() - along.min()) + _VEHICLE_M

    def _event(
        self, time_ns: int, state: Literal["began", "changed", "ended"], vehicles: int, length: float | None
    ) -> QueueChanged:
        lasted = self._switch.lasted_s()
        return QueueChanged(self._camera, time_ns, self._config.name, state, vehicles, length, lasted, self._sure)
