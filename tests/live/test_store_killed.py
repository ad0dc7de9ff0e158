"""kill -9 at any moment: the store stays sound and holds every acknowledged row."""

import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sightline.config.store import StoreSettings
from sightline.core.clock import SystemClock
from sightline.store.engine import open_engine
from sightline.store.query import Page
from sightline.store.store import open_store
from sightline.store.upgrade import upgrade

pytestmark = pytest.mark.live

KILLS = 100
PUT = 50


class Writer:
    """The parent of ``store_writer.py``, and what its children said."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("store_writer.py")
        self.process = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._rest = b""

    def begin(self, folder: Path, number: int) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{folder} {number}\n".encode())
        self.process.stdin.flush()
        word, pid = self.line().split()
        assert word == "pid"
        return int(pid)

    def line(self, timeout_s: float = 60.0) -> str:
        """The next line; empty when none came in time."""
        assert self.process.stdout is not None
        while b"\n" not in self._rest:
            if not select.select([self.process.stdout], [], [], timeout_s)[0]:
                return ""
            read = os.read(self.process.stdout.fileno(), 65_536)
            assert read, "expected the writer to live, got its end"
            self._rest += read
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()


@pytest.fixture
def writer() -> Iterator[Writer]:
    started = Writer()
    yield started
    started.process.kill()
    started.process.communicate()


def _one_life(writer: Writer, folder: Path, number: int, moment: random.Random) -> tuple[int, int]:
    """Let a child write, kill it; answers the number below which all is acknowledged, and the newest audit entry."""
    pid = writer.begin(folder, number)
    lines = moment.choice([0, 0, 1, 2, 3, 5, 8])  # 0: while the store is being opened
    said = [writer.line() for _ in range(lines)]
    said.append(writer.line(moment.uniform(0.0, 0.01)))  # and some part of a transaction later
    os.kill(pid, signal.SIGKILL)
    while said[-1] != "dead":
        said.append(writer.line())
    assert "late" not in said
    acknowledged = [int(line.split()[1]) for line in said if line.startswith("ack")]
    entries = [int(line.split()[1]) for line in said if line.startswith("log")]
    return max(acknowledged, default=number), max(entries, default=0)


def test_killed_a_hundred_times(writer: Writer, tmp_path: Path) -> None:
    folder, moment = tmp_path / "data", random.Random(5)
    acknowledged, logged, written = 0, 0, 0
    for _ in range(KILLS):
        number, entry = _one_life(writer, folder, written, moment)
        acknowledged, logged = max(acknowledged, number), max(logged, entry)
        engine = open_engine(StoreSettings(folder=folder))
        upgrade(engine)  # opens soundly, whatever was going on
        engine.dispose()
        with closing(sqlite3.connect(folder / "sightline.db")) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
            numbers = [n for (n,) in raw.execute("SELECT json_extract(data, '$.ObjectId') + 0 FROM events ORDER BY 1")]
            (entries,) = raw.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()
            whole = raw.execute(
                "SELECT (SELECT coalesce(sum(car), 0) FROM counts_minutes)"
                " = (SELECT coalesce(sum(car), 0) FROM counts_quarters)"
            ).fetchone()
        assert numbers[:acknowledged] == list(range(acknowledged)), "an acknowledged row is missing"
        assert len(numbers) % PUT == 0, "a transaction was written in part"
        assert len(set(numbers)) == len(numbers)
        assert entries >= logged, "an acknowledged audit entry is missing"
        assert whole == (1,), "minutes and quarter hours differ"
        written = len(numbers)
        acknowledged = written  # what is there now must stay, too
    assert acknowledged > KILLS * PUT / 4, "expected many lives to write something"
    store = open_store(StoreSettings(folder=folder), SystemClock())
    verdict = store.audit.verify()
    assert verdict.sound, verdict
    assert verdict.entries >= logged
    assert len(store.events(Page(limit=1000)).events) == 1000
    assert not list((folder / "audit").glob(".*")), "what a killed program left of a new anchor is tidied away"
    assert store.close()
