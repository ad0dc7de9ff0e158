"""The summary of a run."""

import json
from pathlib import Path

import pytest

from sightline.core.errors import BadConfig
from sightline.formats.summary import CameraSummary, write_summary


def test_keys_that_scripts_read(tmp_path: Path) -> None:
    path = tmp_path / "out" / "summary.json"
    camera = CameraSummary(
        frames_read=100,
        frames_analysed=50,
        dropped={"late": 50},
        tracks={"car": 3},
        counts={"line 1": {"forward": {"car": 2}}},
        ms={"detect": 35.12345},
        source="rtsp://admin:secret@cam/1",
        notes=("cannot open rtsp://admin:secret@cam/1",),
    )
    write_summary(path, {"north": camera}, seconds=2.0)
    read = json.loads(path.read_text())
    assert read["seconds"] == 2.0
    one = read["cameras"]["north"]
    assert {"frames_read", "frames_analysed", "dropped", "tracks", "counts", "ms"} <= set(one)
    assert one["ms"] == {"detect": 35.123}
    assert one["counts"] == {"line 1": {"forward": {"car": 2}}}
    assert "secret" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o644


def test_nothing_is_left_of_a_failed_write(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_summary(path, {})
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"JSON|nan"):
        write_summary(path, {"a": CameraSummary(1, 1, ms={"detect": float("nan")})})
    assert path.read_bytes() == before
    with pytest.raises(BadConfig, match="can be written"):
        write_summary(path / "below a file", {})
    assert [one.name for one in tmp_path.iterdir()] == ["summary.json"]
