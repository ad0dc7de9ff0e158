"""A store is made, brought up to date, or refused; never half of it."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from sightline.config.store import StoreSettings
from sightline.core.clock import ManualClock
from sightline.core.errors import SightlineError
from sightline.core.vocabulary import CLASSES
from sightline.store.engine import StoreUnavailable, open_engine
from sightline.store.migrations.versions import v0002_quarter_hours
from sightline.store.query import CountQuery
from sightline.store.store import open_store
from sightline.store.tables import COUNT_CLASSES, metadata
from sightline.store.upgrade import StoreTooNew, upgrade, version_of

MINUTE_NS = 60_000_000_000


def test_an_empty_store_gets_the_tables_of_the_schema(settings: StoreSettings) -> None:
    engine = open_engine(settings)
    assert upgrade(engine) == "0002"
    assert upgrade(engine) == "0002", "again: nothing to do"
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def test_the_classes_are_those_of_the_vocabulary() -> None:
    assert COUNT_CLASSES == CLASSES == v0002_quarter_hours.CLASSES, "a new class needs a migration"


def test_an_old_store_keeps_what_it_has(settings: StoreSettings, clock: ManualClock) -> None:
    engine = open_engine(settings)
    assert upgrade(engine, "0001") == "0001"
    with engine.begin() as connection:
        assert not inspect(connection).has_table("counts_quarters")
        connection.execute(text("INSERT INTO runs VALUES (1, 5, '0.1'), (2, 6, '0.1')"))
        connection.execute(text("INSERT INTO count_series VALUES (1, 'north', 'line 1', 'forward')"))
        for minute, run, cars in ((14, 1, 3), (15, 1, 4), (15, 2, 5), (29, 2, 6), (30, 2, 7)):
            row = {"minute": minute, "run": run, "cars": cars}
            connection.execute(
                text("INSERT INTO counts_minutes (series_id, start_min, run_id, car) VALUES (1, :minute, :run, :cars)"),
                row,
            )
    engine.dispose()
    store = open_store(settings, clock)
    rows = store.counts(CountQuery(0, 60 * MINUTE_NS)).rows()
    assert [(row.start_ns // MINUTE_NS, row.by_class) for row in rows] == [
        (0, {"car": 3}),
        (15, {"car": 15}),
        (30, {"car": 7}),
    ]
    assert store.close()


def test_a_newer_store_is_refused_untouched(settings: StoreSettings, clock: ManualClock) -> None:
    engine = open_engine(settings)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(StoreTooNew, match="expected version 0002 or older, got 0099 of a newer Sightline"):
        open_store(settings, clock)
    with engine.connect() as connection:
        assert version_of(connection) == "0099"
        assert connection.execute(text("SELECT count(*) FROM runs")).scalar() == 0
    engine.dispose()


def test_a_database_of_somebody_else_is_refused_untouched(settings: StoreSettings) -> None:
    engine = open_engine(settings)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE users (x INTEGER)"))
    with pytest.raises(
        StoreUnavailable, match="expected an empty database or one of Sightline, got one with a table users"
    ):
        upgrade(engine)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["users"]
    engine.dispose()


def test_a_step_that_fails_leaves_the_version_before(settings: StoreSettings) -> None:
    engine = open_engine(settings)
    upgrade(engine, "0001")
    with engine.begin() as connection:  # so that the second step cannot make its table
        connection.execute(text("CREATE VIEW counts_quarters AS SELECT 1 AS x"))
    with pytest.raises(SightlineError, match="expected tables that can be brought up to date"):
        upgrade(engine)
    with engine.connect() as connection:
        assert version_of(connection) == "0001"
    engine.dispose()
