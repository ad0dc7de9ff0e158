"""Writing: what is taken, refused, tried again, and what a restart adds."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from sightline.config.store import StoreSettings
from sightline.core.clock import ManualClock
from sightline.core.events import LineCrossed, SourceChanged
from sightline.core.summaries import TrackSummary
from sightline.store.query import CountQuery, Page
from sightline.store.rows import add_events, event_row
from sightline.store.store import Store, open_store

NOON = 1_795_348_800_000_000_000
MINUTE_NS = 60_000_000_000
DAY_NS = 86_400_000_000_000


@dataclass
class Row:
    """As the counts of the rules come."""

    camera: str = "north"
    line: str = "line 1"
    direction: str = "forward"
    start_ns: int = NOON
    minutes: int = 1
    by_class: dict[str, int] = field(default_factory=lambda: {"car": 3})


def crossed(number: int = 0, **changes: Any) -> LineCrossed:
    return replace(LineCrossed("north", NOON + number, "line 1", "forward", number, "car", 0.9), **changes)


@contextmanager
def locked(settings: StoreSettings) -> Iterator[None]:
    """Another program holds the writer's lock."""
    other = sqlite3.connect(settings.folder / "sightline.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


def failing(store: Store, reason: str) -> None:
    """Wait until the store refuses for a reason."""
    for _ in range(1000):
        if store.stats().writing.failing == reason:
            return
        store.flush(0.01)
    pytest.fail(f"expected {reason}, got {store.stats().writing}")


def test_everything_comes_back_as_it_was(store: Store) -> None:
    car = TrackSummary(
        "north",
        7,
        "car",
        0.8,
        NOON,
        NOON + 900_000_000,
        {"vehicle_colour": ("red", 0.7)},
        np.array([0, 400, 900], np.uint32),
        np.array([[0, 0], [65535, 9000], [100, 5]], np.uint16),
        12.5,
    )
    events = [crossed(1), SourceChanged("north", NOON + 2, "lost", 'quiet, "broken"\n'), crossed(3, label="pedestrian")]
    assert (store.put_events(events), store.put_tracks([car]), store.put_counts([Row()])) == (3, 1, 1)
    assert store.flush(10)
    found = store.events(Page()).events
    assert [(one.time_ns - NOON, one.concerns) for one in found] == [(3, "person"), (2, "nobody"), (1, "vehicle")]
    assert found[1].data["Reason"] == 'quiet, "broken"\n'
    (track,) = store.tracks(Page()).tracks
    assert (track.times_ms.tolist(), track.feet.tolist()) == (car.times_ms.tolist(), car.feet.tolist())
    names = ("camera", "track_id", "label", "likelihood", "began_ns", "ended_ns", "attributes", "speed_mps")
    assert [getattr(track, name) for name in names] == [getattr(car, name) for name in names]
    assert store.counts(CountQuery(NOON, NOON + 1)).rows()[0].by_class == {"car": 3}
    stats = store.stats().writing
    assert (stats.stored, stats.waiting, stats.failing) == ({"events": 3, "counts": 1, "tracks": 1}, 0, "")


def test_clothing_of_persons_is_not_written(store: Store, settings: StoreSettings) -> None:
    attributes = {"upper_colour": ("red", 0.9), "vehicle_colour": ("red", 0.9)}
    store.put_tracks([TrackSummary("n", 1, label, 1.0, NOON, NOON, attributes) for label in ("pedestrian", "van")])
    store.flush(10)
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT concerns, attributes FROM track_summaries ORDER BY id").all()
    assert rows == [("person", "{}"), ("vehicle", '{"vehicle_colour":["red",0.9]}')]


def test_a_window_put_again_replaces_and_another_run_adds(settings: StoreSettings, clock: ManualClock) -> None:
    store = open_store(settings, clock)
    store.put_counts([Row(by_class={"car": 3}), Row(by_class={"car": 2, "bus": 1})])  # a car was a bus after all
    store.flush(10)
    store.put_counts([Row(by_class={"car": 4, "bus": 1}), Row(start_ns=NOON + MINUTE_NS, by_class={"car": 10})])
    assert store.close()
    store = open_store(settings, clock)  # a restart within the minute: the new run counts from 0
    store.put_counts([Row(by_class={"car": 5})])
    store.flush(10)
    for minutes, expected in ((1, [{"car": 9, "bus": 1}, {"car": 10}]), (15, [{"car": 19, "bus": 1}])):
        rows = store.counts(CountQuery(NOON, NOON + 2 * MINUTE_NS, minutes)).rows()
        assert [row.by_class for row in rows] == expected
    assert store.close()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param("counts", Row(minutes=15), id="a window that is no minute"),
        pytest.param("counts", Row(start_ns=NOON + 1), id="not from a whole minute"),
        pytest.param("counts", Row(by_class={"tram": 1}), id="an unknown class"),
        pytest.param("counts", Row(by_class={"car": -1}), id="fewer than none"),
        pytest.param("counts", Row(by_class={"car": 2**31}), id="more than the column holds"),
        pytest.param("events", crossed(time_ns=-1), id="before 1970"),
        pytest.param("events", crossed(time_ns=2**63), id="more than 63 bits"),
        pytest.param("events", crossed(label="tram"), id="an event with an unknown class"),
        pytest.param("events", crossed(confidence=float("nan")), id="an event with no number"),
        pytest.param("events", "no event", id="something else"),
        pytest.param("events", crossed(camera=None), id="no camera: the table refuses"),
        pytest.param("events", crossed(camera="\ud800"), id="a name that no text can hold"),
    ],
)
def test_a_row_that_cannot_be_stored_harms_no_other(store: Store, kind: str, value: Any) -> None:
    rows = {"events": [crossed(1), crossed(2)], "counts": [Row(), Row(line="line 2")]}[kind]
    put = {"events": store.put_events, "counts": store.put_counts}[kind]
    put([rows[0], value, rows[1]])
    assert store.flush(10)
    stats = store.stats().writing
    assert (stats.stored[kind], stats.refused[kind], stats.failing) == (2, {"invalid": 1}, "")


def test_a_locked_file_makes_rows_wait_and_then_refused_and_then_resumes(
    settings: StoreSettings, clock: ManualClock
) -> None:
    store = open_store(settings.model_copy(update={"queue_rows": 100, "busy_timeout_s": 0.05}), clock)
    assert store.put_events([crossed(0)]) == 1
    assert store.flush(10)
    with locked(settings):
        assert store.put_events([crossed(number) for number in range(1, 61)]) == 60
        assert not store.flush(0.02), "no acknowledgement of what is not written"
        failing(store, "locked")
        assert store.put_events([crossed(number) for number in range(61, 121)]) == 40, "the first that fit"
        assert store.put_counts([Row()]) == 0
        stats = store.stats().writing
        assert stats.refused == {"events": {"locked": 20}, "counts": {"locked": 1}, "tracks": {}}
        assert (stats.waiting, stats.sentence, stats.since_ns) == (100, "database is locked", NOON)
        assert [one.data["ObjectId"] for one in store.events(Page()).events] == ["0"], "readers go on"
    assert store.flush(10)
    assert store.put_events([crossed(200)]) == 1
    assert store.flush(10)
    numbers = [int(one.data["ObjectId"]) for one in store.events(Page(limit=1000)).events]
    assert numbers == [200, *range(100, -1, -1)]
    stats = store.stats().writing
    assert (stats.failing, stats.since_ns, stats.stored["events"]) == ("", None, 102)
    assert store.close()


def test_a_full_store_writes_again_once_there_is_room(settings: StoreSettings, clock: ManualClock) -> None:
    full = settings.model_copy(update={"max_bytes": 1_048_576, "queue_rows": 20_000, "batch_rows": 500})
    store = open_store(full, clock)
    # Old events about persons first: they are what retention will make room from.
    store.put_events([crossed(n, label="pedestrian", time_ns=NOON - 2 * DAY_NS + n) for n in range(2000)])
    assert store.flush(10)
    store.put_events([crossed(number) for number in range(8000)])
    failing(store, "disk_full")
    written = store.stats().writing.stored["events"]
    assert written % 500 == 0, "no part of a batch"
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM events").scalar() == written
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert {one.name: one.rows for one in store.forget()}["events about persons"] == 2000
    for _ in range(1000):
        store.flush(0.01)
        if store.stats().writing.stored["events"] > written:
            break
    assert store.stats().writing.stored["events"] > written
    assert not store.close(0.05), "the rest did not fit"
    stats = store.stats().writing
    assert sum(stats.refused["events"].values()) == 10_000 - stats.stored["events"], "none is unaccounted for"


def test_a_batch_written_twice_is_there_once(store: Store) -> None:
    """A connection may break after the commit and before its answer: the batch is tried again under the same ids."""
    rows = [event_row(number, crossed(number)) for number in range(3)]
    for _ in range(2):
        with store.engine.begin() as connection:
            add_events(connection, rows)
    assert len(store.events(Page()).events) == 3


def test_after_closing_rows_are_refused(store: Store) -> None:
    assert store.close()
    assert store.close(), "again"
    assert store.put_events([crossed()]) == 0
    assert store.stats().writing.refused["events"] == {"closed": 1}
    assert not store.stats().writing.alive


def test_a_caller_may_reuse_its_list(store: Store, settings: StoreSettings) -> None:
    with locked(settings):
        rows = [crossed(1)]
        store.put_events(rows)
        rows.clear()
    store.flush(10)
    assert len(store.events(Page()).events) == 1


def test_the_size_is_that_of_the_files(store: Store, settings: StoreSettings) -> None:
    store.put_events([crossed(1)])
    store.flush(10)
    size = store.stats().bytes
    assert size is not None
    assert size >= (settings.folder / "sightline.db").stat().st_size
