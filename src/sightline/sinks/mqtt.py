"""The door to an MQTT broker: one thread with its own event loop, one connection, bounded queues."""

import asyncio
import logging
import socket
import ssl
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiomqtt

import sightline
from sightline.config.doors import MqttDoor, secret_of
from sightline.core.errors import BadConfig
from sightline.core.events import Event
from sightline.formats.counts_csv import Counted
from sightline.formats.home_assistant import object_id
from sightline.formats.onvif_json import Seen
from sightline.sinks.backlog import Backlog
from sightline.sinks.ladder import Ladder
from sightline.sinks.mqtt_messages import Composer, Message
from sightline.sinks.surroundings import Surroundings

log = logging.getLogger(__name__)

WINDOW: Final = 64  # publications under way at once: hides the way to the broker and back, and is all a loss repeats
LEFT_OVERS: Final = 10_000  # states of an earlier run that are looked at: 100 cameras with 100 rules each
ACK_S: Final = 10.0  # an acknowledgement that takes longer means the connection is dead
GATHER_S: Final = 0.01  # after waking: at 2,000 events/s twenty share one turn of the loop, and nobody sees 10 ms
BATCH: Final = 128  # events composed at once: between two batches the loop serves the connection
# The client's own words about a broken connection come several at a time and say less than ours, so they are not heard.
_QUIET: Final = logging.Logger("sightline.sinks.mqtt.client", logging.CRITICAL)


class _Finished(Exception):
    """The door ends and everything has been sent."""


class MqttSink:
    """Events, counts and states by MQTT 3.1.1; topics are in ``docs/guides/mqtt.md``.

    Events wait in a queue while the broker is away (the oldest drop and are counted). What was under way when a
    connection broke is sent again (QoS 1: at least once). Retained states are sent anew after every connection.
    """

    def __init__(self, door: MqttDoor, around: Surroundings) -> None:
        """BadConfig where the password or a certificate cannot be had."""
        self._door = door
        self._around = around
        self._password = secret_of(f"{door.name}.password", door.password) if door.password else None
        self._tls = _tls_context(door) if door.tls else None
        self._composer = Composer(door, around.cameras, sightline.__version__)
        self._client_id = door.client_id or object_id("sightline", around.site, door.name)
        self._ladder = Ladder(door.retry_first_s, door.retry_last_s, around.random)
        self._events: Backlog[Event] = Backlog(door.queue_events, self._wake)
        self._rows: Backlog[Counted] = Backlog(door.queue_events, self._wake)
        self._seen: OrderedDict[str, Seen] = OrderedDict()  # newest per camera
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waking = False
        self._awake: asyncio.Event | None = None
        self._composed: deque[Message] = deque()  # at most the messages of one batch
        self._under_way: OrderedDict[int, Message] = OrderedDict()  # at most WINDOW
        self._number = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"door {door.name}", daemon=True)
        self._connected = False
        self._sent = self._connections = self._losses = 0

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Send what waits if the broker is there, say goodbye, at most so long; then end."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                self._abandon()
                self._thread.join(1.0)

    def deliver(self, events: Sequence[Event]) -> None:
        """Take events in; returns at once."""
        self._events.put(events)

    def counts(self, rows: Sequence[Counted]) -> None:
        """Finished one-minute windows, each once; returns at once."""
        self._rows.put(rows)

    def seen(self, seen: Seen) -> None:
        """What one camera sees now; the newest replaces an older one that was not sent yet."""
        with self._lock:
            self._seen[seen.camera] = seen
        self._wake()

    def stats(self) -> Mapping[str, float]:
        """Numbers of the door; see ``sinks.stats.METRICS``."""
        return {
            "up": float(self._connected),
            "queued": len(self._events) + len(self._composed) + len(self._under_way),
            "accepted": self._events.accepted,
            "kept": self._composer.kept,
            "delivered": self._sent,
            "dropped": self._events.dropped + self._rows.dropped,
            "reconnects": max(0, self._connections - 1),
            "refused": self._composer.refused,
        }

    def _wake(self) -> None:
        with self._lock:
            if self._waking or self._loop is None or self._awake is None:
                return
            self._waking = True
            self._loop.call_soon_threadsafe(self._awake.set)

    def _abandon(self) -> None:
        with self._lock:
            if self._loop is not None:
                for task in asyncio.all_tasks(self._loop):
                    self._loop.call_soon_threadsafe(task.cancel)

    def _run(self) -> None:
        self._around.keep_running(self._door.name, self._run_loop, self._stopping)

    def _run_loop(self) -> None:
        try:
            asyncio.run(self._serve())
        except asyncio.CancelledError:
            log.warning("door %s ends with %d messages unsent", self._door.name, int(self.stats()["queued"]))

    async def _serve(self) -> None:
        with self._lock:
            self._loop, self._awake = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(_client_stumbled)
        try:
            while True:
                try:
                    async with self._client() as client:
                        await self._session(client)
                except* _Finished:
                    pass
                except* (aiomqtt.MqttError, OSError) as group:
                    self._lost(group.exceptions[0])
                if self._stopping.is_set():
                    return
                await self._pause(self._ladder.next_s())
        finally:
            self._connected = False
            with self._lock:
                self._loop = self._awake = None

    def _client(self) -> aiomqtt.Client:
        door = self._door
        client = aiomqtt.Client(
            door.host,
            door.port,
            identifier=self._client_id,
            username=door.user,
            password=self._password,
            will=aiomqtt.Will(self._composer.status_topic, b"offline", qos=1, retain=True),
            keepalive=door.keepalive_s,
            timeout=ACK_S,
            tls_context=self._tls,
            max_inflight_messages=WINDOW,
            max_queued_incoming_messages=LEFT_OVERS,
            # Small publications must not wait for each other's acknowledgement (Nagle's algorithm): 40 ms each.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            logger=_QUIET,
        )
        client.pending_calls_threshold = 2 * WINDOW
        return client

    async def _session(self, client: aiomqtt.Client) -> None:
        """One connection: until it breaks (aiomqtt.MqttError) or the door ends (_Finished), each within a group."""
        topic = self._composer.status_topic
        await client.publish(topic, b"online", qos=1, retain=True)
        if self._connections:
            log.info("door %s: connected again", self._door.name)
        self._connections += 1
        self._connected = True
        self._ladder.reset()
        self._composer.say_all_again()
        self._composed.extendleft(reversed(self._under_way.values()))
        self._under_way.clear()
        await client.subscribe(self._composer.rule_topics)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(client))
            group.create_task(self._send_all(client, group))

    async def _listen(self, client: aiomqtt.Client) -> None:
        """Left-overs of an earlier run; and how the client says that the connection broke."""
        async for message in client.messages:
            if message.retain and isinstance(message.payload, bytes):
                self._composer.left_over(message.topic.value, message.payload)
                self._wake()

    async def _send_all(self, client: aiomqtt.Client, group: asyncio.TaskGroup) -> None:
        window = asyncio.Semaphore(WINDOW)
        while True:
            await window.acquire()  # before a message is taken: one in hand while we wait would be lost with us
            message = self._next()
            if message is not None:
                self._number += 1
                self._under_way[self._number] = message
                group.create_task(self._send(client, message, self._number, window))
                continue
            window.release()
            if not self._stopping.is_set():
                await self._sleep()
            elif self._under_way:
                await asyncio.wait_for(self._empty(window), ACK_S)
            else:
                await client.publish(self._composer.status_topic, b"offline", qos=1, retain=True)
                raise _Finished

    async def _send(self, client: aiomqtt.Client, message: Message, number: int, window: asyncio.Semaphore) -> None:
        await client.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)
        del self._under_way[number]
        self._sent += 1
        window.release()

    async def _empty(self, window: asyncio.Semaphore) -> None:
        """Wait until nothing is under way: when the whole window is free."""
        for _ in range(WINDOW):
            await window.acquire()
        for _ in range(WINDOW):
            window.release()

    def _next(self) -> Message | None:
        """The next message: what waits already, then changed states, then what can be made of the queues."""
        while True:
            if self._composed:
                return self._composed.popleft()
            state = self._composer.next_state()
            if state is not None:
                return state
            if not self._compose():
                return None

    def _compose(self) -> bool:
        """Turn some of what came in into messages and states; whether there was anything."""
        events, rows = self._events.take(BATCH), self._rows.take(BATCH)
        with self._lock:
            seen, self._seen = self._seen, OrderedDict()
        self._composer.counts(rows)
        for one in seen.values():
            self._composed.extend(self._composer.seen(one))
        self._composed.extend(self._composer.events(events))
        return bool(events or rows or seen)

    async def _sleep(self) -> None:
        """Until there is something new; whatever came before the flag is taken back is found by the next look."""
        assert self._awake is not None
        await self._awake.wait()
        await asyncio.sleep(GATHER_S)
        self._awake.clear()
        with self._lock:
            self._waking = False

    async def _pause(self, seconds: float) -> None:
        """A step of the ladder, cut short by the end of the door; what comes in meanwhile only wakes and waits."""
        assert self._loop is not None
        end_s = self._loop.time() + seconds
        while not self._stopping.is_set() and self._loop.time() < end_s:
            try:
                await asyncio.wait_for(self._sleep(), end_s - self._loop.time())
            except TimeoutError:
                return

    def _lost(self, error: BaseException) -> None:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if self._connected or not self._losses:
            log.warning("door %s: the broker is away and is tried again: %s", self._door.name, error)
        self._losses += 1
        self._connected = False


def _client_stumbled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The client may touch its socket just after it broke; the session ends of that anyway, and says so once."""
    log.debug("%s", context.get("message"), exc_info=context.get("exception"))


def _tls_context(door: MqttDoor) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(door.ca_file) if door.ca_file else None)
        if door.cert_file is not None and door.key_file is not None:
            context.load_cert_chain(door.cert_file, door.key_file)
    except (OSError, ssl.SSLError) as error:
        got = door.ca_file or door.cert_file
        raise BadConfig(f"{door.name} certificates", str(got), "PEM files that can be read and fit") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
