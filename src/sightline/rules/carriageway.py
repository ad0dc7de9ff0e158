"""Pedestrian on the carriageway: persons on foot where only vehicles should be."""

import numpy as np

from sightline.config.rules import CarriagewayRule
from sightline.core.events import Event, PersonsOnRoad, State
from sightline.rules.scene import Scene
from sightline.rules.states import Latch, Switch, label_mask


class Carriageway:
    """Persons on foot in the zone for ``min_s``; one event from the first to the last, no track named.

    Confidence: of the surest person, mean score times the probability that the foot really is in the zone.
    """

    def __init__(self, config: CarriagewayRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._mask = label_mask(config.allowed(("pedestrian",)))
        self._latch = Latch(config.min_s, config.gap_s)
        self._switch = Switch(0.0, config.gap_s)
        self._sure = 0.0

    def update(self, scene: Scene) -> list[Event]:
        """Whether persons are there since this sample, or are not any more."""
        there = scene.in_zone(self._config.zone) & self._mask[scene.labels]
        self._latch.update(scene, there)
        rows = np.flatnonzero(self._latch.on(scene) & there & scene.present)
        self._latch.clear(scene.gone.slots)
        change = self._switch.update(scene.time_ns, len(rows) > 0, len(rows))
        if change == "began":
            self._sure = max(
                float(scene.scores[row]) * scene.chance_inside(self._config.zone, row) for row in rows.tolist()
            )
            return [self._event(scene.time_ns, "began")]
        return [self._event(scene.time_ns, "ended")] if change == "ended" else []

    def finish(self, time_ns: int) -> list[Event]:
        """Nobody is there any more."""
        self._latch.reset()
        event = self._event(time_ns, "ended")
        return [event] if self._switch.end() else []

    def _event(self, time_ns: int, state: State) -> PersonsOnRoad:
        lasted = self._switch.lasted_s() + self._config.min_s
        return PersonsOnRoad(self._camera, time_ns, self._config.name, state, self._switch.most, lasted, self._sure)
