"""The open store: one object with everything the service asks of it."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import Engine, insert
from sqlalchemy.exc import SQLAlchemyError

import sightline
from sightline.config.store import StoreSettings
from sightline.core.clock import Clock
from sightline.core.events import Event
from sightline.core.summaries import TrackSummary
from sightline.core.vocabulary import VEHICLES
from sightline.store import query
from sightline.store.audit import AnchorFile, AuditLog
from sightline.store.engine import FILE, StoreUnavailable, open_engine, told, writing
from sightline.store.export import Exports
from sightline.store.forget import Forgetter, Forgotten, forget
from sightline.store.revisions import Revisions
from sightline.store.rows import Counted
from sightline.store.tables import runs
from sightline.store.upgrade import upgrade
from sightline.store.write import StoreWriter, WriteStats


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What became of the rows, the size of the store, and what was forgotten last.

    bytes: of the SQLite files, None for a server; forgotten: rows by class of the newest run; forget_failed: why it
    failed, empty where it did not.
    """

    kind: str
    version: str
    writing: WriteStats
    bytes: int | None
    forgotten: Mapping[str, int]
    forget_failed: str


class Store:
    """An open store; any thread may call. ``put_*`` return at once, everything else waits for the database."""

    def __init__(self, engine: Engine, settings: StoreSettings, clock: Clock, version: str) -> None:
        self.engine = engine
        self.audit = AuditLog(engine, clock, AnchorFile(settings.audit_folder or settings.folder / "audit"))
        self.revisions = Revisions(engine, clock)
        self.exports = Exports(engine, self.audit)
        self._settings, self._clock, self._version = settings, clock, version
        self.audit.open()
        self._writer = StoreWriter(engine, settings, clock, _begin_run(engine, clock))
        self._forgetter = Forgetter(engine, settings.retention, clock, self.audit)

    def put_events(self, events: Sequence[Event]) -> int:
        """Queue events; answers how many were taken, the first ones. The others are refused and counted."""
        return self._writer.put("events", events)

    def put_counts(self, rows: Sequence[Counted]) -> int:
        """Queue windows of one minute; as ``put_events``.

        A window may be put again with newer counts, which replace those that this program's run put before; those of
        earlier runs are kept beside and added, so a restart within a minute loses nothing.
        """
        return self._writer.put("counts", rows)

    def put_tracks(self, tracks: Sequence[TrackSummary]) -> int:
        """Queue ended tracks; as ``put_events``."""
        return self._writer.put("tracks", tracks)

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all rows taken so far are on the disk (or counted as refused); see ``StoreWriter.flush``."""
        return self._writer.flush(timeout_s)

    def counts(self, asked: query.CountQuery) -> query.CountColumns:
        """Counts by window; see ``query.counts``."""
        return query.counts(self.engine, asked)

    def events(
        self, page: query.Page, topics: Sequence[str] | None = None, about: Sequence[str] | None = None
    ) -> query.EventPage:
        """A page of events; see ``query.find_events``."""
        return query.find_events(self.engine, page, topics, about)

    def tracks(self, page: query.Page, labels: Sequence[str] = VEHICLES) -> query.TrackPage:
        """A page of tracks of vehicles; see ``query.find_tracks``."""
        return query.find_tracks(self.engine, page, labels)

    def forget(self) -> list[Forgotten]:
        """Delete now what is too old; happens by itself every ``retention.forget_every_s``."""
        return forget(self.engine, self._settings.retention, self._clock, self.audit)

    def stats(self) -> StoreStats:
        """What became of everything so far."""
        return StoreStats(
            kind=self.engine.dialect.name,
            version=self._version,
            writing=self._writer.stats(),
            bytes=_size(self._settings),
            forgotten={one.name: one.rows for one in self._forgetter.last},
            forget_failed=self._forgetter.failed,
        )

    def close(self, timeout_s: float = 10.0) -> bool:
        """Write what waits, end the threads and let the database go; answers whether everything taken was written."""
        self._forgetter.stop(timeout_s)
        whole = self._writer.close(timeout_s)
        self.engine.dispose()
        return whole


def open_store(settings: StoreSettings, clock: Clock) -> Store:
    """Open the store, make it or bring it up to date, and start to write and to forget.

    BadConfig for settings that cannot work, StoreUnavailable where the database does not answer, StoreTooNew for one
    of a newer version.
    """
    with ExitStack() as undo:
        engine = open_engine(settings)
        undo.callback(engine.dispose)
        store = Store(engine, settings, clock, upgrade(engine))
        undo.pop_all()
        return store


def _begin_run(engine: Engine, clock: Clock) -> int:
    try:
        with writing(engine) as connection:
            row = {"opened_ns": clock.now_ns(), "version": sightline.__version__}
            key = connection.execute(insert(runs).values(row)).inserted_primary_key
            assert key is not None
            return int(key[0])
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"store: expected a database to write to, got {told(error)}") from error


def _size(settings: StoreSettings) -> int | None:
    """Bytes of the SQLite file and its log; asks the file system, so that it never waits for a database."""
    if settings.address is not None:
        return None
    files = [settings.folder / f"{FILE}{suffix}" for suffix in ("", "-wal")]
    return sum(file.stat().st_size for file in files if file.exists())
