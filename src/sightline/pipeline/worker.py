"""One worker: the readers of many cameras, one scheduler, one order of stages, and whoever wants the outcome."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from sightline.config import Settings
from sightline.core.clock import Clock
from sightline.core.events import SourceChanged
from sightline.core.frame import Frame
from sightline.core.values import Attributes
from sightline.pipeline.board import Board, Listed
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.census import Census
from sightline.pipeline.inbox import Inbox
from sightline.pipeline.meter import Meter
from sightline.pipeline.order import Analysed, CameraState, Stages, analyse
from sightline.pipeline.pace import Selection
from sightline.pipeline.parking import Parking
from sightline.pipeline.studio import Shot, Studio, shot_of
from sightline.pipeline.supervisor import Faults, attempt
from sightline.privacy import Redactor
from sightline.rules.ruleset import Drawing
from sightline.rules.tampered import Tampered
from sightline.video import Reader
from sightline.video.gate import Patches
from sightline.video.health import HealthMeter

log = logging.getLogger(__name__)

# Between the openings of two live cameras: servers and switches refuse some of many connections made at once.
STAGGER_S = 0.05
STOP_S = 3  # all readers together; one that hangs in the network is left behind, it is a daemon

Sink = Callable[[Frame, Analysed], None]  # only sinks of the pipeline itself may look at the frame


@dataclass(frozen=True, slots=True)
class _Leave:
    """A camera that is to go; done: it has."""

    name: str
    off_the_board: bool
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class _Camera:
    listed: Listed
    selection: Selection
    last_analysed_ns: int | None = None


class Worker:
    """Runs until all files ended or ``stop``; live cameras never end.

    Cameras may come, go, pause and go on while it runs (``add``, ``remove``, ``pause``, ``resume``), without touching
    any other. endless: a service, which goes on with no camera at all.
    """

    def __init__(
        self,
        plans: Sequence[CameraPlan],
        stages: Stages,
        redact: Redactor,
        board: Board,
        settings: Settings,
        clock: Clock,
        *,
        endless: bool = False,
    ) -> None:
        self._stages = replace(stages, others=(*stages.others, redact.forget))
        self._redact = redact
        self._endless = endless
        self._settings = settings
        self._clock = clock
        self._inbox = Inbox()
        self._sinks: list[Sink] = []
        self._farewells: list[Callable[[str], None]] = []
        self._stopping = threading.Event()
        self._finished = threading.Event()
        self.board = board
        self.broken: set[str] = set()  # cameras whose analysis gave up by a fault of the program
        self._faults = Faults()
        self._cameras: dict[str, _Camera] = {}
        self._leaving: SimpleQueue[_Leave] = SimpleQueue()  # at most one entry per call that waits for it
        self._spare = Meter(clock)  # of a picture whose camera left while it was made
        self.studio = Studio(redact, board, self._meter_of, settings.page, clock)
        for plan in plans:
            self._add(plan)
        self.turned_ns = clock.monotonic_ns()  # when the analysis last came around; it does several times a second
        self._thread = threading.Thread(target=self._run, name="analysis", daemon=True)

    def add_sink(self, sink: Sink) -> None:
        """Call sink with every analysed frame, from the analysis thread; only before ``start``."""
        self._sinks.append(sink)

    def add_farewell(self, leaving: Callable[[str], None]) -> None:
        """Call leaving with the name of every camera that is let go or read anew, before it is forgotten."""
        self._farewells.append(leaving)

    def start(self) -> None:
        """Start reading and analysing."""
        self.studio.start()
        self._thread.start()
        for camera in list(self._cameras.values()):
            if camera.listed.paused:
                continue
            camera.listed.reader.start()
            if camera.listed.plan.kind == "live":
                self._stopping.wait(STAGGER_S)

    def add(self, plan: CameraPlan, *, paused: bool = False) -> None:
        """Take one more camera; a running worker starts to read it at once. KeyError for a name that is taken."""
        if plan.name in self._cameras:
            raise KeyError(plan.name)
        self._add(plan, paused=paused)
        if self._thread.is_alive() and not paused:
            self._cameras[plan.name].listed.reader.start()

    def remove(self, name: str) -> None:
        """Let a camera go: it is read and analysed no more, and nothing is kept of it. KeyError for an unknown one."""
        self._leave(name, off_the_board=True)

    def replace(self, plan: CameraPlan, *, paused: bool = False) -> None:
        """Read a camera by another plan; its counts go on. KeyError for an unknown one; BadConfig changes nothing."""
        if plan.drawing is not None:
            self._stages.counting.check(plan.name, plan.drawing)
        self._leave(plan.name, off_the_board=False)
        self._stages.counting.forget(plan.name, counts=False)
        self._add(plan, paused=paused)
        if self._thread.is_alive() and not paused:
            self._cameras[plan.name].listed.reader.start()

    def draw(self, name: str, drawing: Drawing) -> None:
        """Change lines, zones and rules of a camera while it runs. KeyError for an unknown one, BadConfig."""
        listed = self._cameras[name].listed
        for event in self._stages.counting.draw(name, drawing, suggest=listed.plan.suggest):
            self.board.happened(event)
        listed.plan = replace(listed.plan, drawing=drawing)

    def pause(self, name: str) -> None:
        """Stop reading a camera; lines, counts and its place on the board stay. KeyError for an unknown one."""
        one = self._cameras[name]
        if not one.listed.paused:
            one.listed.paused = True
            one.listed.reader.stop(wait_s=0)

    def resume(self, name: str) -> None:
        """Read a paused camera again, with tracks that start anew. KeyError for an unknown one."""
        one = self._cameras[name]
        if not one.listed.paused:
            return
        plan = one.listed.plan
        if plan.drawing is None:
            plan = replace(plan, lines=tuple(self.board.lines(name)))  # those people drew meanwhile too
        self._leave(name, off_the_board=False)
        self._add(plan, census=one.listed.state.census)
        if self._thread.is_alive():
            self._cameras[name].listed.reader.start()

    def _leave(self, name: str, *, off_the_board: bool) -> None:
        """Have the analysis thread, to which all stages belong, forget a camera; returns when it has."""
        one = self._cameras[name]
        one.listed.reader.stop(wait_s=0)
        leave = _Leave(name, off_the_board)
        if not self._thread.is_alive():
            self._part(leave)
            return
        self._leaving.put(leave)
        self._inbox.wake()
        while not leave.done.wait(0.2):
            if not self._thread.is_alive():  # it ended before it came to this
                self._part(leave)

    def wait(self, timeout_s: float | None = None) -> bool:
        """True once everything ended (files all analysed, or stopped); False after timeout_s."""
        return self._finished.wait(timeout_s)

    def stop(self) -> None:
        """End reading and analysing; sinks have seen every frame analysed so far when this returns."""
        self._stopping.set()
        self._inbox.close()
        for camera in self._cameras.values():
            camera.listed.reader.stop(wait_s=0)
        deadline_ns = self._clock.monotonic_ns() + STOP_S * 1_000_000_000
        for camera in self._cameras.values():
            camera.listed.reader.stop(wait_s=max(0.0, (deadline_ns - self._clock.monotonic_ns()) / 1e9))
        if self._thread.is_alive():
            self._thread.join()
        self.studio.stop()

    def give_up(self, camera: str) -> None:
        """Take no more frames of a camera; the worker ends when all others have."""
        self._inbox.close_lane(camera)

    def _add(self, plan: CameraPlan, *, paused: bool = False, census: Census | None = None) -> None:
        live = plan.kind == "live"
        # First what may be refused: a camera is taken whole or not at all.
        if plan.drawing is not None:
            self._stages.counting.draw(plan.name, plan.drawing, suggest=plan.suggest)
        elif plan.lines:
            self._stages.counting.set_lines(plan.name, plan.lines)
        lane = self._inbox.lane(plan.name, size=1 if live else self._settings.pipeline.file_queue, drop=live)
        fps = plan.analysis_fps or (self._settings.pipeline.live_fps if live else None)
        selection = Selection(fps, live=live, watched=lambda: self.studio.wants(plan.name))
        reader = Reader(
            plan.name,
            plan.source,
            settings=self._settings.video,
            slot=lane,
            clock=self._clock,
            source_fps=plan.source_fps,
            wanted=selection.wanted,
            pace=plan.paced,
            on_event=self._source_changed,
            opener=plan.opener,
            mark=plan.mark,
            feed=plan.feed,
            trusted=plan.trusted,
            persistent=True,  # whether a camera that never came up is worth waiting for, the command decides
        )
        own = CameraState(Patches(), Meter(self._clock), census or Census(), Parking(), plan.masks)
        if plan.tamper is not None:
            own.health, own.tampered = HealthMeter(), Tampered(plan.name, plan.tamper)
        listed = Listed(plan, reader, own, paused=paused)
        self._redact.set_masks(plan.name, plan.masks)
        self._cameras[plan.name] = _Camera(listed, selection)
        self.board.add(listed)

    def _source_changed(self, event: SourceChanged) -> None:
        log.info("camera %s: %s %s", event.camera, event.state, event.reason)
        one = self._cameras.get(event.camera)
        if event.state == "returned" and one is not None and one.listed.state.health is not None:
            one.listed.state.health.restart(event.time_ns)  # the time without pictures was no freezing
        self.board.happened(event)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self.turned_ns = self._clock.monotonic_ns()
                while not self._leaving.empty():
                    self._part(self._leaving.get())
                frames = self._inbox.take(self._settings.pipeline.in_flight, timeout_s=0.2)
                if not frames and not self._endless and self._inbox.drained(list(self._cameras)):
                    break
                self._step([frame for frame in frames if frame.camera in self._cameras])
            for name in list(self._cameras):
                fault = attempt(lambda name=name: self._finish(name))  # type: ignore[misc]
                if fault is not None:
                    self._faults.failed(name, "the end of counting", fault)
        finally:
            self._finished.set()

    def _part(self, leave: _Leave) -> None:
        """Drop all that is kept of a camera; what its counting still awaited is told first."""
        name = leave.name
        fault = attempt(lambda: self._finish(name))
        if fault is not None:
            self._faults.failed(name, "the end of counting", fault)
        for leaving in self._farewells:
            fault = attempt(lambda leaving=leaving: leaving(name))  # type: ignore[misc]
            if fault is not None:
                self._faults.failed(name, "the farewell", fault)
        self._faults.fine(name)
        self._inbox.drop_lane(name)
        self._cameras.pop(name, None)
        self.studio.forget(name)
        if leave.off_the_board:
            self._stages.forget(name)
            self.board.remove(name)
        else:
            self._stages.restart(name)
        leave.done.set()

    def _meter_of(self, name: str) -> Meter:
        one = self._cameras.get(name)
        return one.listed.state.meter if one else self._spare

    def _finish(self, name: str) -> None:
        for event in self._stages.counting.finish(name):
            self.board.happened(event)

    def _step(self, frames: Sequence[Frame]) -> None:
        frames = [frame for frame in frames if not self._past_end(frame)]
        due = [frame for frame in frames if self._cameras[frame.camera].selection.due(frame.index, frame.time_ns)]
        if due:
            self._analyse_all(due)
        chosen = set(map(id, due))
        for frame in frames:
            if id(frame) not in chosen and self.studio.wants(frame.camera):
                self.studio.offer(self._between(frame))

    def _analyse_all(self, due: Sequence[Frame]) -> None:
        """Analyse a batch; where it fails, camera by camera, so that one camera's pictures harm no other's."""
        if attempt(lambda: self._analyse(due)) is None:
            return
        for name in dict.fromkeys(frame.camera for frame in due):
            own = [frame for frame in due if frame.camera == name]
            fault = attempt(lambda own=own: self._analyse(own))  # type: ignore[misc]
            if fault is not None:
                self._failed(name, len(own), fault)

    def _failed(self, name: str, frames: int, fault: Exception) -> None:
        listed = self._cameras[name].listed
        listed.faults += frames
        if self._faults.failed(name, "a batch of frames", fault):
            listed.failed = f"analysis stopped: {type(fault).__name__}: {fault}"
            self.broken.add(name)
            self._inbox.close_lane(name)

    def _analyse(self, frames: Sequence[Frame]) -> None:
        for frame, analysed in analyse(frames, self._stages, self._state_of, self._clock):
            with self._state_of(frame.camera).meter.time("deliver"):
                self._deliver(frame, analysed)

    def _past_end(self, frame: Frame) -> bool:
        """Whether the frame lies behind the end that was asked for; then its reader is stopped too."""
        plan = self._cameras[frame.camera].listed.plan
        if plan.kind == "live" or plan.seconds is None or frame.time_ns < plan.seconds * 1e9:
            return False
        self._inbox.close_lane(frame.camera)
        return True

    def _state_of(self, name: str) -> CameraState:
        return self._cameras[name].listed.state

    def _deliver(self, frame: Frame, analysed: Analysed) -> None:
        if analysed.fault is not None:
            self._failed(frame.camera, 1, analysed.fault)
            return
        self._faults.fine(frame.camera)
        camera = self._cameras[frame.camera]
        camera.last_analysed_ns = camera.listed.newest_ns = frame.time_ns
        camera.listed.size_px = analysed.size_px
        camera.listed.newest = analysed
        for event in analysed.events:
            self.board.happened(event)
        if self.studio.wants(frame.camera):
            self.studio.offer(shot_of(frame, analysed))
        for sink in self._sinks:
            sink(frame, analysed)

    def _between(self, frame: Frame) -> Shot:
        """A frame that was not analysed, with the tracks moved to its time."""
        last = self._cameras[frame.camera].last_analysed_ns
        tracks = self._stages.follow.predict(frame.camera, frame.time_ns)
        if last is None:
            return Shot(frame, tracks, Attributes.empty(), 0.0, analysed=False)
        attributes = Attributes.empty()
        if self._stages.describe is not None:
            tracks = tracks.with_labels(self._stages.describe.labels(frame.camera, tracks))
            attributes = self._stages.describe.attributes(frame.camera, tracks.ids)
        age_s = max(0.0, (frame.time_ns - last) / 1e9)
        return Shot(frame, tracks, attributes, age_s, analysed=True)
