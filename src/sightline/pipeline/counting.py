"""Counting lines of all cameras of a worker: given, drawn on the page, or suggested by the traffic itself."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from sightline.config import CountSettings
from sightline.core.events import Line, LineCrossed
from sightline.core.values import Tracks
from sightline.pipeline.ports import CountRow
from sightline.rules import CountTable, LineCounter

REMEMBERED = 4096  # tracks per camera whose class is known to have changed


class Counting:
    """Lines, crossings and counts; the analysis writes, the page reads and draws lines, under one lock."""

    def __init__(self, settings: CountSettings) -> None:
        self._lock = threading.Lock()
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

    def update(
        self, camera: str, time_ns: int, size_px: tuple[int, int], tracks: Tracks, renamed: Sequence[tuple[int, str]]
    ) -> list[LineCrossed]:
        """Crossings of this frame; renamed: tracks whose voted class changed, whose counts move to the new class."""
        with self._lock:
            newest = self._newest.setdefault(camera, OrderedDict())
            for track, label in renamed:
                newest[track] = label
                self._table.relabel(camera, track, label)
            while len(newest) > REMEMBERED:
                newest.popitem(last=False)
            return self._counted(self._counter.update(camera, time_ns, size_px, tracks))

    def finish(self, camera: str) -> list[LineCrossed]:
        """The source ended: crossings of a line that was still awaited."""
        with self._lock:
            return self._counted(self._counter.finish(camera))

    def forget(self, camera: str) -> None:
        """Drop the lines, tracks and counts of a camera."""
        with self._lock:
            self._counter.forget(camera)
            self._table.forget(camera)
            self._newest.pop(camera, None)

    def rows(self, camera: str, minutes: int) -> list[CountRow]:
        """Counts of a camera in windows of so many minutes, oldest first."""
        return [
            CountRow(row.camera, row.line, row.direction, row.start_ns, row.minutes, dict(row.by_class))
            for row in self._table.rows(camera, minutes)
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
