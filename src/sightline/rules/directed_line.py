"""The directed line as a rule: which crossings are told, and how fast."""

from dataclasses import replace

from sightline.config.rules import LineRule
from sightline.core.events import Event
from sightline.rules.scene import Scene
from sightline.rules.states import ROAD_USERS


class DirectedLine:
    """Tells the crossings of one line that ``LineCounter`` found, with the speed over ground where it is known.

    Confidence: the detector's calibrated score of the object when it crossed.
    """

    def __init__(self, config: LineRule, camera: str) -> None:
        self._config = config
        self._allowed = config.allowed(ROAD_USERS)

    def update(self, scene: Scene) -> list[Event]:
        """The crossings of this sample."""
        told: list[Event] = []
        for crossing in scene.crossings:
            if crossing.line != self._config.line or crossing.label not in self._allowed:
                continue
            if self._config.direction not in ("both", crossing.direction):
                continue
            row = scene.row_of(crossing.track_id) if crossing.time_ns == scene.time_ns else None
            speed = float(scene.speeds_mps()[row]) if row is not None else float("nan")
            told.append(replace(crossing, speed_mps=round(speed, 3)) if speed == speed else crossing)
        return told

    def finish(self, time_ns: int) -> list[Event]:
        """A crossing has no end."""
        return []
