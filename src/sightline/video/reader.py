"""The thread that keeps one camera's frames coming: reads, reconnects by a visible ladder, tells how it is."""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from sightline.config import VideoSettings
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import SourceUnavailable
from sightline.core.events import SourceChanged
from sightline.core.frame import Frame
from sightline.video.address import Kind, check_scheme, kind, scheme, shown
from sightline.video.feeds import Feed, Going, OpenSource
from sightline.video.slot import Slot
from sightline.video.source import Clocks, SourceInfo, Start, Tally, Wanted, open_source

State = Literal["starting", "running", "lost", "ended", "failed"]

_JITTER: Final = 0.5  # a wait is shortened by up to this share, so that cameras do not all return at once
_GOOD_STRETCH: Final = 2.0  # frames for so many longest waits: the ladder starts at its first rung again
_STALL_MARGIN: Final = 1.25  # FFmpeg's own time limit (stall_s) speaks first; the watchdog is for what it cannot see
_MOST_STUCK: Final = 3  # reading threads of one camera that hang in FFmpeg before no new one is started
_STOP_WAIT_S: Final = 2.0


class Opened(Protocol):
    """A source made elsewhere (drawn by the simulator): Frames and an end."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames in presentation order."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class ReaderStats:
    """How a camera's reader is. ms: mean milliseconds per picture of "decode" and "convert"; dropped: by reason."""

    camera: str
    url: str  # without credentials
    kind: Kind
    state: State
    reason: str  # why it is lost, failed or ended; empty while running
    width: int
    height: int
    fps: float | None  # as the source states it
    codec: str
    frames_read: int
    frames_put: int
    damaged: int  # packets that did not decode
    reconnects: int
    dropped: dict[str, int] = field(default_factory=dict)
    ms: dict[str, float] = field(default_factory=dict)
    age_s: float | None = None  # of the newest frame of a live source
    drift_s: float | None = None  # the stream's clock against the machine's
    clocks: Clocks = field(
        default_factory=Clocks
    )  # how the stream's and the camera's own clock run against the machine's
    interlaced: bool = False
    camera_clock_s: float | None = None  # how far the camera's own clock (RTCP) is ahead of the frames' time
    progress: float | None = None  # 0..1 of a file
    retry_in_s: float | None = None  # until the next attempt while lost


@dataclass(slots=True)
class _Run:
    """One reading thread; a stuck one is left behind and must not touch the reader any more."""

    number: int
    source: OpenSource | None = None
    tally: Tally = field(default_factory=Tally)  # of its sources that are closed


class Reader:
    """Reads one camera in a daemon thread of its own and leaves Frames in ``slot``.

    A live source that breaks off is opened again, waiting ``retry_first_s`` and then double each time up to
    ``retry_last_s``; numbers and times go on. A file that ends, breaks or cannot be opened closes the slot: state
    "ended" or "failed". A live source whose very first opening fails is "failed" too, unless ``persistent``.

    wanted(index, time_ns): asked before a picture is converted; pace: play a file in real time; on_event: called with
    SourceChanged from the reading thread; opener: makes the source instead of the URL; feed: opens what is read, again
    after every loss, and the URL is only a name for it; mark: changes each frame as it
    is read; watch: a second, sleeping thread looks after live sources that hang without FFmpeg noticing.
    """

    def __init__(
        self,
        camera: str,
        url: str,
        *,
        settings: VideoSettings,
        slot: Slot,
        clock: Clock | None = None,
        source_fps: float | None = None,
        wanted: Wanted | None = None,
        pace: bool = False,
        on_event: Callable[[SourceChanged], None] | None = None,
        opener: Callable[[], Opened] | None = None,
        mark: Callable[[Frame], Frame] | None = None,
        feed: Feed | None = None,
        trusted: bool = True,
        listen: bool = False,
        persistent: bool = False,
    ) -> None:
        self._camera = camera
        self._url = url
        self._shown = shown(url)
        self._settings = settings
        self._slot = slot
        self._clock = clock or SystemClock()
        self._source_fps = source_fps
        self._wanted = wanted
        self._pace = pace
        self._on_event = on_event
        self._opener = opener
        self._feed = feed
        self._mark = mark
        self._trusted = trusted
        self._listen = listen
        self._persistent = persistent
        self._jitter = random.Random(camera)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._kind: Kind = "file" if opener is not None else "live" if feed is not None else kind(url)
        self._state: State = "starting"
        self._reason = ""
        self._info: SourceInfo | None = None
        self._size = (0, 0)
        self._run: _Run | None = None
        self._runs: list[threading.Thread] = []
        self._watchdog: threading.Thread | None = None
        self._before = Tally()  # of runs left behind or ended
        self._last = Start()
        self._frames_put = 0
        self._opened_once = False
        self._reconnects = 0
        self._rung = 0
        self._retry_at_ns: int | None = None
        self._newest_ns: int | None = None

    def start(self) -> None:
        """Start reading; returns at once."""
        self._start_run()
        if self._opener is None and (self._feed is not None or scheme(self._url) != "file"):
            self._watchdog = threading.Thread(target=self._watch, name=f"watch:{self._camera}", daemon=True)
            self._watchdog.start()

    def stop(self, *, wait_s: float = _STOP_WAIT_S) -> None:
        """End reading: the slot is closed; waits for the thread at most so long, it may hang in the network longer."""
        self._stopping.set()
        self._slot.close()
        for thread in list(self._runs):
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(wait_s)

    def stats(self) -> ReaderStats:
        """A snapshot; may be called from any thread."""
        with self._lock:
            run, info, state = self._run, self._info, self._state
            source = run.source if run else None
            tally = _sum([self._before, *([run.tally] if run else []), *([source.tally] if source else [])])
            retry_at, newest = self._retry_at_ns, self._newest_ns
            live = self._kind == "live"
            return ReaderStats(
                camera=self._camera,
                url=self._shown,
                kind=self._kind,
                state=state,
                reason=self._reason,
                width=self._size[0],
                height=self._size[1],
                fps=self._source_fps or (info.fps if info else None),
                codec=info.codec if info else "",
                frames_read=tally.decoded + tally.skipped,
                frames_put=self._frames_put,
                damaged=tally.bad,
                reconnects=self._reconnects,
                dropped=_dropped(tally, self._slot.dropped),
                ms={
                    "decode": tally.decode_ns / 1e6 / max(1, tally.decoded),
                    "convert": tally.convert_ns / 1e6 / max(1, tally.converted),
                },
                age_s=max(0.0, (self._clock.now_ns() - newest) / 1e9) if live and newest is not None else None,
                drift_s=source.drift_s if source else None,
                clocks=source.clocks if source else Clocks(),
                interlaced=source.interlaced if source else False,
                camera_clock_s=source.camera_clock_s if source else None,
                progress=1.0 if state == "ended" and not live else source.progress if source else None,
                retry_in_s=max(0.0, (retry_at - self._clock.monotonic_ns()) / 1e9) if retry_at is not None else None,
            )

    def _start_run(self) -> None:
        with self._lock:
            if self._run is not None:
                self._before = _sum([self._before, self._run.tally])
                if self._run.source is not None:
                    self._before = _sum([self._before, self._run.source.tally])
                    self._last = self._run.source.position
            run = _Run(self._run.number + 1 if self._run else 0)
            self._run = run
            thread = threading.Thread(target=self._read, args=(run,), name=f"read:{self._camera}", daemon=True)
            self._runs = [*[one for one in self._runs if one.is_alive()], thread]
        thread.start()

    def _current(self, run: _Run) -> bool:
        return self._run is run and not self._stopping.is_set()

    def _read(self, run: _Run) -> None:
        ending: tuple[State, str] = ("failed", "the reading thread broke off by a fault of the program")
        try:
            while self._current(run):
                try:
                    self._serve(run)
                    ending = ("ended", "")
                    return
                except SourceUnavailable as error:
                    ending = ("failed", str(error))
                    if not self._try_again() or not self._wait_rung(run, str(error)):
                        return
            ending = ("ended", "stopped")
        finally:
            if self._run is run:
                self._finish(*(("ended", "stopped") if self._stopping.is_set() else ending))

    def _try_again(self) -> bool:
        if self._kind == "file" or self._stopping.is_set():
            return False
        try:
            if self._feed is None:
                check_scheme(self._url, trusted=self._trusted)
        except SourceUnavailable:  # will never become right
            return False
        return self._opened_once or self._persistent or self._listen

    def _serve(self, run: _Run) -> None:
        """Open and read until the end; SourceUnavailable when it cannot be opened or breaks off."""
        if self._opener is not None:
            self._serve_drawn(run, self._opener())
            return
        source = self._opened()
        source.pace, source.pause = self._pace, self._stopping.wait
        with contextlib.closing(source):
            with self._lock:
                if self._run is not run:
                    return
                run.source, self._info, self._kind = source, source.info, source.info.kind
                self._size = (source.info.width, source.info.height)
            since_ns = self._clock.monotonic_ns()
            try:
                for frame in source.frames(self._wanted):
                    if self._mark is not None:
                        frame = self._mark(frame)
                    if not self._leave(run, frame, since_ns):
                        return
                    del frame  # it is the slot's now; kept here until the next it would cost 3 MB a stream at 1080p
            finally:
                with self._lock:
                    run.tally = _sum([run.tally, source.tally])
                    run.source = None
                    if self._run is run:
                        self._last = source.position

    def _opened(self) -> OpenSource:
        if self._feed is not None:
            return self._feed(Going(self._last, self._stopping))
        return open_source(
            self._url,
            camera=self._camera,
            settings=self._settings,
            source_fps=self._source_fps,
            clock=self._clock,
            trusted=self._trusted,
            listen=self._listen,
            start=self._last,
        )

    def _serve_drawn(self, run: _Run, opened: Opened) -> None:
        with contextlib.closing(opened):
            paced_from: tuple[int, int] | None = None
            for frame in opened:
                run.tally.decoded += 1
                if self._wanted is not None and not self._wanted(frame.index, frame.time_ns):
                    run.tally.not_due += 1
                    continue
                now = self._clock.monotonic_ns()
                paced_from = paced_from or (now, frame.time_ns)
                ahead = (frame.time_ns - paced_from[1]) - (now - paced_from[0])
                if self._pace and ahead > 0:
                    self._stopping.wait(ahead / 1e9)
                if not self._leave(run, frame, now):
                    return

    def _leave(self, run: _Run, frame: Frame, since_ns: int) -> bool:
        """Put the frame; False when reading must end."""
        with self._lock:
            if not self._current(run):
                return False
            first = self._state != "running"
            returned = self._state == "lost"
            self._state, self._reason, self._retry_at_ns = "running", "", None
            self._size = (frame.width, frame.height)
            self._newest_ns = frame.time_ns
            self._frames_put += 1
            if first:
                self._reconnects += returned and self._opened_once
                self._opened_once = True
            stretch_s = (self._clock.monotonic_ns() - since_ns) / 1e9
            if stretch_s > _GOOD_STRETCH * self._settings.retry_last_s:
                self._rung = 0
        if returned:
            self._tell("returned", "")
        return self._slot.put(frame)

    def _wait_rung(self, run: _Run, reason: str) -> bool:
        """State "lost" until the next attempt is due; False when reading must end."""
        longest = self._settings.retry_last_s
        wait_s = min(longest, self._settings.retry_first_s * 2.0**self._rung)
        wait_s *= 1 - _JITTER * self._jitter.random()
        with self._lock:
            if not self._current(run):
                return False
            fresh = self._state != "lost"
            self._state, self._reason = "lost", reason
            self._retry_at_ns = self._clock.monotonic_ns() + round(wait_s * 1e9)
            self._rung = min(self._rung + 1, 30)
        if fresh:
            self._tell("lost", reason)
        return not self._stopping.wait(wait_s) and self._current(run)

    def _finish(self, state: State, reason: str) -> None:
        with self._lock:
            self._state, self._reason, self._retry_at_ns = state, reason, None
        self._slot.close()
        if not self._stopping.is_set():  # to be stopped is no news about the source
            self._tell("ended" if state == "ended" else "lost", reason)

    def _tell(self, state: Literal["lost", "returned", "ended"], reason: str) -> None:
        if self._on_event is not None:
            time_ns = self._clock.now_ns() if self._kind == "live" else self._newest_ns or 0
            self._on_event(SourceChanged(self._camera, time_ns, state, reason))

    def _watch(self) -> None:
        """Leave behind a thread that hangs in FFmpeg although its connection is alive, and start another."""
        limit_ns = round(self._settings.stall_s * _STALL_MARGIN * 1e9)
        while not self._stopping.wait(self._settings.stall_s / 4) and self._state not in ("ended", "failed"):
            run = self._run
            source = run.source if run else None
            if source is None or source.info.kind == "file" or not source.reading:
                continue
            if self._clock.monotonic_ns() - source.last_packet_ns < limit_ns:
                continue
            reason = f"{shown(self._url)}: expected the next picture, got none for {limit_ns / 1e9:.0f} s"
            with self._lock:
                fresh, self._state, self._reason = self._state != "lost", "lost", reason
                stuck = sum(thread.is_alive() for thread in self._runs)
            if fresh:
                self._tell("lost", reason)
            if stuck <= _MOST_STUCK:
                self._start_run()


def _sum(parts: list[Tally]) -> Tally:
    names = Tally.__dataclass_fields__
    return Tally(**{name: sum(getattr(part, name) for part in parts) for name in names})


def _dropped(tally: Tally, slot_full: int) -> dict[str, int]:
    counts = {
        "not due": tally.not_due,
        "slot full": slot_full,
        "not a key frame": tally.skipped,
        "unchanged": tally.unchanged,
    }
    return {reason: count for reason, count in counts.items() if count}
