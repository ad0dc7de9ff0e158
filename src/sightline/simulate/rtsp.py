"""An RTSP server for simulated cameras on this machine (RFC 2326): RTP over the RTSP connection, any number of readers.

It speaks what cameras speak and their readers ask for (OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN), over
TCP only, and listens on the loopback address alone: it is for trying and measuring, not for a network.
"""

import asyncio
import base64
import random
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sightline.core.clock import Clock
from sightline.core.errors import BadConfig, SightlineError
from sightline.simulate.rtp import CLOCK_HZ, PAYLOAD_TYPE, Packetizer

HOST: Final = "127.0.0.1"
_MOST_READERS: Final = 64  # of one camera
_MOST_CONNECTIONS: Final = 2_000
_SILENT_S: Final = 30.0  # until a connection that has not said PLAY is closed
_LARGEST_REQUEST: Final = 8192  # bytes
_MOST_WAITING: Final = 4_000_000  # bytes a reader may be behind (10 s at 3 Mbit/s) until it is cut off, as cameras do
_REPORT_NS: Final = 5_000_000_000  # between sender reports (RFC 3550, 6.2)
_APART_S: Final = 1e-5  # two calls due at the same instant may be made in either order
_KEPT_NS: Final = 60_000_000_000  # a session that is silent may be ended (RFC 2326, 12.37); said, not enforced over TCP
_ALLOWED: Final = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"

Began = Callable[[str, int, int], None]  # camera, session (from 1), number of the first picture this reader gets


@dataclass(frozen=True, slots=True)
class Line:
    """The way to a reader. jitter_s: mean random delay of a picture; loss: share of packets that do not arrive."""

    jitter_s: float = 0.0
    loss: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.jitter_s <= 10 or not 0 <= self.loss < 1:
            raise BadConfig("jitter and loss", (self.jitter_s, self.loss), "0 to 10 s, and a share from 0 to under 1")


@dataclass(slots=True, eq=False)
class _Reader:
    writer: asyncio.StreamWriter
    session: int = 0  # counts the sessions of the server; 0 = none yet
    token: str = ""  # its name to the reader, which nobody can guess
    channel: int = 0
    playing: bool = False
    begun: bool = False


@dataclass(slots=True, eq=False)
class _Stream:
    name: str
    size: tuple[int, int]
    fps: float
    packetizer: Packetizer
    random: random.Random
    sets: tuple[bytes, ...] = ()  # SPS and PPS, told in DESCRIBE
    readers: list[_Reader] = field(default_factory=list)
    wants_key: bool = False
    reported_ns: int | None = None
    due_s: float = 0.0  # loop time until which earlier pictures are delayed; none overtakes another


class RtspServer:
    """Serves the cameras' encoded pictures at rtsp://127.0.0.1:PORT/NAME; a thread of its own does the talking.

    cameras: name, size and pictures per second of each; began: told, from the server's thread, which picture a reader
    got first. SightlineError where the port is taken.
    """

    def __init__(
        self,
        cameras: Sequence[tuple[str, tuple[int, int], float]],
        clock: Clock,
        *,
        port: int = 0,
        line: Line | None = None,
        seed: int = 0,
        began: Began | None = None,
    ) -> None:
        self._clock = clock
        self._line = line or Line()
        self._began = began or (lambda *_: None)
        self._streams = {
            name: _Stream(name, size, fps, Packetizer(0x51670000 + k), random.Random(seed * 100_003 + k))
            for k, (name, size, fps) in enumerate(cameras)
        }
        self._sessions = 0
        self._connections = 0
        self._asked_port = port
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._failure: OSError | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rtsp", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise SightlineError(
                f"rtsp port: expected a free port, got {port}: {self._failure.strerror}"
            ) from self._failure

    def url(self, name: str) -> str:
        """The address of a camera's stream."""
        return f"rtsp://{HOST}:{self.port}/{name}"

    def wants_key(self, name: str) -> bool:
        """Whether a reader waits for a key frame of this camera."""
        return self._streams[name].wants_key

    def publish(self, name: str, units: Sequence[bytes], ticks: int, number: int, *, key: bool) -> None:
        """Send a picture to whoever reads this camera: NAL units, time in 1/90000 s, its number from 1."""
        stream = self._streams[name]
        if key:
            stream.wants_key = False
            sets = tuple(unit for unit in units if unit[0] & 0x1F in (7, 8))
            stream.sets = sets or stream.sets
        # Numbered here, in the caller's order; sent in the server's thread.
        packets = list(stream.packetizer.packets(units, ticks))
        now_ns = self._clock.now_ns()
        report = None
        if stream.reported_ns is None or now_ns - stream.reported_ns > _REPORT_NS:
            stream.reported_ns = now_ns
            report = stream.packetizer.report(now_ns, ticks)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._send, stream, packets, report, number, key)

    def close(self) -> None:
        """End all connections; a second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._server = self._loop.run_until_complete(
                asyncio.start_server(self._serve, HOST, self._asked_port, limit=_LARGEST_REQUEST)
            )
            self.port = self._server.sockets[0].getsockname()[1]
        except OSError as error:
            self._failure = error
            self._loop.close()
            return
        finally:
            self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._end())
            self._loop.close()

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)
        for stream in self._streams.values():
            for reader in stream.readers:
                reader.writer.transport.abort()
        await asyncio.sleep(0)

    def _send(self, stream: _Stream, packets: list[bytes], report: bytes | None, number: int, key: bool) -> None:
        if self._line.jitter_s > 0:
            now = self._loop.time()
            wait_s = stream.random.expovariate(1 / self._line.jitter_s)
            stream.due_s = max(stream.due_s + _APART_S, now + wait_s)
            self._loop.call_at(stream.due_s, self._deliver, stream, packets, report, number, key)
        else:
            self._deliver(stream, packets, report, number, key)

    def _deliver(self, stream: _Stream, packets: list[bytes], report: bytes | None, number: int, key: bool) -> None:
        if self._line.loss > 0:
            packets = [packet for packet in packets if stream.random.random() >= self._line.loss]
        for reader in list(stream.readers):
            if not reader.playing or not (reader.begun or key):
                continue
            if reader.writer.transport.is_closing():
                stream.readers.remove(reader)
                continue
            if reader.writer.transport.get_write_buffer_size() > _MOST_WAITING:
                stream.readers.remove(reader)
                reader.writer.transport.abort()
                continue
            if not reader.begun:
                reader.begun = True
                self._began(stream.name, reader.session, number)
            channel = reader.channel
            parts = [_framed(channel, packet) for packet in packets]
            if report is not None:
                parts.append(_framed(channel + 1, report))
            reader.writer.write(b"".join(parts))

    async def _serve(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        reader = _Reader(outgoing)
        self._connections += 1
        try:
            if self._connections > _MOST_CONNECTIONS:
                return
            while True:
                silent = None if reader.playing else _SILENT_S
                first = await asyncio.wait_for(incoming.readexactly(1), silent)
                if first == b"$":  # a receiver report; nobody here needs it
                    head = await incoming.readexactly(3)
                    await incoming.readexactly(int.from_bytes(head[1:], "big"))
                    continue
                try:
                    text = (first + await incoming.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
                    answer, go_on = self._answer(text, reader)
                    length = _header(text, "content-length") or "0"
                    body = int(length) if _is_small(length) and int(length) <= _LARGEST_REQUEST else -1
                except asyncio.LimitOverrunError:
                    answer, go_on, body = _reply("400 Bad Request", "0"), False, 0
                outgoing.write(answer)
                await outgoing.drain()
                if not go_on or body < 0:
                    return
                await incoming.readexactly(body)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError, asyncio.CancelledError):
            return
        finally:
            self._connections -= 1
            for stream in self._streams.values():
                if reader in stream.readers:
                    stream.readers.remove(reader)
            outgoing.close()

    def _answer(self, text: str, reader: _Reader) -> tuple[bytes, bool]:
        """The answer to a request, and whether the connection goes on."""
        words = text.split("\r\n", 1)[0].split(" ")
        number = _header(text, "cseq") or "0"
        if len(words) != 3 or not words[2].startswith("RTSP/1."):
            return _reply("400 Bad Request", number), False
        method, url, _ = words
        if method == "OPTIONS":
            return _reply("200 OK", number, f"Public: {_ALLOWED}"), True
        stream = self._streams.get(_name_in(url))
        if stream is None:
            return _reply("404 Not Found", number), True
        told = (_header(text, "session") or "").partition(";")[0].strip()
        if told and told != reader.token:
            return _reply("454 Session Not Found", number), True
        if method == "DESCRIBE":
            body = _description(stream)
            head = f"Content-Base: {self.url(stream.name)}/\r\nContent-Type: application/sdp"
            return _reply("200 OK", number, head, body), True
        if method == "SETUP":
            return self._set_up(text, number, stream, reader), True
        if method == "PLAY":
            return self._play(number, stream, reader), True
        if method in ("GET_PARAMETER", "SET_PARAMETER"):
            return _reply("200 OK", number, f"Session: {reader.token}" if reader.token else ""), True
        if method == "TEARDOWN":
            return _reply("200 OK", number), False
        return _reply("501 Not Implemented", number, f"Allow: {_ALLOWED}"), True

    def _set_up(self, text: str, number: str, stream: _Stream, reader: _Reader) -> bytes:
        wanted = _header(text, "transport") or ""
        if "RTP/AVP/TCP" not in wanted:
            return _reply("461 Unsupported Transport", number)
        if any(reader in other.readers for other in self._streams.values() if other is not stream):
            return _reply("459 Aggregate Operation Not Allowed", number)
        if len(stream.readers) >= _MOST_READERS:
            return _reply("453 Not Enough Bandwidth", number)
        channel = wanted.partition("interleaved=")[2].partition("-")[0]
        reader.channel = int(channel) if _is_small(channel) and int(channel) < 255 else 0
        if reader.session == 0:
            self._sessions += 1
            reader.session = self._sessions
            reader.token = secrets.token_hex(8)  # RFC 2326, 3.4: random, at least eight octets
        if reader not in stream.readers:
            stream.readers.append(reader)
        transport = f"Transport: RTP/AVP/TCP;unicast;interleaved={reader.channel}-{reader.channel + 1}"
        return _reply("200 OK", number, f"{transport}\r\nSession: {reader.token};timeout={_KEPT_NS // 10**9}")

    def _play(self, number: str, stream: _Stream, reader: _Reader) -> bytes:
        if reader not in stream.readers:
            return _reply("455 Method Not Valid in This State", number)
        reader.playing = True
        stream.wants_key = True
        info = f"RTP-Info: url={self.url(stream.name)}/video"
        return _reply("200 OK", number, f"Session: {reader.token}\r\nRange: npt=now-\r\n{info}")


def _is_small(number: str) -> bool:
    """Whether a text is a whole number that anybody could mean."""
    return number.isascii() and number.isdecimal() and len(number) <= 10


def _framed(channel: int, packet: bytes) -> bytes:
    """A packet between the lines of RTSP (RFC 2326, 10.12)."""
    return b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet


def _reply(status: str, number: str, head: str = "", body: str = "") -> bytes:
    lines = [f"RTSP/1.0 {status}", f"CSeq: {number if _is_small(number) else 0}"]
    lines += [head] if head else []
    lines += [f"Content-Length: {len(body.encode())}"] if body else []
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _header(text: str, name: str) -> str | None:
    for row in text.split("\r\n")[1:]:
        key, colon, value = row.partition(":")
        if colon and key.strip().lower() == name:
            return value.strip()
    return None


def _name_in(url: str) -> str:
    """The camera an address names: rtsp://host:port/NAME or .../NAME/video."""
    path = url.partition("://")[2].partition("/")[2]
    return path.split("?")[0].split("/")[0]


def _description(stream: _Stream) -> str:
    """The session description (RFC 8866; H.264 parameters of RFC 6184, 8.2)."""
    sets = stream.sets
    more = ""
    if len(sets) >= 2 and len(sets[0]) >= 4:
        told = ",".join(base64.b64encode(unit).decode() for unit in sets[:2])
        more = f";profile-level-id={sets[0][1:4].hex()};sprop-parameter-sets={told}"
    rows = [
        "v=0",
        f"o=- 1 1 IN IP4 {HOST}",
        f"s={stream.name}",
        f"c=IN IP4 {HOST}",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1{more}",
        f"a=framesize:{PAYLOAD_TYPE} {stream.size[0]}-{stream.size[1]}",
        f"a=framerate:{stream.fps:g}",
        "a=control:video",
    ]
    return "\r\n".join(rows) + "\r\n"
