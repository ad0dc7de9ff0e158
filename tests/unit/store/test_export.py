"""Exports: what is in the files, that no person is, and that each is in the audit log."""

import csv
import io
import json
from itertools import pairwise

import numpy as np
import pyarrow.parquet
import pytest

from sightline.core.errors import BadConfig
from sightline.core.summaries import TrackSummary
from sightline.formats.iso_time import iso_text
from sightline.store import export
from sightline.store.query import CountQuery, CountRow, Page
from sightline.store.store import Store

NOON = 1_795_348_800_000_000_000
MINUTE_NS = 60_000_000_000
HOUR = CountQuery(NOON, NOON + 60 * MINUTE_NS)


def _to_lonlat(camera: str, shares: np.ndarray) -> np.ndarray | None:
    """North sees ground in its lower half, south has no place."""
    if camera != "north":
        return None
    lonlat = np.stack([13.0 + shares[:, 0] / 1000, 52.0 + (1 - shares[:, 1]) / 1000], axis=1)
    return np.where((shares[:, 1] > 0.5)[:, None], lonlat, np.nan)


@pytest.fixture
def filled(store: Store) -> Store:
    store.put_counts(
        [CountRow("north", "=a", "forward", NOON + n * MINUTE_NS, 1, {"car": 1, "rider": n % 3}) for n in range(30)]
    )
    store.put_counts([CountRow("south", "b", "backward", NOON, 1, {"bus": 4, "pedestrian": 9})])
    times = np.array([0, 1000, 2000, 4000], np.uint32)
    high = np.array([[0, 20000], [0, 40000], [40000, 50000], [60000, 65535]], np.uint16)
    low = high[::-1].copy()
    store.put_tracks(
        [
            TrackSummary("north", 777_001, "car", 0.9, NOON, NOON + 1, {"vehicle_colour": ("red", 0.8)}, times, high),
            TrackSummary("north", 777_002, "pedestrian", 0.9, NOON, NOON + 2, {}, times, low),
            TrackSummary("north", 777_003, "unknown", 0.9, NOON, NOON + 3, {}, times, low),
            TrackSummary("south", 777_004, "car", 0.9, NOON, NOON + 4, {}, times, low),
            TrackSummary("north", 777_005, "bus", 0.9, NOON, NOON + 5),
        ]
    )
    assert store.flush(10)
    return store


def test_counts_as_csv(filled: Store) -> None:
    done = filled.exports.counts("ann", HOUR)
    rows = list(csv.reader(io.StringIO(done.content.decode(), newline="")))
    assert rows == [
        ["camera", "line", "direction", "start", "end", "minutes", "class", "count"],
        ["north", "'=a", "forward", "2026-11-22T12:00:00Z", "2026-11-22T12:15:00Z", "15", "car", "15"],
        ["north", "'=a", "forward", "2026-11-22T12:00:00Z", "2026-11-22T12:15:00Z", "15", "rider", "15"],
        ["south", "b", "backward", "2026-11-22T12:00:00Z", "2026-11-22T12:15:00Z", "15", "bus", "4"],
        ["north", "'=a", "forward", "2026-11-22T12:15:00Z", "2026-11-22T12:30:00Z", "15", "car", "15"],
        ["north", "'=a", "forward", "2026-11-22T12:15:00Z", "2026-11-22T12:30:00Z", "15", "rider", "15"],
    ], "south's 9 pedestrians are too few to publish"


def test_counts_as_parquet_are_those_of_the_csv(filled: Store) -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(filled.exports.counts("ann", HOUR, "parquet").content))
    text = filled.exports.counts("ann", HOUR, "csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert table.schema.metadata[b"schema"] == b"sightline.counts/1"
    assert str(table.schema.field("start").type) == "timestamp[ns, tz=UTC]"
    got = table.to_pydict()
    assert [str(count) for count in got["count"]] == [row["count"] for row in rows]
    assert got["class"] == [row["class"] for row in rows]
    assert got["camera"] == [row["camera"] for row in rows]
    ends = [iso_text(time_ns) for time_ns in table["end"].cast("int64").to_pylist()]
    assert ends == [row["end"] for row in rows]


def test_counts_as_geojson(filled: Store) -> None:
    done = filled.exports.counts("ann", HOUR, "geojson", {"north": (13.0, 52.0)})
    features = json.loads(done.content)["features"]
    assert (len(features), done.rows, done.left_out) == (4, 4, 1), "south has no place"
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [13.0, 52.0]}
    assert features[0]["properties"] == {
        "camera": "north",
        "line": "=a",
        "direction": "forward",
        "from": "2026-11-22T12:00:00Z",
        "to": "2026-11-22T12:15:00Z",
        "car": 15,
    }


def test_ways_of_vehicles_as_mf_json(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_PAGE", 1)
    done = filled.exports.vehicle_tracks("ann", Page(), _to_lonlat)
    (feature,) = json.loads(done.content)["features"]
    assert (done.rows, done.left_out) == (1, 2), "south has no place, the bus no path"
    assert feature["properties"] == {"class": "car", "likelihood": 0.9, "camera": "north", "vehicle_colour": "red"}
    way = feature["temporalGeometry"]
    assert way["type"] == "MovingPoint"
    assert way["datetimes"][0] == "2026-11-22T12:00:01Z", "the first point is above the horizon"
    assert len(way["coordinates"]) == len(way["datetimes"]) == 3
    assert all(one < other for one, other in pairwise(way["datetimes"]))
    assert len(feature["temporalProperties"][0]["speed"]["values"]) == 3
    for word in (b"777", b"pedestrian", b"unknown"):
        assert word not in done.content


def test_each_export_is_in_the_audit_log(filled: Store) -> None:
    filled.exports.counts("ann", CountQuery(NOON, NOON + 1, cameras=("north",)))
    filled.exports.vehicle_tracks("bob", Page(NOON, NOON + 10), _to_lonlat)
    entries = filled.audit.page(what=export.EXPORTED)
    assert [(one.who, one.subject, one.detail["cameras"], one.detail["rows"]) for one in entries] == [
        ("bob", "tracks of vehicles as mf-json", "all", 1),
        ("ann", "counts as csv", ["north"], 2),
    ]
    assert entries[1].detail["from"] == "2026-11-22T12:00:00Z"


def test_no_export_without_its_entry(filled: Store) -> None:
    with filled.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
    with pytest.raises(Exception, match="audit: expected"):
        filled.exports.counts("ann", HOUR)


def test_what_cannot_be_exported(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadConfig, match="format: expected csv, parquet or geojson, got 'xlsx'"):
        filled.exports.counts("ann", HOUR, "xlsx")  # type: ignore[arg-type]
    monkeypatch.setattr(export, "MOST_TRACKS", 2)
    with pytest.raises(BadConfig, match="more than 2 tracks"):
        filled.exports.vehicle_tracks("ann", Page(), _to_lonlat)
    assert filled.audit.page(what=export.EXPORTED) == []
