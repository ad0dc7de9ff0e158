"""Where the readers of all cameras of a worker leave frames, and the scheduler picks which to analyse."""

import threading
from collections.abc import Sequence

from sightline.core.frame import Frame
from sightline.video import FrameSlot


class Inbox:
    """One bounded lane of frames per camera under one lock.

    A live lane holds one frame (a newer one replaces it: the dropped frame is counted), because an old picture of a
    live street is worth nothing; a file's lane holds ``size`` frames and makes its reader wait, because nothing of a
    file may be lost.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lanes: dict[str, FrameSlot] = {}
        self._turn = 0

    def lane(self, camera: str, *, size: int, drop: bool) -> FrameSlot:
        """Make the lane of a camera; its reader calls ``put`` and ``close``."""
        lane = FrameSlot("newest" if drop else "queue", size, changed=self._changed)
        with self._changed:
            self._lanes[camera] = lane
        return lane

    def close_lane(self, camera: str) -> None:
        """No more frames of a camera are wanted; its reader ends at its next frame."""
        with self._changed:
            lane = self._lanes.get(camera)
        if lane is not None:
            lane.close()

    def drop_lane(self, camera: str) -> None:
        """Forget a camera with the frames that wait in its lane."""
        with self._changed:
            lane = self._lanes.pop(camera, None)
        if lane is not None:
            lane.close()

    def wake(self) -> None:
        """End the wait of ``take``: there is something else to do."""
        with self._changed:
            self._changed.notify_all()

    def take(self, most: int, timeout_s: float) -> list[Frame]:
        """Up to ``most`` frames, in order within each camera, fair between cameras; [] after timeout_s without any."""
        with self._changed:
            if not any(map(len, self._lanes.values())):
                self._changed.wait(timeout_s)
            return self._round_robin(most)

    def _round_robin(self, most: int) -> list[Frame]:
        lanes = list(self._lanes.values())
        taken: list[Frame] = []
        # Start one lane further each time: with more cameras than places none may starve.
        self._turn = (self._turn + 1) % max(1, len(lanes))
        order = lanes[self._turn :] + lanes[: self._turn]
        while len(taken) < most and any(map(len, order)):
            for lane in order[: most - len(taken)]:
                frame = lane.take(0)
                if frame is not None:
                    taken.append(frame)
            order = [lane for lane in order if len(lane)]
        return taken

    def drained(self, cameras: Sequence[str]) -> bool:
        """Whether the lanes of these cameras are closed and empty."""
        with self._changed:
            lanes = [self._lanes[name] for name in cameras if name in self._lanes]
            return all(lane.drained for lane in lanes)

    def close(self) -> None:
        """Close all lanes; waiting readers and the scheduler wake."""
        with self._changed:
            for lane in self._lanes.values():
                lane.close()
