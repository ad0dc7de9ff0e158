"""The store on a real PostgreSQL server: the same answers as on SQLite, and what a lost server does."""

import importlib.util
import itertools
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sightline.config.store import RetentionSettings, StoreSettings
from sightline.core.audit import Happening
from sightline.core.clock import ManualClock
from sightline.core.errors import SightlineError
from sightline.core.events import LineCrossed, SourceChanged
from sightline.core.summaries import TrackSummary
from sightline.store.engine import StoreUnavailable, open_engine, writing
from sightline.store.forget import forget
from sightline.store.query import CountQuery, CountRow, Page
from sightline.store.store import Store, open_store
from sightline.store.tables import metadata
from sightline.store.upgrade import StoreTooNew, upgrade, version_of

pytestmark = pytest.mark.live

NOON = 1_795_348_800_000_000_000
MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS


def _beside(name: str) -> ModuleType:
    """A module beside this file; the tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    started = _beside("postgres_server").PostgresServer()
    yield started
    started.remove()


@pytest.fixture
def settings(server: Any, tmp_path: Path, request: pytest.FixtureRequest) -> StoreSettings:
    address = server.database(f"{request.node.originalname}"[:60])
    return StoreSettings(folder=tmp_path, address=address, batch_s=0.0, busy_timeout_s=2.0, retry_last_s=0.2)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(settings: StoreSettings, clock: ManualClock) -> Iterator[Store]:
    opened = open_store(settings, clock)
    yield opened
    opened.close(1.0)


def _events(first: int, count: int, label: str = "car") -> list[LineCrossed]:
    return [LineCrossed("north", NOON + first + n, "a", "forward", first + n, label, 0.9) for n in range(count)]


def test_an_empty_and_an_old_database_are_brought_up_to_date(settings: StoreSettings) -> None:
    engine = open_engine(settings)
    assert upgrade(engine, "0001") == "0001"
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO runs VALUES (1, 5, '0.1')"))
        connection.execute(text("INSERT INTO count_series VALUES (1, 'north', 'a', 'forward')"))
        for minute in (14, 15, 29):
            row = {"minute": minute}
            connection.execute(
                text("INSERT INTO counts_minutes (series_id, start_min, run_id, car) VALUES (1, :minute, 1, 2)"), row
            )
    assert upgrade(engine) == "0002"
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT start_min, car FROM counts_quarters ORDER BY 1")).all()
        assert [tuple(row) for row in rows] == [(0, 2), (15, 4)]
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def test_many_programs_start_at_once(settings: StoreSettings, clock: ManualClock, tmp_path: Path) -> None:
    failures: list[SightlineError] = []
    stores: list[Store] = []

    def start(number: int) -> None:
        try:
            own = settings.model_copy(update={"folder": tmp_path / str(number)})
            stores.append(open_store(own, clock))
        except SightlineError as error:
            failures.append(error)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for store in stores:
        store.put_counts([CountRow("north", "a", "forward", NOON, 1, {"car": 3})])
        store.audit.append(Happening("ann", "x"))
    assert all(store.flush(20) for store in stores)
    assert stores[0].counts(CountQuery(NOON, NOON + 1)).rows()[0].by_class == {"car": 12}, "four runs add up"
    assert all(store.audit.verify().sound for store in stores)
    assert all(store.close() for store in stores)


def test_a_newer_database_is_refused_untouched(settings: StoreSettings, clock: ManualClock) -> None:
    engine = open_engine(settings)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(StoreTooNew, match="expected version 0002 or older, got 0099"):
        open_store(settings, clock)
    with engine.connect() as connection:
        assert version_of(connection) == "0099"
    engine.dispose()


def _fill(store: Store) -> None:
    rng = np.random.default_rng(3)
    classes = ("car", "bus", "pedestrian", "bicycle")
    store.put_counts(
        [
            CountRow(
                camera, line, "forward", NOON + m * MINUTE_NS, 1, {name: int(rng.integers(0, 6)) for name in classes}
            )
            for camera, line, m in itertools.product(("north", "süd"), ("a", "b"), range(90))
        ]
    )
    store.put_counts([CountRow("north", "a", "forward", NOON, 1, {"car": 100})])
    store.put_events([*_events(0, 40), *_events(10, 5, "rider"), SourceChanged("süd", NOON + 7, "lost", 'a "reason"')])
    path = {"times_ms": np.array([0, 900], np.uint32), "feet": np.array([[1, 2], [60_000, 4]], np.uint16)}
    labels = ("car", "pedestrian", "van")
    store.put_tracks(
        [TrackSummary("north", n, label, 0.5, NOON, NOON + n, {}, **path) for n, label in enumerate(labels)]
    )
    assert store.flush(30)
    assert {kind: dict(why) for kind, why in store.stats().writing.refused.items() if why} == {}


def _answers(store: Store) -> dict[str, Any]:
    pages, after = [], None
    while True:
        page = store.events(Page(limit=7, after=after))
        pages += [(one.time_ns, one.camera, one.topic, one.concerns, one.source, one.data) for one in page.events]
        after = page.next
        if after is None:
            break
    hour = CountQuery(NOON, NOON + 2 * HOUR_NS)
    return {
        "quarters": store.counts(hour).rows(),
        "minutes": store.counts(CountQuery(NOON, NOON + HOUR_NS, 1, ("süd",))).rows(),
        "events": pages,
        "persons": [one.data for one in store.events(Page(), about=["person"]).events],
        "tracks": [(one.track_id, one.label, one.feet.tolist()) for one in store.tracks(Page()).tracks],
        "csv": store.exports.counts("ann", hour).content,
    }


def test_answers_are_those_of_sqlite(store: Store, clock: ManualClock, tmp_path: Path) -> None:
    other = open_store(StoreSettings(folder=tmp_path / "sqlite", batch_s=0.0), clock)
    for one in (store, other):
        _fill(one)
    mine, theirs = _answers(store), _answers(other)
    for name in mine:
        assert mine[name] == theirs[name], name
    other.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit WHERE seq = 1", "TRUNCATE audit"], ids=str.split
)
def test_audit_refuses(server: Any, clock: ManualClock, tmp_path: Path, statement: str) -> None:
    address = server.database(f"audit_{statement.split()[0]}".lower())
    store = open_store(StoreSettings(folder=tmp_path, address=address), clock)
    store.audit.append(Happening("ann", "x", "y", {"n": 1.5, "wörter": ["a", None]}))
    with pytest.raises(DBAPIError, match="the audit log is append-only"), writing(store.engine) as connection:
        connection.execute(text(statement))
    assert store.audit.verify().sound
    with store.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_change ON audit"))
        connection.execute(text("UPDATE audit SET detail = '{\"n\": 2}' WHERE who = 'ann'"))
    verdict = store.audit.verify()
    assert not verdict.sound
    assert "changed" in verdict.reason
    store.close()


def test_rows_it_cannot_hold_harm_no_other(store: Store) -> None:
    bad = [
        LineCrossed("nul\0", NOON, "a", "forward", 1, "car", 0.9),
        LineCrossed("x" * 201, NOON, "a", "forward", 1, "car", 0.9),
        LineCrossed("\ud800", NOON, "a", "forward", 1, "car", 0.9),
    ]
    store.put_events([*_events(0, 10), *bad, *_events(10, 10)])
    assert store.flush(20)
    stats = store.stats().writing
    assert (stats.stored["events"], stats.refused["events"]) == (20, {"invalid": 3})


def test_forgetting(store: Store, clock: ManualClock) -> None:
    _fill(store)
    clock.advance(80 * 3600)
    done = {one.name: one.rows for one in forget(store.engine, RetentionSettings(counts_days=1), clock, store.audit)}
    assert done == {
        "tracks of persons": 1,
        "tracks of vehicles": 0,
        "events about persons": 5,
        "events about vehicles": 0,
        "other events": 0,
        "counts by minute": 360,
        "counts by quarter hour": 24,
    }
    assert store.audit.verify().sound
    assert [one.subject for one in store.audit.page(limit=2)] == ["nothing", "counts by quarter hour"]


def test_a_wrong_password_is_refused_without_it(server: Any, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("another-s3cret\n")
    address = server.address("postgres").replace("pg-s3cret", "pg-0ld")
    with pytest.raises(StoreUnavailable, match="password authentication failed") as refused:
        open_engine(StoreSettings(folder=tmp_path, address=address, password_file=tmp_path / "password"))
    assert "s3cret" not in str(refused.value)
    assert "pg-0ld" not in str(refused.value)


def test_the_server_is_killed_while_rows_come(server: Any, store: Store) -> None:
    acknowledged, number = 0, 0
    for life in range(2):
        for _ in range(20):
            store.put_events(_events(number, 100))
            number += 100
            if life == 0 or number % 500 == 0:
                acknowledged = number if store.flush(20) else acknowledged
        server.kill()
        store.put_events(_events(number, 100))
        number += 100
        for _ in range(2000):
            if store.stats().writing.failing:
                break
            store.flush(0.01)
        stats = store.stats().writing
        assert stats.failing == "server_lost", stats
        assert "s3cret" not in stats.sentence
        with pytest.raises(StoreUnavailable):
            store.events(Page())
        server.start()
        assert store.flush(60), store.stats()
        with store.engine.connect() as connection:
            rows = connection.execute(text("SELECT data ->> 'ObjectId' FROM events")).scalars().all()
        assert sorted(map(int, rows)) == list(range(number)), "every row once"
    assert acknowledged > 0
    assert store.stats().writing.refused["events"] == {}
    store.audit.append(Happening("ann", "x"))
    assert store.audit.verify().sound
