"""Moving points as OGC MF-JSON."""

import json

import numpy as np
import pytest

from sightline.formats.mf_json import Moving, moving_text

NOON = 1_795_348_800_000_000_000


def _moving(times_s: list[float], lonlat: list[tuple[float, float]]) -> Moving:
    return Moving({"class": "bus"}, NOON + (np.array(times_s) * 1e9).astype(np.int64), np.array(lonlat, np.float64))


def test_members_of_the_standard() -> None:
    # 0.001 degrees of latitude are 111.195 m on the mean sphere; half of that along the parallel of 60 degrees.
    text = moving_text([_moving([0, 10, 12.5], [(10, 60), (10, 60.001), (10.001, 60.001)])] * 2)
    collection = json.loads(text)
    assert collection["type"] == "FeatureCollection"
    assert [one["id"] for one in collection["features"]] == [1, 2]
    feature = collection["features"][0]
    assert feature["geometry"]["type"] == "LineString"
    assert feature["temporalGeometry"] == {
        "type": "MovingPoint",
        "datetimes": ["2026-11-22T12:00:00Z", "2026-11-22T12:00:10Z", "2026-11-22T12:00:12.500Z"],
        "coordinates": [[10.0, 60.0], [10.0, 60.001], [10.001, 60.001]],
        "interpolation": "Linear",
    }
    speed = feature["temporalProperties"][0]["speed"]
    assert speed == {"type": "Measure", "form": "MTS", "values": [11.12, 22.24, 22.24], "interpolation": "Step"}


def test_nothing_moves() -> None:
    assert json.loads(moving_text([]))["features"] == []


@pytest.mark.parametrize(
    ("times", "lonlat"),
    [
        pytest.param([0], [(10, 60)], id="one place"),
        pytest.param([0, 1], [(10, 60)], id="fewer places than times"),
        pytest.param([1, 0], [(10, 60), (10, 61)], id="back in time"),
        pytest.param([0, 0], [(10, 60), (10, 61)], id="two places at once"),
        pytest.param([0, 1], [(10, 60), (10, 91)], id="north of the pole"),
        pytest.param([0, 1], [(10, 60), (float("nan"), 60)], id="nowhere"),
    ],
)
def test_other_ways_are_refused(times: list[float], lonlat: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="moving: expected"):
        _moving(times, lonlat)
