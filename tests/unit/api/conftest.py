"""A pipeline that a test holds in its hands, and ways to ask the application over it."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from sightline.api import Served, create_app, serve
from sightline.config import PageSettings
from sightline.core.events import Event, Line, LineCrossed, SourceChanged
from sightline.core.ground import Mount
from sightline.pipeline.ports import (
    CameraScores,
    CameraStatus,
    CountRow,
    Overlay,
    OverlayObject,
    Picture,
    Places,
    Update,
)

MINUTE_NS = 60_000_000_000
TOKEN = "correct-horse-battery-staple"


def status_of(name: str, **changes: Any) -> CameraStatus:
    """The state of a running camera."""
    return replace(
        CameraStatus(
            name=name,
            source="rtsp://***@10.0.0.7/stream1",
            kind="live",
            state="running",
            reason="",
            width=640,
            height=360,
            source_fps=25.0,
            analysed_fps=11.5,
            age_s=0.2,
            frames_read=200,
            frames_analysed=100,
            dropped={"newer frame": 100},
            reconnects=1,
            ms={"decode": 3.0, "detect": 20.0},
            tracks={"car": 7, "pedestrian": 2},
            progress=None,
            detector="street",
        ),
        **changes,
    )


def picture_of(camera: str, index: int, size_bytes: int = 2000) -> Picture:
    """A picture whose bytes only look like a JPEG."""
    jpeg = b"\xff\xd8" + index.to_bytes(4, "big") * (size_bytes // 4) + b"\xff\xd9"
    return Picture(camera, index, index * 40_000_000, 640, 360, jpeg, False, "")


def overlay_of(camera: str, index: int) -> Overlay:
    """An overlay with one car."""
    car = OverlayObject(3, "car", 0.86, (0.1, 0.2, 0.3, 0.4), False, 1.5, {"vehicle_colour": ("white", 0.9)})
    return Overlay(camera, index, index * 40_000_000, (car,))


class HandPorts:
    """Ports whose updates a test sends itself with ``tell``."""

    def __init__(self) -> None:
        self.states = {
            "gate": status_of("gate"),
            "=cmd": status_of("=cmd", state="starting", analysed_fps=float("nan")),
        }
        self.kept: dict[str, list[Line]] = {"gate": [Line("north", (0.1, 0.5), (0.9, 0.5))], "=cmd": []}
        self.past: list[Event] = [
            LineCrossed("gate", MINUTE_NS, "north", "forward", 3, "car", 0.9),
            SourceChanged("=cmd", MINUTE_NS + 1, "lost", "no data for 8 s"),
        ]
        self.base: dict[str, Any] | None = None
        self.hung: dict[str, Mount] = {}
        self.dots = Places(0, np.zeros((0, 2)), np.zeros(0, np.int16))
        self.judged: dict[str, CameraScores] = {}
        self.asked_for_places = 0
        self.listeners: dict[int, tuple[Callable[[Update], None], tuple[str, ...]]] = {}
        self.changed = threading.Condition()
        self.subscriptions = 0

    def cameras(self) -> Sequence[CameraStatus]:
        return list(self.states.values())

    def lines(self, camera: str) -> Sequence[Line]:
        return list(self.kept[camera])

    def set_lines(self, camera: str, lines: Sequence[Line]) -> None:
        if camera not in self.kept:
            raise KeyError(camera)
        self.kept[camera] = list(lines)

    def counts(self, camera: str, minutes: int) -> Sequence[CountRow]:
        if camera not in self.kept:
            raise KeyError(camera)
        line = "north" if camera == "gate" else '=1+1,"x"'
        return [
            CountRow(camera, line, "forward", 0, minutes, {"car": 3, "bicycle": 1}),
            CountRow(camera, line, "backward", minutes * MINUTE_NS, minutes, {"car": 2}),
        ]

    def events(self, limit: int) -> Sequence[Event]:
        return self.past[-limit:]

    def plan_map(self) -> Mapping[str, Any] | None:
        return self.base

    def mounts(self) -> Mapping[str, Mount]:
        return self.hung

    def places(self) -> Places:
        self.asked_for_places += 1
        return self.dots

    def scores(self) -> Mapping[str, CameraScores]:
        return dict(self.judged)

    def subscribe(self, listener: Callable[[Update], None], pictures_of: Sequence[str]) -> Callable[[], None]:
        with self.changed:
            self.subscriptions += 1
            number = self.subscriptions
            self.listeners[number] = (listener, tuple(pictures_of))
            self.changed.notify_all()

        def end() -> None:
            with self.changed:
                self.listeners.pop(number, None)
                self.changed.notify_all()

        return end

    def tell(self, update: Update) -> None:
        """Send an update to every listener that asked for it."""
        for listener, wanted in list(self.listeners.values()):
            if not isinstance(update, (Picture, Overlay)) or update.camera in wanted:
                listener(update)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Until the listeners are as wanted."""
        with self.changed:
            assert self.changed.wait_for(condition, timeout=20)


def ask(app: FastAPI, method: str, path: str, **options: Any) -> httpx.Response:
    """One request to the application, without a server."""

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        base = options.pop("base_url", "http://127.0.0.1:8600")
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, **options)

    return asyncio.run(go())


@pytest.fixture
def ports() -> HandPorts:
    return HandPorts()


@pytest.fixture
def app(ports: HandPorts) -> FastAPI:
    """The application on loopback, without a token."""
    return create_app(ports, PageSettings())


@pytest.fixture
def guarded(ports: HandPorts) -> FastAPI:
    """The application on an open address, with a token."""
    return create_app(ports, PageSettings(host="0.0.0.0", token=TOKEN))


@pytest.fixture(name="ask")
def ask_fixture() -> Callable[..., httpx.Response]:
    return ask


@pytest.fixture(name="make")
def make_fixture() -> Any:
    """Builders of values: make.status, make.picture, make.overlay, make.ports."""

    class Make:
        status = staticmethod(status_of)
        picture = staticmethod(picture_of)
        overlay = staticmethod(overlay_of)
        ports = HandPorts
        token = TOKEN

    return Make


@pytest.fixture
def served(ports: HandPorts) -> Iterator[Served]:
    """The application behind a real server on a free port."""
    settings = PageSettings(port=0, max_clients=2, client_events=10)
    with serve(create_app(ports, settings), settings) as running:
        yield running
