"""How a camera's clocks run against the machine's: offset, drift and jumps, from when things arrive."""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from sightline.core.clock import Clock

_WINDOW_NS: Final = 2_000_000_000  # of each window only the quickest arrival counts: the rest is delay, not clock
_POINTS: Final = 300  # windows kept: ten minutes
_FITTED: Final = 64  # windows a slope is fitted to, spread over those kept: 2016 pairs, 0.1 ms
_LEAST_POINTS: Final = 10  # windows until a slope is told: 20 s
_RECENT: Final = 5
_JUMP_MS: Final = 100.0  # a step smaller than this is delay on the way
_JUMP_SPREADS: Final = 6.0
_AGREE: Final = 0.5  # two windows must have moved by the same step within this share of it
_NORMAL_MAD: Final = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
_LOOK_NS: Final = 500_000_000  # between two looks at a packet's reference time; side data costs memory to ask for


@dataclass(frozen=True, slots=True)
class ClockDrift:
    """A clock against the machine's.

    offset_ms: how far it is ahead now, less the shortest delay on the way; drift_ppm: how much faster it runs (+) in
    millionths, None until 20 s were seen; error_ppm: one standard deviation of that; spread_ms: how much the arrivals
    scatter about the line; jumps: how often it was set; span_s: how long it has been watched since it last was.
    """

    offset_ms: float
    drift_ppm: float | None
    error_ppm: float | None
    spread_ms: float
    jumps: int
    span_s: float


class Drift:
    """Watches one clock: pairs of the machine's time and the time it told, both in ns; constant memory.

    The slope is Theil and Sen's median of the slopes of all pairs (Sen, JASA 1968): a third of the windows may be
    late without moving it.
    """

    def __init__(self) -> None:
        self._points: deque[tuple[int, int]] = deque(maxlen=_POINTS)  # machine_ns, ahead_ns
        self._window_end_ns: int | None = None
        self._best: tuple[int, int] | None = None
        self._suspect: tuple[int, int] | None = None
        self._jumps = 0
        self._reported: ClockDrift | None = None
        self._is_new = True  # a window closed since the last report: whoever asks often pays once per window

    def note(self, machine_ns: int, told_ns: int) -> None:
        """The other clock told told_ns when the machine's stood at machine_ns."""
        ahead = told_ns - machine_ns
        if self._window_end_ns is None:
            self._window_end_ns = machine_ns + _WINDOW_NS
        elif machine_ns >= self._window_end_ns or machine_ns < self._window_end_ns - 2 * _WINDOW_NS:
            if self._best is not None:
                self._close_window(self._best)
                self._is_new = True
            self._best, self._window_end_ns = None, machine_ns + _WINDOW_NS
        if self._best is None or ahead > self._best[1]:
            self._best = (machine_ns, ahead)

    def restart(self) -> None:
        """The clock began a new time line of its own; what was learnt of the old one is void, and no jump."""
        self._points.clear()
        self._best = self._suspect = self._window_end_ns = None
        self._is_new = True

    def report(self) -> ClockDrift | None:
        """What is known by now; None before the first window of 2 s."""
        if self._is_new:
            self._is_new = False  # first: a window that closes meanwhile makes it true again
            self._reported = self._made()
        return self._reported

    def _made(self) -> ClockDrift | None:
        points = list(self._points)
        if not points:
            return None
        times, ahead = _columns(points)
        offset_ms = float(np.median(ahead[-_RECENT:]))
        span_s = float(times[-1] - times[0])
        if len(points) < _LEAST_POINTS:
            return ClockDrift(offset_ms, None, None, _spread(ahead), self._jumps, span_s)
        slope, intercept = _line(times, ahead)
        spread = _spread(ahead - slope * times - intercept)
        # Standard error of a slope over n even steps of a span: sigma * sqrt(12 / n) / span; ms per s = 1000 ppm.
        error = 1000 * spread * float(np.sqrt(12 / len(points))) / span_s
        return ClockDrift(offset_ms, 1000 * slope, error, spread, self._jumps, span_s)

    def _close_window(self, point: tuple[int, int]) -> None:
        step = self._step(point)
        if step is None:
            self._points.append(point)
            self._suspect = None
            return
        before, self._suspect = self._suspect, point
        if before is not None:
            first = self._step(before)
            if first is not None and abs(step - first) <= _AGREE * max(abs(step), abs(first)):
                self._jumps += 1
                self._points.clear()
                self._points.extend((before, point))
                self._suspect = None

    def _step(self, point: tuple[int, int]) -> float | None:
        """By how many ms the point leaves the line so far; None when it does not."""
        if not self._points:
            return None
        recent = list(self._points)[-_POINTS // 10 :]
        times, ahead = _columns([*recent, point])
        slope = _line(times[:-1], ahead[:-1])[0] if len(recent) >= _LEAST_POINTS else 0.0
        level = float(np.median((ahead[:-1] - slope * (times[:-1] - times[-1]))[-_RECENT:]))
        step = float(ahead[-1]) - level
        bar = max(_JUMP_MS, _JUMP_SPREADS * _spread(ahead[:-1] - slope * times[:-1]))
        return step if abs(step) > bar else None


class CameraClock:
    """The camera's own wall clock, as its RTCP sender reports tell it for each packet (RFC 3550, 6.4.1).

    FFmpeg attaches it as producer reference time once the first report has come: microseconds of UTC.
    """

    def __init__(self, clock: Clock) -> None:
        self.drift = Drift()
        self._clock = clock
        self._looked_ns = -_LOOK_NS
        self._told: tuple[int, int] | None = None

    def look(self, packet: "Packet[VideoStream]", pts_ns: int | None) -> None:
        """Take the reference time of a packet that has just arrived, at most twice a second."""
        now = self._clock.monotonic_ns()
        if pts_ns is None or now - self._looked_ns < _LOOK_NS or not packet.has_sidedata("prft"):
            return
        self._looked_ns = now
        told_ns = int.from_bytes(bytes(packet.get_sidedata("prft"))[:8], "little", signed=True) * 1000
        self._told = (pts_ns, told_ns)
        self.drift.note(self._clock.now_ns(), told_ns)

    def at(self, pts_ns: int | None) -> int | None:
        """UTC in ns by the camera's clock of the picture with this time stamp; None = it never told."""
        if self._told is None or pts_ns is None:
            return None
        return self._told[1] + pts_ns - self._told[0]


def _columns(points: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since the first point, and ms ahead; taken apart before they become floats, which hold 53 bits."""
    first = points[0][0]
    times = np.array([(one[0] - first) / 1e9 for one in points])
    return times, np.array([one[1] / 1e6 for one in points])


def _line(times: np.ndarray, ahead: np.ndarray) -> tuple[float, float]:
    """Slope in ms per s and value at time 0."""
    if len(times) > _FITTED:
        chosen = np.linspace(0, len(times) - 1, _FITTED).round().astype(int)
        times, ahead = times[chosen], ahead[chosen]
    one, other = np.triu_indices(len(times), 1)
    slope = float(np.median((ahead[other] - ahead[one]) / np.maximum(times[other] - times[one], 1e-6)))
    return slope, float(np.median(ahead - slope * times))


def _spread(residual: np.ndarray) -> float:
    return _NORMAL_MAD * float(np.median(np.abs(residual - np.median(residual))))
