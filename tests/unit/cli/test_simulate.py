"""The command that makes districts: what it writes, says and refuses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sightline.cli.app import app
from sightline.core.errors import BadConfig
from sightline.formats.district import read_district
from sightline.formats.mot import read_mot


def simulate(*words: str) -> tuple[str, str]:
    """What the command prints on stdout and stderr; its error is raised."""
    done = CliRunner().invoke(app, ["simulate", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.stderr
    return done.stdout, done.stderr


def test_truth_is_made_and_told_as_one_object(tmp_path: Path) -> None:
    out, _ = simulate(str(tmp_path / "d"), "--cameras", "2", "--seconds", "2", "--users", "30", "--json")
    said = json.loads(out)
    assert (said["kind"], said["cameras"], said["frames"]) == ("truth", 2, 10)
    found = read_district(tmp_path / "d")
    assert [len(found.truth(name)) > 0 for name in found.names] == [True, True]
    assert found.manifest.settings == {"hour": 8.0, "users": 30, "weather": None, "sumo": False}


def test_tracks_come_with_what_simple_matching_reaches(tmp_path: Path) -> None:
    words = (str(tmp_path / "d"), "--cameras", "3", "--seconds", "20", "--tracks", "--users", "40")
    out, err = simulate(*words, "--missed", "0", "--json")
    assert set(json.loads(out)["baselines"]) == {"cameras", "tracks", "handovers", "looks_f1", "links_f1"}
    assert "by looks alone F1" in err
    assert bool(json.loads(out)["too_easy"]) == ("the district is whole all the same" in err), "no error: exit 0"
    manifest = read_district(tmp_path / "d").manifest
    assert manifest.kind == "tracks"
    assert manifest.settings["faults"]["missed"] == 0
    assert manifest.baselines == json.loads(out)["baselines"]
    with pytest.raises(BadConfig, match="an empty folder, or --force"):
        simulate(*words)
    simulate(*words, "--force", "--seed", "2")
    assert read_district(tmp_path / "d").manifest.seed == 2


def test_clips_show_what_the_truth_says(tmp_path: Path) -> None:
    words = (str(tmp_path / "d"), "--cameras", "1", "--seconds", "0.3", "--video", "--size", "320x180", "--users", "30")
    simulate(*words)
    found = read_district(tmp_path / "d")
    assert (tmp_path / "d" / "cameras" / "cam-01.mp4").stat().st_size > 1000
    assert found.manifest.kind == "video"
    assert set(read_mot(tmp_path / "d" / "truth" / "cam-01.txt").frames.tolist()) <= {1, 2, 3}


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("--video", "--tracks"), "--video"),
        (("--tracks", "--missed", "2"), "missed"),
        (("--size", "640"), "size"),
        (("--size", "32x32"), "size"),
        (("--fps", "0"), "camera"),
        (("--video", "--weather", "frogs"), "weather"),
    ],
    ids=["both kinds", "too many missed", "half a size", "too small", "no rate", "weather"],
)
def test_bad_wishes_are_refused_before_anything_is_written(tmp_path: Path, words: tuple[str, ...], key: str) -> None:
    with pytest.raises(BadConfig, match=key):
        simulate(str(tmp_path / "d"), *words)
    assert not (tmp_path / "d").exists()
