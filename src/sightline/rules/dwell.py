"""Dwell: who stays long in a zone; a vehicle by its track, persons as a group."""

import numpy as np

from sightline.config.rules import DwellRule
from sightline.core.events import Event, Loitering, State
from sightline.core.vocabulary import CLASSES
from sightline.rules.scene import ON_FOOT, VEHICLE, Scene
from sightline.rules.states import ROAD_USERS, Latch, label_mask


class Dwell:
    """Stays of ``seconds`` or more, gaps of up to ``gap_s`` out of the zone included; hidden, until it is gone.

    Vehicles that never moved are parked and not told. Of persons no track is named: one event begins with the first who
    stays and ends with the last, with how many there were at most; this is an event per place, not a file on a person.
    Confidence: mean score of the object (of the group: of its surest) times the probability that its foot is inside.
    """

    def __init__(self, config: DwellRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._mask = label_mask(config.allowed(ROAD_USERS))
        self._latch = Latch(config.seconds, config.gap_s)
        self._told: dict[int, tuple[int, str, float]] = {}  # slot of a vehicle -> id, label, confidence
        self._most = 0
        self._longest_s = 0.0
        self._group: tuple[str, float] | None = None  # label and confidence

    def update(self, scene: Scene) -> list[Event]:
        """Stays that began to be long, and those that ended."""
        counted = scene.travelled | (scene.kinds == ON_FOOT)
        changes = self._latch.update(scene, scene.in_zone(self._config.zone) & self._mask[scene.labels] & counted)
        events: list[Event] = []
        for row in changes.began.tolist():
            if scene.kinds[row] == VEHICLE:
                slot, label = int(scene.slots[row]), CLASSES[int(scene.labels[row])]
                known = (int(scene.ids[row]), label, self._sure(scene, row))
                self._told[slot] = known
                events.append(self._vehicle(scene.time_ns, slot, known, "began"))
        ended = [*scene.slots[changes.ended].tolist(), *scene.gone.slots[changes.gone].tolist()]
        told = [slot for slot in sorted(ended) if slot in self._told]
        events.extend(self._vehicle(scene.time_ns, slot, self._told.pop(slot), "ended") for slot in told)
        events += self._persons(scene)
        self._latch.clear(scene.gone.slots)
        return events

    def finish(self, time_ns: int) -> list[Event]:
        """Every stay ends."""
        events: list[Event] = [
            self._vehicle(time_ns, slot, known, "ended") for slot, known in sorted(self._told.items())
        ]
        if self._group is not None:
            events.append(self._event(time_ns, "ended"))
        self._told.clear()
        self._group, self._most, self._longest_s = None, 0, 0.0
        self._latch.reset()
        return events

    def _sure(self, scene: Scene, row: int) -> float:
        return float(scene.scores[row]) * scene.chance_inside(self._config.zone, row)

    def _vehicle(self, time_ns: int, slot: int, known: tuple[int, str, float], state: State) -> Loitering:
        lasted = float(self._latch.lasted_s(np.array([slot]))[0])
        track, label, sure = known
        return Loitering(self._camera, time_ns, self._config.name, state, track, label, 1, lasted, sure)

    def _persons(self, scene: Scene) -> list[Event]:
        """The group of persons: on from its first to its last."""
        staying = np.flatnonzero(self._latch.on(scene) & (scene.kinds != VEHICLE))
        if not len(staying):
            if self._group is None:
                return []
            event = self._event(scene.time_ns, "ended")
            self._group, self._most, self._longest_s = None, 0, 0.0
            return [event]
        began = self._group is None
        self._most = max(self._most, len(staying))
        self._longest_s = max(self._longest_s, float(self._latch.lasted_s(scene.slots[staying]).max()))
        if began:
            walks = bool((scene.kinds[staying] == ON_FOOT).any())
            surest = max(self._sure(scene, row) for row in staying.tolist())
            self._group = ("pedestrian" if walks else "rider", surest)
        return [self._event(scene.time_ns, "began")] if began else []

    def _event(self, time_ns: int, state: State) -> Loitering:
        label, sure = self._group or ("pedestrian", 0.0)
        name, most, longest = self._config.name, self._most, self._longest_s
        return Loitering(self._camera, time_ns, name, state, None, label, most, longest, sure)
