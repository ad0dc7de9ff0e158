"""The whole path on a drawn scene: frames in; tracks, counts, files and a page's picture out. No network, no model."""

import json
import threading
from pathlib import Path

import pytest

from sightline.cli.running import Show, run
from sightline.cli.wiring import build, open_library
from sightline.config import load_settings
from sightline.core.clock import SystemClock
from sightline.evaluate import evaluate_paths
from sightline.formats.mot import read_mot
from sightline.pipeline.board import Board
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.ports import Overlay, Picture, Update
from sightline.pipeline.worker import Worker
from sightline.simulate import DrawnSource, Scene, scene

FRAMES = 60


@pytest.fixture(scope="module")
def street() -> Scene:
    return scene(3, (480, 270), 12.0, view=0)


def plan(street: Scene, frames: int = FRAMES) -> CameraPlan:
    return CameraPlan(
        name="street",
        source="drawn:street",
        kind="file",
        lines=(street.line,),
        opener=lambda: DrawnSource("street", street, frames / street.fps),
    )


def test_a_drawn_street_becomes_tracks_counts_and_files(
    street: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "none"))
    settings = load_settings(detect={"detector": "motion"})
    outcome = run([plan(street)], build(open_library(settings), settings), settings, Show(headless=True, out=tmp_path))
    camera = outcome.summary["cameras"]["street"]
    assert camera["frames_read"] == camera["frames_analysed"] == FRAMES
    assert sum(camera["tracks"].values()) >= 2
    rows = read_mot(tmp_path / "street.txt")
    assert set(rows.frames.tolist()) <= set(range(1, FRAMES + 1))
    assert len(set(rows.ids.tolist())) >= 2
    assert json.loads((tmp_path / "summary.json").read_text())["cameras"]["street"] == camera
    assert (tmp_path / "counts.csv").read_text().startswith("camera,line,direction")
    assert evaluate_paths(tmp_path / "street.txt", tmp_path / "street.txt")["HOTA"] == pytest.approx(100)


def test_pictures_come_only_when_asked_for_and_with_the_boxes_of_that_picture(
    street: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "none"))
    settings = load_settings(detect={"detector": "motion"}, page={"picture_fps": 60})
    built = build(open_library(settings), settings)
    board = Board(SystemClock(), built.stages.counting, recent_events=10, detector="motion")
    worker = Worker([plan(street, 24)], built.stages, built.redact, board, settings, SystemClock())
    updates: list[Update] = []
    seen = threading.Event()

    def listener(update: Update) -> None:
        updates.append(update)
        if isinstance(update, Picture):
            seen.set()

    leave = board.subscribe(listener, ["street"])
    other: list[Update] = []
    board.subscribe(other.append, [])
    worker.start()
    assert seen.wait(20)
    leave()
    assert worker.wait(20)
    worker.stop()
    pictures = [one for one in updates if isinstance(one, Picture)]
    overlays = {one.index for one in updates if isinstance(one, Overlay)}
    assert pictures[0].jpeg.startswith(b"\xff\xd8")
    assert not pictures[0].pixelated, "drawn pictures need no redaction"
    assert {one.index for one in pictures} <= overlays
    assert not any(isinstance(one, Picture | Overlay) for one in other)
