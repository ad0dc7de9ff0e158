"""The worker: one camera's fault harms no other, a studio that fails goes on, files end in order whatever happens."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.cli.running import Outcome, Show, run
from sightline.cli.wiring import Built, build, open_library
from sightline.config import Settings, load_settings
from sightline.core.errors import BadConfig
from sightline.core.frame import Frame
from sightline.core.values import Detections
from sightline.formats.mot import read_mot
from sightline.pipeline.camera import CameraPlan
from sightline.video import ClipWriter

FRAMES = 40
FPS = 10


class Walker:
    """A source of frames with one box that walks to the right; the box is the frame's number in its first pixel."""

    def __init__(self, camera: str) -> None:
        self._camera = camera

    def __iter__(self) -> Any:
        for index in range(1, FRAMES + 1):
            pixels = np.zeros((60, 200, 3), np.uint8)
            pixels[0, 0, 0] = index
            yield Frame(self._camera, index, (index - 1) * 1_000_000_000 // FPS, pixels)

    def close(self) -> None:
        pass


def detect(frames: Sequence[Frame], *, fails: Callable[[Frame], bool] = lambda _: False) -> list[Detections]:
    found = []
    for frame in frames:
        if fails(frame):
            raise ValueError(f"{frame.camera} is broken")
        left = 3.0 * float(frame.pixels[0, 0, 0])
        box = np.array([[left, 20, left + 12, 50]], np.float32)
        found.append(Detections(box, np.ones(1, np.float32), np.array([7], np.int16)))
    return found


@pytest.fixture
def settings() -> Settings:
    return load_settings(detect={"detector": "motion"})


@pytest.fixture
def built(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "none"))
    return build(open_library(settings), settings)


def outcome(built: Built, settings: Settings, detector: Any, names: Sequence[str], show: Show) -> Outcome:
    plans = [CameraPlan(name, f"drawn:{name}", "file", opener=lambda name=name: Walker(name)) for name in names]  # type: ignore[misc]
    return run(plans, replace(built, stages=replace(built.stages, detect=detector)), settings, show)


def test_every_frame_of_every_camera_in_order(built: Built, settings: Settings, tmp_path: Path) -> None:
    done = outcome(built, settings, detect, ["a", "b"], Show(headless=True, out=tmp_path))
    assert (done.unavailable, done.faults) == ((), ())
    for name in "ab":
        rows = read_mot(tmp_path / f"{name}.txt")
        assert rows.frames.tolist() == list(range(1, FRAMES + 1)), "from the first hit on, each frame once"
        assert set(rows.ids.tolist()) == {1}
        assert done.summary["cameras"][name]["tracks"] == {"pedestrian": 1}


def test_a_camera_that_breaks_a_stage_stops_alone(built: Built, settings: Settings, tmp_path: Path) -> None:
    broken = lambda frames: detect(frames, fails=lambda frame: frame.camera == "bad")  # noqa: E731
    done = outcome(built, settings, broken, ["a", "bad", "b"], Show(headless=True, out=tmp_path))
    assert [fault.split(":")[0] for fault in done.faults] == ["camera bad"]
    assert done.unavailable == ()
    cameras = done.summary["cameras"]
    assert cameras["a"]["frames_analysed"] == cameras["b"]["frames_analysed"] == FRAMES
    assert cameras["bad"]["frames_analysed"] == 0
    assert cameras["bad"]["dropped"]["fault"] >= 20


def test_one_bad_picture_costs_one_picture(built: Built, settings: Settings, tmp_path: Path) -> None:
    settings = load_settings(detect={"detector": "motion"}, pipeline={"in_flight": 1})
    broken = lambda frames: detect(frames, fails=lambda frame: frame.index == 9)  # noqa: E731
    done = outcome(built, settings, broken, ["a"], Show(headless=True, out=tmp_path))
    assert done.faults == ()
    assert done.summary["cameras"]["a"]["frames_analysed"] == FRAMES - 1
    assert done.summary["cameras"]["a"]["dropped"] == {"fault": 1}


def test_a_disk_that_refuses_one_file_costs_that_file(
    built: Built, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise BadConfig("output", "a.txt", "room on the disk")

    monkeypatch.setattr("sightline.pipeline.files._TrackFile.write", refuse)
    done = outcome(built, settings, detect, ["a"], Show(headless=True, out=tmp_path))
    assert done.faults == ("output: expected room on the disk, got 'a.txt'",)
    assert json.loads((tmp_path / "summary.json").read_text())["cameras"]["a"]["frames_analysed"] == FRAMES
    assert (tmp_path / "counts.csv").exists()
    assert (tmp_path / "events.jsonl").exists()


def test_a_source_is_never_written_over(built: Built, settings: Settings, tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    with ClipWriter(clip, 10, (64, 64)) as writer:
        for _ in range(5):
            writer.write(np.zeros((64, 64, 3), np.uint8))
    before = clip.read_bytes()
    with pytest.raises(BadConfig, match="source itself"):
        run([CameraPlan("a", str(clip), "file")], built, settings, Show(headless=True, out=tmp_path, video=True))
    assert clip.read_bytes() == before


def test_a_studio_whose_picture_fails_makes_the_next(built: Built, settings: Settings) -> None:
    from sightline.core.clock import SystemClock
    from sightline.core.values import Attributes, Tracks
    from sightline.pipeline.board import Board
    from sightline.pipeline.meter import Meter
    from sightline.pipeline.ports import Picture
    from sightline.pipeline.studio import Shot, Studio

    clock = SystemClock()
    board = Board(clock, built.stages.counting, recent_events=10, detector="motion")
    seen = threading.Event()
    board.subscribe(lambda update: seen.set() if isinstance(update, Picture) else None, ["a"])
    calls: list[int] = []

    def redact(frame: Frame, *words: object, **more: object) -> Any:
        calls.append(frame.index)
        if frame.index == 1:
            raise ZeroDivisionError
        return built.redact(frame, *words, **more)  # type: ignore[arg-type]

    studio = Studio(redact, board, lambda _: Meter(clock), settings.page, clock)  # type: ignore[arg-type]
    studio.start()
    failed = Shot(Frame("a", 1, 0, np.zeros((8, 8, 3), np.uint8)), Tracks.empty(), Attributes.empty(), 0.0, True)
    studio.offer(failed)
    while calls != [1]:
        pass
    studio.offer(replace(failed, frame=Frame("a", 2, 1, np.zeros((8, 8, 3), np.uint8))))
    assert seen.wait(10)
    studio.stop()
