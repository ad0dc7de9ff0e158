"""Forgetting: what is older than its class may be is deleted, its pages are freed, and the audit log has the proof."""

import logging
from contextlib import closing
from dataclasses import dataclass
from threading import Event as Signal
from threading import Thread
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Table, and_, delete, func, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from sightline.config.store import RetentionSettings
from sightline.core.audit import Happening
from sightline.core.clock import Clock
from sightline.core.errors import SightlineError
from sightline.formats.iso_time import iso_text
from sightline.store.audit import AuditLog
from sightline.store.engine import StoreUnavailable, is_sqlite, told, writing
from sightline.store.rows import MINUTE_NS, QUARTER_MIN
from sightline.store.tables import counts_minutes, counts_quarters, events, track_summaries

log = logging.getLogger(__name__)

FORGOTTEN: Final = "data.forgotten"  # what of the proof lines
_HOUR_NS: Final = 3_600_000_000_000
_DAY_NS: Final = 24 * _HOUR_NS
# Rows deleted in one transaction: the writer waits meanwhile, for some tenths of a second.
_AT_ONCE: Final = 10_000
_PAGES_AT_ONCE: Final = 2_000  # 8 MB given back to the disk before another writer gets its turn


@dataclass(frozen=True, slots=True)
class DataClass:
    """A class of data with its own retention: rows of a table that fulfil a condition, by a column of time.

    unit_ns: nanoseconds of one step of that column; step: the column's values are cut to whole steps of it.
    """

    name: str
    table: Table
    time: ColumnElement[int]
    about: tuple[ColumnElement[bool], ...]
    keep_ns: int | None
    unit_ns: int = 1
    step: int = 1


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one run deleted of a class: rows from before before_ns, UTC; None and 0 where nothing is ever deleted."""

    name: str
    before_ns: int | None
    rows: int


def data_classes(retention: RetentionSettings) -> tuple[DataClass, ...]:
    """Every class of data that the store holds, with how long it is kept."""
    person_ns = round(retention.person_tracks_h * _HOUR_NS)
    tracks, happened = track_summaries.c, events.c
    counts_ns = _days(retention.counts_days)
    return (
        DataClass("tracks of persons", track_summaries, tracks.ended_ns, (tracks.concerns == "person",), person_ns),
        DataClass(
            "tracks of vehicles",
            track_summaries,
            tracks.ended_ns,
            (tracks.concerns == "vehicle",),
            _days(retention.vehicle_tracks_days),
        ),
        DataClass("events about persons", events, happened.time_ns, (happened.concerns == "person",), person_ns),
        DataClass(
            "events about vehicles",
            events,
            happened.time_ns,
            (happened.concerns == "vehicle",),
            _days(retention.vehicle_events_days),
        ),
        DataClass(
            "other events",
            events,
            happened.time_ns,
            (happened.concerns == "nobody",),
            _days(retention.other_events_days),
        ),
        # Both cut at whole quarter hours: no quarter is left that its minutes do not add up to.
        DataClass(
            "counts by minute", counts_minutes, counts_minutes.c.start_min, (), counts_ns, MINUTE_NS, QUARTER_MIN
        ),
        DataClass(
            "counts by quarter hour",
            counts_quarters,
            counts_quarters.c.start_min,
            (),
            counts_ns,
            MINUTE_NS,
            QUARTER_MIN,
        ),
    )


def forget(engine: Engine, retention: RetentionSettings, clock: Clock, audit: AuditLog) -> list[Forgotten]:
    """Delete what is too old, class by class, and free its pages.

    Each transaction that deletes also writes its proof line, so there is never one without the other; the classes of
    which nothing was too old share one line. StoreUnavailable where the database refuses; what was done stands.
    """
    now_ns = clock.now_ns()
    done = []
    try:
        for one in data_classes(retention):
            before_ns = _before(one, now_ns)
            rows = 0 if before_ns is None else _delete(engine, one, before_ns, audit)
            done.append(Forgotten(one.name, before_ns, rows))
        nothing = {one.name: iso_text(one.before_ns) for one in done if one.before_ns is not None and not one.rows}
        if nothing:
            audit.append(Happening("system", FORGOTTEN, "nothing", {"rows": 0, "before": nothing}))
        if any(one.rows for one in done):
            _free_pages(engine)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"retention: expected a database to delete from, got {told(error)}") from error
    finally:
        audit.settle()
    return done


class Forgetter:
    """The thread that forgets at the start and then every ``forget_every_s``; a failure is logged and tried again."""

    def __init__(self, engine: Engine, retention: RetentionSettings, clock: Clock, audit: AuditLog) -> None:
        self._engine, self._retention, self._clock, self._audit = engine, retention, clock, audit
        self._stop = Signal()
        self.last: tuple[Forgotten, ...] = ()
        self.failed = ""  # why the newest run failed, one sentence
        self._thread = Thread(target=self._work, name="store-forgetter", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after the transaction at hand."""
        self._stop.set()
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self.last = tuple(forget(self._engine, self._retention, self._clock, self._audit))
                self.failed = ""
            except SightlineError as error:
                log.warning("store: what is too old could not be deleted (%s)", error)
                self.failed = str(error)
            wait_s = self._retention.forget_every_s
            self._stop.wait(min(wait_s, 60.0) if self.failed else wait_s)


def _before(one: DataClass, now_ns: int) -> int | None:
    """The time, UTC, before which the class is too old; None where it is kept without limit."""
    step_ns = one.unit_ns * one.step
    return None if one.keep_ns is None else max(0, now_ns - one.keep_ns) // step_ns * step_ns


def _too_old(one: DataClass, before_ns: int) -> ColumnElement[bool]:
    return and_(one.time < before_ns // one.unit_ns, *one.about)


def _delete(engine: Engine, one: DataClass, before_ns: int, audit: AuditLog) -> int:
    """Delete in pieces, each with its proof line; answers how many rows went."""
    keys = list(one.table.primary_key.columns)
    chosen = select(*keys).where(_too_old(one, before_ns)).limit(_AT_ONCE)
    total = 0
    while True:
        with engine.connect() as connection:
            if connection.execute(chosen.limit(1)).first() is None:
                return total
        with writing(engine) as connection:
            # SQLite has no DELETE .. LIMIT; a key of three columns is compared as one row value.
            rows = connection.execute(delete(one.table).where(_among(keys, chosen))).rowcount
            detail = {"before": iso_text(before_ns), "rows": rows}
            audit.append_in(connection, Happening("system", FORGOTTEN, one.name, detail))
        total += rows


def _among(keys: list[Any], chosen: Any) -> ColumnElement[bool]:
    return keys[0].in_(chosen) if len(keys) == 1 else tuple_(*keys).in_(chosen)


def _free_pages(engine: Engine) -> None:
    """Give the pages back: to the disk in SQLite, for reuse in PostgreSQL."""
    driver: Any = engine.dialect.dbapi
    try:
        raw: Any = engine.raw_connection()  # neither VACUUM nor a checkpoint may run inside a transaction
        with closing(raw):
            if is_sqlite(engine):
                _shrink(raw.cursor())
                return
            own = raw.driver_connection
            raw.detach()  # from the pool: autocommit and no time limit are for this connection alone
            own.autocommit = True
            cursor = raw.cursor()
            cursor.execute("SET statement_timeout = 0")
            for table in (track_summaries, events, counts_minutes, counts_quarters):
                cursor.execute(f"VACUUM {table.name}")
    except driver.Error as error:
        raise StoreUnavailable(f"retention: expected pages to be freed, got {told(error)}") from error


def _shrink(cursor: Any) -> None:
    free, before = cursor.execute("PRAGMA freelist_count").fetchone()[0], -1
    while free and free != before:  # equal: a file that was made without auto_vacuum cannot shrink so
        cursor.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
        free, before = cursor.execute("PRAGMA freelist_count").fetchone()[0], free
    # The write-ahead log still holds pages as they were before; emptied, the deleted lies nowhere any more.
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _days(days: float | None) -> int | None:
    return None if days is None else round(days * _DAY_NS)


def held(engine: Engine, retention: RetentionSettings, clock: Clock) -> list[Forgotten]:
    """How many rows of each class are older than they may be now; for the privacy check: all 0 on a sound store."""
    found = []
    with engine.connect() as connection:
        for one in data_classes(retention):
            before_ns = _before(one, clock.now_ns())
            if before_ns is not None:
                chosen = select(func.count()).select_from(one.table).where(_too_old(one, before_ns))
                found.append(Forgotten(one.name, before_ns, connection.execute(chosen).scalar_one()))
    return found
