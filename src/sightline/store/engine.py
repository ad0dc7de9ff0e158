"""Opening the database: SQLite in a file by default, PostgreSQL by address."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from sightline.config.store import StoreSettings
from sightline.core.errors import BadConfig, SightlineError, without_credentials

FILE: Final = "sightline.db"
_PAGE_BYTES: Final = 4096  # SQLite's default
_WRITES: Final = "sightline_writes"


class StoreUnavailable(SightlineError):
    """A database that cannot be opened or does not answer."""

    exit_code = 3


def open_engine(settings: StoreSettings) -> Engine:
    """An engine whose connections are set up; nothing is made in the database yet, except an empty SQLite file.

    BadConfig for an address or folder that cannot work, StoreUnavailable where the database does not answer.
    """
    engine = _sqlite(settings) if settings.address is None else _postgres(settings)
    try:
        with engine.connect():
            return engine
    except DatabaseError as error:
        engine.dispose()
        raise StoreUnavailable(f"store: expected a database that answers, got {told(error)}") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that means to write: committed at the end of the block, rolled back by an error.

    Use it instead of ``engine.begin()``: in SQLite it takes the writer's lock at once, waiting up to busy_timeout_s.
    One that reads first and asks for the lock later is refused without waiting when somebody wrote in between.
    """
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        yield connection


def told(error: BaseException) -> str:
    """The database's own reason in one line, without SQL, values and credentials."""
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    # Cut twice: an address that is cut itself would keep its password.
    return without_credentials(lines[0][:2_000])[:300] if lines else type(cause).__name__


def is_sqlite(engine: Engine) -> bool:
    """Whether the store is a SQLite file."""
    return engine.dialect.name == "sqlite"


def _json(value: Any) -> str:
    """Compact, and refusing what is no JSON (NaN, infinity), which PostgreSQL would refuse and SQLite would keep."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _sqlite(settings: StoreSettings) -> Engine:
    path = settings.folder / FILE
    try:
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # For its owner only, before anything is in it; SQLite gives the -wal and -shm files the same rights.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise BadConfig("store.folder", str(settings.folder), f"a folder to write to ({error.strerror})") from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": settings.busy_timeout_s},
        pool_timeout=30,
        json_serializer=_json,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not at the driver's guess
        cursor = connection.cursor()
        for pragma in _pragmas(settings):
            cursor.execute(f"PRAGMA {pragma}").fetchall()
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _pragmas(settings: StoreSettings) -> tuple[str, ...]:
    most_pages = settings.max_bytes // _PAGE_BYTES if settings.max_bytes else 0x7FFFFFFE
    return (
        # First: it counts only before the first table is made. Lets forgetting give pages back to the disk.
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",  # readers never wait for the writer
        # NORMAL would keep the file sound too, but a cut of power may take the newest transactions with it, which
        # flush() has acknowledged. One fsync per batch is what that costs, a few per second.
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # what is forgotten is overwritten with zeros, not only unlinked
        f"busy_timeout = {round(settings.busy_timeout_s * 1000)}",
        "wal_autocheckpoint = 1000",
        "journal_size_limit = 67108864",  # a log that a long reader made grow shrinks again to 64 MB
        f"max_page_count = {most_pages}",
    )


def _postgres(settings: StoreSettings) -> Engine:
    seconds = max(2, round(settings.busy_timeout_s))  # libpq takes whole seconds from 2
    try:
        return create_engine(
            _postgres_url(settings),
            json_serializer=_json,
            pool_pre_ping=True,  # a connection that the server dropped is replaced, not handed out
            pool_timeout=30,
            connect_args={
                "connect_timeout": seconds,
                # A server that vanished without a word is noticed within the timeout.
                "tcp_user_timeout": seconds * 1000,
                "keepalives_idle": 10,
                "options": f"-c lock_timeout={seconds * 1000} -c statement_timeout=60000 -c timezone=UTC",
                "application_name": "sightline",
            },
        )
    except ModuleNotFoundError as error:
        raise BadConfig("store.address", "postgresql://***", "the extra postgres to be installed") from error


def _postgres_url(settings: StoreSettings) -> URL:
    assert settings.address is not None
    try:
        url = make_url(settings.address.get_secret_value()).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):  # the cause may quote the password
        raise BadConfig("store.address", "***", "postgresql:// with user, host, port (a number) and name") from None
    if settings.password_file is None:
        return url
    return url.set(password=_first_line(settings.password_file))


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig("store.password_file", str(path), "a text file that can be read") from error
    if not lines or not lines[0].strip():
        raise BadConfig("store.password_file", str(path), "a password on the first line")
    return lines[0].strip()
