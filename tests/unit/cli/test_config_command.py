"""``sightline config`` and ``sightline doctor`` as a person calls them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sightline.cli.app import app

GOOD = """\
name: here
settings: {page: {port: 0}}
cameras:
  gate: {source: "rtsp://u:hidden@10.0.0.5/x", purpose: count people through the gate}
"""
runner = CliRunner()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "models"))
    path = tmp_path / "site.yaml"
    path.write_text(GOOD + f"store: {{folder: {tmp_path / 'data'}}}\n", encoding="utf-8")
    return path


def test_a_sound_file(file: Path) -> None:
    done = runner.invoke(app, ["config", "check", str(file)])
    assert done.exit_code == 0, done.output
    assert "is sound: site here, 1 camera" in done.output
    assert "hidden" not in done.output
    said = json.loads(runner.invoke(app, ["config", "check", str(file), "--json"]).stdout)
    assert said["cameras"]["gate"]["source"] == "rtsp://***@10.0.0.5/x"


def test_every_fault_with_its_line(file: Path) -> None:
    file.write_text(file.read_text().replace("purpose:", "purpos:").replace("page:", "pag:"), encoding="utf-8")
    done = runner.invoke(app, ["config", "check", str(file)])
    assert done.exit_code == 2
    assert "did you mean purpose?" in done.output
    said = json.loads(runner.invoke(app, ["config", "check", str(file), "--json"]).stdout)
    assert (said["sound"], said["faults"][0]["line"]) == (False, 4)


def test_a_ground_that_cannot_be(file: Path) -> None:
    drawn = (
        "{lengths: [{start: [0.2, 0.9], end: [0.5, 0.9], metres: 6.5}, {start: [0.2, 0.5], end: [0.5, 0.5], metres: 3}"
    )
    drawn += ", {start: [0.2, 0.7], end: [0.2, 0.9], metres: 400}]}"
    file.write_text(file.read_text().replace("the gate}", f"the gate,\n    ground: {drawn}}}"), encoding="utf-8")
    done = runner.invoke(app, ["config", "check", str(file)])
    assert done.exit_code == 2
    assert "line 5: cameras.gate.ground.lengths: expected lengths on one flat ground" in done.output
    said = json.loads(runner.invoke(app, ["config", "check", str(file), "--json"]).stdout)
    assert (said["sound"], said["faults"][0]["key"]) == (False, "cameras.gate.ground.lengths")


def test_the_schema_is_one() -> None:
    said = json.loads(runner.invoke(app, ["config", "schema"]).stdout)
    assert {"cameras", "store", "people", "doors"} <= set(said["properties"])


def test_the_doctor_finds_what_is_missing(file: Path) -> None:
    done = runner.invoke(app, ["doctor", str(file), "--json"])
    said = json.loads(done.stdout)
    parts = {one["part"]: one["level"] for one in said["findings"]}
    assert parts["file"] == parts["video"] == parts["store"] == "ok"
    assert parts["privacy"] == "fault", "there are no models here to find faces with"
    assert done.exit_code == 1
    file.write_text(file.read_text().replace("rtsp://u:hidden@10.0.0.5/x", "/no/such/clip.mp4"), encoding="utf-8")
    assert "gate: expected a file or device" in runner.invoke(app, ["doctor", str(file)]).output
    file.write_text(
        GOOD.replace(
            '"rtsp://u:hidden@10.0.0.5/x"', '{url: "rtsp://10.0.0.5/x", user: u, password: "${NO_SUCH_SECRET}"}'
        ),
        encoding="utf-8",
    )
    assert "gate: secret ${NO_SUCH_SECRET}: expected a variable" in runner.invoke(app, ["doctor", str(file)]).output
    file.write_text("name: [", encoding="utf-8")
    broken = runner.invoke(app, ["doctor", str(file)])
    assert broken.exit_code == 1
    assert "line 1: expected YAML" in broken.output
