"""Which frames of a camera are analysed when fewer than all are wanted."""

from collections.abc import Callable


class Due:
    """Says of each frame, in order, whether it is due at a rate of ``fps`` analyses per second of stream time.

    A frame is due when it lies nearest to (or just after) its tick of the grid 1/fps that starts at the first frame, so
    that 25 fps analysed at 5 takes exactly every fifth frame. None: every frame is due.
    """

    def __init__(self, fps: float | None) -> None:
        self._period_ns = None if fps is None else 1e9 / fps
        self._origin_ns: int | None = None
        self._next = 0
        self._before_ns: int | None = None

    def __call__(self, time_ns: int) -> bool:
        """Whether the frame at time_ns is due; times are expected to grow, a jump back starts the grid anew."""
        if self._period_ns is None:
            return True
        if self._origin_ns is None or (self._before_ns is not None and time_ns <= self._before_ns):
            self._origin_ns, self._next = time_ns, 0
            step_ns = 0.0
        else:
            step_ns = float(time_ns - (self._before_ns or 0))
        self._before_ns = time_ns
        elapsed = time_ns - self._origin_ns
        # Half a frame early is nearer to the tick than the next frame would be.
        if elapsed + min(step_ns, self._period_ns) / 2 < self._next * self._period_ns:
            return False
        self._next = int(max(self._next, elapsed // self._period_ns)) + 1
        return True


class Selection:
    """Which frames of one camera are decoded to pixels, and which of those are analysed.

    ``wanted`` is asked by the reader's thread before a frame is converted, ``due`` by the scheduler's when it has one.
    While somebody watches, frames between two analyses are wanted too, for the picture only. A file's due frames are
    decided by the reader, so that watching never changes what is analysed; a live camera's by the scheduler, because
    its newest frame replaces older ones.
    """

    def __init__(self, fps: float | None, *, live: bool, watched: Callable[[], bool]) -> None:
        self._by_reader = Due(fps)
        self._by_scheduler = Due(fps)
        self._live = live
        self._watched = watched
        self._due_indices: set[int] = set()  # no larger than the lane of a file

    def wanted(self, index: int, time_ns: int) -> bool:
        """Whether pixels of this frame are needed."""
        due = self._by_reader(time_ns)
        if due and not self._live:
            self._due_indices.add(index)
        return due or self._watched()

    def due(self, index: int, time_ns: int) -> bool:
        """Whether this frame is to be analysed."""
        if self._live:
            return self._by_scheduler(time_ns)
        if index in self._due_indices:
            self._due_indices.discard(index)
            return True
        return False
