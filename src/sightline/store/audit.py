"""The audit log in the store: appending, reading, verifying, and its anchor in a file apart from the database."""

import fcntl
import json
import logging
import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, String, cast, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from sightline.core.audit import (
    GENESIS,
    RENEWED,
    Anchor,
    AuditEntry,
    Happening,
    Verdict,
    anchor_text,
    entry_after,
    read_anchor,
    verify,
)
from sightline.core.clock import Clock
from sightline.core.errors import BadConfig, BadData, SightlineError
from sightline.formats.atomic import write_atomically
from sightline.store.engine import StoreUnavailable, told, writing
from sightline.store.tables import audit

log = logging.getLogger(__name__)

_LOCK: Final = 7_341_902_611_359  # any number, the same for every program that appends to a Sightline audit log
_AT_ONCE: Final = 1_000  # entries fetched at a time while verifying
MOST_ENTRIES: Final = 1_000  # of one page


class AnchorFile:
    """The newest anchor (audit.anchor) and the key that signs it (audit.key, readable for its owner alone)."""

    def __init__(self, folder: Path) -> None:
        self._key_path, self._path = folder / "audit.key", folder / "audit.anchor"
        self._lock = Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BadConfig("store.audit_folder", str(folder), f"a folder to write to ({error.strerror})") from error

    def read(self) -> Anchor:
        """The anchor in the file; BadData where key or anchor is missing or does not fit."""
        return read_anchor(_text(self._path), self._key())

    def exists(self) -> bool:
        """Whether an anchor was ever written here."""
        return self._path.exists()

    def tidy(self) -> None:
        """Remove what a program that was killed meanwhile left of a new anchor."""
        with self._alone():
            for left in self._path.parent.glob(f".{self._path.name}.*"):
                left.unlink(missing_ok=True)

    def renew(self, anchor: Anchor) -> None:
        """Write the anchor whatever was there, with the key that is there, or a new one."""
        with self._alone():
            write_atomically(self._path, anchor_text(anchor, self._key()), mode=0o600)

    def advance(self, connection: Connection, newest: Anchor) -> None:
        """Write the newest anchor, unless the file's own no longer fits the log: then it stays as the proof of that.

        BadData where key or anchor is missing or forged, BadConfig where the file cannot be written.
        """
        with self._alone():
            old = self.read()
            if newest.count > old.count and _fits(connection, old):
                write_atomically(self._path, anchor_text(newest, self._key()), mode=0o600)

    def _key(self) -> bytes:
        try:
            return bytes.fromhex(_text(self._key_path).strip())
        except ValueError:
            raise BadData("audit: expected a key in hex in audit.key, got something else") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Neither another thread nor another program changes the anchor meanwhile; makes a missing key."""
        with self._lock:
            handle = os.open(self._key_path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if os.fstat(handle).st_size == 0:
                    os.write(handle, secrets.token_hex(32).encode())
                    os.fsync(handle)
                yield
            finally:
                os.close(handle)


class AuditLog:
    """The append-only log of a store. Any thread may call; every call goes to the disk, none is lost once answered."""

    def __init__(self, engine: Engine, clock: Clock, anchor: AnchorFile) -> None:
        self._engine, self._clock, self._anchor = engine, clock, anchor

    def open(self) -> None:
        """Look for the anchor; where it is lost or broken, say so in the log and begin a new one."""
        with self._engine.connect() as connection:
            head = _head(connection)
        try:
            self._anchor.read()
        except BadData as error:
            if head.count or self._anchor.exists():
                log.warning("audit: the anchor was lost or is broken and is made anew (%s)", error)
                with writing(self._engine) as connection:
                    renewal = Happening("system", RENEWED, "audit", {"reason": str(error), "entries": head.count})
                    head = _anchor_of(self.append_in(connection, renewal))
            self._anchor.renew(head)
        self._anchor.tidy()

    def append(self, happening: Happening) -> AuditEntry:
        """Write one entry; StoreUnavailable where the database refuses, and then nothing is written."""
        try:
            with writing(self._engine) as connection:
                entry = self.append_in(connection, happening)
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"audit: expected a database to write to, got {told(error)}") from error
        self.settle()
        return entry

    def append_in(self, connection: Connection, happening: Happening) -> AuditEntry:
        """Write one entry in the transaction of ``engine.writing``, so that what it says happens with it or not at all.

        Call ``settle`` once the transaction is committed.
        """
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        head = _head(connection)
        entry = entry_after(head.count, head.hash, self._clock.now_ns(), happening)
        connection.execute(insert(audit), {name: getattr(entry, name) for name in audit.c.keys()})  # noqa: SIM118
        return entry

    def settle(self) -> None:
        """Let the anchor follow the log. Where its file cannot be written the log goes on; the next call tries again.

        An anchor that no longer fits stays as it is, for ``verify`` to find.
        """
        try:
            with self._engine.connect() as connection:
                self._anchor.advance(connection, _head(connection))
        except (SQLAlchemyError, SightlineError, OSError) as error:
            log.warning("audit: the anchor could not follow the log (%s)", error)

    def page(self, before_seq: int | None = None, limit: int = 100, who: str = "", what: str = "") -> list[AuditEntry]:
        """The newest entries first, at most ``limit``; before_seq: the last seq of the page before.

        StoreUnavailable where the database does not answer.
        """
        if not 1 <= limit <= MOST_ENTRIES:
            raise BadConfig("limit", limit, f"1 to {MOST_ENTRIES}")
        chosen = select(audit).order_by(audit.c.seq.desc()).limit(limit)
        for column, value in ((audit.c.who, who), (audit.c.what, what)):
            chosen = chosen.where(column == value) if value else chosen
        if before_seq is not None:
            chosen = chosen.where(audit.c.seq < before_seq)
        with self._reading() as connection:
            return [_entry(row) for row in connection.execute(chosen)]

    def verify(self) -> Verdict:
        """Whether the log is whole, from its first entry to the anchor and beyond; nothing is changed.

        StoreUnavailable where the database does not answer.
        """
        try:
            # Read before the log: entries that come meanwhile lie beyond it and do not look like a cut tail.
            anchor: Anchor | None = self._anchor.read()
            missing = ""
        except BadData as error:
            anchor, missing = None, str(error)
        with self._reading() as connection, closing(_all(connection)) as entries:
            found = verify(entries, anchor)
        if found.sound and missing:
            return Verdict(False, found.entries, 0, found.entries + 1, missing, found.renewals)
        return found

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"audit: expected a database that answers, got {told(error)}") from error


def _head(connection: Connection) -> Anchor:
    row = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    return Anchor(row.seq, row.hash) if row else Anchor(0, GENESIS)


def _fits(connection: Connection, anchor: Anchor) -> bool:
    held = connection.execute(select(audit.c.hash).where(audit.c.seq == anchor.count)).scalar()
    return anchor.count == 0 or held == anchor.hash


def _all(connection: Connection) -> Generator[AuditEntry, None, None]:
    """Every entry in order, also one whose detail somebody made unreadable: that is for ``verify`` to name."""
    columns = [column for column in audit.c if column is not audit.c.detail]
    chosen = select(*columns, cast(audit.c.detail, String).label("detail")).order_by(audit.c.seq)
    with connection.execution_options(yield_per=_AT_ONCE).execute(chosen) as rows:
        for row in rows:
            try:
                detail = json.loads(row.detail)
            except (TypeError, ValueError):
                detail = {"unreadable": True}
            yield AuditEntry(**{**row._mapping, "detail": detail})


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(**row._mapping)


def _anchor_of(entry: AuditEntry) -> Anchor:
    return Anchor(entry.seq, entry.hash)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"audit: expected {path.name} beside the store's key, got none that can be read") from error
