"""A rule: a bus has been standing in a zone for a while."""

import numpy as np

from sightline.config.rules import PluginRule
from sightline.core.events import Event, VehicleStopped
from sightline.core.vocabulary import CODE
from sightline.rules import Scene


class BusWaits:
    """Made once per camera that names it; then ``update`` with every analysed picture's scene, in order of time.

    Its answer may hang on the scenes alone (no clock, no chance), so that a replay gives equal events.
    """

    def __init__(self, config: PluginRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._after_s = float(config.options.get("after_s", 20.0))
        self._waiting: dict[int, VehicleStopped] = {}  # track -> the event that said it began

    def update(self, scene: Scene) -> list[Event]:
        """Buses that have now stood for ``after_s``, and those of before that do not any more."""
        standing = scene.in_zone(self._config.zone) & (scene.labels == CODE["bus"]) & (scene.still_s >= self._after_s)
        rows = np.flatnonzero(standing & scene.travelled)
        there = {int(scene.ids[row]): row for row in rows.tolist()}
        events: list[Event] = [self._ended(track, scene.time_ns) for track in list(self._waiting) if track not in there]
        for track, row in there.items():
            if track not in self._waiting:
                lasted_s, score = float(scene.still_s[row]), float(scene.scores[row])
                event = VehicleStopped(
                    self._camera, scene.time_ns, self._config.name, "began", track, "bus", lasted_s, score
                )
                self._waiting[track] = event
                events.append(event)
        return events

    def finish(self, time_ns: int) -> list[Event]:
        """The source ended: nobody waits any more."""
        return [self._ended(track, time_ns) for track in list(self._waiting)]

    def _ended(self, track: int, time_ns: int) -> VehicleStopped:
        began = self._waiting.pop(track)
        lasted_s = began.lasted_s + (time_ns - began.time_ns) / 1e9
        return VehicleStopped(
            self._camera, time_ns, self._config.name, "ended", track, "bus", lasted_s, began.confidence
        )
