"""From a camera's entry in a site's file to the plan by which a worker reads it."""

import threading
from dataclasses import replace
from typing import Literal

from sightline.config import Settings
from sightline.config.rules import GroundConfig
from sightline.config.site import CameraConfig, SiteConfig
from sightline.config.sources import StreamChoice
from sightline.core.clock import Clock
from sightline.core.errors import SourceUnavailable
from sightline.core.frame import Frame
from sightline.pipeline.camera import CameraPlan
from sightline.rules.ruleset import Drawing
from sightline.video import kind as kind_of
from sightline.video.feeds import Feed, Going, OpenSource, feed_of
from sightline.video.feeds import Site as FeedSite
from sightline.video.push import door_of


class Plans:
    """Makes the plan of a camera from its entry in the file (``fleet.PlanOf``); ``close`` at the end."""

    def __init__(self, site: SiteConfig, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._sources = site.sources
        self._shared = FeedSite(settings.video, site.sources, None, clock)
        self._pushing: dict[str, str] = {}  # camera -> the name it pushes to
        self._lock = threading.Lock()

    def __call__(self, name: str, entry: CameraConfig) -> CameraPlan:
        """The plan; a SightlineError says what of the entry cannot work here and now."""
        kind = kind_of(entry.source.url) if entry.source.kind == "stream" and entry.sub is None else "live"
        return CameraPlan(
            name=name,
            source=entry.source.url,
            kind=kind,
            analysis_fps=entry.fps,
            paced=True,
            masks=entry.masks,
            mount=entry.position.mount() if entry.position is not None else None,
            mark=Dated(self._clock) if kind == "file" else None,
            trusted=not entry.from_api,
            feed=self._feed(name, entry) if kind == "live" else None,
            drawing=Drawing(entry.lines_drawn(), entry.zones_drawn(), entry.rules, entry.ground or GroundConfig()),
            suggest=entry.suggest_line,
            tamper=entry.tamper,
        )

    def left(self, name: str) -> None:
        """A camera is gone: it may push no more."""
        with self._lock:
            self._dismiss(name)

    def close(self) -> None:
        """Close the door that cameras push to."""
        with self._lock:
            if self._shared.door is not None:
                self._shared.door.close()
                self._shared = replace(self._shared, door=None)

    def _feed(self, name: str, entry: CameraConfig) -> Feed:
        origin: Literal["api", "operator"] = "api" if entry.from_api else "operator"
        with self._lock:
            if self._pushing.get(name) != (entry.source.url if entry.source.kind == "push" else None):
                self._dismiss(name)
        if entry.source.kind == "push":
            self._open_door(name, entry.source.url)
        main = feed_of(name, entry.source, self._shared, origin=origin)
        if entry.sub is None:
            return main
        return either(main, feed_of(name, entry.sub, self._shared, origin=origin), entry.choice)

    def _dismiss(self, name: str) -> None:
        pushed = self._pushing.pop(name, None)
        if pushed is not None and self._shared.door is not None:
            self._shared.door.dismiss(pushed)

    def _open_door(self, name: str, pushed: str) -> None:
        """The door for cameras that push, opened when the first of them comes; BadConfig where it cannot be had."""
        with self._lock:
            if self._shared.door is None:
                self._shared = replace(self._shared, door=door_of(self._sources.push))
            self._pushing[name] = pushed


def either(main: Feed, sub: Feed, choice: StreamChoice) -> Feed:
    """Opens the smaller stream where it is large and fast enough to analyse, else the main one; asked at every opening,
    for cameras are set up anew while they are read.
    """

    def opened(going: Going) -> OpenSource:
        if choice.analyse == "main":
            return main(going)
        try:
            source = sub(going)
        except SourceUnavailable:
            if choice.analyse == "sub":
                raise
            return main(going)
        large = source.info.height >= choice.least_height_px
        fast = source.info.fps is None or source.info.fps >= choice.least_fps
        if choice.analyse == "sub" or (large and fast):
            return source
        source.close()
        return main(going)

    return opened


class Dated:
    """Gives the frames of a file, whose time counts from its start, the time at which they are played."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start_ns: int | None = None

    def __call__(self, frame: Frame) -> Frame:
        """The frame at its time of day."""
        if self._start_ns is None:
            self._start_ns = self._clock.now_ns() - frame.time_ns
        return replace(frame, time_ns=frame.time_ns + self._start_ns)
