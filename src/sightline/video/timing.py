"""A stream's own time stamps as time_ns: media time of a file, UTC of a live stream, strictly increasing."""

from collections import deque
from fractions import Fraction
from typing import Final

from sightline.core.clock import Clock
from sightline.video.drift import Drift

_JUMP_NS: Final = 10_000_000_000  # a live stream's pts that leaps further than this is a new time line
_DAY_NS: Final = 86_400_000_000_000
_SETTLE_NS: Final = 3_000_000_000  # servers send a burst first; what is learnt in it is not drift
_WINDOW: Final = 250  # frames over which the least delay is taken: 10 s at 25 fps
_FALLBACK_FPS: Final = 25


def to_ns(pts: int, time_base: Fraction) -> int:
    """A time stamp in units of time_base (seconds) as nanoseconds."""
    return pts * time_base.numerator * 1_000_000_000 // time_base.denominator


class FileTime:
    """Media time since the first picture: from pts, or (index - 1) / source_fps where the file's own clock is wrong."""

    def __init__(self, *, source_fps: float | None, nominal_fps: float | None) -> None:
        self._source_fps = source_fps
        self._step_ns = round(1e9 / (source_fps or nominal_fps or _FALLBACK_FPS))
        self._first_index: int | None = None
        self._last_pts_ns: int | None = None
        self._last_ns = -1

    @property
    def drift_s(self) -> float | None:
        """A file has no clock to drift against."""
        return None

    def at(self, index: int, pts_ns: int | None) -> int:
        """time_ns of picture index (from 1) with this pts."""
        if self._source_fps is not None:
            return round((index - 1) * 1e9 / self._source_fps)
        if self._last_ns < 0:
            self._last_pts_ns, self._last_ns = pts_ns, 0
            return 0
        step = self._step_ns
        if pts_ns is not None and self._last_pts_ns is not None and 0 < pts_ns - self._last_pts_ns < _DAY_NS:
            step = pts_ns - self._last_pts_ns
        if pts_ns is not None:
            self._last_pts_ns = pts_ns
        elif self._last_pts_ns is not None:
            self._last_pts_ns += step
        self._last_ns += step
        return self._last_ns


class LiveTime:
    """UTC of a live stream: its pts laid onto the machine's clock, never ahead of it.

    Anchored at the first picture and moved back whenever a picture would lie in the future: the first pictures of a
    stream come in a burst, late, so the true anchor is the least delay seen.
    """

    def __init__(self, clock: Clock, *, after_ns: int = -1) -> None:
        self.drift = Drift()  # of the stream's clock
        self._clock = clock
        self._last_ns = after_ns
        self._offset_ns: int | None = None
        self._last_pts_ns = 0
        self._last_arrival_ns = 0
        self._start_ns = 0
        self._pulled_ns = 0  # how far the anchor moved after settling: the stream's clock runs fast
        self._delays_ns: deque[int] = deque(maxlen=_WINDOW)
        self._settled_delay_ns: int | None = None

    @property
    def drift_s(self) -> float | None:
        """Seconds the stream's clock lost (+) or won (-) against the machine's since it settled; None = not known yet.

        A growing delay on the way looks the same.
        """
        if self._settled_delay_ns is None or not self._delays_ns:
            return None
        return (min(self._delays_ns) - self._settled_delay_ns - self._pulled_ns) / 1e9

    def at(self, index: int, pts_ns: int | None) -> int:
        """time_ns of the picture that has just arrived."""
        now = self._clock.now_ns()
        if pts_ns is None:
            return self._next(now)
        if self._offset_ns is None or self._leaps(now, pts_ns):
            self._offset_ns = now - pts_ns
            self._start_ns = now
            self._delays_ns.clear()
            self._settled_delay_ns, self._pulled_ns = None, 0
            self.drift.restart()
        self._last_pts_ns, self._last_arrival_ns = pts_ns, now
        ahead = pts_ns + self._offset_ns - now
        settled = now - self._start_ns > _SETTLE_NS
        if settled:
            self.drift.note(now, pts_ns)
        if ahead > 0:
            self._offset_ns -= ahead
            if settled:
                self._pulled_ns += ahead
        self._delays_ns.append(max(0, -ahead))
        if settled and self._settled_delay_ns is None:
            self._settled_delay_ns = min(self._delays_ns)
            self._delays_ns.clear()
        return self._next(pts_ns + self._offset_ns)

    def _leaps(self, now: int, pts_ns: int) -> bool:
        step = pts_ns - self._last_pts_ns
        return step <= 0 or step - (now - self._last_arrival_ns) > _JUMP_NS

    def _next(self, time_ns: int) -> int:
        self._last_ns = max(time_ns, self._last_ns + 1)
        return self._last_ns
