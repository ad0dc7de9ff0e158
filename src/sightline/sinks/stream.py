"""Server-Sent Events: a ring of recent events that any number of clients read at their own pace."""

import asyncio
import json
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sightline.config.doors import StreamSettings
from sightline.core.clock import Clock
from sightline.core.errors import SightlineError
from sightline.core.events import Event
from sightline.formats.counts_csv import Counted
from sightline.formats.onvif_json import Seen
from sightline.formats.sse import HEARTBEAT, frame, retry_frame
from sightline.sinks.leave import Leaving

RETRY_MS: Final = 2000
GATHER_S: Final = 0.01  # after waking: events that come together share one write, and nobody sees 10 ms
CHUNK_EVENTS: Final = 200  # most events joined into one write of a client
_LONGEST_ID: Final = 64


class TooManyClients(SightlineError):
    """Every place of the event stream is taken."""


@dataclass(slots=True)
class _Kept:
    """One event of the ring. text: its frame, made when the first client reads it; empty bytes: it does not leave."""

    event: Event
    number: int
    text: bytes | None = None


class EventStream:
    """A sink whose other side are the page's clients.

    Events are kept in one ring for all clients and turned into bytes once, when the first of them asks: a client costs
    a position, and nobody listening costs nothing. A client that reads slower than the ring turns loses the oldest;
    it is told how many by an event ``gap``, and they are counted.
    Ids are ``<start of the program>-<number>``: a client that comes back after a restart gets what the ring holds.
    """

    def __init__(self, settings: StreamSettings, clock: Clock) -> None:
        self._settings = settings
        self._epoch = f"{clock.now_ns():x}"
        self._lock = threading.Lock()
        self._ring: deque[_Kept] = deque(maxlen=settings.recent)
        self._next = 1
        self._leaving = Leaving()
        self._clients: dict[int, Callable[[], None]] = {}
        self._closed = False
        self._delivered = self._lost = self._served = 0

    def start(self) -> None:
        """Nothing runs here."""

    def stop(self, timeout_s: float) -> None:
        """End every client's stream."""
        with self._lock:
            self._closed = True
            wakes = list(self._clients.values())
        for wake in wakes:
            wake()

    def deliver(self, events: Sequence[Event]) -> None:
        """Take events in; returns at once."""
        with self._lock:
            for event in events:
                self._ring.append(_Kept(event, self._next))
                self._next += 1
            wakes = list(self._clients.values())
        for wake in wakes:
            wake()

    def counts(self, rows: Sequence[Counted]) -> None:
        """Counts are asked for, not streamed."""

    def seen(self, seen: Seen) -> None:
        """What is in the picture is not streamed here."""

    def stats(self) -> Mapping[str, float]:
        """Numbers of the stream; see ``sinks.stats.METRICS``."""
        return {
            "up": 1.0,
            "clients": len(self._clients),
            "accepted": self._next - 1,
            "kept": self._leaving.kept,
            "delivered": self._delivered,
            "dropped": self._lost,
        }

    def subscribe(self, last_id: str | None = None, cameras: Collection[str] | None = None) -> "Subscription":
        """The bytes of one client, from the event after ``last_id`` (header Last-Event-ID) on.

        None: from now on; an id of another run, or one that the ring no longer holds: from the oldest. cameras: only
        events of these, None = of all. To be called and iterated on an event loop; TooManyClients when none fits.
        """
        allowed = None if cameras is None else frozenset(cameras)
        client = Subscription(self, self._position(last_id), allowed)
        with self._lock:
            if len(self._clients) >= self._settings.max_clients:
                raise TooManyClients(f"events: expected at most {self._settings.max_clients} clients, got one more")
            self._served += 1
            number = self._served
            self._clients[number] = client.wake()
        client.takes(number)
        return client

    def _position(self, last_id: str | None) -> int:
        """The number of the first event that the client has not seen."""
        if last_id is None:
            return self._next
        epoch, _, number = last_id[:_LONGEST_ID].partition("-")
        if epoch == self._epoch and number.isascii() and number.isdigit() and int(number) < self._next:
            return int(number) + 1
        return 0

    def _read(self, position: int, cameras: frozenset[str] | None) -> tuple[bytes, int]:
        """The next bytes of a client at a position, and its new position."""
        with self._lock:
            oldest = self._ring[0].number if self._ring else self._next
            lost = max(0, oldest - position) if position else 0
            first = max(position, oldest) - oldest
            kept = [self._ring[k] for k in range(first, min(first + CHUNK_EVENTS, len(self._ring)))]
        parts = []  # outside the lock: who delivers must not wait for the writing of JSON
        if lost:
            self._lost += lost
            parts.append(frame(json.dumps({"lost": lost}), event="gap", event_id=f"{self._epoch}-{oldest - 1}"))
        for one in kept:
            text = self._text(one)
            if text and (cameras is None or one.event.camera in cameras):
                parts.append(text)
                self._delivered += 1
        return b"".join(parts), kept[-1].number + 1 if kept else max(position, oldest)

    def _text(self, one: _Kept) -> bytes:
        if one.text is None:
            left = self._leaving([one.event])
            one.text = b""
            if left:
                data = json.dumps(left[0], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                one.text = frame(data.encode("utf-8", "replace").decode(), event_id=f"{self._epoch}-{one.number}")
        return one.text

    def _leave(self, client: int) -> None:
        self._clients.pop(client, None)  # one step: also called by the garbage collector, which may hold the lock

    @property
    def heartbeat_s(self) -> float:
        """Longest silence on a client's line, seconds."""
        return self._settings.heartbeat_s

    @property
    def closed(self) -> bool:
        """Whether the stream has ended."""
        return self._closed


class Subscription(AsyncIterator[bytes]):
    """One client's bytes. Its place is given back by ``aclose``, at the end of the stream, or when it is forgotten:
    a web server may drop a response whose client left before the first byte.
    """

    def __init__(self, stream: EventStream, position: int, cameras: frozenset[str] | None) -> None:
        self._stream = stream
        self._position = position
        self._cameras = cameras
        self._loop = asyncio.get_running_loop()
        self._awake = asyncio.Event()
        self._begun = False
        self._give_back: Callable[[], object] = lambda: None

    def wake(self) -> Callable[[], None]:
        """What wakes it from any thread; holds no reference to it."""
        loop, awake = self._loop, self._awake

        def call() -> None:
            if not awake.is_set():
                with suppress(RuntimeError):  # its event loop has been closed: nobody is left to wake
                    loop.call_soon_threadsafe(awake.set)

        return call

    def takes(self, place: int) -> None:
        """It has this place of the stream."""
        self._give_back = weakref.finalize(self, self._stream._leave, place)

    async def __anext__(self) -> bytes:
        if not self._begun:
            self._begun = True
            return retry_frame(RETRY_MS)
        while True:
            self._awake.clear()
            before = self._position
            text, self._position = self._stream._read(self._position, self._cameras)
            if text:
                return text
            if self._position != before:
                continue  # events that are not for this client
            if self._stream.closed:
                await self.aclose()
                raise StopAsyncIteration
            try:
                await asyncio.wait_for(self._awake.wait(), self._stream.heartbeat_s)
            except TimeoutError:
                return HEARTBEAT
            await asyncio.sleep(GATHER_S)

    async def aclose(self) -> None:
        """Give the place back; a second call does nothing."""
        self._give_back()
