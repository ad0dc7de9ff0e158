"""A district that is on air: a process of its own paints, encodes and serves its cameras, and tells the truth apart.

The process is the wall between what an analysis may see (RTSP streams) and what is known (the truth, which goes down a
pipe to whoever started the district). Nothing of the truth is in the streams.
"""

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from typing import Final, Literal

from sightline.core.clock import SystemClock
from sightline.core.errors import BadConfig, SightlineError
from sightline.core.frame import Frame
from sightline.core.values import F32, I16, I64, Bool
from sightline.simulate.district import District, district
from sightline.simulate.flow import Traffic
from sightline.simulate.mounting import lines_for
from sightline.simulate.painter import Painter
from sightline.simulate.rtp import CLOCK_HZ, nal_units
from sightline.simulate.rtsp import Line, RtspServer
from sightline.simulate.truths import Passes
from sightline.simulate.weather import WEATHERS
from sightline.video.live_encode import LiveEncoder

_START_S: Final = 120.0  # until a district that says nothing is given up; painting a camera's street takes under 1 s
_STOP_S: Final = 5.0
_LEAST_FPS, _MOST_FPS = 4.0, 50.0  # traffic moves one step a picture; longer steps than 0.25 s are not natural


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be on air. users: mean number of road users on the move, None = as the district's size and hour give;
    port: of the RTSP server, 0 = any free one; weather: a name of WEATHERS."""

    seed: int = 1
    cameras: int = 6
    size: tuple[int, int] = (640, 360)
    fps: float = 10.0
    hour: float = 8.0
    users: int | None = None
    weather: str = "clear"
    crf: int = 23
    port: int = 0
    line: Line = field(default_factory=Line)

    def __post_init__(self) -> None:
        if not _LEAST_FPS <= self.fps <= _MOST_FPS:
            raise BadConfig("fps", self.fps, f"{_LEAST_FPS:g} to {_MOST_FPS:g} pictures a second of a live camera")
        if self.weather not in WEATHERS:
            raise BadConfig("weather", self.weather, ", ".join(WEATHERS))
        if self.size[0] % 2 or self.size[1] % 2:
            raise BadConfig("size", self.size, "even sides, as H.264 has them")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the start is: done of total steps, and the present one in words."""

    done: int
    total: int
    words: str


@dataclass(frozen=True, slots=True)
class OnAir:
    """The streams can be read: camera -> address."""

    urls: dict[str, str]


@dataclass(frozen=True, slots=True)
class Began:
    """A reader of a camera got this picture (number from 1) as its first; session: 1 for the first reader."""

    camera: str
    session: int
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class TruthOf:
    """Who can be seen in one picture of a camera: columns as in ``painter.Seen``; number counts its pictures from 1."""

    camera: str
    number: int
    ids: I64
    labels: I16
    boxes_px: F32
    visibility: F32
    counted: Bool


@dataclass(frozen=True, slots=True)
class Crossed:
    """A road user passed a line between this picture of a camera and the one before.

    time_s: of the street, since it went on air.
    """

    camera: str
    number: int
    time_s: float
    line: str
    direction: Literal["forward", "backward"]
    id: int
    label: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The district is off air; why, in one sentence."""

    reason: str


News = Progress | OnAir | Began | TruthOf | Crossed | Failed


@dataclass(frozen=True, slots=True)
class Aired:
    """One stream of a district: its address, and what marks pictures that were read from there as drawn.

    They belong together: the mark on pictures of any other source would let them leave without redaction.
    """

    url: str
    mark: Callable[[Frame], Frame]


class LiveDistrict:
    """The district's process, seen from the one that started it.

    tell: gets every News from a thread of this object; ``start`` returns the streams' addresses when they can be read.
    """

    def __init__(self, ask: Ask, tell: Callable[[News], None]) -> None:
        self._ask = ask
        self._tell = tell
        self._urls: dict[str, str] = {}
        self._reason = ""
        self._known = threading.Event()
        self._off = threading.Event()
        self._stopping = False
        context = multiprocessing.get_context("spawn")
        self._news, theirs = context.Pipe(duplex=False)
        self._stop, self._ours = context.Pipe(duplex=False)
        # A daemon, so that no district stays on air when this process dies.
        self._process = context.Process(target=_broadcast, args=(ask, theirs, self._stop), name="district", daemon=True)
        self._theirs = theirs
        self._thread = threading.Thread(target=self._listen, name="district news", daemon=True)

    def start(self) -> dict[str, str]:
        """Camera -> address of its stream; SightlineError when the district cannot be put on air."""
        self._process.start()
        self._theirs.close()  # so that its end is seen here when the process ends
        self._stop.close()
        self._thread.start()
        if not self._known.wait(_START_S):
            self.stop()
            raise SightlineError(f"district: expected it on air within {_START_S:.0f} s, got nothing")
        if not self._urls:
            raise SightlineError(f"district: expected it on air, got: {self._reason}")
        return self._urls

    def stop(self) -> None:
        """Off air, and nothing more is told; a second call does nothing."""
        self._stopping = True
        self._off.set()
        self._ours.close()
        if self._process.pid is not None:
            self._process.join(_STOP_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            if self._thread.is_alive() and self._thread is not threading.current_thread():
                self._thread.join(_STOP_S)

    def stream(self, camera: str) -> "Aired":
        """Address and mark of this district's own stream of a camera; KeyError for any other."""
        return Aired(self._urls[camera], lambda frame: self._marked(frame, camera))

    def _marked(self, frame: Frame, camera: str) -> Frame:
        if frame.camera != camera:
            raise ValueError(f"expected a picture of {camera}, got one of {frame.camera}")
        # Once the district is off air, who answers at its address is somebody else.
        return frame if self._off.is_set() else replace(frame, synthetic=True)

    def _listen(self) -> None:
        while True:
            try:
                news: News = self._news.recv()
            except (EOFError, OSError):
                self._off.set()
                self._reason = self._reason or "its process ended"
                if not self._stopping:
                    self._tell(Failed(f"the district is off air: {self._reason}"))
                self._known.set()
                return
            if isinstance(news, OnAir):
                self._urls = news.urls
            elif isinstance(news, Failed):
                self._reason = news.reason
            self._tell(news)
            if isinstance(news, OnAir | Failed):
                self._known.set()


def _broadcast(ask: Ask, news: Connection, stop: Connection) -> None:
    """The district's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started the district; he closes stop
    lock = threading.Lock()

    def tell(one: News) -> None:
        with lock, contextlib.suppress(BrokenPipeError):
            news.send(one)

    try:
        _Station(ask, tell).run(stop)
    except SightlineError as error:
        tell(Failed(str(error)))


class _Station:
    def __init__(self, ask: Ask, tell: Callable[[News], None]) -> None:
        self._ask = ask
        self._tell = tell
        self._clock = SystemClock()
        self._total = ask.cameras + 2
        tell(Progress(0, self._total, "laying streets"))
        self._district: District = district(ask.seed, ask.cameras, size=ask.size, fps=ask.fps)
        tell(Progress(1, self._total, "letting traffic in"))
        layout = self._district.layout
        self._traffic = Traffic(layout, ask.seed, step_s=1 / ask.fps, hour=ask.hour, users=ask.users)
        cameras = self._district.cameras
        self._passes = Passes(cameras, [lines_for(layout, camera) for camera in cameras])
        self._painters: dict[str, Painter] = {}
        self._encoders: dict[str, LiveEncoder] = {}
        for turn, camera in enumerate(cameras):
            tell(Progress(2 + turn, self._total, f"painting the street of {camera.name}"))
            painter = Painter(layout, camera, WEATHERS[ask.weather], ask.seed)
            painter.paint(self._traffic.movers, self._traffic.lights, 0)  # lays the still street, which takes longest
            self._painters[camera.name] = painter
            self._encoders[camera.name] = LiveEncoder(camera.size, ask.fps, crf=ask.crf)

    def run(self, stop: Connection) -> None:
        """On air until the other end of stop closes."""
        ask = self._ask
        cameras = [(camera.name, camera.size, ask.fps) for camera in self._district.cameras]
        server = RtspServer(
            cameras, self._clock, port=ask.port, line=ask.line, seed=ask.seed,
            began=lambda camera, session, number: self._tell(Began(camera, session, number)),
        )  # fmt: skip
        try:
            self._tell(Progress(self._total, self._total, "on air"))
            self._tell(OnAir({name: server.url(name) for name, _, _ in cameras}))
            self._send_for_ever(server, stop)
        finally:
            server.close()

    def _send_for_ever(self, server: RtspServer, stop: Connection) -> None:
        step_ns = 1e9 / self._ask.fps
        start_ns = self._clock.monotonic_ns()
        tick, number = 0, 0
        while True:
            ahead_s = (start_ns + tick * step_ns - self._clock.monotonic_ns()) / 1e9
            if stop.poll(max(0.0, ahead_s)):
                return
            number += 1
            self._passes.update(tick / self._ask.fps, self._traffic.movers)
            for camera, line, direction, label, mover in self._passes.drain():
                self._tell(Crossed(camera, number, tick / self._ask.fps, line, direction, mover, label))
            ticks = round(tick * CLOCK_HZ / self._ask.fps)
            for name in self._painters:
                self._send(server, name, number, ticks)
            # A machine that is too slow gets fewer pictures; the street's time goes on as the clock does.
            overdue = int((self._clock.monotonic_ns() - start_ns) / step_ns) - tick
            for _ in range(max(1, overdue)):
                self._traffic.advance()
                tick += 1

    def _send(self, server: RtspServer, name: str, number: int, ticks: int) -> None:
        movers = self._traffic.movers
        picture, seen = self._painters[name].paint(movers, self._traffic.lights, number)
        self._tell(TruthOf(name, number, seen.ids, seen.labels, seen.boxes_px, seen.visibility, seen.counted))
        unit = self._encoders[name].encode(picture, ticks, key=server.wants_key(name))
        server.publish(name, nal_units(unit.data), ticks, number, key=unit.key)
