"""The running pipeline as the page and the API see it: the one implementation of ``Ports``."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.core.clock import Clock
from sightline.core.errors import without_credentials
from sightline.core.events import Event, Line
from sightline.core.ground import Mount
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.counting import Counting
from sightline.pipeline.order import Analysed, CameraState
from sightline.pipeline.places import STALE_S, checked_map, places_of
from sightline.pipeline.ports import CameraScores, CameraStatus, CountRow, Judged, Overlay, Picture, Places, Update
from sightline.video import Reader

AFTER_DETECT = ("gate", "track", "describe", "count")  # the stages of the order behind the detector


@dataclass(slots=True)
class Listed:
    """One camera on the board."""

    plan: CameraPlan
    reader: Reader
    state: CameraState
    size_px: tuple[int, int] = (0, 0)
    newest_ns: int | None = None  # stream time of the newest analysed frame
    newest: Analysed | None = None  # what came of it
    faults: int = 0  # frames whose analysis failed
    failed: str = ""  # why the analysis of this camera gave up, "" while it works
    paused: bool = False  # a person stopped it; it is not read
    shown: str = ""  # the source without credentials

    def __post_init__(self) -> None:
        self.shown = without_credentials(self.plan.source)


class Board:
    """Status, lines, counts and events of all cameras, and who listens to what."""

    def __init__(self, clock: Clock, counting: Counting, *, recent_events: int, detector: str) -> None:
        self._clock = clock
        self._counting = counting
        self._detector = detector
        self._lock = threading.Lock()
        self._cameras: dict[str, Listed] = {}
        self._events: deque[Event] = deque(maxlen=recent_events)
        self._listeners: dict[int, tuple[Callable[[Update], None], frozenset[str]]] = {}
        self._next_listener = 0
        self._watched: frozenset[str] = frozenset()
        self._last_picture: dict[str, Picture] = {}
        self._last_overlay: dict[str, Overlay] = {}
        self._notes: dict[str, str] = {}  # source of the note -> sentence
        self._map: Mapping[str, Any] | None = None
        self._scores: dict[str, CameraScores] = {}
        self._draw: Callable[[str, Sequence[Line]], None] | None = None

    def add(self, listed: Listed) -> None:
        """List a camera; its place in the list is the order of adding, one that comes anew keeps its place."""
        with self._lock:
            self._cameras[listed.plan.name] = listed

    def remove(self, camera: str) -> None:
        """Take a camera off the list, with its last picture and scores; an unknown one is no matter."""
        with self._lock:
            self._cameras.pop(camera, None)
            self._last_picture.pop(camera, None)
            self._last_overlay.pop(camera, None)
            self._scores.pop(camera, None)

    def note(self, origin: str, sentence: str, *, first: bool = False) -> None:
        """Show a sentence to people with every camera, before others where asked; an empty one takes it away."""
        with self._lock:
            if sentence and first:
                self._notes = {origin: sentence, **{key: one for key, one in self._notes.items() if key != origin}}
            elif sentence:
                self._notes[origin] = sentence
            else:
                self._notes.pop(origin, None)

    def set_map(self, collection: Mapping[str, Any] | None) -> None:
        """The base map that the page shows; BadData where it is no GeoJSON FeatureCollection."""
        self._map = None if collection is None else checked_map(collection)

    def draw_through(self, draw: Callable[[str, Sequence[Line]], None]) -> None:
        """Lines that people draw go through this call (a service writes them to its file first)."""
        self._draw = draw

    def judge(self, camera: str, scores: CameraScores) -> None:
        """Show people how right a camera's numbers are.

        For whoever knows the truth outside the pipeline; nothing inside reads it. KeyError for an unknown camera.
        """
        self._known(camera)
        with self._lock:
            changed = self._scores.get(camera) != scores
            self._scores[camera] = scores
        if changed:
            self.publish(Judged(camera))

    def watched(self, camera: str) -> bool:
        """Whether somebody looks at this camera's pictures."""
        return camera in self._watched

    def publish(self, update: Update) -> None:
        """Hand an update to all listeners; pictures and overlays only to those who asked for the camera."""
        with self._lock:
            listeners = list(self._listeners.values())
            if isinstance(update, Picture):
                self._last_picture[update.camera] = update
            elif isinstance(update, Overlay):
                self._last_overlay[update.camera] = update
        for listener, pictures_of in listeners:
            if not isinstance(update, Picture | Overlay) or update.camera in pictures_of:
                listener(update)

    def happened(self, event: Event) -> None:
        """Keep and publish an event."""
        with self._lock:
            self._events.append(event)
        self.publish(event)

    # Ports

    def cameras(self) -> Sequence[CameraStatus]:
        """All cameras in the order they were named."""
        with self._lock:
            listed = list(self._cameras.values())
            notes = tuple(self._notes.values())
        return [self._status(one, notes) for one in listed]

    def lines(self, camera: str) -> Sequence[Line]:
        """The counting lines of a camera; KeyError for an unknown camera."""
        self._known(camera)
        return self._counting.lines(camera)

    def set_lines(self, camera: str, lines: Sequence[Line]) -> None:
        """Replace the counting lines; KeyError for an unknown camera."""
        self._known(camera)
        (self._draw or self._counting.set_lines)(camera, lines)

    def counts(self, camera: str, minutes: int) -> Sequence[CountRow]:
        """Counts in windows of 1 or 15 minutes, oldest first; KeyError for an unknown camera."""
        self._known(camera)
        return self._counting.rows(camera, minutes)

    def totals(self, camera: str) -> dict[str, dict[str, dict[str, int]]]:
        """Line -> direction -> class -> crossings since the start; KeyError for an unknown camera."""
        self._known(camera)
        return self._counting.totals(camera)

    def events(self, limit: int) -> Sequence[Event]:
        """The newest events, newest last."""
        with self._lock:
            return list(self._events)[-limit:]

    def plan_map(self) -> Mapping[str, Any] | None:
        """The base map, None where none was given."""
        return self._map

    def mounts(self) -> Mapping[str, Mount]:
        """Where cameras hang, by name; those nobody gave a place are absent."""
        with self._lock:
            listed = list(self._cameras.items())
        return {name: one.plan.mount for name, one in listed if one.plan.mount is not None}

    def places(self) -> Places:
        """Where road users are on the ground now, of the cameras that know where they hang and still see."""
        with self._lock:
            listed = list(self._cameras.values())
        fresh = []
        for one in listed:
            mount, newest, age_s = one.plan.mount, one.newest, one.state.meter.age_s()
            if mount is not None and newest is not None and age_s is not None and age_s <= STALE_S:
                fresh.append((mount, newest))
        return places_of(fresh)

    def scores(self) -> Mapping[str, CameraScores]:
        """How right the numbers are, by camera; empty where nobody knows the truth."""
        with self._lock:
            return dict(self._scores)

    def subscribe(self, listener: Callable[[Update], None], pictures_of: Sequence[str]) -> Callable[[], None]:
        """See ``Ports.subscribe``."""
        with self._lock:
            key = self._next_listener
            self._next_listener += 1
            self._listeners[key] = (listener, frozenset(pictures_of))
            self._count_watchers()
            still = [name for name in pictures_of if name in self._cameras and not self._moving(self._cameras[name])]
            last = [(self._last_overlay.get(name), self._last_picture.get(name)) for name in still]
        for update in (one for pair in last for one in pair if one is not None):
            listener(update)  # of a camera that sends no more, people see the last picture that was made of it

        def leave() -> None:
            with self._lock:
                self._listeners.pop(key, None)
                self._count_watchers()

        return leave

    def _count_watchers(self) -> None:
        self._watched = frozenset().union(*(names for _, names in self._listeners.values()))

    def _age_s(self, one: Listed) -> float | None:
        """How old the newest analysed picture is (live), or how long ago the analysis was (file); seconds."""
        if one.plan.kind == "live" and one.newest_ns is not None:
            return max(0.0, (self._clock.now_ns() - one.newest_ns) / 1e9)
        return one.state.meter.age_s()

    @staticmethod
    def _moving(one: Listed) -> bool:
        return not one.paused and one.reader.stats().state in ("starting", "running")

    def _known(self, camera: str) -> None:
        with self._lock:
            if camera not in self._cameras:
                raise KeyError(camera)

    def _status(self, one: Listed, notes: tuple[str, ...]) -> CameraStatus:
        read, meter, mount = one.reader.stats(), one.state.meter, one.plan.mount
        width, height = one.size_px if one.size_px != (0, 0) else (read.width, read.height)
        return CameraStatus(
            name=one.plan.name,
            source=one.shown,
            kind=one.plan.kind,
            state="paused" if one.paused else "failed" if one.failed else read.state,
            reason=""
            if one.paused or not (one.failed or read.reason)
            else without_credentials(one.failed or read.reason),
            width=width,
            height=height,
            source_fps=read.fps,
            analysed_fps=meter.rate(),
            age_s=self._age_s(one),
            frames_read=read.frames_read,
            frames_analysed=meter.analysed,
            dropped={**read.dropped, **({"fault": one.faults} if one.faults else {})},
            reconnects=read.reconnects,
            ms={**read.ms, **_without_sum(meter.ms())},
            tracks=one.state.census.by_class(),
            progress=read.progress,
            detector=self._detector,
            notes=notes,
            lon=mount.lon if mount else None,
            lat=mount.lat if mount else None,
            bearing_deg=mount.bearing_deg % 360.0 if mount else None,
        )


def _without_sum(ms: dict[str, float]) -> dict[str, float]:
    """The stages with what none of them accounts for as "other", so that they add up to what a frame costs."""
    whole = ms.pop("after_detect", None)
    if whole is not None:
        ms["other"] = max(0.0, whole - sum(ms.get(stage, 0.0) for stage in AFTER_DETECT))
    return ms
