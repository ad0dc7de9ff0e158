"""Whole districts on disk: the same seed gives the same bytes, and what is true is what happened."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import BadConfig, BadData
from sightline.core.events import Line
from sightline.core.vocabulary import CODE
from sightline.formats.district import read_cameras, read_district
from sightline.formats.geojson import read_geojson
from sightline.simulate.faults import Faults
from sightline.simulate.flow import Traffic
from sightline.simulate.layout import make_layout
from sightline.simulate.mounting import lines_for, place_cameras
from sightline.simulate.record import Scene, record
from sightline.simulate.record_tracks import record_tracks
from sightline.simulate.sight import Sight
from sightline.simulate.spool import Spool
from sightline.simulate.truths import ById, ground_points, visits
from sightline.simulate.world import I8, Camera, Layout, Movers, Street

NODES = np.array([[0.0, 0.0], [120.0, 0.0], [0.0, 120.0], [-120.0, 0.0]])
TOWN = Layout(
    seed=0,
    origin=(-30.0, 45.0),
    nodes=NODES,
    streets=tuple(Street(f"street {k}", 0, k, 1, False, False, 3.0, 13.9) for k in (1, 2, 3)),
    setback_m=np.array([[9.0, 0.0]] * 3),
    signals=np.array([True, False, False, False]),
    heads=(),
)
# Looks east along the street from 30 m west of the junction; its line lies across the street, from left to right.
CAMERA = Camera("cam-01", (-30.0, 0.0, 8.0), 0.0, float(np.radians(20)), float(np.radians(60)))
LINE = Line("gate", (0.1, 0.6), (0.9, 0.6))
START_NS = 1_925_000_000_000_000_000


class Ride:
    """A car that comes from the west at 10 m/s and turns north, a van that is parked, somebody who comes later."""

    def __init__(self) -> None:
        self._steps = 0
        self.lights: I8 = np.zeros(0, np.int8)

    @property
    def time_s(self) -> float:
        return self._steps / 10

    def advance(self) -> None:
        self._steps += 1

    @property
    def movers(self) -> Movers:
        gone = 10.0 * self.time_s
        x, y = min(-25.0 + gone, 0.0), max(gone - 25.0, 0.0)
        n = 2 if self.time_s < 1.0 else 3
        every = Movers(
            ids=np.array([1, 2, 3]),
            labels=np.array([CODE["van"], CODE["car"], CODE["pedestrian"]], np.int16),
            places=np.array([[20.0, -2.0], [x, y - 1.0], [10.0, 2.0]]),
            headings=np.array([0.0, 0.0 if y == 0 else np.pi / 2, 0.0]),
            speeds=np.array([0.0, 10.0, 0.0]),
            gone_m=np.array([0.0, gone, 0.0]),
            looks=np.array([5, 6, 7]),
            sizes=np.array([[5.1, 1.96, 2.16], [4.3, 1.76, 1.46], [0.5, 0.55, 1.7]]),
            parked=np.array([True, False, False]),
            brakes=np.zeros(3, np.bool_),
        )
        return every.keep(np.arange(n))


def scene(seconds: float = 5.0, fps: float = 5.0) -> Scene:
    return Scene(TOWN, (CAMERA,), ((LINE,),), 1, seconds, fps, START_NS, {"hour": 8.0})


def quiet(done: int, total: int, what: str) -> None:
    assert done <= total


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_what_happened_is_what_is_true(tmp_path: Path) -> None:
    record(tmp_path / "d", scene(), Ride(), quiet)
    found = read_district(tmp_path / "d")
    rows = found.truth("cam-01")
    assert rows.frames.max() == 25
    van, car = rows.keep(rows.ids == 1), rows.keep(rows.ids == 2)
    assert len(van) == 25  # parked: in every frame, never counted
    assert set(van.confidences.tolist()) == {0.0}
    assert set(car.classes.tolist()) == {100}
    journeys = found.table("journeys.csv")
    assert journeys["id"].tolist() == [2, 3]
    assert journeys["mean_mps"].tolist() == pytest.approx([10.0, 0.0], abs=0.01)
    assert journeys["first_s"].tolist()[1] == 1.0
    crossed = found.table("crossings.csv")
    assert [crossed[name].tolist() for name in ("camera", "line", "id")] == [["cam-01"], ["gate"], [2]]
    # In the picture the line runs from left to right, so whoever drives away from the camera comes from its right.
    assert crossed["direction"].tolist() == ["backward"]
    at = ground_points(CAMERA, np.array([[320.0, 0.6 * 360]]))[0, 0]
    assert crossed["time_s"].tolist() == pytest.approx([(at + 25.0) / 10.0], abs=0.01)
    assert found.table("speeds.csv")["speed_mps"].tolist() == [10.0]
    turned = found.table("turning.csv")
    assert [turned[name].tolist() for name in ("junction", "from_street", "to_street", "count")] == [
        [0], ["2 street 3"], ["1 street 2"], [1],
    ]  # fmt: skip
    world = list(found.world())
    assert sum(len(part) for part in world) == 25 + 20
    assert found.table("movers.csv")["first_s"].tolist() == [0.0, 0.0, 1.0]


def test_calibration_and_map_agree_with_the_camera(tmp_path: Path) -> None:
    record(tmp_path / "d", scene(0.2), Ride(), quiet)
    said = json.loads((tmp_path / "d" / "calibration.json").read_text())["cameras"][0]
    x, y, w = np.array(said["homography"]) @ [12.0, -3.0, 1.0]
    back = ground_points(CAMERA, np.array([[x / w, y / w]]))
    assert back[0].tolist() == pytest.approx([12.0, -3.0])
    features = read_geojson(tmp_path / "d" / "map.geojson")
    kinds = [one["properties"]["kind"] for one in features]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "street": 3, "junction": 1, "crossing": 3, "camera": 1, "view": 1, "line": 1,
    }  # fmt: skip


def _truth(folder: Path) -> None:
    layout = make_layout(2, 2)
    cameras = place_cameras(layout, 2, 3)
    lines = tuple(lines_for(layout, camera) for camera in cameras)
    record(folder, Scene(layout, cameras, lines, 2, 4.0, 5.0, START_NS), Traffic(layout, 2, users=30), quiet)


def _tracks(folder: Path) -> None:
    layout = make_layout(2, 2)
    cameras = place_cameras(layout, 2, 3)
    made = Scene(layout, cameras, ((),) * 3, 2, 20.0, 2.0, START_NS)
    record_tracks(folder, made, Traffic(layout, 2, users=30), Faults(), quiet)


@pytest.mark.parametrize("make", [_truth, _tracks], ids=["truth", "tracks"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a")
    make(tmp_path / "b")
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    found = read_district(tmp_path / "a")
    for name in found.names:
        rows = found.tracks(name)[0] if make is _tracks else found.truth(name)
        assert len(rows)
    assert not (tmp_path / "a" / "spool").exists()


def test_tracks_tell_no_more_than_a_solver_may_know(tmp_path: Path) -> None:
    made = replace(scene(20.0, 2.0), lines=((),))
    record_tracks(tmp_path / "d", made, Ride(), Faults(missed=0, false=0), quiet)
    (told,) = read_cameras(tmp_path / "d" / "cameras.json")
    assert told.place is None
    assert abs(told.start_ns - START_NS) <= 2e9
    outside = [path.name for path in (tmp_path / "d").iterdir() if not path.name.startswith(".")]
    assert sorted(outside) == ["cameras.json", "district.json", "tracks", "truth"]
    assert "yaw" not in (tmp_path / "d" / "district.json").read_text()
    record_tracks(tmp_path / "e", made, Ride(), Faults(), quiet, positions=True)
    assert read_cameras(tmp_path / "e" / "cameras.json")[0].place == CAMERA.place


def test_a_broken_run_leaves_a_folder_that_is_refused(tmp_path: Path) -> None:
    class Breaks(Ride):
        def advance(self) -> None:
            if self.time_s > 2:
                raise RuntimeError("power cut")
            super().advance()

    with pytest.raises(RuntimeError, match="power cut"):
        record(tmp_path / "d", scene(), Breaks(), quiet)
    with pytest.raises(BadData, match="half written"):
        read_district(tmp_path / "d")


@pytest.mark.parametrize(("seconds", "fps"), [(0.0, 5.0), (np.nan, 5.0), (5.0, 0.0), (5.0, 51.0)])
def test_bad_wishes_are_refused(seconds: float, fps: float) -> None:
    with pytest.raises(BadConfig):
        scene(seconds, fps)


def test_rows_on_disk_are_those_in_memory(tmp_path: Path) -> None:
    ride, sight = Ride(), Sight(TOWN, [CAMERA, replace(CAMERA, name="cam-02")])
    small, large = (Spool(tmp_path / word, ["a", "b"], most_rows=rows) for word, rows in (("s", 3), ("l", 10**6)))
    for frame in range(1, 15):
        seen = sight.see(ride.movers)
        small.add(frame, seen, ride.movers)
        large.add(frame, seen, ride.movers)
        ride.advance()
    assert small.bytes_on_disk > 0
    for camera in (0, 1):
        assert small.rows(camera).tobytes() == large.rows(camera).tobytes()
        assert len(large.rows(camera)) >= 14
    small.close()
    assert not (tmp_path / "s").exists()


def test_who_is_away_for_long_comes_back_as_another_visit(tmp_path: Path) -> None:
    ride, sight = Ride(), Sight(TOWN, [CAMERA])
    spool = Spool(tmp_path, ["a"])
    for _ in range(8):  # until it is in the picture
        ride.advance()
    for frame in (1, 2, 3, 10, 11):
        spool.add(frame, sight.see(ride.movers), ride.movers)
    assert visits(spool.rows(0), 5.0).ids.tolist() == [2]
    apart = visits(spool.rows(0), 2.0)
    assert apart.rows["frame"][apart.starts].tolist() == [1, 10]
    assert apart.rows["frame"][apart.ends].tolist() == [3, 11]


def test_columns_by_id_grow() -> None:
    known = ById(-1, 2, np.int32)
    known.put(np.array([3, 5000]), np.array([[1, 2], [3, 4]]))
    assert known.get(np.array([5000, 3, 4, 90_000])).tolist() == [[3, 4], [1, 2], [-1, -1], [-1, -1]]


def test_no_ground_above_the_horizon() -> None:
    with pytest.raises(ValueError, match="above the horizon"):
        ground_points(CAMERA, np.array([[320.0, -400.0]]))
