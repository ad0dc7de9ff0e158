"""Questions to the store: windows, pages, who may see what, and groups large enough."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.config.store import StoreSettings
from sightline.core.clock import ManualClock
from sightline.core.errors import BadConfig, BadData
from sightline.core.events import LineCrossed, SourceChanged
from sightline.core.summaries import TrackSummary
from sightline.formats.events_jsonl import event_json, event_of
from sightline.formats.iso_time import iso_text
from sightline.store.engine import StoreUnavailable
from sightline.store.query import CountColumns, CountQuery, CountRow, Page, merged, published
from sightline.store.store import Store, open_store

NOON = 1_795_348_800_000_000_000
MINUTE_NS = 60_000_000_000


def _row(minute: int, camera: str = "north", line: str = "a", **by_class: int) -> CountRow:
    return CountRow(camera, line, "forward", NOON + minute * MINUTE_NS, 1, by_class)


def _fill(store: Store) -> Store:
    store.put_counts([_row(minute, car=1, pedestrian=minute % 2) for minute in range(60)])
    store.put_counts([_row(20, camera="south", bus=2), _row(-1, line="b", car=5)])
    store.put_events(
        [LineCrossed(("north", "south")[n % 2], NOON + n // 3, "a", "forward", n, "car", 0.9) for n in range(20)]
    )
    store.put_events([SourceChanged("north", NOON + 100, "lost", "silent")])
    store.put_events([LineCrossed("south", NOON + 200, "a", "backward", 50, "bicycle", 0.5)])
    paths = {"times_ms": np.array([0, 9], np.uint32), "feet": np.array([[1, 2], [3, 4]], np.uint16)}
    labels = ("car", "bus", "pedestrian", "unknown", "car", "rider")
    store.put_tracks(
        [TrackSummary("north", n, label, 0.9, NOON, NOON + n, {}, **paths) for n, label in enumerate(labels)]
    )
    assert store.flush(10)
    return store


@pytest.fixture(scope="module")
def filled(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One for all tests that only read."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copy(empty_store / "sightline.db", folder)
    store = open_store(StoreSettings(folder=folder), ManualClock(NOON))
    yield _fill(store)
    store.close()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            CountQuery(NOON, NOON + 30 * MINUTE_NS),
            [
                ("north", 0, {"car": 15, "pedestrian": 7}),
                ("north", 15, {"car": 15, "pedestrian": 8}),
                ("south", 15, {"bus": 2}),
            ],
            id="quarter hours",
        ),
        pytest.param(
            CountQuery(NOON + 17 * MINUTE_NS, NOON + 18 * MINUTE_NS, cameras=("north",)),
            [("north", 15, {"car": 15, "pedestrian": 8})],
            id="the whole window around a time",
        ),
        pytest.param(
            CountQuery(NOON, NOON + 2 * MINUTE_NS, 1),
            [("north", 0, {"car": 1}), ("north", 1, {"car": 1, "pedestrian": 1})],
            id="minutes",
        ),
        pytest.param(
            CountQuery(NOON - 5 * MINUTE_NS, NOON + 5 * MINUTE_NS, 5),
            [("north", -5, {"car": 5}), ("north", 0, {"car": 5, "pedestrian": 2})],
            id="five minutes, from minutes",
        ),
        pytest.param(
            CountQuery(NOON, NOON + 60 * MINUTE_NS, 60, ["south", "north"]),
            [("north", 0, {"car": 60, "pedestrian": 30}), ("south", 0, {"bus": 2})],
            id="an hour, from quarter hours",
        ),
        pytest.param(
            CountQuery(NOON, NOON + 1, 1440, ("north",)),
            [("north", -720, {"car": 60, "pedestrian": 30}), ("north", -720, {"car": 5})],
            id="a day, lines apart",
        ),
        pytest.param(CountQuery(NOON, NOON + 60 * MINUTE_NS, cameras=()), [], id="no camera allowed"),
        pytest.param(CountQuery(NOON, NOON + 60 * MINUTE_NS, cameras=("west",)), [], id="a camera without counts"),
        pytest.param(CountQuery(NOON, NOON), [], id="no time"),
    ],
)
def test_counts_by_window(filled: Store, asked: CountQuery, expected: list[tuple[str, int, dict[str, int]]]) -> None:
    rows = filled.counts(asked).rows()
    assert [(row.camera, (row.start_ns - NOON) // MINUTE_NS, row.by_class) for row in rows] == expected
    assert {row.minutes for row in rows} <= {asked.minutes}
    assert json.loads(filled.counts(asked).json()) == [
        {
            "camera": row.camera,
            "line": row.line,
            "direction": row.direction,
            "start": iso_text(row.start_ns),
            "minutes": row.minutes,
            "by_class": row.by_class,
        }
        for row in rows
    ]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(CountQuery(0, 1, 7), id="seven minutes"),
        pytest.param(CountQuery(2, 1), id="backwards"),
        pytest.param(CountQuery(-1, 1), id="before 1970"),
        pytest.param(CountQuery(0, 2**63), id="over 63 bits"),
    ],
)
def test_other_windows_are_refused(filled: Store, asked: CountQuery) -> None:
    with pytest.raises(BadConfig):
        filled.counts(asked)


def _all(store: Store, limit: int, **changes: Any) -> Iterator[tuple[int, int]]:
    after = None
    while True:
        page = store.events(Page(limit=limit, after=after, **changes))
        assert len(page.events) <= limit
        yield from ((one.time_ns - NOON, int(one.data.get("ObjectId", -1))) for one in page.events)
        after = page.next
        if after is None:
            return


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 22, 23, 1000])
def test_pages_of_any_length_hold_every_event_once(filled: Store, limit: int) -> None:
    every = [(200, 50), (100, -1)] + [(n // 3, n) for n in range(19, -1, -1)]  # equal times: the newest id first
    assert list(_all(filled, limit)) == every
    assert list(_all(filled, limit, cameras=("south",))) == [
        one for one in every if one[1] == 50 or one[1] in range(1, 20, 2)
    ]
    assert list(_all(filled, limit, start_ns=NOON + 2, end_ns=NOON + 4)) == [one for one in every if 2 <= one[0] < 4]
    assert list(_all(filled, limit, cameras=())) == []


def test_new_events_do_not_disturb_a_page(store: Store) -> None:
    first = _fill(store).events(Page(limit=5))
    store.put_events([LineCrossed("north", NOON + 300, "a", "forward", 99, "car", 0.9)])
    store.flush(10)
    second = store.events(Page(limit=5, after=first.next))
    numbers = [int(one.data.get("ObjectId", -1)) for one in (*first.events, *second.events)]
    assert numbers == [50, -1, 19, 18, 17, 16, 15, 14, 13, 12]


def test_events_by_topic_and_whom_they_are_about(filled: Store) -> None:
    assert len(filled.events(Page(), topics=["VideoSource/SignalLoss"]).events) == 1
    assert [one.data["Label"] for one in filled.events(Page(), about=["person"]).events] == ["bicycle"]
    assert len(filled.events(Page(), about=["vehicle", "nobody"]).events) == 21
    assert filled.events(Page(), topics=[]).events == ()


def test_a_stored_event_is_the_event(filled: Store) -> None:
    event = LineCrossed("south", NOON + 200, "a", "backward", 50, "bicycle", 0.5)
    stored = filled.events(Page(limit=1)).events[0].json()
    assert stored == event_json(event)
    assert event_of(stored) == event


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(Page(limit=0), id="no row"),
        pytest.param(Page(limit=1001), id="too many rows"),
        pytest.param(Page(after="x"), id="no place"),
        pytest.param(Page(after="1-2-3"), id="three numbers"),
        pytest.param(Page(after="-1-2"), id="below zero"),
        pytest.param(Page(after=f"{2**63}-1"), id="over 63 bits"),
        pytest.param(Page(after="1-1 OR 1=1"), id="SQL"),
        pytest.param(Page(start_ns=5, end_ns=4), id="backwards"),
    ],
)
def test_other_pages_are_refused(filled: Store, page: Page) -> None:
    with pytest.raises(BadConfig):
        filled.events(page)
    with pytest.raises(BadConfig):
        filled.tracks(page)


def test_tracks_are_those_of_vehicles_only(filled: Store) -> None:
    page = filled.tracks(Page(limit=2))
    assert [(one.track_id, one.label) for one in page.tracks] == [(4, "car"), (1, "bus")]
    assert [one.track_id for one in filled.tracks(Page(limit=2, after=page.next)).tracks] == [0]
    assert [one.track_id for one in filled.tracks(Page(), ["bus"]).tracks] == [1]
    assert filled.tracks(Page(cameras=["south"])).tracks == ()
    for label in ("pedestrian", "bicycle", "unknown", "tram"):
        with pytest.raises(BadConfig, match="labels: expected some of car"):
            filled.tracks(Page(), [label])


def test_a_damaged_path_is_said(store: Store) -> None:
    with _fill(store).engine.begin() as connection:
        connection.exec_driver_sql("UPDATE track_summaries SET path = x'02'")
    with pytest.raises(BadData, match="path: expected version 1"):
        store.tracks(Page())


@pytest.mark.parametrize(
    ("numbers", "groups"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([3], [], id="one small: nothing to merge with"),
        pytest.param([3, 3, 3], [], id="all small together"),
        pytest.param([10, 12], [(0, 1, 10), (1, 2, 12)], id="large ones stay"),
        pytest.param([3, 0, 8, 20], [(0, 3, 11), (3, 4, 20)], id="a small one joins those that follow"),
        pytest.param([20, 3], [(0, 2, 23)], id="the last joins the one before"),
        pytest.param([0, 0, 20, 0, 0], [(2, 3, 20)], id="empty ones are in no group"),
        pytest.param([4, 4, 4, 4, 4], [(0, 5, 20)], id="what is left joins"),
    ],
)
def test_small_groups_are_merged(numbers: list[int], groups: list[tuple[int, int, int]]) -> None:
    assert merged(range(len(numbers)), numbers, 1, 10) == groups


def test_names_are_escaped_in_json() -> None:
    name = 'süd "a"\n\\'
    columns = CountColumns(
        15, ((name, name, "forward"),), np.zeros(1, np.int32), np.array([NOON]), np.ones((1, 11), np.int32)
    )
    (row,) = json.loads(columns.json())
    assert (row["camera"], row["line"], len(row["by_class"])) == (name, name, 11)


def test_what_is_published_has_no_small_group_of_persons() -> None:
    counts = np.zeros((3, 11), np.int32)
    counts[:, 0] = (1, 2, 0)  # cars
    counts[:, 5] = (1, 1, 1)  # bicycles: too few in all
    counts[:, 7] = (4, 7, 12)  # pedestrians
    starts = NOON + np.arange(3) * 15 * MINUTE_NS
    columns = CountColumns(15, (("north", "a", "forward"),), np.zeros(3, np.int32), starts, counts)
    assert [((row.start_ns - NOON) // MINUTE_NS, row.minutes, row.by_class) for row in published(columns)] == [
        (0, 15, {"car": 1}),
        (0, 30, {"pedestrian": 11}),
        (15, 15, {"car": 2}),
        (30, 15, {"pedestrian": 12}),
    ]


def test_a_store_that_does_not_answer_is_said(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE events")
        connection.exec_driver_sql("DROP TABLE count_series")
    with pytest.raises(StoreUnavailable, match="events: expected an answer of the store, got no such table: events"):
        store.events(Page())
    with pytest.raises(StoreUnavailable, match="counts: expected an answer of the store"):
        store.counts(CountQuery(0, 1))
