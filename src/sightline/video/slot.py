"""Where a reader leaves frames for whoever analyses them: bounded, one policy for when it is full."""

import threading
from collections import deque
from typing import Literal, Protocol

from sightline.core.frame import Frame

Policy = Literal["newest", "queue"]


class Slot(Protocol):
    """What a Reader needs of the place where it leaves frames."""

    dropped: int

    def put(self, frame: Frame) -> bool:
        """Leave a frame; False when closed."""
        ...

    def close(self) -> None:
        """No more frames come; a blocked ``put`` returns."""
        ...


class FrameSlot:
    """Frames of one camera between its reader and the analysis.

    policy "newest" (live): a full slot drops its oldest frame and counts it in ``dropped``; "queue" (files): ``put``
    waits until there is room, so nothing is lost. size: frames held at most, 1 by default for the smallest age.
    changed: told of every change; several slots may share one, so that one thread can wait for all of them.
    """

    def __init__(self, policy: Policy = "newest", size: int = 1, *, changed: threading.Condition | None = None) -> None:
        if size < 1:
            raise ValueError(f"FrameSlot.size: expected at least 1, got {size}")
        self.dropped = 0
        self._policy = policy
        self._size = size
        self._frames: deque[Frame] = deque()
        self._closed = False
        self._changed = changed or threading.Condition()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def closed(self) -> bool:
        """Whether no more frames will come (some may still wait to be taken)."""
        return self._closed

    @property
    def drained(self) -> bool:
        """Whether the slot is closed and empty."""
        with self._changed:
            return self._closed and not self._frames

    def put(self, frame: Frame) -> bool:
        """Leave a frame; False when the slot is closed."""
        with self._changed:
            if self._policy == "queue":
                while len(self._frames) >= self._size and not self._closed:
                    self._changed.wait()
            if self._closed:
                return False
            while len(self._frames) >= self._size:
                self._frames.popleft()
                self.dropped += 1
            self._frames.append(frame)
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float | None = None) -> Frame | None:
        """The oldest frame; None after timeout_s without one (0: at once), or when drained."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._closed, timeout_s)
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._changed.notify_all()
            return frame

    def close(self) -> None:
        """No more frames will come; those inside can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
