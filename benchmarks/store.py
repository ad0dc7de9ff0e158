"""The store: what writing costs the analysis, how many events it takes, and how long a week of counts takes to read.

Writes go the way of the service (bounded queue, one writer, one transaction per batch, synchronous FULL). The week is
20 cameras with two lines each, both directions counted every minute, in a SQLite file on the disk that TMPDIR names.
"""

import importlib.metadata
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from sightline.bench.result import result
from sightline.config.store import StoreSettings
from sightline.core.clock import SystemClock
from sightline.core.events import LineCrossed
from sightline.core.summaries import TrackSummary
from sightline.store.query import CountQuery, CountRow, Page
from sightline.store.store import Store, open_store

HERE = Path(__file__).resolve().parent
CAMERAS, LINES, DAYS = 20, 2, 7
RATE, SECONDS, PER_CALL = 2_000, 10, 20  # events per second, offered in calls as an analysis of many cameras makes them
MINUTE_NS, WEEK_MIN = 60_000_000_000, DAYS * 24 * 60
BEGIN_NS = 1_795_132_800_000_000_000  # 2026-11-20T00:00:00Z
MUST_REACH = {"week_query_ms": 200, "events_per_s": RATE, "put_us_per_event": 20}


def events(first: int, count: int) -> list[LineCrossed]:
    """Crossings of many cameras, every third by a pedestrian."""
    return [
        LineCrossed(
            f"camera {n % CAMERAS}",
            BEGIN_NS + n * 500_000,
            f"line {n % LINES}",
            "forward" if n % 2 else "backward",
            n,
            "pedestrian" if n % 3 == 0 else "car",
            0.9,
        )
        for n in range(first, first + count)
    ]


def steady(store: Store) -> dict[str, Any]:
    """RATE events per second for SECONDS: what the caller spends, what the process does, how long the queue gets."""
    every = events(0, RATE * SECONDS)
    spent, longest_s, waiting = 0.0, 0.0, 0
    cpu, begin = time.process_time(), time.perf_counter()
    for first in range(0, len(every), PER_CALL):
        batch = every[first : first + PER_CALL]
        before = time.perf_counter()
        store.put_events(batch)
        took = time.perf_counter() - before
        spent, longest_s = spent + took, max(longest_s, took)
        waiting = max(waiting, store.stats().writing.waiting)
        time.sleep(max(0.0, begin + first / RATE - time.perf_counter()))
    assert store.flush(60)
    cpu = time.process_time() - cpu
    refused = store.stats().writing.refused["events"]
    return {
        "offered_per_s": round(len(every) / (time.perf_counter() - begin)),
        "put_us_per_event": round(spent / len(every) * 1e6, 2),
        "longest_put_ms": round(longest_s * 1e3, 2),
        "process_us_per_event": round(cpu / len(every) * 1e6, 1),
        "most_waiting": waiting,
        "refused": sum(refused.values()),
    }


def flood(store: Store) -> dict[str, Any]:
    """As many events as one core takes, offered in one go."""
    every = events(RATE * SECONDS, 40_000)
    begin, cpu = time.perf_counter(), time.process_time()
    store.put_events(every)
    assert store.flush(120)
    took, cpu = time.perf_counter() - begin, time.process_time() - cpu
    return {"events_per_s": round(len(every) / took), "events_per_cpu_s": round(len(every) / cpu)}


def fill_week(store: Store) -> dict[str, Any]:
    """A week of minutes, as the rules of a running service put them, a quarter hour at a time."""
    rng = np.random.default_rng(1)
    names = ("car", "truck", "bus", "bicycle", "pedestrian")
    begin, rows = time.perf_counter(), 0
    for quarter in range(0, WEEK_MIN, 15):
        numbers = rng.poisson(3.0, (CAMERAS, LINES, 2, 15, len(names))).tolist()
        batch = [
            CountRow(
                f"camera {camera}",
                f"line {line}",
                ("forward", "backward")[way],
                BEGIN_NS + (quarter + minute) * MINUTE_NS,
                1,
                dict(zip(names, numbers[camera][line][way][minute], strict=True)),
            )
            for camera in range(CAMERAS)
            for line in range(LINES)
            for way in range(2)
            for minute in range(15)
        ]
        while store.put_counts(batch) == 0:
            store.flush(60)
        rows += len(batch)
        if store.stats().writing.waiting > 30_000:
            store.flush(60)
    assert store.flush(60)
    refused = store.stats().writing.refused["counts"]
    return {"rows": rows, "rows_per_s": round(rows / (time.perf_counter() - begin)), "refused": sum(refused.values())}


def timed_ms(call: Callable[[], Any], times: int = 15) -> dict[str, float]:
    """Of some calls, milliseconds: median and best by the wall's clock, and median of the processor's time.

    On a machine that others use, too, the first says how busy they are; the last is what the question costs.
    """
    wall, cpu = [], []
    for _ in range(times):
        begin, used = time.perf_counter(), time.process_time()
        call()
        wall.append((time.perf_counter() - begin) * 1e3)
        cpu.append((time.process_time() - used) * 1e3)
    return {"median": round(median(wall), 1), "best": round(min(wall), 1), "cpu_median": round(median(cpu), 1)}


def paths(store: Store) -> dict[str, Any]:
    """Bytes of a path of 100 samples of a vehicle that slows down, turns and goes on, with a detector's jitter."""
    rng = np.random.default_rng(2)
    way = np.cumsum(
        np.concatenate([np.full((40, 2), (400, 50)), np.full((20, 2), (40, 5)), np.full((40, 2), (30, 350))]), 0
    )
    feet = (way + rng.normal(0, 40, way.shape) + 5000).clip(0, 65535).astype(np.uint16)
    times = np.arange(100, dtype=np.uint32) * 100
    store.put_tracks([TrackSummary("camera 0", 1, "car", 0.9, BEGIN_NS, BEGIN_NS + 10**10, {}, times, feet)])
    assert store.flush(60)
    (kept,) = store.tracks(Page(limit=1)).tracks
    with store.engine.connect() as connection:
        size = connection.exec_driver_sql("SELECT length(path) FROM track_summaries").scalar_one()
    return {"samples": 100, "kept": len(kept.times_ms), "bytes": size, "plain_bytes": times.nbytes + feet.nbytes}


def main() -> None:
    """Measure and keep the result."""
    with tempfile.TemporaryDirectory() as name:
        store = open_store(StoreSettings(folder=Path(name)), SystemClock())
        values: dict[str, Any] = {
            "must_reach": MUST_REACH,
            "load_1min_at_start": round(os.getloadavg()[0], 1),
            "sqlite": sqlite3.sqlite_version,
            "sqlalchemy": importlib.metadata.version("sqlalchemy"),
            "steady": steady(store),
            "flood": flood(store),
            "week_write": fill_week(store),
        }
        week = CountQuery(BEGIN_NS, BEGIN_NS + WEEK_MIN * MINUTE_NS)
        hours = CountQuery(BEGIN_NS, BEGIN_NS + WEEK_MIN * MINUTE_NS, 60)
        one_day = CountQuery(BEGIN_NS, BEGIN_NS + 1440 * MINUTE_NS, 1, ("camera 3",))
        values["week_query_ms"] = timed_ms(lambda: store.counts(week)) | {"rows": len(store.counts(week))}
        values["week_query_as_objects_ms"] = timed_ms(lambda: store.counts(week).rows())
        values["week_query_as_json_ms"] = timed_ms(lambda: store.counts(week).json())
        values["week_by_hours_ms"] = timed_ms(lambda: store.counts(hours))
        values["day_of_a_camera_by_minutes_ms"] = timed_ms(lambda: store.counts(one_day))
        page = Page(cameras=("camera 3", "camera 4"), limit=100)
        values["page_of_events_ms"] = timed_ms(lambda: store.events(page, about=["vehicle"]))
        values["week_csv_ms"] = timed_ms(lambda: store.exports.counts("bench", week), 3)
        values["path"] = paths(store)
        values["bytes"] = store.stats().bytes
        store.close()
    print(result("store", values).write(HERE / "results"), values)


if __name__ == "__main__":
    main()
