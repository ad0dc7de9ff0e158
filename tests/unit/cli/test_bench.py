"""What ``sightline bench`` refuses, and what it measures beside."""

from pathlib import Path
from typing import Any

import pytest

from sightline.cli import bench as command
from sightline.cli.bench import Given, bench
from sightline.core.errors import BadConfig, SightlineError, SourceUnavailable


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Given]:
    """What a played benchmark named ``track`` was given, in a folder without an interpreter or shared material."""
    heard: list[Given] = []

    def played(one: Given) -> dict[str, Any]:
        heard.append(one)
        return {"us": 1}

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGHTLINE_SHARED", str(tmp_path / "none"))
    monkeypatch.setitem(command.BENCHES, "track", played)
    return heard


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        pytest.param({"name": "speed"}, BadConfig, "one of overhead", id="no such benchmark"),
        pytest.param({"name": "track", "plot": Path("x")}, BadConfig, "tracking-quality", id="nothing to draw"),
        pytest.param({"name": "overhead"}, SourceUnavailable, "expected a clip", id="no clips"),
        pytest.param({"name": "tracking-quality"}, SourceUnavailable, "expected truth", id="no truth"),
    ],
)
def test_refused(given: list[Given], options: dict[str, Any], error: type[SightlineError], words: str) -> None:
    with pytest.raises(error, match=words):
        bench(**options)
    assert given == []


def test_the_librarys_interpreter_is_the_one_asked_for_or_that_of_the_folder(
    given: list[Given], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench("track", keep=tmp_path / "kept")
    assert given[-1].libraries is None
    assert "without the library's trackers" in capsys.readouterr().err
    assert (tmp_path / "kept" / "track.json").is_file()
    command.LIBRARIES.parent.mkdir(parents=True)
    command.LIBRARIES.touch()
    bench("track")
    assert given[-1].libraries == tmp_path / command.LIBRARIES
    bench("track", libraries=Path("other"))
    assert given[-1].libraries == Path("other")
    assert "without" not in capsys.readouterr().err
