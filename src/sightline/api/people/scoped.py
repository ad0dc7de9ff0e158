"""The pipeline's ports as the caller of a request may see them: cameras out of reach are not there."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from sightline.api.dots import Dots
from sightline.api.people.journal import LogUnavailable
from sightline.api.people.people import People
from sightline.api.people.principal import Principal
from sightline.config.roles import Role
from sightline.core.events import Event, Line
from sightline.core.ground import Mount
from sightline.pipeline.ports import CameraScores, CameraStatus, CountRow, Places, Ports, Update

_VIEWER: Final = frozenset({Role.VIEWER})
_NOWHERE: Final = Places(0, np.zeros((0, 2)), np.zeros(0, np.int16))
_ALL_EVENTS: Final = 100_000  # more than are kept (pipeline.recent_events)


class ScopedPorts:
    """``Ports`` for everybody at once: each call answers for whoever asks (``people.asking``), nobody sees nothing.

    Statistics are for any role at the camera; pictures, boxes, lines and the map are for viewers. Who looks at which
    camera, from when to when, and who changes lines is noted in the audit log; where that cannot be written there are
    no pictures and no changes (LogUnavailable).
    """

    def __init__(self, ports: Ports, people: People) -> None:
        self._ports = ports
        self._people = people
        self._looking: dict[int, Counter[str]] = {}  # by person: cameras and how many of their pages show them
        self._since_ns: dict[tuple[int, str], int] = {}
        self._lock = threading.Lock()

    def cameras(self) -> Sequence[CameraStatus]:
        """Those at which the caller has a role."""
        return [one for one in self._ports.cameras() if self._sees(one.name)]

    def lines(self, camera: str) -> Sequence[Line]:
        """As of the pipeline; KeyError for a camera the caller does not view."""
        return self._ports.lines(self._viewed(camera))

    def set_lines(self, camera: str, lines: Sequence[Line]) -> None:
        """As of the pipeline, noted; KeyError for a camera of which the caller is no operator."""
        who = self._caller()
        if who is None or not who.may((Role.OPERATOR,), self._people.site, camera):
            raise KeyError(camera)
        self._ports.lines(camera)  # KeyError before anything is noted
        names = [line.name for line in lines]
        self._people.journal.note(who.who, "settings.lines", camera, lines=names[:100])
        self._ports.set_lines(camera, lines)

    def counts(self, camera: str, minutes: int) -> Sequence[CountRow]:
        """As of the pipeline; KeyError for a camera at which the caller has no role."""
        if not self._sees(camera):
            raise KeyError(camera)
        return self._ports.counts(camera, minutes)

    def events(self, limit: int) -> Sequence[Event]:
        """The newest ones of cameras the caller views."""
        if self.everywhere():
            return self._ports.events(limit)
        return [one for one in self._ports.events(_ALL_EVENTS) if self._views(one.camera)][-limit:]

    def plan_map(self) -> Mapping[str, Any] | None:
        """The base map: streets, no cameras."""
        return self._ports.plan_map()

    def mounts(self) -> Mapping[str, Mount]:
        """Where the cameras hang that the caller views."""
        return {name: mount for name, mount in self._ports.mounts().items() if self._views(name)}

    def places(self) -> Places:
        """Dots of the whole site, for who views all of it: they do not say which camera saw them."""
        if self.everywhere():
            return self._ports.places()
        return _NOWHERE

    def scores(self) -> Mapping[str, CameraScores]:
        """Of cameras the caller views."""
        return {name: one for name, one in self._ports.scores().items() if self._views(name)}

    def subscribe(self, listener: Callable[[Update], None], pictures_of: Sequence[str]) -> Callable[[], None]:
        """Updates of the cameras the caller views now; pictures and boxes of those named, which is noted.

        What is sent is decided by the rights at this moment; the gate ends the live page when they change.
        """
        who = self._caller()
        if who is None:
            return lambda: None
        site = self._people.site

        def passed(update: Update) -> None:
            name = update.name if isinstance(update, CameraStatus) else update.camera
            if who.may(_VIEWER, site, name):
                listener(update)

        wanted = [name for name in dict.fromkeys(pictures_of) if who.may(_VIEWER, site, name)]
        wanted = self._open(who, wanted)
        end = self._ports.subscribe(passed, wanted)
        ended = threading.Lock()

        def unsubscribe() -> None:
            end()
            if ended.acquire(blocking=False):
                self._close(who, wanted)

        return unsubscribe

    def _open(self, who: Principal, cameras: Iterable[str]) -> list[str]:
        """Note whoever begins to look; the cameras they may look at: none of them where the log cannot be written."""
        opened = []
        with self._lock:
            looking = self._looking.setdefault(who.user_id, Counter())
            for camera in cameras:
                if not looking[camera]:
                    try:
                        self._people.journal.note(who.who, "live.open", camera)
                    except LogUnavailable:
                        continue
                    self._since_ns[who.user_id, camera] = self._people.clock.now_ns()
                looking[camera] += 1
                opened.append(camera)
        return opened

    def _close(self, who: Principal, cameras: Iterable[str]) -> None:
        with self._lock:
            looking = self._looking.get(who.user_id, Counter())
            for camera in cameras:
                looking[camera] -= 1
                if looking[camera] <= 0:
                    del looking[camera]
                    began_ns = self._since_ns.pop((who.user_id, camera), self._people.clock.now_ns())
                    seconds = round((self._people.clock.now_ns() - began_ns) / 1e9, 1)
                    self._people.journal.close_note(who.who, "live.close", camera, seconds=seconds)
            if not looking:
                self._looking.pop(who.user_id, None)

    def _caller(self) -> Principal | None:
        return self._people.asking.principal

    def _sees(self, camera: str) -> bool:
        who = self._caller()
        return who is not None and who.may(Role, self._people.site, camera)

    def _views(self, camera: str) -> bool:
        who = self._caller()
        return who is not None and who.may(_VIEWER, self._people.site, camera)

    def everywhere(self) -> bool:
        """Whether the caller views every camera."""
        who = self._caller()
        return who is not None and who.may(_VIEWER, self._people.site)

    def _viewed(self, camera: str) -> str:
        if not self._views(camera):
            raise KeyError(camera)
        return camera


class ScopedDots:
    """``Dots`` for everybody at once: those of all pages for who views the whole site, none for others.

    ``Dots`` remembers what it made for the page that asked last, so it must not itself be made over scoped ports.
    """

    def __init__(self, dots: Dots, ports: ScopedPorts) -> None:
        """dots: over the pipeline's own ports."""
        self._dots = dots
        self._ports = ports

    def newest(self) -> Places:
        """Where road users are, for the caller."""
        return self._dots.newest() if self._ports.everywhere() else _NOWHERE

    def text(self, places: Places) -> str:
        """The message of these dots."""
        return self._dots.text(places)
