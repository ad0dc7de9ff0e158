"""Writing of findings: a bounded queue, one thread, batches of one transaction each, and tries that begin again."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any, Final, Literal

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from sightline.config.store import StoreSettings
from sightline.core.clock import Clock
from sightline.core.errors import without_credentials
from sightline.store.engine import told, writing
from sightline.store.failures import is_of_the_rows, reason_of
from sightline.store.rows import Row, Series, add_events, add_tracks, count_cell, event_row, put_cells, track_row

log = logging.getLogger(__name__)

Kind = Literal["events", "counts", "tracks"]
KINDS: Final[tuple[Kind, ...]] = ("events", "counts", "tracks")
_FIRST_WAIT_S: Final = 0.1  # of the ladder of tries; each next wait is twice as long
_SERIES_KNOWN: Final = 100_000  # ids of count series kept in memory; people redraw and rename lines
_SAID_EVERY: Final = 1_000  # refused rows
RUN_SHIFT: Final = 40  # ids are run << 40 | number: 10^12 rows of a run, 8 million runs in 63 bits
Prepare = Callable[[int, Any], Any]


@dataclass(frozen=True, slots=True)
class WriteStats:
    """What became of the rows since the start.

    waiting: in the queue or being written; capacity: of the queue; stored and refused: by kind, refused also by reason;
    failing: why the store refuses now as one word, empty while it writes; sentence: the same for people; since_ns: UTC
    of the first refusal in a row; tries: transactions that failed; written_ns: UTC of the newest that did not.
    """

    waiting: int
    capacity: int
    stored: Mapping[str, int]
    refused: Mapping[str, Mapping[str, int]]
    failing: str
    sentence: str
    since_ns: int | None
    tries: int
    written_ns: int | None
    alive: bool


@dataclass(frozen=True, slots=True)
class _Item:
    kind: Kind
    number: int
    value: Any


class StoreWriter:
    """The one thread that writes findings. ``put`` returns at once and never waits for the disk.

    The queue holds ``queue_rows`` rows: at 2,000 rows per second some 25 s of a database that restarts, at a street's
    usual few dozen per second a quarter of an hour, in some 20 MB. When it is full, new rows are refused and counted
    under the reason for which the store does not take the old ones.
    """

    def __init__(self, engine: Engine, settings: StoreSettings, clock: Clock, run: int) -> None:
        self._engine, self._settings, self._clock, self._run = engine, settings, clock, run
        self._state = Condition()
        self._queue: deque[tuple[Kind, int, Sequence[Any]]] = deque()  # pieces of puts with their first number
        self._next = run << RUN_SHIFT
        self._accepted = self._settled = 0
        self._flushing, self._given_up = 0, 0
        self._closing, self._abandoned = False, False
        self._stored: Counter[str] = Counter()
        self._refused: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        self._failing, self._sentence = "", ""
        self._since_ns: int | None = None
        self._written_ns: int | None = None
        self._tries = 0
        self._series: dict[Series, int] = {}
        self._prepare: dict[Kind, Prepare] = {
            "events": event_row,
            "counts": lambda _, row: count_cell(row),
            "tracks": lambda number, track: track_row(number, track, settings.path_tolerance_share),
        }
        self._thread = Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, kind: Kind, values: Sequence[Any]) -> int:
        """Queue rows of a kind; answers how many were taken, the first ones; the others are refused and counted."""
        if not values:
            return 0
        with self._state:
            free = 0 if self._closing else self._settings.queue_rows - (self._accepted - self._settled)
            taken = tuple(values[: max(free, 0)])  # a copy: the caller may go on with its list
            if len(taken) < len(values):
                reason = "closed" if self._closing else self._failing or "queue_full"
                self._refused[kind][reason] += len(values) - len(taken)
            if taken:
                self._queue.append((kind, self._next, taken))
                if self._accepted == self._settled or self._waiting() + len(taken) >= self._settings.batch_rows:
                    self._state.notify_all()
                self._next += len(taken)
                self._accepted += len(taken)
            return len(taken)

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until every row taken before the call is on the disk or counted as refused; False when time is up.

        True is an acknowledgement: those rows survive the end of the process at any moment, and a cut of power.
        """
        with self._state:
            target = self._accepted
            self._flushing += 1
            self._state.notify_all()
            try:
                return self._state.wait_for(
                    lambda: self._settled >= target or not self._thread.is_alive(), timeout_s
                ) and (self._settled >= target)
            finally:
                self._flushing -= 1

    def stats(self) -> WriteStats:
        """What became of the rows so far."""
        with self._state:
            return WriteStats(
                waiting=self._waiting(),
                capacity=self._settings.queue_rows,
                stored={kind: self._stored[kind] for kind in KINDS},
                refused={kind: dict(self._refused[kind]) for kind in KINDS},
                failing=self._failing,
                sentence=self._sentence,
                since_ns=self._since_ns,
                tries=self._tries,
                written_ns=self._written_ns,
                alive=self._thread.is_alive(),
            )

    def close(self, timeout_s: float = 10.0) -> bool:
        """Write what waits and end the thread; rows not written in time are counted as refused. A second call is fine.

        Answers whether everything taken was written.
        """
        with self._state:
            self._closing = True
            self._state.notify_all()
        self._thread.join(timeout_s)
        with self._state:
            self._abandoned = True
            self._state.notify_all()
        self._thread.join(2 * self._settings.busy_timeout_s + 1)
        with self._state:
            return self._settled == self._accepted and not self._given_up

    def _waiting(self) -> int:
        return self._accepted - self._settled

    def _work(self) -> None:
        while items := self._take():
            ready = self._prepared(items)
            if ready:
                self._write(ready)
            with self._state:
                self._settled += len(items)
                self._state.notify_all()
        log.debug("store: the writer ends")

    def _take(self) -> list[_Item]:
        """The next batch, in the order of the puts; empty at the end."""
        most = self._settings.batch_rows
        with self._state:
            self._state.wait_for(lambda: self._queue or self._closing)
            self._state.wait_for(
                lambda: self._flushing or self._closing or self._waiting() >= most, self._settings.batch_s
            )
            items: list[_Item] = []
            while self._queue and len(items) < most and not self._abandoned:
                kind, number, values = self._queue.popleft()
                here = values[: most - len(items)]
                if len(here) < len(values):
                    self._queue.appendleft((kind, number + len(here), values[len(here) :]))
                items += [_Item(kind, number + place, value) for place, value in enumerate(here)]
            if self._abandoned:
                self._give_up()
            return items

    def _give_up(self) -> None:
        """Count everything that still waits as refused."""
        for kind, _, values in self._queue:
            self._refused[kind][self._failing or "closed"] += len(values)
            self._settled += len(values)
            self._given_up += len(values)
        self._queue.clear()

    def _prepared(self, items: Sequence[_Item]) -> list[tuple[Kind, Any]]:
        """The rows to write; what cannot be one is refused as invalid."""
        ready: list[tuple[Kind, Any]] = []
        for item in items:
            try:
                ready.append((item.kind, self._prepare[item.kind](item.number, item.value)))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                self._refuse([(item.kind, None)], "invalid", str(error))
        return ready

    def _write(self, rows: Sequence[tuple[Kind, Any]]) -> None:
        """One transaction, tried until it succeeds; rows that can never be stored are found by halving and refused."""
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                self._transact(rows)
            except (ValueError, TypeError, OverflowError) as error:  # of the driver, about a value it cannot take
                return self._halve(rows, error)
            except SQLAlchemyError as error:
                if is_of_the_rows(error):
                    return self._halve(rows, error)
                self._fail(error)
            else:
                return self._succeed(rows)
            with self._state:
                self._state.wait_for(lambda: self._abandoned, wait_s)
                if self._abandoned:
                    self._given_up += len(rows)
                    break
            wait_s = min(2 * wait_s, self._settings.retry_last_s)
        return self._refuse(rows, self._failing or "closed", self._sentence)

    def _transact(self, rows: Sequence[tuple[Kind, Any]]) -> None:
        by_kind: dict[Kind, list[Any]] = {kind: [row for of, row in rows if of == kind] for kind in KINDS}
        found: list[Row] = []
        with writing(self._engine) as connection:
            if by_kind["events"]:
                add_events(connection, by_kind["events"])
            if by_kind["tracks"]:
                add_tracks(connection, by_kind["tracks"])
            if by_kind["counts"]:
                found = put_cells(connection, self._run, by_kind["counts"], self._series)
        if len(self._series) > _SERIES_KNOWN:
            self._series.clear()
        self._series.update({row["series"]: row["id"] for row in found})

    def _halve(self, rows: Sequence[tuple[Kind, Any]], error: Exception) -> None:
        if len(rows) == 1:
            return self._refuse(rows, "invalid", told(error))
        middle = len(rows) // 2
        self._write(rows[:middle])
        return self._write(rows[middle:])

    def _succeed(self, rows: Sequence[tuple[Kind, Any]]) -> None:
        with self._state:
            if self._failing:
                log.warning("store: writes again (it was: %s)", self._failing)
            self._failing, self._sentence, self._since_ns = "", "", None
            self._written_ns = self._clock.now_ns()
            self._stored.update(kind for kind, _ in rows)

    def _fail(self, error: SQLAlchemyError) -> None:
        reason, sentence = reason_of(error), told(error)
        with self._state:
            self._tries += 1
            if reason != self._failing:
                log.warning(
                    "store: expected to write, got %s (%s); findings wait, the analysis goes on", reason, sentence
                )
                self._since_ns = self._since_ns or self._clock.now_ns()
            self._failing, self._sentence = reason, sentence

    def _refuse(self, rows: Sequence[tuple[Kind, Any]], reason: str, sentence: str) -> None:
        with self._state:
            for kind, _ in rows:
                self._refused[kind][reason] += 1
            total = sum(refused[reason] for refused in self._refused.values())
        if total == len(rows) or total % _SAID_EVERY == 0:  # one broken rule must not fill the log of the machine
            said = without_credentials(sentence[:2_000])[:300]  # cut twice: a cut address would keep its password
            log.warning("store: %d rows refused as %s so far (%s)", total, reason, said)
