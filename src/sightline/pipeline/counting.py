"""Lines, counts and rules of all cameras of a worker; lines are given, drawn, or suggested by the traffic itself."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo

from sightline.config import CountSettings
from sightline.core.events import Event, Line, LineCrossed
from sightline.pipeline.ports import CountRow
from sightline.rules import CountTable, LineCounter
from sightline.rules.ruleset import RULES, Drawing, MakeRule, Ruleset
from sightline.rules.scene import Sample

REMEMBERED = 4096  # tracks per camera whose class is known to have changed


class Counting:
    """Lines, crossings, counts and rules; the analysis writes, the page reads and draws, under one lock.

    Every crossing is counted. Which crossings are told as events, rules of type line say where a camera has some; else
    all are. zone: the site's time zone, for rules that hold at certain hours; makers: rules by type.
    """

    def __init__(self, settings: CountSettings, *, zone: tzinfo = UTC, makers: Mapping[str, MakeRule] = RULES) -> None:
        self._settings, self._zone, self._makers = settings, zone, makers
        self._lock = threading.Lock()
        self._rulesets: dict[str, Ruleset] = {}
        self._drawn: set[str] = set()  # cameras whose lines a person drew, or took away
        self._counter = LineCounter(settings, suggest=True)
        self._table = CountTable(settings)
        self._newest: dict[str, OrderedDict[int, str]] = {}  # camera -> track -> its class now

    def lines(self, camera: str) -> Sequence[Line]:
        """The counting lines of a camera, given or suggested."""
        with self._lock:
            return self._counter.lines(camera)

    def set_lines(self, camera: str, lines: Sequence[Line]) -> None:
        """Replace the counting lines of a camera; counts so far stay."""
        with self._lock:
            self._counter.set_lines(camera, lines)

    def draw(self, camera: str, drawing: Drawing, *, suggest: bool = True) -> list[Event]:
        """Lines, zones and rules of a camera; what stays equal goes on, states of what does not end. BadConfig.

        suggest: where no line was drawn yet, one is suggested over the traffic, and stays.
        """
        with self._lock:
            ruleset = self._rulesets.get(camera)
            if ruleset is None and drawing.rules:
                self._rulesets[camera] = Ruleset(
                    camera, drawing, settings=self._settings, zone=self._zone, makers=self._makers
                )
                ended: list[Event] = []
            else:
                ended = ruleset.replace(drawing) if ruleset is not None else []
            if drawing.lines or not suggest or camera in self._drawn:
                self._counter.set_lines(camera, drawing.lines)
                self._drawn.add(camera)
            return ended

    def notes(self, camera: str) -> tuple[str, ...]:
        """Sentences people should read about a camera's rules."""
        with self._lock:
            ruleset = self._rulesets.get(camera)
            return ruleset.notes() if ruleset is not None else ()

    def update(self, sample: Sample, renamed: Sequence[tuple[int, str]]) -> list[Event]:
        """What happened in this frame; renamed: tracks whose voted class changed, and so do their counts."""
        camera = sample.camera
        with self._lock:
            newest = self._newest.setdefault(camera, OrderedDict())
            for track, label in renamed:
                newest[track] = label
                self._table.relabel(camera, track, label)
            while len(newest) > REMEMBERED:
                newest.popitem(last=False)
            found = self._counter.update(camera, sample.time_ns, sample.size_px, sample.tracks)
            crossings = self._counted(found)
            ruleset = self._rulesets.get(camera)
            if ruleset is None:
                return list(crossings)
            told = ruleset.update(replace(sample, crossings=tuple(crossings)))
            chosen = any(rule.type == "line" for rule in ruleset.drawing.rules)
            return told if chosen else [*crossings, *told]

    def finish(self, camera: str) -> list[Event]:
        """The source ended: crossings of a line that was still awaited, and the end of states that are on."""
        with self._lock:
            ruleset = self._rulesets.get(camera)
            ended = ruleset.finish() if ruleset is not None else []
            return [*self._counted(self._counter.finish(camera)), *ended]

    def check(self, camera: str, drawing: Drawing) -> None:
        """BadConfig where a drawing cannot be made for this camera."""
        Ruleset(camera, drawing, settings=self._settings, zone=self._zone, makers=self._makers)

    def forget(self, camera: str, *, counts: bool = True) -> None:
        """Drop the lines, rules and tracks of a camera, and its counts unless they are to go on."""
        with self._lock:
            self._counter.forget(camera)
            if counts:
                self._table.forget(camera)
            self._newest.pop(camera, None)
            self._rulesets.pop(camera, None)
            self._drawn.discard(camera)

    def rows(self, camera: str, minutes: int, since_ns: int = 0) -> list[CountRow]:
        """Counts of a camera in windows of so many minutes that begin at since_ns or later, oldest first."""
        return [
            CountRow(row.camera, row.line, row.direction, row.start_ns, row.minutes, dict(row.by_class))
            for row in self._table.rows(camera, minutes, since_ns)
        ]

    def totals(self, camera: str) -> dict[str, dict[str, dict[str, int]]]:
        """Line -> direction -> class -> crossings since the start."""
        return self._table.totals(camera)

    def _counted(self, crossings: list[LineCrossed]) -> list[LineCrossed]:
        for crossing in crossings:
            self._table.add(crossing)
            # Crossings from before a line was suggested carry the class that was known then.
            newest = self._newest.get(crossing.camera)
            label = newest.get(crossing.track_id) if newest else None
            if label is not None:
                self._table.relabel(crossing.camera, crossing.track_id, label)
        return crossings
