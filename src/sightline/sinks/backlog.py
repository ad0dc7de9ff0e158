"""The bounded queue between the analysis and one door."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Backlog(Generic[Item]):
    """Items in order; full: the oldest go and are counted, because news is worth more than what is old.

    ``put`` may be called from any thread and never waits for the door.
    """

    def __init__(self, size: int, wake: Callable[[], None] | None = None) -> None:
        """size: most items that wait; wake: called after each ``put``, outside the lock."""
        self._items: deque[Item] = deque(maxlen=size)
        self._size = size
        self._wake = wake
        self._filled = threading.Condition()
        self.dropped = 0
        self.accepted = 0

    def put(self, items: Sequence[Item]) -> None:
        """Take items in."""
        if not items:
            return
        with self._filled:
            self.accepted += len(items)
            self.dropped += max(0, len(self._items) + len(items) - self._size)
            self._items.extend(items)
            self._filled.notify()
        if self._wake is not None:
            self._wake()

    def take(self, most: int) -> list[Item]:
        """Up to so many of the oldest items."""
        with self._filled:
            return [self._items.popleft() for _ in range(min(most, len(self._items)))]

    def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to take, at most so long; whether there is."""
        with self._filled:
            if not self._items:
                self._filled.wait(timeout_s)
            return bool(self._items)

    def nudge(self) -> None:
        """End a ``wait`` of another thread."""
        with self._filled:
            self._filled.notify_all()

    def __len__(self) -> int:
        return len(self._items)
