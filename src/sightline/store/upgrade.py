"""Bringing a store to the version of this program at start, all in one transaction."""

from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DatabaseError

from sightline.core.errors import SightlineError
from sightline.store.engine import StoreUnavailable, is_sqlite, told, writing
from sightline.store.tables import metadata

_FOLDER: Final = Path(__file__).resolve().parent / "migrations"
_LOCK: Final = 7_341_902_611_358  # any number, the same for every program that upgrades a Sightline store


class StoreTooNew(SightlineError):
    """A store written by a newer version of Sightline; nothing in it was touched."""

    exit_code = 2


def upgrade(engine: Engine, to: str = "head") -> str:
    """Make or bring the tables up to version ``to`` (default: this program's) and answer the version.

    Several programs may start on one store at once: one upgrades, the others wait. StoreTooNew for a version this
    program does not know; StoreUnavailable where the database refuses, and then it is as it was.
    """
    script = ScriptDirectory(str(_FOLDER), version_locations=[str(_FOLDER / "versions")])
    try:
        with writing(engine) as connection:
            if not is_sqlite(engine):
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            _refuse_unknown(connection, script)
            _run(connection, script, to)
            return version_of(connection) or ""
    except (DatabaseError, CommandError) as error:
        raise StoreUnavailable(f"store: expected tables that can be brought up to date, got {told(error)}") from error


def version_of(connection: Connection) -> str | None:
    """The version of the store as text, e.g. "0002"; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(connection: Connection, script: ScriptDirectory) -> None:
    current = version_of(connection)
    known = [one.revision for one in script.walk_revisions()]
    if current is not None and current not in known:
        raise StoreTooNew(f"store: expected version {max(known)} or older, got {current} of a newer Sightline")
    if current is None and (taken := set(inspect(connection).get_table_names()) & set(metadata.tables)):
        raise StoreUnavailable(
            f"store: expected an empty database or one of Sightline, got one with a table {min(taken)}"
        )


def _run(connection: Connection, script: ScriptDirectory, to: str) -> None:
    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs(to, revision)  # what alembic's own command does; there is no public name for it

    with EnvironmentContext(Config(), script, fn=steps, destination_rev=to) as environment:
        # SQLite takes back DDL too, once BEGIN comes from us and not from the driver (see engine.py).
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
