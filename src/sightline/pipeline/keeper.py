"""Hands what a service finds to those who keep it or pass it on: store and doors."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from sightline.core.clock import Clock
from sightline.core.events import Event
from sightline.core.frame import Frame
from sightline.core.summaries import TrackSummary
from sightline.formats.onvif_json import Seen
from sightline.pipeline.board import Board
from sightline.pipeline.counting import Counting
from sightline.pipeline.order import Analysed
from sightline.pipeline.ports import CountRow, Update
from sightline.pipeline.ways import Ways

_MINUTE_NS: Final = 60_000_000_000
# Counts of a minute may still change while a track's class becomes finer, and frames come some seconds late.
_SETTLE_NS: Final = 10_000_000_000
_RENEWED_NS: Final = 3 * _MINUTE_NS  # windows put again at every turn: class changes reach back seconds, not minutes
_SEEN_NS: Final = 1_000_000_000


class Keeps(Protocol):
    """The store, as far as findings go (``store.Store``); returns at once."""

    def put_events(self, events: Sequence[Event]) -> int:
        """Take events."""
        ...

    def put_counts(self, rows: Sequence[CountRow]) -> int:
        """Take windows of one minute; newer ones replace."""
        ...

    def put_tracks(self, tracks: Sequence[TrackSummary]) -> int:
        """Take ended tracks."""
        ...


class Door(Protocol):
    """A way out (``sinks.Sink``); returns at once."""

    def deliver(self, events: Sequence[Event]) -> None:
        """Take events."""
        ...

    def counts(self, rows: Sequence[CountRow]) -> None:
        """Take finished windows of one minute, each once."""
        ...

    def seen(self, seen: Seen) -> None:
        """Take what a camera sees now."""
        ...


@dataclass(slots=True)
class _Camera:
    seen_ns: int | None = None
    finished_ns: int = 0  # windows that begin before are finished and were handed out


class Keeper:
    """A sink and a listener of one worker. ``tick`` is called every few seconds by whoever runs the service."""

    def __init__(self, counting: Counting, store: Keeps, doors: Mapping[str, Door], clock: Clock) -> None:
        self._counting, self._store, self._doors, self._clock = counting, store, doors, clock
        self._ways = Ways()
        self._cameras: dict[str, _Camera] = {}
        self._lock = threading.Lock()

    def analysed(self, _: Frame, analysed: Analysed) -> None:
        """One analysed frame, from the analysis thread."""
        with self._lock:
            ended = self._ways.see(analysed)
            camera = self._cameras.setdefault(analysed.camera, _Camera())
            due = camera.seen_ns is None or not 0 <= analysed.time_ns - camera.seen_ns < _SEEN_NS
            if due:
                camera.seen_ns = analysed.time_ns
        if ended:
            self._store.put_tracks(ended)
        if due and self._doors:
            seen = _seen(analysed)
            for door in self._doors.values():
                door.seen(seen)

    def happened(self, update: Update) -> None:
        """What the board publishes; only events are kept and passed on."""
        if isinstance(update, Event):
            events = [update]
            self._store.put_events(events)
            for door in self._doors.values():
                door.deliver(events)

    def tick(self, board: Board) -> None:
        """Put the counts of the newest minutes, and hand out those minutes that are over."""
        now_ns = self._clock.now_ns()
        for status in board.cameras():
            rows = self._counting.rows(status.name, 1, now_ns - _RENEWED_NS)
            if rows:
                self._store.put_counts(rows)
            self._hand_out(status.name, rows, now_ns - _SETTLE_NS - _MINUTE_NS)

    def left(self, camera: str) -> None:
        """A camera left or the service ends: its tracks end now, and its last minutes are put."""
        with self._lock:
            ended = self._ways.finish(camera)
        if ended:
            self._store.put_tracks(ended)
        rows = self._counting.rows(camera, 1, self._clock.now_ns() - _RENEWED_NS)
        if rows:
            self._store.put_counts(rows)
            self._hand_out(camera, rows, self._clock.now_ns())

    def _hand_out(self, camera: str, rows: Sequence[CountRow], until_ns: int) -> None:
        with self._lock:
            one = self._cameras.setdefault(camera, _Camera())
            over = [row for row in rows if one.finished_ns <= row.start_ns <= until_ns]
            if over:
                one.finished_ns = max(row.start_ns for row in over) + _MINUTE_NS
        if over:
            for door in self._doors.values():
                door.counts(over)


def _seen(analysed: Analysed) -> Seen:
    tracks = analysed.tracks.confirmed()
    size = np.array([*analysed.size_px, *analysed.size_px], np.float32)
    return Seen(
        camera=analysed.camera,
        time_ns=analysed.time_ns,
        ids=tracks.ids,
        labels=tracks.labels,
        likelihoods=tracks.scores,
        boxes=np.clip(tracks.boxes_px / size, 0.0, 1.0).astype(np.float32),
        speeds_mps=np.full(len(tracks), np.nan, np.float32),
    )
