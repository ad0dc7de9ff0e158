"""Where the readers of all cameras of a worker leave frames, and the scheduler picks which to analyse."""

import threading
from collections import deque
from collections.abc import Sequence

from sightline.core.frame import Frame


class Inbox:
    """One bounded lane of frames per camera under one lock.

    A live lane holds one frame (a newer one replaces it: the dropped frame is counted), because an old picture of a
    live street is worth nothing; a file's lane holds ``size`` frames and makes its reader wait, because nothing of a
    file may be lost.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lanes: dict[str, Lane] = {}
        self._turn = 0

    def lane(self, camera: str, *, size: int, drop: bool) -> "Lane":
        """Make the lane of a camera; its reader calls ``put`` and ``close``."""
        lane = Lane(self._changed, size=size, drop=drop)
        with self._changed:
            self._lanes[camera] = lane
        return lane

    def close_lane(self, camera: str) -> None:
        """No more frames of a camera are wanted; its reader ends at its next frame."""
        with self._changed:
            lane = self._lanes.get(camera)
        if lane is not None:
            lane.close()

    def remove(self, camera: str) -> None:
        """Close and forget a camera's lane."""
        with self._changed:
            lane = self._lanes.pop(camera, None)
        if lane is not None:
            lane.close()

    def take(self, most: int, timeout_s: float) -> list[Frame]:
        """Up to ``most`` frames, in order within each camera, fair between cameras; [] after timeout_s without any."""
        with self._changed:
            if not any(lane.frames for lane in self._lanes.values()):
                self._changed.wait(timeout_s)
            taken = self._round_robin(most)
            if taken:
                self._changed.notify_all()  # readers of files may wait for room
            return taken

    def _round_robin(self, most: int) -> list[Frame]:
        lanes = list(self._lanes.values())
        taken: list[Frame] = []
        # Start one lane further each time: with more cameras than places none may starve.
        self._turn = (self._turn + 1) % max(1, len(lanes))
        order = lanes[self._turn :] + lanes[: self._turn]
        while len(taken) < most and any(lane.frames for lane in order):
            for lane in order:
                if lane.frames and len(taken) < most:
                    taken.append(lane.frames.popleft())
        return taken

    def drained(self, cameras: Sequence[str]) -> bool:
        """Whether the lanes of these cameras are closed and empty."""
        with self._changed:
            lanes = [self._lanes[name] for name in cameras if name in self._lanes]
            return all(lane.closed and not lane.frames for lane in lanes)

    def close(self) -> None:
        """Close all lanes; waiting readers and the scheduler wake."""
        with self._changed:
            for lane in self._lanes.values():
                lane.closed = True
            self._changed.notify_all()


class Lane:
    """The bounded queue of one camera; made by ``Inbox.lane``."""

    def __init__(self, changed: threading.Condition, *, size: int, drop: bool) -> None:
        self._changed = changed
        self._size = size
        self._drop = drop
        self.frames: deque[Frame] = deque()
        self.closed = False
        self.dropped = 0

    def put(self, frame: Frame) -> bool:
        """Leave a frame; False when the lane is closed. A full live lane drops its oldest, a file's waits."""
        with self._changed:
            if self._drop:
                while len(self.frames) >= self._size:
                    self.frames.popleft()
                    self.dropped += 1
            else:
                while len(self.frames) >= self._size and not self.closed:
                    self._changed.wait()
            if self.closed:
                return False
            self.frames.append(frame)
            self._changed.notify_all()
            return True

    def close(self) -> None:
        """No more frames will come; what is in the lane is still analysed."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()
