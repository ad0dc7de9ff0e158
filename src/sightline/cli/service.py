"""A running service: one worker, its store, its doors, its people and its page, brought to what a site's file says."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sightline.api import serve
from sightline.api.people import People, server_options
from sightline.api.service import Service as Served
from sightline.api.service import create_service_app
from sightline.cli.notify import Notify
from sightline.cli.terminal import say, say_token
from sightline.cli.wiring import Built
from sightline.config import Settings
from sightline.config.plugins import load_plugins
from sightline.config.rules import GroundConfig
from sightline.config.site import SiteConfig
from sightline.core.audit import Happening
from sightline.core.clock import Clock
from sightline.core.errors import SightlineError
from sightline.core.events import Line, SourceChanged
from sightline.core.wording import number_of
from sightline.formats.ngsi_ld import Place
from sightline.pipeline.board import Board
from sightline.pipeline.counting import Counting
from sightline.pipeline.fleet import Fleet
from sightline.pipeline.keeper import Keeper
from sightline.pipeline.plans import Plans
from sightline.pipeline.ports import Update
from sightline.pipeline.site_file import SiteFile
from sightline.pipeline.supervisor import attempt
from sightline.pipeline.worker import Worker
from sightline.rules.ruleset import RULES, Drawing, ground_of
from sightline.sinks import SINKS, EventStream, Sink, Surroundings, open_sinks
from sightline.store.people import PeopleTables
from sightline.store.store import open_store

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0  # how often the site's file is looked at
TICK_S: Final = 10.0  # how often counts go to the store
HANG_S: Final = 30.0  # an analysis that has not come around for so long hangs; a batch takes a second at worst
_USUAL_ASPECT: Final = 16 / 9  # of a picture nobody has seen yet
_WAIT_DOORS_S: Final = 3.0  # at the end, for what still waits in each door


@dataclass(frozen=True, slots=True)
class Opened:
    """A site's file that was read."""

    path: Path
    site: SiteConfig


def _doors(site: SiteConfig, clock: Clock) -> dict[str, Sink]:
    """The doors of a site; BadConfig where one cannot work."""
    plugins = load_plugins("sightline.sinks", tuple(SINKS), attempt)
    places = {
        name: Place(camera.position.lon, camera.position.lat)
        for name, camera in site.cameras.items()
        if camera.position is not None
    }
    around = Surroundings(
        site=site.name,
        clock=clock,
        cameras=tuple(site.cameras),
        places=places,
        plugins=plugins.loaded,
        attempt=attempt,
    )
    return dict(open_sinks(site.doors, around))


def _say_source(update: Update) -> None:
    """Cameras that are lost and return stand in the service's log."""
    if isinstance(update, SourceChanged):
        say(f"camera {update.camera}: {update.state}{f': {update.reason}' if update.reason else ''}")


class Service:
    """What ``sightline run`` runs; ``run`` returns after ``stop`` was set."""

    def __init__(self, file: Opened, settings: Settings, built: Built, clock: Clock) -> None:
        """Opens store, doors and page's people; BadConfig or StoreUnavailable where one cannot be had."""
        site = self._started = file.site
        self._clock, self._settings, self._built = clock, settings, built
        plugins = load_plugins("sightline.rules", tuple(RULES), attempt)
        counting = self._counting = Counting(
            settings.count, zone=ZoneInfo(site.time_zone), makers={**RULES, **plugins.loaded}
        )
        stages = replace(built.stages, counting=counting)
        self.board = Board(clock, counting, recent_events=settings.pipeline.recent_events, detector=built.detector)
        for number, note in enumerate((*built.notes, *built.redaction_notes)):
            self.board.note(f"start {number}", note)
        self._cleanup = ExitStack()
        self.store = open_store(site.store, clock)
        self._cleanup.callback(self._close_store)
        self.people = People(
            PeopleTables(self.store.engine, self.store.audit), self.store.audit, site.people, clock, site.name
        )
        self._cleanup.callback(self.people.stop)
        self.stream = EventStream(site.doors.stream, clock)
        self.sinks: dict[str, Sink] = {**_doors(site, clock), "stream": self.stream}
        self.worker = Worker([], stages, built.redact, self.board, settings, clock, endless=True)
        self.keeper = Keeper(counting, self.store, self.sinks, clock)
        self.worker.add_sink(self.keeper.analysed)
        self.worker.add_farewell(self.keeper.left)
        self.plans = Plans(site, settings, clock)
        self._cleanup.callback(self.plans.close)
        self.fleet = Fleet(self.worker, self.plans)
        self.file = SiteFile(file.path, site, site.store.folder / "secrets", self._bring, self._check)
        self.board.draw_through(self._draw)

    def run(self, stop: threading.Event, reload: threading.Event, *, page: bool = True) -> None:
        """Serve until ``stop``; ``reload`` has the file read at once. Everything is written when it returns."""
        tell, site = Notify(), self.file.site()
        with self._cleanup:
            self._cleanup.callback(self.board.subscribe(self.keeper.happened, ()))
            self._cleanup.callback(self.board.subscribe(_say_source, ()))
            for name, sink in self.sinks.items():
                sink.start()
                self._cleanup.callback(sink.stop, _WAIT_DOORS_S)
                log.info("door %s is open", name)
            self._cleanup.callback(self._end_cameras)
            self.worker.start()
            if page:
                self._cleanup.enter_context(self._served())
            self._log(Happening("system", "service.start", site.name, {"cameras": len(site.cameras)}))
            said = self.fleet.apply(site.cameras).sentence()
            say(f"site {site.name}: {said}")
            tell.ready(f"site {site.name}, {number_of(len(site.cameras), 'camera')}")
            self._watch(stop, reload, tell)
            tell.stopping()
            self._log(Happening("system", "service.stop", site.name))

    def _watch(self, stop: threading.Event, reload: threading.Event, tell: Notify) -> None:
        ticked_ns = self._clock.monotonic_ns()
        while not stop.wait(LOOK_S):
            asked = reload.is_set()
            reload.clear()
            self._follow(asked)
            if self._clock.monotonic_ns() - ticked_ns >= TICK_S * 1e9:
                ticked_ns = self._clock.monotonic_ns()
                self.keeper.tick(self.board)
            failing = self.store.stats().writing.sentence
            self.board.note("store", failing, first=True)
            if self._alive():
                tell.alive(self._clock)

    def _follow(self, asked: bool) -> None:
        """Read the file again where it changed; no fault of it ends the service."""
        said: list[str] = []
        fault = attempt(lambda: said.append(self.file.reload(only_if_changed=not asked)))
        if fault is not None:
            sentence = str(fault) if isinstance(fault, SightlineError) else f"{type(fault).__name__} in the program"
            log.error("the site's file was not followed", exc_info=None if isinstance(fault, SightlineError) else fault)
            say(f"the file is left aside, the service goes on as it was: {sentence}")
            self.board.note("file", f"the site's file has a fault and is not in force: {sentence}", first=True)
        elif said[0]:
            say(f"file read again: {said[0]}")
            self.board.note("file", "")

    def _alive(self) -> bool:
        """Whether the analysis comes around."""
        return not self.worker.wait(0) and self._clock.monotonic_ns() - self.worker.turned_ns < HANG_S * 1e9

    def _log(self, happening: Happening) -> None:
        """Note something in the audit log; a store that refuses is said and no reason to stop."""
        try:
            self.store.audit.append(happening)
        except SightlineError as error:
            say(f"not in the audit log: {happening.what}: {error}")

    def _check(self, site: SiteConfig) -> None:
        """Whether the cameras that differ from those that run can be made; BadConfig names what cannot."""
        now = self.fleet.cameras()
        for name, entry in site.cameras.items():
            if now.get(name) != entry:
                drawing = Drawing(entry.lines_drawn(), entry.zones_drawn(), entry.rules, entry.ground or GroundConfig())
                self._counting.check(name, drawing)
                ground_of(drawing.ground, _USUAL_ASPECT)

    @contextmanager
    def _served(self) -> Iterator[None]:
        people, page = self.people, self._settings.page
        front = Served(self.board, self.file, people, self.store, self.stream, self.sinks, self._alive)
        app = create_service_app(front, page, self._clock)
        with serve(app, page, options=server_options(people.settings)) as served:
            address = people.settings.public_address or served.url.rstrip("/")
            say(f"page: {address}/")
            token = people.first_start()
            if token is not None:
                minutes = people.settings.first_token_min
                say_token(
                    f"first start: open {address}/#welcome={token} within {minutes:g} minutes and choose a password"
                )
            yield

    def _bring(self, site: SiteConfig) -> str:
        before = set(self.fleet.cameras())
        changes = self.fleet.apply(site.cameras)
        for name in changes.removed:
            self.plans.left(name)
        fixed = ("name", "time_zone", "store", "people", "doors", "settings", "sources")
        now = self._started
        later = [key for key in fixed if getattr(site, key) != getattr(now, key)]
        said = changes.sentence()
        detail = {"added": list(changes.added), "removed": list(changes.removed), "cameras": len(before)}
        self._log(Happening("system", "settings.site", site.name, {"changes": said[:2000], **detail}))
        if later:
            said += f"; {', '.join(later)} changed too: in force after a restart"
        return said

    def _draw(self, camera: str, lines: Sequence[Line]) -> None:
        shapes = {line.name: [list(line.start), list(line.end)] for line in lines}
        self.file.change_camera(camera, {"lines": shapes or None})

    def _end_cameras(self) -> None:
        self.worker.stop()
        self.keeper.tick(self.board)
        for name in self.fleet.cameras():
            self.keeper.left(name)

    def _close_store(self) -> None:
        if not self.store.close():
            say("some findings could not be written to the store before the end")
