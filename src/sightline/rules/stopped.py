"""Stopped vehicle: one that drove and then stands where it should not."""

from typing import Final

import numpy as np

from sightline.config.rules import StoppedRule
from sightline.core.events import Event, State, VehicleStopped
from sightline.core.vocabulary import CLASSES, VEHICLES
from sightline.rules.scene import Scene, speed_chance
from sightline.rules.states import Latch, label_mask

_CREEP_BOXES: Final = 0.1  # own box sizes per second: what a standing box trembles at most, over a second
_DROVE_S: Final = 1.0  # how long it must have moved no more before it stands; its box must come to rest
_ON_S: Final = 2.0  # it drives on when it moved for so long


class Stopped:
    """Vehicles that moved while they were known and have then not moved for ``seconds``; in a zone or anywhere.

    Standing is that no two opposite edges of the box went a quarter of its size, so that who passes in front of it does
    not set it moving. Vehicles that stood from the first are parked and not told. Confidence: mean score times the
    probability that the speed really is below a tenth of its size per second times that the foot is in the zone.
    """

    def __init__(self, config: StoppedRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._mask = label_mask(config.allowed(VEHICLES))
        self._latch = Latch(max(config.seconds - _DROVE_S, 0.0), _ON_S)
        self._told: dict[int, tuple[int, str, float]] = {}  # slot -> id, label, confidence

    def update(self, scene: Scene) -> list[Event]:
        """Who stands for long since this sample, and who of them drove on or is gone."""
        stands = scene.travelled & (scene.still_s >= _DROVE_S)
        stands &= self._mask[scene.labels] & scene.in_zone(self._config.zone)
        changes = self._latch.update(scene, stands)
        events: list[Event] = []
        for row in changes.began.tolist():
            slot = int(scene.slots[row])
            sure = float(scene.scores[row]) * speed_chance(scene, row, _CREEP_BOXES, metric=False)
            sure *= scene.chance_inside(self._config.zone, row)
            self._told[slot] = (int(scene.ids[row]), CLASSES[int(scene.labels[row])], sure)
            events.append(self._event(scene.time_ns, slot, "began"))
        for slot in [*scene.slots[changes.ended].tolist(), *scene.gone.slots[changes.gone].tolist()]:
            events.append(self._event(scene.time_ns, slot, "ended"))
            del self._told[slot]
        self._latch.clear(scene.gone.slots)
        return events

    def finish(self, time_ns: int) -> list[Event]:
        """Every stand ends."""
        events: list[Event] = [self._event(time_ns, slot, "ended") for slot in sorted(self._told)]
        self._told.clear()
        self._latch.reset()
        return events

    def _event(self, time_ns: int, slot: int, state: State) -> VehicleStopped:
        track, label, sure = self._told[slot]
        lasted = float(self._latch.lasted_s(np.array([slot]))[0]) + _DROVE_S
        return VehicleStopped(self._camera, time_ns, self._config.name, state, track, label, lasted, sure)
