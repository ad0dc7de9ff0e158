"""A disk that is really full, and files that may not grow: rows wait, none is half-written, writing resumes."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.config.store import StoreSettings
from sightline.core.clock import SystemClock
from sightline.core.events import LineCrossed
from sightline.store.query import Page
from sightline.store.store import Store, open_store

pytestmark = pytest.mark.live

MB = 1_048_576


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("expected the right to mount a small disk, got none")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _events(first: int, count: int) -> list[LineCrossed]:
    now_ns = SystemClock().now_ns()
    return [LineCrossed("north", now_ns, "a", "forward", first + n, "car", 0.9) for n in range(count)]


def _until_failing(store: Store, reason: str) -> None:
    for _ in range(6000):
        if store.stats().writing.failing == reason:
            return
        store.flush(0.01)
    pytest.fail(f"expected {reason}, got {store.stats().writing}")


def test_a_full_disk(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(5 * MB))
    settings = StoreSettings(
        folder=small_disk / "data", batch_s=0.0, batch_rows=500, queue_rows=20_000, retry_last_s=0.2
    )
    store = open_store(settings, SystemClock())
    store.put_events(_events(0, 20_000))
    _until_failing(store, "disk_full")
    assert os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize < MB
    stats = store.stats().writing
    assert 0 < stats.stored["events"] < 20_000
    assert stats.stored["events"] % 500 == 0, "whole transactions only"
    refused = 20_000 - store.put_events(_events(20_000, 20_000))
    assert store.stats().writing.refused["events"] == {"disk_full": refused}
    assert store.events(Page(limit=1)).events, "questions are still answered"
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("SELECT count(*) FROM events").scalar() == stats.stored["events"]
    ballast.unlink()
    taken = 40_000 - refused
    for _ in range(6000):  # 8 MB do not hold all of it: room for thousands came, and they were written
        if store.flush(0.01) or store.stats().writing.stored["events"] > stats.stored["events"] + 5_000:
            break
    resumed = store.stats().writing
    assert resumed.stored["events"] > stats.stored["events"] + 5_000
    store.close(0.1)
    last = store.stats().writing
    assert last.stored["events"] + sum(last.refused["events"].values()) == 40_000, "every row is accounted for"
    assert taken >= last.stored["events"]


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """As under a quota: the write itself is refused (EFBIG), not the space."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); import test_store_full_disk as it; it.under_a_limit(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data"), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["refused", "resumed", "20000"]


def under_a_limit(folder: str) -> None:
    """In a process of its own, whose limit it is."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * MB, resource.RLIM_INFINITY))
    settings = StoreSettings(folder=Path(folder), batch_s=0.0, batch_rows=500, retry_last_s=0.2)
    store = open_store(settings, SystemClock())
    store.put_events(_events(0, 20_000))
    for _ in range(6000):
        if store.stats().writing.failing in ("disk_error", "disk_full"):
            print("refused")
            break
        store.flush(0.01)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if store.flush(60):
        print("resumed")
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        print(connection.exec_driver_sql("SELECT count(DISTINCT data) FROM events").scalar())
    store.close()
