"""Counts of line crossings per window, class and direction, in memory that does not grow with time."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Literal

from sightline.config import CountSettings
from sightline.core.events import LineCrossed
from sightline.core.vocabulary import CODE, FINER, code_of

Direction = Literal["forward", "backward"]
_Cell = tuple[str, Direction]  # line and direction

_MINUTE_NS: Final = 60_000_000_000
_PASSES_KEPT: Final = 4096  # tracks per camera whose class may still become finer; it does within seconds
_PASSES_OF_TRACK: Final = 64
_LINES_KEPT: Final = 256  # names of lines per camera whose totals are kept, as people redraw them


@dataclass(frozen=True, slots=True)
class CountRow:
    """Crossings of one line in one direction and window. start_ns: UTC or media time; by_class: class name -> count."""

    camera: str
    line: str
    direction: Direction
    start_ns: int
    minutes: int
    by_class: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Pass:
    line: str
    direction: Direction
    time_ns: int
    label: str


@dataclass(slots=True)
class _Camera:
    windows: dict[int, dict[int, dict[_Cell, Counter[str]]]]  # minutes -> start_ns -> cell -> class -> count
    newest_ns: dict[int, int]  # minutes -> start of the newest window
    totals: OrderedDict[_Cell, Counter[str]] = field(default_factory=OrderedDict)
    passes: OrderedDict[int, list[_Pass]] = field(default_factory=OrderedDict)


class CountTable:
    """Crossings per camera, line, direction and class, in windows of ``windows_min`` aligned to UTC (or media time).

    Only the newest ``windows_kept`` windows of each length are kept, totals for good. Any thread may call; the answer
    does not depend on the order in which events of one time come, nor on how they are batched.
    """

    def __init__(self, settings: CountSettings | None = None) -> None:
        self._settings = settings or CountSettings()
        self._cameras: dict[str, _Camera] = {}
        self._lock = Lock()

    def add(self, event: LineCrossed) -> None:
        """Count one crossing. One older than the windows kept goes into the totals only."""
        with self._lock:
            one = self._camera(event.camera)
            done = _Pass(event.line, event.direction, event.time_ns, event.label)
            self._change(one, done, event.label, 1)
            passes = one.passes.setdefault(event.track_id, [])
            passes.append(done)
            del passes[:-_PASSES_OF_TRACK]
            one.passes.move_to_end(event.track_id)
            while len(one.passes) > _PASSES_KEPT:
                one.passes.popitem(last=False)

    def relabel(self, camera: str, track_id: int, label: str) -> None:
        """The class of a track is known better now: move what it counted to that class.

        KeyError for an unknown class. A coarser class than the one counted changes nothing, nor does a track that
        counted nothing or too long ago.
        """
        code_of(label)
        with self._lock:
            one = self._cameras.get(camera)
            for done in one.passes.get(track_id, ()) if one else ():
                if one and done.label != label and done.label not in FINER.get(label, ()):
                    self._change(one, done, done.label, -1)
                    self._change(one, done, label, 1)
                    done.label = label

    def rows(self, camera: str, minutes: int, since_ns: int = 0) -> list[CountRow]:
        """The windows with crossings that begin at since_ns or later, oldest first, then by line and direction.

        KeyError for a length not counted.
        """
        if minutes not in self._settings.windows_min:
            raise KeyError(f"minutes: expected one of {self._settings.windows_min}, got {minutes}")
        with self._lock:
            one = self._cameras.get(camera)
            windows = one.windows[minutes] if one else {}
            return [
                CountRow(camera, line, direction, start_ns, minutes, _plain(counts))
                for start_ns in sorted(start_ns for start_ns in windows if start_ns >= since_ns)
                for (line, direction), counts in sorted(windows[start_ns].items())
                if counts.total()
            ]

    def totals(self, camera: str) -> dict[str, dict[str, dict[str, int]]]:
        """Line -> direction -> class -> crossings since the start."""
        answer: dict[str, dict[str, dict[str, int]]] = {}
        with self._lock:
            one = self._cameras.get(camera)
            for (line, direction), counts in sorted(one.totals.items()) if one else ():
                answer.setdefault(line, {})[direction] = _plain(counts)
        return answer

    def forget(self, camera: str) -> None:
        """Drop all counts of a camera."""
        with self._lock:
            self._cameras.pop(camera, None)

    def _camera(self, name: str) -> _Camera:
        lengths = self._settings.windows_min
        return self._cameras.setdefault(name, _Camera({minutes: {} for minutes in lengths}, dict.fromkeys(lengths, -1)))

    def _change(self, one: _Camera, done: _Pass, label: str, by: int) -> None:
        cell = (done.line, done.direction)
        one.totals.setdefault(cell, Counter())[label] += by
        while len(one.totals) > 2 * _LINES_KEPT:
            one.totals.popitem(last=False)
        for minutes, windows in one.windows.items():
            length_ns = minutes * _MINUTE_NS
            start_ns = done.time_ns // length_ns * length_ns
            if start_ns > one.newest_ns[minutes]:
                one.newest_ns[minutes] = start_ns
                oldest_ns = start_ns - (self._settings.windows_kept - 1) * length_ns
                for old in [key for key in windows if key < oldest_ns]:
                    del windows[old]
            if start_ns > one.newest_ns[minutes] - self._settings.windows_kept * length_ns:
                windows.setdefault(start_ns, {}).setdefault(cell, Counter())[label] += by


def _plain(counts: Counter[str]) -> dict[str, int]:
    """Classes with a count, in the order of the vocabulary."""
    return {name: counts[name] for name in sorted(counts, key=lambda name: CODE.get(name, len(CODE))) if counts[name]}
