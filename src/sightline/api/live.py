"""The live WebSocket: what one connected page gets, and how it changes what it gets."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

import sightline
from sightline.api.dots import ShownDots
from sightline.api.messages import (
    DOTS_PER_S,
    error_text,
    event_text,
    hello_text,
    overlay_text,
    pack_picture,
    scores_text,
    status_text,
)
from sightline.api.metrics import PageMetrics
from sightline.api.outbox import Outbox
from sightline.api.showing import Showing, Writer
from sightline.config import PageSettings
from sightline.pipeline.ports import CameraStatus, Judged, Overlay, Picture, Places, Ports, Update

STATUS_EVERY_S: Final = 1.0  # states reach the page at least so often, also where the pipeline announces none
HELLO_EVENTS: Final = 50


@dataclass(slots=True)
class Connection:
    """One connected page."""

    socket: WebSocket
    ports: Ports
    outbox: Outbox
    awake: asyncio.Event
    metrics: PageMetrics
    dots: ShownDots
    write: Writer
    mapped: asyncio.Event = field(default_factory=asyncio.Event)  # set while the page shows the map
    shown_dots: str = ""
    unsubscribe: Callable[[], None] | None = None

    def want(self, cameras: Sequence[str]) -> str:
        """Send pictures and overlays of these cameras from now on; one sentence where some are unknown, else empty."""
        known = {status.name for status in self.ports.cameras()}
        wanted = [name for name in dict.fromkeys(cameras) if name in known]
        self.outbox.want(frozenset(wanted))
        before = self.unsubscribe
        self.unsubscribe = self.ports.subscribe(self.outbox.add, wanted)  # first the new one: no gap
        if before is not None:
            before()
        unknown = sorted(set(cameras) - known)
        return f"pictures: expected names of cameras, got {', '.join(map(repr, unknown[:5]))}" if unknown else ""

    async def send_all(self) -> None:
        """Send what waits, for ever."""
        while True:
            await self.awake.wait()
            self.awake.clear()
            while (update := self.outbox.take()) is not None:
                await self._send(update)
            self.metrics.count_dropped(self.outbox.take_dropped())

    async def _send(self, update: Update | Places) -> None:
        if isinstance(update, Picture):
            kind, message = "picture", pack_picture(update)
            await self.socket.send_bytes(message)
            self.metrics.count_sent(kind, len(message))
            return
        if isinstance(update, Overlay):
            kind, text = "overlay", overlay_text(update)
        elif isinstance(update, CameraStatus):
            kind, text = "status", status_text(update)
        elif isinstance(update, Judged):
            kind, text = "scores", scores_text(self.ports.scores())
        elif isinstance(update, Places):
            kind, text = "dots", self.dots.text(update)
            if text == self.shown_dots:
                return
            self.shown_dots = text
        else:
            members = self.write(update)
            if members is None:
                return
            kind, text = "event", event_text(members)
        await self.socket.send_text(text)
        self.metrics.count_sent(kind, len(text))

    async def repeat_states(self) -> None:
        """Queue every camera's state once per ``STATUS_EVERY_S``, for ever."""
        while True:
            await asyncio.sleep(STATUS_EVERY_S)
            for status in self.ports.cameras():
                self.outbox.add(status)

    async def repeat_dots(self) -> None:
        """Queue where road users are ``DOTS_PER_S`` times a second while the page shows the map, for ever."""
        while True:
            await self.mapped.wait()
            self.outbox.add(self.dots.newest())
            await asyncio.sleep(1 / DOTS_PER_S)

    async def listen(self) -> None:
        """Do what the page asks until it leaves."""
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            sentence = self._obey(message.get("text"))
            if sentence:
                await self.socket.send_text(error_text(sentence))

    def _obey(self, text: str | None) -> str:
        """One message of the page; one sentence where it makes no sense, else empty."""
        try:
            wish = json.loads(text or "")
        except (ValueError, RecursionError):
            return 'message: expected JSON such as {"pictures": ["cam1"]}, got something else'
        if isinstance(wish, dict) and isinstance(wish.get("ack"), str):
            self.outbox.ack(wish["ack"])
            return ""
        if isinstance(wish, dict) and isinstance(wish.get("map"), bool):
            if wish["map"]:
                self.shown_dots = ""  # a map just opened has none yet
                self.mapped.set()
            else:
                self.mapped.clear()
            return ""
        names = wish.get("pictures") if isinstance(wish, dict) else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return 'message: expected {"pictures": [names]}, {"ack": name} or {"map": true}, got something else'
        return self.want(names)


def live_router(
    ports: Ports, settings: PageSettings, metrics: PageMetrics, dots: ShownDots, showing: Showing
) -> APIRouter:
    """The route of the live WebSocket."""
    router = APIRouter()

    @router.websocket("/api/v1/live")
    async def live(socket: WebSocket, pictures: str = "") -> None:
        """Pictures, overlays, events and states as they happen; see ``sightline.api.messages`` for the format."""
        await socket.accept()
        if metrics.clients >= settings.max_clients:
            await socket.close(1013, f"expected at most {settings.max_clients} pages at once, got one more")
            return
        loop = asyncio.get_running_loop()
        awake = asyncio.Event()

        def wake() -> None:
            # RuntimeError: the loop ended between the worker's update and this call; there is nobody left to wake.
            try:
                loop.call_soon_threadsafe(awake.set)
            except RuntimeError:
                outbox.close()

        outbox = Outbox(wake, events=settings.client_events)
        connection = Connection(socket, ports, outbox, awake, metrics, dots, showing.writer())
        with metrics.connected():
            await _serve(connection, [name for name in pictures.split(",") if name])

    return router


async def _serve(connection: Connection, pictures: Sequence[str]) -> None:
    ports, socket = connection.ports, connection.socket
    tasks: list[asyncio.Task[None]] = []
    try:
        past = [members for event in ports.events(HELLO_EVENTS) if (members := connection.write(event)) is not None]
        await socket.send_text(hello_text(sightline.__version__, list(ports.cameras()), past))
        sentence = connection.want(pictures)
        if sentence:
            await socket.send_text(error_text(sentence))
        if ports.scores():
            await socket.send_text(scores_text(ports.scores()))
        tasks = [
            asyncio.create_task(connection.send_all()),
            asyncio.create_task(connection.repeat_states()),
            asyncio.create_task(connection.repeat_dots()),
            asyncio.create_task(connection.listen()),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    except WebSocketDisconnect:
        pass
    finally:
        if connection.unsubscribe is not None:
            connection.unsubscribe()
        connection.outbox.close()
        connection.metrics.count_dropped(connection.outbox.take_dropped())
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for result in ended:
        if isinstance(result, Exception) and not isinstance(result, (WebSocketDisconnect, RuntimeError)):
            raise result
