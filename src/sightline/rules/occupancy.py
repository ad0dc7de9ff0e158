"""Zone occupancy: who enters and leaves a zone, and how many of each class are in it."""

from typing import Literal

import numpy as np

from sightline.config.rules import OccupancyRule
from sightline.core.events import Event, ZoneChanged, ZoneOccupied
from sightline.core.vocabulary import CLASSES
from sightline.rules.scene import Scene
from sightline.rules.states import NEVER, ROAD_USERS, Latch, label_mask


class Occupancy:
    """Objects whose foot is in the zone for ``min_s``; out when it is out for ``min_s``, or the object is gone.

    Parked ones that never moved are not in it. An object lost in the zone stays in it, and in the number, until it is
    gone: for 2 s, for 10 s where it stood still, as persons do whom a bus hides.
    Confidence of one: mean score of the object times the probability that its foot really is inside (outside), by its
    distance from the border; of the number: mean of the scores of those inside, 1 for nobody.
    """

    def __init__(self, config: OccupancyRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._mask = label_mask(config.allowed(ROAD_USERS))
        self._latch = Latch(config.min_s, config.min_s)
        self._told: tuple[tuple[str, int], ...] = ()
        self._told_ns = NEVER
        self._inside: dict[int, tuple[int, str]] = {}  # slot -> track and class told when it entered

    def update(self, scene: Scene) -> list[Event]:
        """Entries and exits of this sample, then the number where it changed and is due."""
        condition = scene.in_zone(self._config.zone) & self._mask[scene.labels] & scene.travelled
        changes = self._latch.update(scene, condition)
        events: list[Event] = []
        for row in changes.began.tolist():
            sure = float(scene.scores[row]) * scene.chance_inside(self._config.zone, row)
            slot = int(scene.slots[row])
            self._inside[slot] = (int(scene.ids[row]), CLASSES[int(scene.labels[row])])
            events.append(self._one(scene.time_ns, slot, "entered", sure))
        for row in changes.ended.tolist():
            sure = float(scene.scores[row]) * (1 - scene.chance_inside(self._config.zone, row))
            events.append(self._one(scene.time_ns, int(scene.slots[row]), "left", sure))
        gone = zip(scene.gone.slots[changes.gone].tolist(), scene.gone.scores[changes.gone].tolist(), strict=True)
        events.extend(self._one(scene.time_ns, slot, "left", score) for slot, score in gone)
        self._latch.clear(scene.gone.slots)
        return [*(events if self._config.each else ()), *self._number(scene)]

    def finish(self, time_ns: int) -> list[Event]:
        """All leave, and the last number is 0."""
        left: list[Event] = [self._one(time_ns, slot, "left", 1.0) for slot in sorted(self._inside)]
        self._latch.reset()
        told, self._told, self._told_ns = self._told, (), NEVER
        zero = [ZoneOccupied(self._camera, time_ns, self._config.name, (), 1.0)] if told else []
        return [*(left if self._config.each else ()), *zero]

    def _one(self, time_ns: int, slot: int, state: Literal["entered", "left"], sure: float) -> ZoneChanged:
        track, label = self._inside[slot]
        if state == "left":
            del self._inside[slot]
        stayed = float(self._latch.lasted_s(np.array([slot]))[0])
        return ZoneChanged(self._camera, time_ns, self._config.name, state, track, label, stayed, sure)

    def _number(self, scene: Scene) -> list[Event]:
        on = self._latch.on(scene)
        counts = np.bincount(scene.labels[on], minlength=len(CLASSES)).tolist()
        by_class = tuple((name, count) for name, count in zip(CLASSES, counts, strict=True) if count)
        if by_class == self._told or scene.time_ns - self._told_ns < self._config.every_s * 1e9:
            return []
        self._told, self._told_ns = by_class, scene.time_ns
        sure = float(scene.scores[on].mean()) if on.any() else 1.0
        return [ZoneOccupied(self._camera, scene.time_ns, self._config.name, by_class, sure)]
