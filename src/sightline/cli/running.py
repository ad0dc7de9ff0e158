"""Runs cameras until they end or the person has seen enough, with page, files and progress bars."""

import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from rich.progress import Progress, TaskID

from sightline.api import access_lines, create_app, serve, with_token
from sightline.cli.terminal import progress, say, say_token
from sightline.cli.wiring import Built
from sightline.config import Settings
from sightline.core.clock import SystemClock
from sightline.core.errors import BadConfig
from sightline.core.events import Event
from sightline.formats.summary import summary_json
from sightline.pipeline.board import Board
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.files import Files, file_name, summaries
from sightline.pipeline.ports import CameraStatus, Update
from sightline.pipeline.worker import Sink, Worker

LOOK_S = 0.1  # how often the terminal is brought up to date


@dataclass(frozen=True, slots=True)
class Show:
    """What a person wants to see and keep.

    seconds: end of live cameras; city: base map of the page (GeoJSON); at_start: gets the board before anything runs.
    """

    headless: bool = False
    out: Path | None = None
    video: bool = False
    seconds: float | None = None
    stay: bool = False  # the page stays after the last source has ended, until Ctrl-C
    city: Mapping[str, Any] | None = None
    at_start: Callable[[Board], None] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    unavailable: a sentence per camera that never gave a picture or whose file is broken; faults: a sentence per camera
    whose analysis gave up, or file that could not be written.
    """

    summary: dict[str, Any]
    statuses: Sequence[CameraStatus]
    unavailable: tuple[str, ...]
    faults: tuple[str, ...]
    seconds: float


def run(plans: Sequence[CameraPlan], built: Built, settings: Settings, show: Show, sink: Sink | None = None) -> Outcome:
    """Analyse until every source ended, ``show.seconds`` passed or Ctrl-C came; files are complete when it returns.

    sink: sees every analysed frame besides the files.
    """
    clock = SystemClock()
    board = Board(clock, built.stages.counting, recent_events=settings.pipeline.recent_events, detector=built.detector)
    for number, note in enumerate((*built.notes, *built.redaction_notes)):
        board.note(f"start {number}", note)
        say(f"note: {note}")
    board.set_map(show.city)
    worker = Worker(plans, built.stages, built.redact, board, settings, clock)
    files = _files(plans, built, board, show)
    stop = threading.Event()
    started = clock.monotonic_ns()
    if sink is not None:
        worker.add_sink(sink)
    if show.at_start is not None:
        show.at_start(board)
    with ExitStack() as stack:
        if files is not None:
            worker.add_sink(files)
            stack.callback(board.subscribe(_to_files(files), ()))
        stack.enter_context(ctrl_c(stop))
        if not show.headless:
            stack.enter_context(_page(board, settings))
        worker.start()
        stack.callback(worker.stop)
        _look_on(worker, board, stop, show)
        before = board.cameras()  # stopping turns "lost" into "ended"
        worker.stop()
        seconds = (clock.monotonic_ns() - started) / 1e9
        statuses = board.cameras()
        if files is not None:
            cameras = files.close(seconds)
            clips = ", clips" if show.video else ""
            say(f"written to {show.out}: tracks, events.jsonl, counts.csv, summary.json{clips}")
        else:
            cameras = summaries(board)
        if show.stay and not show.headless and not stop.is_set():
            say("all sources have ended; the page stays until Ctrl-C")
            _wait(stop)
    for status in statuses:
        if status.frames_read:
            say(_closing_line(status))
    silent = [one for one in before if one.state == "failed" or (one.state == "lost" and not one.frames_read)]
    unavailable = tuple(f"camera {one.name}: {one.reason}" for one in silent if one.name not in worker.broken)
    faults = [f"camera {one.name}: {one.reason}" for one in statuses if one.name in worker.broken]
    if files is not None and files.error is not None:
        faults.append(str(files.error))
    return Outcome(summary_json(cameras, seconds=round(seconds, 3)), statuses, unavailable, tuple(faults), seconds)


def _wait(stop: threading.Event) -> None:
    """Until stop; in steps, because a wait without end would not notice Ctrl-C on every system."""
    while not stop.wait(1.0):
        pass


def _files(plans: Sequence[CameraPlan], built: Built, board: Board, show: Show) -> Files | None:
    if show.out is None:
        return None
    for plan in plans:
        for ending in (".txt", ".mp4"):
            path = show.out / f"{file_name(plan.name)}{ending}"
            if path.exists() and Path(plan.source).exists() and path.samefile(plan.source):
                raise BadConfig("--out", str(show.out), f"another folder: {path.name} in it is the source itself")
    clip_fps = {plan.name: plan.analysis_fps or plan.source_fps or 0.0 for plan in plans} if show.video else None
    return Files(show.out, board, clip_fps=clip_fps, redact=built.redact)


def _to_files(files: Files) -> Callable[[Update], None]:
    def listener(update: Update) -> None:
        if isinstance(update, Event):
            files.happened(update)

    return listener


@contextmanager
def _page(board: Board, settings: Settings) -> Iterator[None]:
    page = with_token(settings.page)
    with serve(create_app(board, page), page) as served:
        for line in access_lines(page, served.port):
            say_token(line)
        if _has_desktop() and page.token is None:  # a token would stand in the browser's command line
            webbrowser.open(served.url)
        yield


def _has_desktop() -> bool:
    """Whether a person at a desktop started the program."""
    shown = sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return sys.stdout.isatty() and shown


@contextmanager
def ctrl_c(stop: threading.Event) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) ends in order; a second one as usual."""

    def end(number: int, _: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _look_on(worker: Worker, board: Board, stop: threading.Event, show: Show) -> None:
    """Wait for the end; keep the terminal's bars up to date, end live cameras when their time is over."""
    clock = SystemClock()
    started = clock.monotonic_ns()
    given_up: set[str] = set()
    with progress() as bar:
        tasks: dict[str, TaskID] = {}
        while not stop.is_set() and not worker.wait(LOOK_S):
            statuses = board.cameras()
            _show_progress(bar, tasks, statuses)
            passed_s = (clock.monotonic_ns() - started) / 1e9
            over = show.seconds is not None and passed_s >= show.seconds
            live = [status.name for status in statuses if status.kind == "live"]
            # Nobody waits for a source that never came up when nothing else runs.
            idle = all(status.state == "ended" or _hopeless(status) for status in statuses)
            if len(live) == len(statuses) and (over or idle):
                return
            if over or idle:
                for name in live:
                    if name not in given_up:
                        given_up.add(name)
                        worker.give_up(name)


def _hopeless(status: CameraStatus) -> bool:
    """Whether a source never came up: its first attempt failed, and nobody waits for it."""
    return status.state == "failed" or (status.state == "lost" and status.frames_read == 0)


def _show_progress(bar: Progress, tasks: dict[str, TaskID], statuses: Sequence[CameraStatus]) -> None:
    for status in statuses:
        if status.progress is None:
            continue
        if status.name not in tasks:
            tasks[status.name] = bar.add_task(status.name, total=1.0)
        bar.update(tasks[status.name], completed=status.progress)


def _closing_line(status: CameraStatus) -> str:
    seen = ", ".join(f"{count} {name}" for name, count in status.tracks.items()) or "nobody"
    dropped = sum(status.dropped.values())
    return (
        f"{status.name}: {status.frames_analysed} of {status.frames_read} frames analysed"
        f"{f', {dropped} dropped' if dropped else ''}; seen: {seen}"
    )
