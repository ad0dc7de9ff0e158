"""The only place that reads the clock, so that recorded input replays to equal events."""

import time
from typing import Protocol


class Clock(Protocol):
    """What the program asks of time; tests hand in their own."""

    def now_ns(self) -> int:
        """UTC in nanoseconds."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back, from an arbitrary start."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """UTC in nanoseconds."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back, from an arbitrary start."""
        return time.monotonic_ns()


class ManualClock:
    """A clock that moves only when told; for tests and replay."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """UTC in nanoseconds."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """The same hand as ``now_ns``."""
        return self._now_ns

    def advance(self, seconds: float) -> None:
        """Move forward by seconds."""
        self._now_ns += round(seconds * 1e9)
