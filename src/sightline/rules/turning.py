"""Turning movements: who came in over one line and went out over another."""

from collections import OrderedDict
from typing import Final

from sightline.config.rules import TurningRule
from sightline.core.events import Event, LineCrossed, TurnMade
from sightline.rules.scene import Scene
from sightline.rules.states import ROAD_USERS

_HIDDEN: Final = 256  # objects lost between way in and way out that are remembered, the newest


class Turning:
    """Pairs of crossings of one object: way in, then way out, within ``longest_s``.

    A way in that comes later replaces the one before; a way out ends the movement. The object keeps its way in when its
    track breaks and goes on under a new id. Confidence: that both crossings are of a road user, the lesser of the two.
    """

    def __init__(self, config: TurningRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._allowed = config.allowed(ROAD_USERS)
        self._entries = {(gate.line, gate.direction) for gate in config.entries}
        self._exits = {(gate.line, gate.direction) for gate in config.exits}
        self._came: dict[int, tuple[str, int, float]] = {}  # slot -> line, time, confidence
        self._hidden: OrderedDict[int, tuple[str, int, float]] = OrderedDict()  # the same by track, of who was lost

    def update(self, scene: Scene) -> list[Event]:
        """The movements completed at this sample."""
        events: list[Event] = []
        for crossing in scene.crossings:
            row = scene.row_of(crossing.track_id)
            way = (crossing.line, crossing.direction)
            if row is None or crossing.time_ns != scene.time_ns:
                continue  # of a line that was just suggested, replayed: who that was is not known any more
            slot = int(scene.slots[row])
            came = self._came.get(slot)
            if came is None and (came := self._hidden.pop(crossing.track_id, None)) is not None:
                self._came[slot] = came
            if came is not None and way in self._exits:
                del self._came[slot]
                events += self._made(scene, crossing, came)
            if way in self._entries:  # a way out may be the next way in
                self._came[slot] = (crossing.line, scene.time_ns, crossing.confidence)
        for slot, track in zip(scene.gone.slots.tolist(), scene.gone.ids.tolist(), strict=True):
            if slot in self._came:  # hidden for long: it may come back under its id
                self._hidden[track] = self._came.pop(slot)
                while len(self._hidden) > _HIDDEN:
                    self._hidden.popitem(last=False)
        return events

    def _made(self, scene: Scene, crossing: LineCrossed, came: tuple[str, int, float]) -> list[Event]:
        entry, begun_ns, sure = came
        took_s = (scene.time_ns - begun_ns) / 1e9
        if took_s > self._config.longest_s or crossing.label not in self._allowed:
            return []
        name, track, label = self._config.name, crossing.track_id, crossing.label
        sure = min(sure, crossing.confidence)
        return [TurnMade(self._camera, scene.time_ns, name, entry, crossing.line, track, label, took_s, sure)]

    def finish(self, time_ns: int) -> list[Event]:
        """Movements begun are forgotten."""
        self._came.clear()
        self._hidden.clear()
        return []
