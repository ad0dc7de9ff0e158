"""Speeds over the ground: where an object goes over a line, or over its way through a zone."""

from typing import Final

import numpy as np

from sightline.config.rules import SpeedRule
from sightline.core.events import Event, SpeedMeasured
from sightline.core.vocabulary import CLASSES
from sightline.rules.ground_plane import GroundPlane
from sightline.rules.scene import F64, Scene, chance
from sightline.rules.states import ROAD_USERS, Latch, label_mask

_LEAST_S: Final = 0.8  # of a way through a zone
_OUT_S: Final = 0.5
_WORST: Final = 0.5  # an error above half the speed is no measurement


class Speeds:
    """Over a line: the speed of the second before, at the crossing. Through a zone: way by time, from the first to the
    last sample in it, told when the object is out. Says nothing while the ground is not calibrated; where it is
    calibrated anew, ways begin anew, as metres of two grounds do not make a way.

    Without a limit, confidence is the object's mean score; with one, that times the probability that the speed, with
    its error (of the ground and of the feet), really is above the limit, or below, as told.
    """

    def __init__(self, config: SpeedRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._allowed = config.allowed(ROAD_USERS)
        self._mask = label_mask(self._allowed)
        self._latch = Latch(0.0, _OUT_S)
        self._ground: GroundPlane | None = None  # that the ways begun are measured on
        self._first: dict[int, tuple[int, F64]] = {}  # slot -> time and place where it came in
        self._last: dict[int, tuple[int, F64, float]] = {}  # slot -> time, place, gone so far in metres
        self._known: dict[int, tuple[int, str, float, float]] = {}  # slot -> id, label, score, error of one foot

    def update(self, scene: Scene) -> list[Event]:
        """The speeds measured at this sample."""
        if scene.ground is not self._ground:
            self.finish(scene.time_ns)
            self._ground = scene.ground
        if scene.ground is None:
            return []
        return self._over_line(scene) if self._config.line is not None else self._through_zone(scene)

    def finish(self, time_ns: int) -> list[Event]:
        """Ways not ended are told nothing of."""
        self._latch.reset()
        self._first.clear()
        self._last.clear()
        self._known.clear()
        return []

    def _over_line(self, scene: Scene) -> list[Event]:
        events: list[Event] = []
        for crossing in scene.crossings:
            row = scene.row_of(crossing.track_id)
            if crossing.line != self._config.line or crossing.label not in self._allowed or row is None:
                continue
            speed, error = float(scene.speeds_mps()[row]), float(scene.speed_errors_mps[row])
            if crossing.time_ns == scene.time_ns and np.isfinite(error) and speed == speed:
                known = (crossing.track_id, crossing.label, float(scene.scores[row]), 0.0)
                events += self._told(scene, known, speed, error)
        return events

    def _through_zone(self, scene: Scene) -> list[Event]:
        inside = scene.in_zone(self._config.zone) & self._mask[scene.labels] & scene.travelled
        inside &= np.isfinite(scene.metres).all(axis=1)
        changes = self._latch.update(scene, inside)
        for row in changes.began.tolist():
            slot = int(scene.slots[row])
            self._first[slot] = (scene.time_ns, scene.metres[row])
            self._last[slot] = (scene.time_ns, scene.metres[row], 0.0)
        for row in np.flatnonzero(inside & scene.seen).tolist():
            slot, place = int(scene.slots[row]), scene.metres[row]
            if slot in self._last:
                time_ns, before, gone = self._last[slot]
                step = float(np.hypot(*(place - before)))
                if scene.time_ns - time_ns >= 200_000_000:  # smaller steps would add up the tremble
                    self._last[slot] = (scene.time_ns, place, gone + step)
                tremble = float(scene.speed_errors_mps[row])
                label = CLASSES[int(scene.labels[row])]
                self._known[slot] = (int(scene.ids[row]), label, float(scene.scores[row]), tremble)
        events: list[Event] = []
        for slot in [*scene.slots[changes.ended].tolist(), *scene.gone.slots[changes.gone].tolist()]:
            events += self._way(scene, slot)
        self._latch.clear(scene.gone.slots)
        return events

    def _way(self, scene: Scene, slot: int) -> list[Event]:
        begun, last, known = self._first.pop(slot, None), self._last.pop(slot, None), self._known.pop(slot, None)
        if begun is None or last is None or known is None or scene.ground is None:
            return []
        took_s = (last[0] - begun[0]) / 1e9
        if took_s < _LEAST_S:
            return []
        # Straight where it went straight, along its way where it turned; the lesser error of the two.
        straight = float(np.hypot(*(last[1] - begun[1])))
        way = straight if straight > 0.9 * last[2] else last[2]
        speed = way / took_s
        error = float(np.hypot(scene.ground.error_share * speed, min(known[3], speed) / max(took_s, 1.0)))
        return self._told(scene, known, speed, error)

    def _told(self, scene: Scene, known: tuple[int, str, float, float], speed: float, error: float) -> list[Event]:
        limit = self._config.limit_mps
        if error > max(_WORST * speed, 0.5):
            return []
        if limit is not None and self._config.over_only and speed - error <= limit:
            return []
        track, label, score, _ = known
        above = chance((speed - limit) / max(error, 1e-6)) if limit is not None else 1.0
        sure = score * max(above, 1 - above) if limit is not None else score
        name = self._config.name
        return [SpeedMeasured(self._camera, scene.time_ns, name, track, label, speed, error, limit, sure)]
