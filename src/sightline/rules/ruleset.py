"""All rules of one camera: samples in, events out; rules may be replaced while it runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from types import MappingProxyType
from typing import Any, Final, Protocol

import numpy as np

from sightline.config import CountSettings
from sightline.config.rules import GroundConfig, RuleConfig, check_rules, lines_of, zones_of
from sightline.core.errors import BadConfig
from sightline.core.events import Event, Line, Zone
from sightline.core.values import Tracks
from sightline.rules.carriageway import Carriageway
from sightline.rules.crowding import Crowds
from sightline.rules.directed_line import DirectedLine
from sightline.rules.dwell import Dwell
from sightline.rules.ground_plane import GroundPlane, KnownLength, from_lengths, from_points
from sightline.rules.ground_sizes import SizeCalibrator
from sightline.rules.hours import Calendar
from sightline.rules.line import LineCounter
from sightline.rules.memory import Memory
from sightline.rules.near_miss import NearMisses
from sightline.rules.occupancy import Occupancy
from sightline.rules.queue import Queue
from sightline.rules.scene import Sample, Scene
from sightline.rules.speed import Speeds
from sightline.rules.stopped import Stopped
from sightline.rules.turning import Turning
from sightline.rules.wrong_way import WrongWays

LONGEST_GAP_NS: Final = 10_000_000_000  # after a longer time without samples nothing goes on: every state ends
_BACK_NS: Final = 1_000_000_000  # time that goes back further than this began anew, as in a file played again


class Rule(Protocol):
    """One rule of one camera. Its answer depends on the scenes alone, in their order."""

    def update(self, scene: Scene) -> list[Event]:
        """Events of this sample."""
        ...

    def finish(self, time_ns: int) -> list[Event]:
        """The source ended or the rule does not hold any more: states that are on end; everything is forgotten."""
        ...


MakeRule = Callable[[Any, str], Rule]  # the rule's model and the camera's name

# Type of rule, as the site's file says it -> what makes it.
RULES: Final[Mapping[str, MakeRule]] = MappingProxyType(
    {
        "line": DirectedLine,
        "turning": Turning,
        "occupancy": Occupancy,
        "dwell": Dwell,
        "queue": Queue,
        "stopped": Stopped,
        "wrong_way": WrongWays,
        "carriageway": Carriageway,
        "near_miss": NearMisses,
        "crowding": Crowds,
        "speed": Speeds,
    }
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn on a camera's picture: lines, zones, the rules that refer to them, and how metres are known."""

    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()
    rules: tuple[RuleConfig, ...] = ()
    ground: GroundConfig = field(default_factory=GroundConfig)


@dataclass(slots=True)
class _Running:
    rule: Rule
    calendar: Calendar
    config: RuleConfig
    key: tuple[object, ...]  # the model and all it refers to: equal keys, equal rules
    asleep: bool = False


class Ruleset:
    """The rules of one camera over one scene per sample.

    Equal samples in equal order give equal events, live or replayed. A sample older than the one before is left out;
    where time began anew, or stood for ``LONGEST_GAP_NS``, the states that are on end first. Not thread-safe.
    """

    def __init__(
        self,
        camera: str,
        drawing: Drawing,
        *,
        settings: CountSettings | None = None,
        zone: tzinfo = UTC,
        makers: Mapping[str, MakeRule] = RULES,
    ) -> None:
        """zone: the site's time zone; makers: RULES and those of plug-ins, by type or plug-in's name. BadConfig."""
        self._camera, self._zone, self._makers = camera, zone, makers
        settings = settings or CountSettings()
        self._memory = Memory(settings)
        self._counter = LineCounter(settings)
        self._running: dict[str, _Running] = {}
        self._drawing = Drawing()
        self._ground: GroundPlane | None = None
        self._ground_for: tuple[GroundConfig, float] | None = None
        self._ground_fault = ""
        self._sizes: SizeCalibrator | None = None
        self._now_ns: int | None = None
        self.replace(drawing)

    @property
    def drawing(self) -> Drawing:
        """What is drawn now."""
        return self._drawing

    @property
    def ground(self) -> GroundPlane | None:
        """The ground calibration, with its error; None while there is none."""
        return self._ground

    def notes(self) -> tuple[str, ...]:
        """Sentences people should read: which rules say nothing yet, and why."""
        waits = [rule.name for rule in self._drawing.rules if rule.type == "speed"] if self._ground is None else []
        said = [f"the ground is not calibrated: {self._ground_fault}"] if self._ground_fault else []
        return (*said, *(f"rule {name!r} waits for a calibration of the ground" for name in waits))

    def replace(self, drawing: Drawing) -> list[Event]:
        """Draw anew: rules that stay equal, with the lines and zones they refer to, go on; of others the states that
        are on end, and are answered. BadConfig changes nothing."""
        lines, zones = {one.name: one for one in drawing.lines}, {one.name: one for one in drawing.zones}
        if len(zones) < len(drawing.zones) or len(lines) < len(drawing.lines):
            raise BadConfig(f"cameras.{self._camera}", "two lines or zones of one name", "a different name for each")
        check_rules(self._camera, drawing.rules, lines, zones)
        running: dict[str, _Running] = {}
        for rule in drawing.rules:
            key = (rule, *(lines[name] for name in lines_of(rule)), *(zones[name] for name in zones_of(rule)))
            old = self._running.get(rule.name)
            running[rule.name] = old if old is not None and old.key == key else self._made(rule, key)
        events: list[Event] = []
        for name, old in self._running.items():
            if running.get(name) is not old and self._now_ns is not None and not old.asleep:
                events += old.rule.finish(self._now_ns)
        used = {name for rule in drawing.rules for name in lines_of(rule)}
        self._counter.set_lines(self._camera, [line for line in drawing.lines if line.name in used])
        self._memory.set_zones(drawing.zones)
        if drawing.ground != self._drawing.ground:
            self._ground_for = None
        self._drawing, self._running = drawing, running
        return events

    def update(self, sample: Sample) -> list[Event]:
        """Events of one sample, rule by rule in the order drawn, within a rule by track."""
        events = self._look_elsewhere() if sample.moved else []
        if self._now_ns is not None:
            step_ns = sample.time_ns - self._now_ns
            if step_ns < -_BACK_NS or step_ns > LONGEST_GAP_NS:
                events += self.finish()
                self._memory.forget()
                if self._sizes is not None:
                    self._sizes.forget()
            elif step_ns <= 0:
                return events
        self._now_ns = sample.time_ns
        self._survey(sample.size_px[0] / sample.size_px[1])
        scene = self._memory.update(self._counted(sample), self._ground)
        if self._sizes is not None and (ground := self._sizes.see(scene)) is not None:
            self._ground = ground  # from the next sample on
        for one in self._running.values():
            if one.calendar.holds(sample.time_ns):
                one.asleep = False
                events += one.rule.update(scene)
            elif not one.asleep:
                one.asleep = True
                events += one.rule.finish(sample.time_ns)
        return events

    def finish(self) -> list[Event]:
        """The source ended: states that are on end, at the time of the last sample."""
        now = self._now_ns
        if now is None:
            return []
        return [event for one in self._running.values() if not one.asleep for event in one.rule.finish(now)]

    def _look_elsewhere(self) -> list[Event]:
        """The camera was turned: states that are on end, and what was learnt of the old view is forgotten."""
        events = self.finish()
        for name, old in self._running.items():
            self._running[name] = replace(self._made(old.config, old.key), asleep=old.asleep)
        self._memory.forget()
        lines = self._counter.lines(self._camera)
        self._counter.forget(self._camera)
        self._counter.set_lines(self._camera, lines)
        if self._sizes is not None:
            self._ground, self._sizes = None, SizeCalibrator()
        return events

    def _made(self, rule: RuleConfig, key: tuple[object, ...]) -> _Running:
        kind = rule.plugin if rule.type == "plugin" else rule.type
        if kind not in self._makers:
            allowed = f"one of {', '.join(sorted(self._makers))}"
            raise BadConfig(f"cameras.{self._camera}.rules.{rule.name}.{rule.type}", kind, allowed)
        return _Running(self._makers[kind](rule, self._camera), Calendar(rule.hours, self._zone), rule, key)

    def _counted(self, sample: Sample) -> Sample:
        if sample.crossings is not None or not self._counter.lines(self._camera):
            return sample
        found = self._counter.update(self._camera, sample.time_ns, sample.size_px, _by_id(sample.tracks))
        return replace(sample, crossings=tuple(found))

    def _survey(self, aspect: float) -> None:
        """Calibrate the ground as drawn, once per drawing and shape of the picture; a fault stands in the notes."""
        config = self._drawing.ground
        if self._ground_for == (config, aspect):
            return
        self._ground_for, self._ground, self._sizes, self._ground_fault = (config, aspect), None, None, ""
        try:
            self._ground = ground_of(config, aspect)
        except BadConfig as error:  # its other rules need no metres: the camera goes on without
            self._ground_fault = str(error)
            return
        if self._ground is None and config.automatic:
            self._sizes = SizeCalibrator()


def _by_id(tracks: Tracks) -> Tracks:
    """The same rows sorted by id: their order means nothing, and so events do not depend on it."""
    rows = np.argsort(tracks.ids, kind="stable")
    return Tracks(
        tracks.boxes_px[rows],
        tracks.scores[rows],
        tracks.labels[rows],
        tracks.ids[rows],
        tracks.ages_s[rows],
        tracks.held[rows],
    )


def ground_of(config: GroundConfig, aspect: float) -> GroundPlane | None:
    """The ground that was clicked, for pictures of an aspect (width / height); None where nothing was. BadConfig."""
    if config.lengths:
        known: Sequence[KnownLength] = [KnownLength(one.start, one.end, one.metres) for one in config.lengths]
        return from_lengths(known, aspect, config.horizon, config.field_deg)
    return from_points(config.points) if config.points else None
