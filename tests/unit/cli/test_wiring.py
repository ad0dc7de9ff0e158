"""The stages of one worker, as they are without any model."""

from pathlib import Path

import pytest

from sightline.cli.wiring import build, open_library
from sightline.config import load_settings
from sightline.core.errors import BadConfig


@pytest.mark.parametrize(("detector", "notes"), [("motion", False), ("street", True)])
def test_what_is_missing_is_said_apart_from_redaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detector: str, notes: bool
) -> None:
    """The demo leaves out what concerns real pictures only, and nothing else."""
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "none"))
    settings = load_settings(detect={"detector": detector})
    built = build(open_library(settings), settings)
    assert bool(built.notes) == notes
    assert not any("pixelated" in note for note in built.notes)
    assert len(built.redaction_notes) == 1
    assert "pixelated" in built.redaction_notes[0]


def test_an_unknown_detector_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "none"))
    settings = load_settings(detect={"detector": "eye"})
    with pytest.raises(BadConfig, match="detector: expected street, motion"):
        build(open_library(settings), settings)
