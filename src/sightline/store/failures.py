"""Why a database refused to write, as one word that can be counted."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

# Primary result codes of SQLite (sqlite.org/rescode.html); the low byte of the extended ones.
_SQLITE: Final = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_IOERR: "disk_error",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
}
# SQLSTATEs of PostgreSQL (appendix A of its manual); the longer prefix first.
_POSTGRES: Final = {
    "53100": "disk_full",
    "53": "server_full",
    "55P03": "locked",
    "57014": "locked",
    "40": "locked",
    "25006": "read_only",
    "08": "server_lost",
    "57P": "server_lost",
    "XX001": "corrupt",
    "XX002": "corrupt",
}


def reason_of(error: SQLAlchemyError) -> str:
    """disk_full, disk_error, locked, read_only, unreachable, corrupt, server_full, server_lost, or failed."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return _SQLITE.get(code & 0xFF, "failed") if code is not None else "failed"
    state = getattr(cause, "sqlstate", None)
    if state:
        return next((word for prefix, word in _POSTGRES.items() if state.startswith(prefix)), "failed")
    # libpq gives no state where it never got an answer; a full pool means that no connection comes back.
    return "server_lost" if isinstance(error, DBAPIError) or "QueuePool" in str(error) else "failed"


def is_of_the_rows(error: SQLAlchemyError) -> bool:
    """Whether the rows themselves cannot be stored, so that trying again is in vain."""
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError)
