"""A sink of another package, behind our own queue, our own thread and the rules of what may leave."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from sightline.config.doors import PluginDoor
from sightline.core.errors import BadConfig
from sightline.core.events import Event
from sightline.formats.counts_csv import Counted
from sightline.formats.onvif_json import Seen
from sightline.sinks.backlog import Backlog
from sightline.sinks.ladder import Ladder
from sightline.sinks.leave import Leaving
from sightline.sinks.surroundings import Attempt, Surroundings

log = logging.getLogger(__name__)

BATCH: Final = 500  # most events of one call
_IDLE_S: Final = 1.0


class OutsideSink(Protocol):
    """What an entry point of ``sightline.sinks`` gives when called with its options (a mapping)."""

    def deliver(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Events as they may leave, in the layout of the event schema; may block; what it raises is tried again."""
        ...

    def close(self) -> None:
        """The end."""
        ...


class PluginSink:
    """Hands events to a plug-in, one batch at a time, from a thread of its own; never objects with ids of persons."""

    def __init__(self, door: PluginDoor, around: Surroundings) -> None:
        """BadConfig where the plug-in is not there or refuses its options."""
        if around.attempt is None or door.use not in around.plugins:
            known = ", ".join(sorted(around.plugins)) or "none is installed"
            raise BadConfig(f"{door.name}.use", door.use, f"a plug-in of sightline.sinks ({known})")
        made: list[OutsideSink] = []
        fault = around.attempt(lambda: made.append(around.plugins[door.use](dict(door.options))))
        if fault is not None:
            reason = f"options that {door.use} takes ({type(fault).__name__}: {str(fault)[:200]})"
            raise BadConfig(f"{door.name}.options", "others", reason) from fault
        self._name = door.name
        self._sink = made[0]
        self._attempt: Attempt = around.attempt
        self._clock = around.clock
        self._leaving = Leaving()
        self._backlog: Backlog[Event] = Backlog(door.queue_events)
        self._ladder = Ladder(door.retry_first_s, door.retry_last_s, around.random)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"door {door.name}", daemon=True)
        self._delivered = self._faults = self._dead = 0
        self._failing = False

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Deliver what waits, unless the plug-in fails, at most so long; then end."""
        self._stopping.set()
        self._backlog.nudge()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def deliver(self, events: Sequence[Event]) -> None:
        """Take events in; returns at once."""
        self._backlog.put(events)

    def counts(self, rows: Sequence[Counted]) -> None:
        """Plug-ins get events only."""

    def seen(self, seen: Seen) -> None:
        """Plug-ins get events only."""

    def stats(self) -> Mapping[str, float]:
        """Numbers of the door; see ``sinks.stats.METRICS``."""
        return {
            "up": float(not self._failing),
            "queued": len(self._backlog),
            "accepted": self._backlog.accepted,
            "kept": self._leaving.kept,
            "delivered": self._delivered,
            "dropped": self._backlog.dropped,
            "faults": self._faults,
            "dead": self._dead,
        }

    def _run(self) -> None:
        while True:
            stopping = self._stopping.is_set()
            if self._backlog.wait(0.0 if stopping else _IDLE_S):
                left = self._leaving(self._backlog.take(BATCH))
                if left:
                    self._hand_over(left)
            elif stopping:
                break
        self._attempt(self._sink.close)

    def _hand_over(self, left: Sequence[Mapping[str, Any]]) -> None:
        while True:
            fault = self._attempt(lambda: self._sink.deliver(left))
            if fault is None:
                self._failing = False
                self._ladder.reset()
                self._delivered += len(left)
                return
            self._faults += 1
            if not self._failing:
                log.warning("door %s: its plug-in failed and is tried again: %s", self._name, type(fault).__name__)
            self._failing = True
            if self._stopping.wait(self._ladder.next_s()):
                self._dead += len(left)
                return
