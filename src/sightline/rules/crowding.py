"""Crowding: many persons in a zone at once."""

import numpy as np

from sightline.config.rules import CrowdingRule
from sightline.core.events import Crowding, Event, State
from sightline.rules.scene import Scene, chance
from sightline.rules.states import PEOPLE, Switch, label_mask


class Crowds:
    """``persons`` or more in the zone for ``min_s``; over when fewer were there for ``min_s``.

    Detectors miss persons in a crowd, so the number is rather too low; who is hidden is counted for 2 s more, and so is
    who is really gone. Confidence: the probability that at least so many
    are persons and inside, taking the scores as independent chances (their sum against its standard error).
    """

    def __init__(self, config: CrowdingRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._mask = label_mask(config.allowed(PEOPLE))
        self._switch = Switch(config.min_s, config.min_s)
        self._area_m2: float | None = None
        self._sure = 0.0

    def update(self, scene: Scene) -> list[Event]:
        """Whether the crowd began or ended."""
        rows = np.flatnonzero(scene.in_zone(self._config.zone) & self._mask[scene.labels] & scene.lately)
        change = self._switch.update(scene.time_ns, len(rows) >= self._config.persons, len(rows))
        if change is None:
            return []
        if change == "began":
            chances = scene.scores[rows]
            spread = float(np.sqrt(np.sum(chances * (1 - chances)) + 0.25))
            # All seen must be persons where just enough are seen; each more is a reserve.
            self._sure = chance((float(chances.sum()) - self._config.persons + 0.5) / spread)
        return [self._event(scene, scene.time_ns, "began" if change == "began" else "ended", len(rows))]

    def finish(self, time_ns: int) -> list[Event]:
        """The crowd ends."""
        event = self._event(None, time_ns, "ended", 0)
        return [event] if self._switch.end() else []

    def _event(self, scene: Scene | None, time_ns: int, state: State, number: int) -> Crowding:
        count = number if state == "began" else self._switch.most
        if scene is not None:
            self._area_m2 = self._measured(scene)
        per_m2 = count / self._area_m2 if self._area_m2 else None
        lasted = self._switch.lasted_s()
        return Crowding(self._camera, time_ns, self._config.name, state, count, per_m2, lasted, self._sure)

    def _measured(self, scene: Scene) -> float | None:
        if scene.ground is None:
            return None
        area = scene.ground.area_m2(scene.corners[self._config.zone])
        return area if np.isfinite(area) and area > 0 else None
