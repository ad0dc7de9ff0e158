"""An open store in a folder of the test's own, and findings to put into it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.config.store import StoreSettings
from sightline.core.clock import ManualClock
from sightline.store.engine import open_engine
from sightline.store.store import Store, open_store
from sightline.store.upgrade import upgrade

NOON = 1_795_348_800_000_000_000  # 2026-11-22T12:00:00Z


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that has all tables; making them anew for each test would take most of its time."""
    folder = tmp_path_factory.mktemp("empty")
    engine = open_engine(StoreSettings(folder=folder))
    upgrade(engine)
    engine.dispose()
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    """Of a store that is not there yet."""
    return StoreSettings(folder=tmp_path / "data", batch_s=0.0, retry_last_s=0.1)


@pytest.fixture
def store(settings: StoreSettings, clock: ManualClock, empty_store: Path) -> Iterator[Store]:
    settings.folder.mkdir(mode=0o700)
    shutil.copy(empty_store / "sightline.db", settings.folder)
    opened = open_store(settings, clock)
    yield opened
    opened.close(1.0)
