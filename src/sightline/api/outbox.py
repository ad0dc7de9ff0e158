"""The bounded queue between the worker threads and one connected page."""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Final

from sightline.api.messages import WINDOW
from sightline.core.events import Event
from sightline.pipeline.ports import CameraStatus, Judged, Overlay, Picture, Places, Update

OVERLAYS: Final = 8  # per camera: bridges the time in which a picture is encoded after its overlay was made


class Outbox:
    """What one page has yet to be sent; never more than fits, whatever the page's line can take.

    Policy: of the map the newest dots, of each camera the newest state and the newest picture win, of its overlays the
    newest ``OVERLAYS`` stay and always the one that belongs to the waiting picture; the newest ``events`` events stay.
    What gives way is counted in ``dropped`` by kind. ``add`` may be called from any thread, never blocks on the page
    and calls ``wake`` at most once until the next ``take``; all else belongs to the thread of the event loop.
    """

    def __init__(self, wake: Callable[[], None], *, events: int) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._awake = False
        self._closed = False
        self._states: OrderedDict[str, CameraStatus] = OrderedDict()
        self._events: deque[Event] = deque()
        self._most_events = events
        self._overlays: OrderedDict[str, deque[Overlay]] = OrderedDict()
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._judged: Judged | None = None
        self._dots: Places | None = None
        self._wanted: frozenset[str] = frozenset()
        self._acked = False
        self._under_way: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()

    def add(self, update: Update | Places) -> None:
        """Take in one update of the pipeline."""
        with self._lock:
            if self._closed:
                return
            if isinstance(update, Picture):
                self._add_picture(update)
            elif isinstance(update, Overlay):
                self._add_overlay(update)
            elif isinstance(update, CameraStatus):
                self._states[update.name] = update  # a state replaced by a newer one is not a loss
            elif isinstance(update, Judged):
                self._judged = update  # all scores are sent at once, so one is enough
            elif isinstance(update, Places):
                self._dots = update  # and old dots are worth nothing
            else:
                self._events.append(update)
                if len(self._events) > self._most_events:
                    self._events.popleft()
                    self.dropped["event"] += 1
            if self._awake:
                return
            self._awake = True
        self._wake()

    def _add_picture(self, picture: Picture) -> None:
        if picture.camera not in self._wanted:
            return
        if picture.camera in self._pictures:
            self.dropped["picture"] += 1
        self._pictures[picture.camera] = picture

    def _add_overlay(self, overlay: Overlay) -> None:
        if overlay.camera not in self._wanted:
            return
        waiting = self._overlays.setdefault(overlay.camera, deque())
        waiting.append(overlay)
        if len(waiting) > OVERLAYS:
            picture = self._pictures.get(overlay.camera)
            pinned = picture is not None and (waiting[0].index, waiting[0].time_ns) == (picture.index, picture.time_ns)
            del waiting[1 if pinned else 0]
            self.dropped["overlay"] += 1

    def want(self, cameras: frozenset[str]) -> None:
        """From now on keep pictures and overlays of these cameras only."""
        with self._lock:
            self._wanted = cameras
            for name in [name for name in self._pictures if name not in cameras]:
                del self._pictures[name]
            for name in [name for name in self._overlays if name not in cameras]:
                del self._overlays[name]
            for name in [name for name in self._under_way if name not in cameras]:
                del self._under_way[name]

    def ack(self, camera: str) -> None:
        """The page has one picture of the camera; the next may go."""
        with self._lock:
            self._acked = True
            if self._under_way[camera] > 0:
                self._under_way[camera] -= 1
            ready = camera in self._pictures and not self._awake
            self._awake = self._awake or ready
        if ready:
            self._wake()

    def take(self) -> Update | Places | None:
        """The next update to send, None when there is none for now.

        States go first, then events, scores and dots, overlays before pictures, cameras in turn.
        """
        with self._lock:
            if self._states:
                return self._states.popitem(last=False)[1]
            if self._events:
                return self._events.popleft()
            if self._judged is not None:
                judged, self._judged = self._judged, None
                return judged
            if self._dots is not None:
                dots, self._dots = self._dots, None
                return dots
            if self._overlays:
                camera, waiting = self._overlays.popitem(last=False)
                overlay = waiting.popleft()
                if waiting:
                    self._overlays[camera] = waiting  # last in turn
                return overlay
            for camera in self._pictures:
                if not self._acked or self._under_way[camera] < WINDOW:
                    self._under_way[camera] += 1
                    return self._pictures.pop(camera)
            self._awake = False
            return None

    def take_dropped(self) -> Counter[str]:
        """What gave way since the last call, by kind."""
        with self._lock:
            dropped, self.dropped = self.dropped, Counter()
            return dropped

    def close(self) -> None:
        """Take in nothing more and forget what waits."""
        with self._lock:
            self._closed = True
            self._states.clear()
            self._events.clear()
            self._judged = self._dots = None
            self._overlays.clear()
            self._pictures.clear()

    def __len__(self) -> int:
        with self._lock:
            overlays = sum(len(waiting) for waiting in self._overlays.values())
            single = (self._judged is not None) + (self._dots is not None)
            return len(self._states) + len(self._events) + single + overlays + len(self._pictures)
