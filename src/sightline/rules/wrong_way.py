"""Wrong way: who goes against the direction of a zone, given or learnt from its traffic."""

from typing import Final

import numpy as np

from sightline.config.rules import WrongWayRule
from sightline.core.events import Event, State, WrongWay
from sightline.core.values import Bool
from sightline.core.vocabulary import CLASSES
from sightline.rules.scene import F64, Scene, chance
from sightline.rules.states import WHEELED, Latch, label_mask

_AGREED: Final = 0.8  # mean resultant length (Mardia and Jupp, 2000) of a one-way street: one in ten may go wrong
_REMEMBERED: Final = 500  # tracks that a learnt direction is the mean of; old ones fade
_PASSED_BOXES: Final = 2.0  # a track that went so far in the zone tells its direction, once
_FALL_S: Final = 2.0


class WrongWays:
    """Vehicles and riders that go against the arrow for ``min_s`` and ``boxes`` of their own size.

    Directions are compared on the ground where it is calibrated, else in the picture. Without an arrow the direction is
    the mean of those of ``learn_tracks`` tracks, if they agree: on a street used both ways the rule never speaks.
    Confidence: mean score times the probability that the way, with its error, really leads within ``angle_deg`` of the
    opposite.
    """

    def __init__(self, config: WrongWayRule, camera: str) -> None:
        self._config, self._camera = config, camera
        self._mask = label_mask(config.allowed(WHEELED))
        self._latch = Latch(config.min_s, _FALL_S)
        self._starts: dict[
            int, tuple[F64, F64]
        ] = {}  # slot -> foot where it was first in the zone, where it turned wrong
        self._learnt: set[int] = set()  # slots that have told their direction
        self._sum = np.zeros(2)
        self._tracks = 0
        self._told: dict[int, tuple[int, str, float, float | None]] = {}  # slot -> id, label, confidence, speed

    def direction(self) -> tuple[float, float] | None:
        """The learnt direction in the picture (heights, y down), of length 0..1 by agreement; None while not known."""
        if self._tracks < self._config.learn_tracks:
            return None
        x, y = (self._sum / self._tracks).tolist()
        return (x, y) if np.hypot(x, y) >= _AGREED else None

    def update(self, scene: Scene) -> list[Event]:
        """Who goes wrong since this sample, and who of them does no more."""
        inside = scene.in_zone(self._config.zone) & self._mask[scene.labels] & scene.moving & scene.seen
        if self._config.arrow is None:
            self._learn(scene, inside)
        wrong = self._wrong(scene, inside)
        changes = self._latch.update(scene, wrong)
        events: list[Event] = []
        for row in changes.began.tolist():
            slot, speed = int(scene.slots[row]), float(scene.speeds_mps()[row])
            sure = float(scene.scores[row]) * self._sure(scene, row)
            known = (int(scene.ids[row]), CLASSES[int(scene.labels[row])], sure, speed if speed == speed else None)
            self._told[slot] = known
            events.append(self._event(scene.time_ns, slot, "began"))
        for slot in [*scene.slots[changes.ended].tolist(), *scene.gone.slots[changes.gone].tolist()]:
            events.append(self._event(scene.time_ns, slot, "ended"))
            del self._told[slot]
        for slot in scene.gone.slots.tolist():
            self._starts.pop(slot, None)
            self._learnt.discard(slot)
        self._latch.clear(scene.gone.slots)
        return events

    def finish(self, time_ns: int) -> list[Event]:
        """Nobody goes wrong any more; what was learnt stays."""
        events: list[Event] = [self._event(time_ns, slot, "ended") for slot in sorted(self._told)]
        self._told.clear()
        self._starts.clear()
        self._learnt.clear()
        self._latch.reset()
        return events

    def _learn(self, scene: Scene, inside: Bool) -> None:
        stretch = np.array([scene.aspect, 1.0])
        for row in np.flatnonzero(inside).tolist():
            slot = int(scene.slots[row])
            foot = scene.feet[row] * stretch
            start = self._starts.setdefault(slot, (foot, foot))[0]
            step = foot - start
            far = float(np.hypot(*step))
            if slot in self._learnt or far < _PASSED_BOXES * float(scene.sizes[row]):
                continue
            self._learnt.add(slot)
            if self._tracks == _REMEMBERED:
                self._sum *= 1 - 1 / _REMEMBERED
                self._tracks -= 1
            self._sum += step / far
            self._tracks += 1

    def _against(self, scene: Scene) -> tuple[F64, F64] | None:
        """How far each object (n,) goes against the direction, and aside of it: parts of its velocity."""
        stretch = np.array([scene.aspect, 1.0])
        if self._config.arrow is None:
            learnt = self.direction()
            if learnt is None:
                return None
            right, ways = np.array(learnt), scene.velocities
        else:
            ends = np.array(self._config.arrow)
            metres = ends * np.nan if scene.ground is None else scene.ground.metres(ends)
            if np.isfinite(metres).all():
                right = metres[1] - metres[0]
                ways = np.where(np.isfinite(scene.velocities_mps), scene.velocities_mps, 0.0)
            else:
                right, ways = (ends[1] - ends[0]) * stretch, scene.velocities
        right = right / max(float(np.hypot(*right)), 1e-12)
        return -(ways @ right), np.abs(ways @ np.array([-right[1], right[0]]))

    def _wrong(self, scene: Scene, inside: Bool) -> Bool:
        parts = self._against(scene)
        if parts is None:
            return np.zeros(len(scene), np.bool_)
        against, aside = parts
        leads = inside & (against > 0) & (aside <= np.tan(np.radians(self._config.angle_deg)) * against)
        leads &= scene.boxes_per_s() > 2 * scene.velocity_errors / np.maximum(scene.sizes, 1e-6)
        stretch = np.array([scene.aspect, 1.0])
        far = np.zeros(len(scene), np.bool_)
        for row in np.flatnonzero(inside).tolist():
            slot, foot = int(scene.slots[row]), scene.feet[row] * stretch
            start, turned = self._starts.get(slot, (foot, foot))
            if not leads[row]:
                turned = foot
            self._starts[slot] = (start, turned)
            far[row] = np.hypot(*(foot - turned)) >= self._config.boxes * scene.sizes[row]
        # Once told, it is wrong as long as it leads on; the way gone so far does not shrink.
        return np.asarray(leads & (far | self._latch.on(scene)))

    def _sure(self, scene: Scene, row: int) -> float:
        parts = self._against(scene)
        if parts is None:
            return 0.0
        off = np.degrees(np.arctan2(parts[1][row], max(float(parts[0][row]), 1e-9)))
        speed = float(np.hypot(*scene.velocities[row]))
        error = np.degrees(np.arctan2(float(scene.velocity_errors[row]), max(speed, 1e-9)))
        return chance(float((self._config.angle_deg - off) / max(error, 1e-3)))

    def _event(self, time_ns: int, slot: int, state: State) -> WrongWay:
        track, label, sure, speed = self._told[slot]
        lasted = float(self._latch.lasted_s(np.array([slot]))[0])
        return WrongWay(self._camera, time_ns, self._config.name, state, track, label, lasted, speed, sure)
