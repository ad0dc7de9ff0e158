"""How long each stage of each camera takes, and how fast a camera is analysed."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sightline.core.clock import Clock

# The rate shown is that of the last 5 s: short enough to see a stall, long enough not to flicker.
RATE_WINDOW_NS = 5_000_000_000


class Meter:
    """Stage times of one camera; written by one worker's threads, read by the page's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spent_ns: dict[str, int] = {}
        self._times: dict[str, int] = {}
        self._analysed_at_ns: deque[int] = deque(maxlen=1024)
        self.analysed = 0

    def add(self, stage: str, spent_ns: int) -> None:
        """Note one run of a stage."""
        with self._lock:
            self._spent_ns[stage] = self._spent_ns.get(stage, 0) + spent_ns
            self._times[stage] = self._times.get(stage, 0) + 1

    def tick(self) -> None:
        """Note that a frame was analysed now."""
        with self._lock:
            self.analysed += 1
            self._analysed_at_ns.append(self._clock.monotonic_ns())

    def ms(self) -> dict[str, float]:
        """Mean milliseconds of each stage per run of it."""
        with self._lock:
            return {stage: spent / self._times[stage] / 1e6 for stage, spent in self._spent_ns.items()}

    def rate(self) -> float:
        """Analyses per second over the last window; 0 when there was none."""
        now = self._clock.monotonic_ns()
        with self._lock:
            recent = [at for at in self._analysed_at_ns if now - at <= RATE_WINDOW_NS]
        if len(recent) < 2:
            return 0.0
        span = max(now, recent[-1]) - recent[0]
        return (len(recent) - 1) * 1e9 / span if span else 0.0

    def age_s(self) -> float | None:
        """Seconds since the newest analysis ended; None before the first."""
        with self._lock:
            newest = self._analysed_at_ns[-1] if self._analysed_at_ns else None
        return None if newest is None else (self._clock.monotonic_ns() - newest) / 1e9

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Time the block as one run of the stage."""
        start = self._clock.monotonic_ns()
        yield
        self.add(stage, self._clock.monotonic_ns() - start)
