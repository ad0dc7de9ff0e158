"""The reading thread: files to their end, the ladder, stopping; sources are drawn files or scripted ones."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from sightline.config import VideoSettings
from sightline.core.errors import SourceLost, SourceUnavailable
from sightline.core.events import SourceChanged
from sightline.core.frame import Frame
from sightline.video import FrameSlot, Reader
from sightline.video import reader as reader_module
from sightline.video.source import Clocks, SourceInfo, Start, Tally


def until(condition: Callable[[], object], limit_s: float = 10) -> None:
    """Wait for a condition, at most limit_s."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "the condition never came true"
        threading.Event().wait(0.005)


class Scripted:
    """Stands in for ``open_source``: each opening plays the next act, a number of frames and how it ends."""

    def __init__(self, *acts: tuple[int, str]) -> None:
        self.acts = list(acts)
        self.starts: list[Start] = []
        self.release = threading.Event()

    def __call__(self, url: str, *, start: Start, camera: str, **rest: object) -> "ScriptedSource":
        self.starts.append(start)
        count, ending = self.acts.pop(0) if self.acts else (0, "refuse")
        if ending == "refuse":
            raise SourceUnavailable("rtsp://u:p@h: expected a video stream, got connection refused")
        return ScriptedSource(self, camera, start, count, ending)


class ScriptedSource:
    def __init__(self, script: Scripted, camera: str, start: Start, count: int, ending: str) -> None:
        self.script, self.camera, self.start, self.count, self.ending = script, camera, start, count, ending
        self.info = SourceInfo("rtsp://***@h", "live", 2, 2, 25.0, "h264", None)
        self.tally, self.reading, self.last_packet_ns = Tally(), False, time.monotonic_ns()
        self.pace, self.pause, self.drift_s, self.progress = False, None, None, None
        self.clocks, self.interlaced = Clocks(), False

    def frames(self, wanted: object) -> Iterator[Frame]:
        for step in range(1, self.count + 1):
            self.tally.decoded += 1
            yield Frame(self.camera, self.start.index + step, self.start.time_ns + step, np.zeros((2, 2, 3), np.uint8))
        if self.ending == "hang":
            self.reading = True
            self.script.release.wait(20)
            return
        if self.ending == "wait":
            self.script.release.wait(20)
        raise SourceLost("rtsp://u:p@h: expected the next picture, got connection reset")

    camera_clock_s = None

    @property
    def position(self) -> Start:
        return Start(self.start.index + self.tally.decoded, self.start.time_ns + self.tally.decoded)

    def close(self) -> None:
        pass


@pytest.fixture
def run(settings: VideoSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple]]:
    """A function that starts a Reader over a script; stopped at the end."""
    started: list[tuple[Reader, Scripted]] = []

    def start(*acts: tuple[int, str], url: str = "rtsp://u:p@h", stall_s: float = 2.0, **more: object) -> tuple:
        script, events, slot = Scripted(*acts), [], FrameSlot("newest", 100)
        monkeypatch.setattr(reader_module, "open_source", script)
        own = settings.model_copy(update={"stall_s": stall_s})
        reader = Reader("cam", url, settings=own, slot=slot, on_event=events.append, **more)  # type: ignore[arg-type]
        started.append((reader, script))
        reader.start()
        return reader, slot, script, events

    yield start
    for reader, script in started:
        script.release.set()
        reader.stop()


def taken(slot: FrameSlot) -> list[Frame]:
    return list(iter(lambda: slot.take(0), None))


@pytest.mark.parametrize(("policy", "size"), [("queue", 1), ("queue", 8), ("newest", 100)])
def test_a_file_comes_whole_and_ends(make_clip, settings, policy, size: int) -> None:
    events: list[SourceChanged] = []
    slot = FrameSlot(policy, size)
    reader = Reader("cam", str(make_clip(frames=40)), settings=settings, slot=slot, on_event=events.append)
    reader.start()
    frames = list(iter(lambda: slot.take(10), None))
    assert [frame.index for frame in frames] == list(range(1, 41))
    until(lambda: reader.stats().state == "ended" and events)
    stats = reader.stats()
    assert (stats.reason, stats.frames_read, stats.dropped, stats.progress) == ("", 40, {}, 1.0)
    assert (stats.width, stats.height, stats.fps, stats.codec) == (64, 48, 25.0, "h264")
    assert stats.ms["decode"] > 0
    assert [(event.state, event.time_ns) for event in events] == [("ended", 39 * 40_000_000)]
    reader.stop()


def test_not_due_and_slot_full_are_counted_apart(make_clip, settings) -> None:
    slot = FrameSlot("newest", 1)
    clip = str(make_clip(frames=40))
    reader = Reader("cam", clip, settings=settings, slot=slot, wanted=lambda index, _: index % 2 == 0)
    reader.start()
    until(lambda: slot.closed)
    assert reader.stats().dropped == {"not due": 20, "slot full": 19}
    assert slot.take(0).index == 40  # type: ignore[union-attr]


def test_stopping_while_the_queue_is_full(make_clip, settings) -> None:
    slot = FrameSlot("queue", 1)
    reader = Reader("cam", str(make_clip(frames=40)), settings=settings, slot=slot)
    reader.start()
    until(lambda: reader.stats().frames_put >= 2)
    reader.stop()
    until(lambda: reader.stats().state == "ended")
    assert slot.closed


def test_a_paced_file_takes_its_time(make_clip, settings) -> None:
    slot = FrameSlot("newest", 100)
    reader = Reader("cam", str(make_clip(frames=15, fps=50)), settings=settings, slot=slot, pace=True)
    begin = time.monotonic()
    reader.start()
    until(lambda: slot.closed)
    assert time.monotonic() - begin > 0.25  # 14 steps of 20 ms; an upper bound would judge the machine
    assert [frame.index for frame in taken(slot)] == list(range(1, 16))


def test_stopping_a_paced_file_does_not_wait_for_the_next_frame(make_clip, settings) -> None:
    slot = FrameSlot("newest", 1)
    reader = Reader("cam", str(make_clip(frames=10, fps=1)), settings=settings, slot=slot, pace=True)
    reader.start()
    until(lambda: reader.stats().frames_put)
    reader.stop()
    until(lambda: reader.stats().state == "ended")
    assert reader.stats().frames_put < 10


def test_a_missing_file_fails_with_one_sentence(settings, tmp_path) -> None:
    slot = FrameSlot("queue", 1)
    reader = Reader("cam", str(tmp_path / "none.mp4"), settings=settings, slot=slot)
    reader.start()
    assert slot.take(10) is None
    until(lambda: reader.stats().state == "failed")
    assert reader.stats().reason == f"{tmp_path / 'none.mp4'}: expected a video file, got no such file"


def test_a_live_source_returns_and_goes_on_counting(run) -> None:
    reader, slot, script, events = run((5, "lost"), (0, "refuse"), (0, "lost"), (5, "wait"))
    until(lambda: reader.stats().frames_put == 10)
    frames = taken(slot)
    assert [frame.index for frame in frames] == list(range(1, 11))
    times = [frame.time_ns for frame in frames]
    assert times == sorted(set(times))
    assert script.starts[1].index == 5
    stats = reader.stats()
    assert (stats.state, stats.reconnects, stats.reason, stats.frames_read) == ("running", 1, "", 10)
    assert [event.state for event in events] == ["lost", "returned"]
    assert "u:p" not in events[0].reason
    assert "got connection reset" in events[0].reason


def test_waits_double_up_to_the_longest(run) -> None:
    reader, _, script, _ = run((1, "lost"))
    waits = []
    until(lambda: len(script.starts) >= 2)
    until(lambda: waits.append(reader.stats().retry_in_s) or len(script.starts) >= 8)
    assert max(wait for wait in waits if wait is not None) <= 0.2
    stats = reader.stats()
    assert stats.state == "lost"
    assert "connection refused" in stats.reason


@pytest.mark.parametrize(("persistent", "state"), [(False, "failed"), (True, "lost")])
def test_a_live_source_that_was_never_there(run, persistent: bool, state: str) -> None:
    reader, slot, _, events = run(persistent=persistent)
    until(lambda: reader.stats().state == state)
    assert "u:p" not in reader.stats().reason
    until(lambda: [event.state for event in events] == ["lost"])
    assert slot.closed is not persistent


def test_a_wrong_scheme_is_never_tried_again(settings) -> None:
    slot = FrameSlot()
    reader = Reader("cam", "srt://h:1", settings=settings, slot=slot, persistent=True)
    reader.start()
    until(lambda: reader.stats().state == "failed")
    assert "got scheme 'srt'" in reader.stats().reason


def test_a_hanging_source_is_left_behind(run) -> None:
    reader, _, script, events = run((3, "hang"), (3, "wait"), stall_s=0.5)
    until(lambda: reader.stats().frames_put == 6)
    assert [event.state for event in events] == ["lost", "returned"]
    assert "got none for" in events[0].reason
    script.release.set()  # the old thread wakes and must not touch anything
    until(lambda: sum(thread.name == "read:cam" for thread in threading.enumerate()) <= 1)
    assert reader.stats().frames_read == 6


def test_a_source_made_elsewhere(settings) -> None:
    class Drawn:
        closed = False

        def __iter__(self) -> Iterator[Frame]:
            pixels = np.zeros((4, 4, 3), np.uint8)
            return iter([Frame("cam", index, index * 1000, pixels, synthetic=True) for index in range(1, 6)])

        def close(self) -> None:
            self.closed = True

    drawn, slot = Drawn(), FrameSlot("queue", 10)
    reader = Reader("cam", "drawn", settings=settings, slot=slot, opener=lambda: drawn, wanted=lambda i, _: i != 2)
    reader.start()
    until(lambda: slot.closed)
    frames = taken(slot)
    assert [frame.index for frame in frames] == [1, 3, 4, 5]
    assert all(frame.synthetic for frame in frames)
    assert drawn.closed
    assert reader.stats().dropped == {"not due": 1}


def test_stats_show_no_credentials(run) -> None:
    reader, *_ = run((1, "wait"))
    until(lambda: reader.stats().frames_put)
    assert "u:p" not in repr(reader.stats())
