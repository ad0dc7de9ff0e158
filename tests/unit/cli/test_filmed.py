"""A district on disk as cameras: clips with lines and places, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sightline.cli.app import app
from sightline.cli.filmed import filmed, is_district
from sightline.cli.watch import districts
from sightline.core.errors import BadConfig, BadData
from sightline.core.ground import ground_points
from sightline.simulate.district import district
from sightline.simulate.mounting import lines_for
from sightline.simulate.truths import ground_points as ground_of_simulator


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A district with clips of half a second."""
    folder = tmp_path_factory.mktemp("town") / "town"
    asked = ["simulate", str(folder), "--cameras", "2", "--seconds", "0.5", "--video", "--size", "192x108"]
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert done.exit_code == 0
    return folder


def test_each_camera_has_its_clip_lines_and_place(town: Path) -> None:
    assert is_district(str(town))
    made = district(1, 2, size=(192, 108), fps=10.0)
    cameras, city = filmed(str(town))
    assert city["type"] == "FeatureCollection"
    for one, camera in zip(cameras, made.cameras, strict=True):
        assert (one.name, Path(one.clip).is_file()) == (camera.name, True)
        assert one.lines == lines_for(made.layout, camera)
        shares = np.array([[0.5, 0.9], [0.2, 0.7], [0.8, 0.6]])
        here = ground_points(one.mount, 192 / 108, shares)
        there = made.layout.lonlat(ground_of_simulator(camera, shares * camera.size))
        assert here == pytest.approx(there, abs=2e-6), "a fifth of a metre"


def test_a_folder_among_other_sources(town: Path) -> None:
    known, city = districts(["rtsp://192.0.2.7/a", str(town), "b.mp4"])
    assert [one.name for one in known.values()] == ["cam-01", "cam-02"]
    assert city is not None
    assert districts(["b.mp4"]) == ({}, None)


def test_other_folders_are_no_districts(tmp_path: Path) -> None:
    assert not is_district(str(tmp_path))
    assert not is_district(str(tmp_path / "none"))


def test_a_district_without_clips_or_half_written_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    done = CliRunner().invoke(app, ["simulate", str(folder), "--cameras", "1", "--seconds", "1"])
    assert done.exit_code == 0
    with pytest.raises(BadConfig, match="--video"):
        filmed(str(folder))
    (folder / "district.json").unlink()
    with pytest.raises(BadData, match="half written"):
        filmed(str(folder))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda members: members["cameras"].pop(), "place and calibration of camera cam-02"),
        (lambda members: members.pop("cameras"), "the calibration of every camera"),
        (lambda members: members["cameras"][0].update(yaw_deg="north"), "camera cam-01"),
        (lambda members: members["cameras"][0].update(pitch_deg=float("nan")), "finite numbers"),
    ],
)
def test_a_broken_calibration_is_refused(town: Path, change, sentence: str) -> None:  # type: ignore[no-untyped-def]
    path = town / "calibration.json"
    text = path.read_text()
    members = json.loads(text)
    change(members)
    try:
        path.write_text(json.dumps(members))
        with pytest.raises(BadData, match=sentence):
            filmed(str(town))
    finally:
        path.write_text(text)
