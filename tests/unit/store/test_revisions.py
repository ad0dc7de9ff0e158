"""Cameras and revisions of their configuration."""

import pytest

from sightline.core.clock import ManualClock
from sightline.core.errors import BadConfig
from sightline.store.store import Store

NOON = 1_795_348_800_000_000_000


def test_a_camera_comes_changes_and_goes(store: Store, clock: ManualClock) -> None:
    store.revisions.set_camera("north", "traffic counts", None)
    clock.advance(1)
    store.revisions.set_camera("north", "safe crossing", (13.0, 52.0), 90.0)
    store.revisions.set_camera("south", "queue lengths", None)
    store.revisions.remove_camera("north")
    store.revisions.remove_camera("west")
    north, south = store.revisions.cameras()
    assert (north.purpose, north.lon, north.bearing_deg, north.added_ns) == ("safe crossing", 13.0, 90.0, NOON)
    assert (north.removed_ns, south.removed_ns) == (NOON + 1_000_000_000, None)
    store.revisions.set_camera("north", "safe crossing", None)
    assert store.revisions.cameras()[0].removed_ns is None


def test_each_change_is_a_revision_and_no_change_is_none(store: Store, clock: ManualClock) -> None:
    lines = {"lines": [{"name": "a", "start": [0.1, 0.5]}]}
    assert store.revisions.put("ann", "north", "lines", lines)
    clock.advance(1)
    assert not store.revisions.put("bob", "north", "lines", {"lines": [{"start": [0.1, 0.5], "name": "a"}]})
    assert store.revisions.put("bob", "north", "lines", {"lines": []})
    assert store.revisions.put("bob", "north", "zones", {})
    assert [(one.kind, one.who, dict(one.config)) for one in store.revisions.newest()] == [
        ("lines", "bob", {"lines": []}),
        ("zones", "bob", {}),
    ]
    assert [(one.who, one.time_ns - NOON) for one in store.revisions.history("north", "lines")] == [
        ("bob", 1_000_000_000),
        ("ann", 0),
    ]


def test_credentials_are_not_written(store: Store) -> None:
    config = {"sources": [{"main": "rtsp://me:s3cret@10.0.0.1/1"}], "sub": "http://10.0.0.1/x?token=s3cret"}
    store.revisions.put("ann", "north", "camera", config)
    assert "s3cret" not in str(store.revisions.newest())
    assert store.revisions.newest()[0].config["sources"][0]["main"] == "rtsp://***@10.0.0.1/1"


@pytest.mark.parametrize(
    "config",
    [{"x": float("nan")}, {"x": object()}, {"x": "y" * 2_001}, {"x": ["y" * 4_000] * 251}],
    ids=["NaN", "object", "a long text", "long"],
)
def test_other_configurations_are_refused(store: Store, config: dict[str, object]) -> None:
    with pytest.raises(BadConfig, match="config: expected"):
        store.revisions.put("ann", "north", "rules", config)
