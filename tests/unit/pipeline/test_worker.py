"""The worker: one camera's fault harms no other, a studio that fails goes on, files end in order whatever happens."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.cli.running import Outcome, Show, run
from sightline.cli.wiring import Built, build, open_library
from sightline.config import Settings, load_settings
from sightline.config.rules import PluginRule
from sightline.core.clock import SystemClock
from sightline.core.errors import BadConfig
from sightline.core.events import Line, LineCrossed
from sightline.core.frame import Frame
from sightline.core.values import Detections
from sightline.formats.mot import read_mot
from sightline.pipeline.board import Board
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.counting import Counting
from sightline.pipeline.worker import Worker
from sightline.rules.ruleset import RULES, Drawing
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


class Endless:
    """A live source: one box that stands, a frame whenever the last was taken, until it is closed."""

    def __init__(self, camera: str, opened: list[str]) -> None:
        self._camera = camera
        self.closed = threading.Event()
        opened.append(camera)

    def __iter__(self) -> Any:
        index = 0
        while not self.closed.wait(0.002):
            index += 1
            pixels = np.zeros((60, 200, 3), np.uint8)
            pixels[0, 0, 0] = 5
            yield Frame(self._camera, index, index * 1_000_000_000 // FPS, pixels)

    def close(self) -> None:
        self.closed.set()


class Service:
    """A worker that never ends, with cameras a test adds and takes away."""

    def __init__(self, built: Built, settings: Settings) -> None:
        self.opened: list[str] = []
        self.seen: Counter[str] = Counter()
        self.changed = threading.Condition()
        self.stages = replace(built.stages, detect=detect)
        self.board = Board(SystemClock(), built.stages.counting, recent_events=10, detector="none")
        self.worker = Worker([], self.stages, built.redact, self.board, settings, SystemClock(), endless=True)
        self.worker.add_sink(self._sink)
        self.worker.start()

    def _sink(self, frame: Frame, _: Any) -> None:
        with self.changed:
            self.seen[frame.camera] += 1
            self.changed.notify_all()

    def plan(self, name: str, **more: Any) -> CameraPlan:
        return CameraPlan(name, f"drawn:{name}", "live", opener=lambda: Endless(name, self.opened), **more)

    def sees(self, name: str, more: int = 3) -> bool:
        with self.changed:
            wanted = self.seen[name] + more
            return self.changed.wait_for(lambda: self.seen[name] >= wanted, 20)


@pytest.fixture
def service(built: Built, settings: Settings) -> Iterator[Service]:
    one = Service(built, settings)
    yield one
    one.worker.stop()


def test_cameras_come_and_go_without_touching_others(service: Service) -> None:
    worker = service.worker
    for name in ("a", "b"):
        worker.add(service.plan(name))
        assert service.sees(name)
    worker.remove("b")
    assert [one.name for one in service.board.cameras()] == ["a"]
    assert len(service.stages.follow.places("b")) == 0, "the tracker keeps nothing of it"
    assert service.sees("a"), "the other goes on"
    worker.add(service.plan("b", lines=(Line("new", (0.1, 0.5), (0.9, 0.5)),)))
    assert service.sees("b")
    assert service.opened == ["a", "b", "b"], "a was never opened again"
    assert [line.name for line in service.board.lines("b")] == ["new"]


def test_a_paused_camera_is_not_read_and_keeps_its_lines(service: Service) -> None:
    worker, drawn = service.worker, Line("drawn", (0.1, 0.5), (0.9, 0.5))
    worker.add(service.plan("a"))
    worker.add(service.plan("other"))
    assert service.sees("a")
    service.board.set_lines("a", [drawn])
    worker.pause("a")
    assert service.sees("other"), "pausing one stops no other"
    assert {one.name: one.state for one in service.board.cameras()} == {"a": "paused", "other": "running"}
    before = service.seen["a"]
    assert service.sees("other", 10)
    assert service.seen["a"] <= before + 1, "at most the frame that was in work"
    worker.resume("a")
    assert service.sees("a")
    assert service.board.lines("a") == (drawn,)
    assert [one.name for one in service.board.cameras()] == ["a", "other"], "in the order of before"
    assert service.board.cameras()[0].tracks == {"pedestrian": 2}, "who was seen before the pause still was"


def test_a_service_without_cameras_waits_for_some(service: Service) -> None:
    assert not service.worker.wait(0.3)
    with pytest.raises(KeyError):
        service.worker.remove("nobody")
    service.worker.add(service.plan("a", analysis_fps=5), paused=True)
    assert service.board.cameras()[0].state == "paused"
    with pytest.raises(KeyError):
        service.worker.add(service.plan("a"))
    assert service.opened == []
    service.worker.resume("a")
    assert service.sees("a")


UNSOUND = Drawing(rules=(PluginRule(type="plugin", name="r", plugin="nosuch"),))


def test_a_camera_whose_rules_cannot_be_made_is_not_taken_at_all(service: Service) -> None:
    with pytest.raises(BadConfig):
        service.worker.add(service.plan("a", drawing=UNSOUND))
    assert (service.opened, list(service.board.cameras())) == ([], [])
    service.worker.add(service.plan("a"))
    assert service.sees("a")
    with pytest.raises(BadConfig):
        service.worker.replace(service.plan("a", drawing=UNSOUND))
    assert service.sees("a"), "it goes on as it was"
    assert service.opened == ["a"]


def test_a_camera_read_anew_keeps_its_counts_and_says_farewell_first(service: Service) -> None:
    counting, counts = service.stages.counting, []
    service.worker.add_farewell(lambda name: counts.append(sum(row.by_class["car"] for row in counting.rows(name, 1))))
    service.worker.add(service.plan("a"))
    assert service.sees("a")
    counting._counted([LineCrossed("a", 60_000_000_000, "in", "forward", 1, "car", 0.9)])
    service.worker.replace(service.plan("a", analysis_fps=5))
    assert [row.by_class for row in service.board.counts("a", 1)] == [{"car": 1}]
    service.worker.remove("a")
    assert counts == [1, 1], "before all is forgotten"


class Broken:
    """A rule that fails at every sample."""

    def update(self, scene: Any) -> list[Any]:
        raise ValueError("this rule is broken")

    def finish(self, time_ns: int) -> list[Any]:
        return []


def test_a_rule_that_breaks_one_camera_costs_the_others_nothing(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    makers: Any = {**RULES, "broken": lambda config, camera: Broken()}
    line = Line("in", (0.3, 0.0), (0.3, 1.0))
    bad = PluginRule(type="plugin", name="r", plugin="broken")
    drawings = {name: Drawing((line,), (), (bad,) if name == "bad" else ()) for name in ("good", "bad", "other")}
    plans = [
        CameraPlan(name, f"drawn:{name}", "file", opener=lambda name=name: Walker(name), drawing=drawing)  # type: ignore[misc]
        for name, drawing in drawings.items()
    ]
    counting = Counting(settings.count, makers=makers)
    mended = replace(built, stages=replace(built.stages, detect=detect, counting=counting))
    done = run(plans, mended, settings, Show(headless=True, out=tmp_path))
    assert "this rule is broken" in done.faults[0]
    said = [json.loads(text) for text in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert sorted(one["Source"]["VideoSource"] for one in said if "LineDetector" in one["topic"]) == ["good", "other"]
    for name in ("good", "other"):
        assert done.summary["cameras"][name]["frames_analysed"] == FRAMES
