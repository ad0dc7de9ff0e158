"""The two sides of the push door: a camera that pushes, and a reader inside that takes what it pushes."""

import secrets
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from sightline.core.errors import BadConfig
from sightline.video import rtsp_words as rtsp
from sightline.video.push_line import SILENCE_S, Line
from sightline.video.rtsp_words import Request, Session

_TAKERS: Final = 4  # of one camera; full: the newest is refused
_WAITING_BYTES: Final = 4_000_000  # of a reader that is behind (16 s of 2 Mbit/s); full: the packet is dropped, counted
_FIRST_BYTES: Final = 4_000_000  # kept from RECORD to the first reader, for the first key frame; full: the oldest goes
_PUSHER_METHODS: Final = "OPTIONS, ANNOUNCE, SETUP, RECORD, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
_TAKER_METHODS: Final = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
_ALIVE: Final = ("GET_PARAMETER", "SET_PARAMETER")


class Camera:
    """One name at the door: its key, who pushes, who takes. here: set while it pushes; dropped: packets."""

    def __init__(self, key: str | Callable[[], str]) -> None:
        self.key = key
        self.token = secrets.token_urlsafe(24)  # what its readers inside show
        self.here = threading.Event()
        self.dropped = 0
        self.session: Session | None = None
        self._pusher: Line | None = None
        self._takers: list[Taker] = []
        self._first: deque[tuple[bool, bytes]] = deque()
        self._first_bytes = 0
        self._taken = False

    def key_now(self) -> str | None:
        """The key as it is now; None when it cannot be read: nobody is let in, and the reader inside says why."""
        try:
            return self.key() if callable(self.key) else self.key
        except BadConfig:
            return None

    def begin(self, line: Line, session: Session) -> None:
        """A pusher begins; one that was here before is closed, its line was cut."""
        before, self._pusher = self._pusher, line
        if before is not None and before is not line:
            before.end()
            self._end_takers()  # their decoders know another stream
        self.session, self._taken = session, False
        self._first.clear()
        self._first_bytes = 0
        self.here.set()

    def leave(self, line: Line) -> None:
        """A pusher's connection is closed."""
        if self._pusher is line:
            self._pusher = None
            self.here.clear()
            self._end_takers()

    def deliver(self, control: bool, packet: bytes) -> None:
        """Hand a packet (with its header of 4 bytes) to everybody who takes; the first ones are kept for the first."""
        for taker in self._takers:
            self.dropped += not taker.take(control, packet)
        if self._taken:
            return
        self._first.append((control, packet))
        self._first_bytes += len(packet)
        while self._first_bytes > _FIRST_BYTES:
            self._first_bytes -= len(self._first.popleft()[1])
            self.dropped += 1

    def join(self, taker: "Taker") -> bool:
        """Somebody takes from now on; False when there is no room."""
        if len(self._takers) >= _TAKERS:
            return False
        self._takers.append(taker)
        if not self._taken:
            self._taken = True
            for control, packet in self._first:
                taker.take(control, packet)
            self._first.clear()
        return True

    def part(self, taker: "Taker") -> None:
        """Somebody takes no more."""
        if taker in self._takers:
            self._takers.remove(taker)

    def close(self) -> None:
        """End everybody's connection."""
        if self._pusher is not None:
            self._pusher.end()
        self._end_takers()

    def _end_takers(self) -> None:
        for taker in self._takers:
            taker.end()


Find = Callable[[str], Camera | None]


class Pusher:
    """A camera or encoder outside: ANNOUNCE with its key, SETUP over TCP, RECORD, packets."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._line: Line | None = None
        self._camera: Camera | None = None
        self._session: Session | None = None
        self._channels: dict[int, bool] = {}  # of the pictures: channel -> whether it carries RTCP
        self._recording = False

    def request(self, line: Line, request: Request) -> None:
        """Answer a request."""
        self._line = line
        match request.method:
            case "OPTIONS":
                line.send(rtsp.answer(request, 200, {"Public": _PUSHER_METHODS}))
            case "ANNOUNCE":
                self._announce(line, request)
            case _ if self._camera is None or self._session is None:
                line.send(rtsp.answer(request, 455))
            case "SETUP":
                self._setup(line, request, self._session)
            case "RECORD":
                if not self._channels:
                    line.send(rtsp.answer(request, 455))
                    return
                self._recording = line.greeted = True
                self._camera.begin(line, self._session)
                line.send(rtsp.answer(request, 200, {"Session": line.session}))
            case "TEARDOWN":
                line.send(rtsp.answer(request, 200, {"Session": line.session}))
                line.end()
            case method:
                line.send(rtsp.answer(request, 200 if method in _ALIVE else 405, {"Session": line.session}))

    def packet(self, channel: int, data: bytes) -> None:
        """Pass a packet of the pictures on; all others, such as sound, are thrown away here."""
        control = self._channels.get(channel)
        if self._recording and control is not None and self._camera is not None:
            self._camera.deliver(control, data)

    def gone(self) -> None:
        """The connection is closed."""
        if self._camera is not None and self._line is not None:
            self._camera.leave(self._line)

    def _announce(self, line: Line, request: Request) -> None:
        camera = self._find(request.path)
        # An unknown name is asked for its key like a known one: the door does not tell which names there are.
        if self._recording:
            line.send(rtsp.answer(request, 455))
        elif line.proved(request, camera.key_now() if camera else None):
            session = rtsp.picture_session(request.body)
            if session is None:
                line.send(rtsp.answer(request, 400))
                line.end()
                return
            self._camera, self._session, self._channels = camera, session, {}
            line.send(rtsp.answer(request, 200))

    def _setup(self, line: Line, request: Request, session: Session) -> None:
        channels = rtsp.interleaved(request.fields.get("transport", ""))
        if channels is None:
            line.send(rtsp.answer(request, 461))
            return
        if session.control in ("", "*") or request.url.endswith(session.control):
            self._channels = {channels[0]: False, channels[1]: True}
        chosen = f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]};mode=record"
        known = f"{line.session};timeout={SILENCE_S:.0f}"
        line.send(rtsp.answer(request, 200, {"Transport": chosen, "Session": known}))


class Taker:
    """A reader on this machine: DESCRIBE with the camera's token, SETUP, PLAY, then packets."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._line: Line | None = None
        self._camera: Camera | None = None
        self._channels = (0, 1)
        self._playing = False

    def request(self, line: Line, request: Request) -> None:
        """Answer a request."""
        self._line = line
        match request.method:
            case "OPTIONS":
                line.send(rtsp.answer(request, 200, {"Public": _TAKER_METHODS}))
            case "DESCRIBE":
                self._describe(line, request)
            case _ if self._camera is None:
                line.send(rtsp.answer(request, 455))
            case "SETUP":
                channels = rtsp.interleaved(request.fields.get("transport", ""))
                if channels is None:
                    line.send(rtsp.answer(request, 461))
                    return
                self._channels = channels
                chosen = f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"
                line.send(rtsp.answer(request, 200, {"Transport": chosen, "Session": line.session}))
            case "PLAY":
                line.send(rtsp.answer(request, 200, {"Session": line.session}))
                self._playing = line.greeted = True
                if not self._camera.join(self):
                    line.end()
            case "TEARDOWN":
                line.send(rtsp.answer(request, 200, {"Session": line.session}))
                line.end()
            case method:
                line.send(rtsp.answer(request, 200 if method in _ALIVE else 405, {"Session": line.session}))

    def packet(self, channel: int, data: bytes) -> None:
        """A reader's RTCP reports end here: the camera pushes whether or not they reach it."""

    def gone(self) -> None:
        """The connection is closed."""
        if self._camera is not None:
            self._camera.part(self)

    def take(self, control: bool, packet: bytes) -> bool:
        """Send a packet on its channel; False when this reader is too far behind for it."""
        if self._line is None or self._line.waiting > _WAITING_BYTES:
            return False
        self._line.send(bytes((packet[0], self._channels[control])) + packet[2:])
        return True

    def end(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.end()

    def _describe(self, line: Line, request: Request) -> None:
        camera = self._find(request.path)
        if not line.proved(request, camera.token if camera else None):
            return
        if camera is None or camera.session is None or not camera.here.is_set():
            line.send(rtsp.answer(request, 404))
            return
        self._camera = camera
        kind = {"Content-Type": "application/sdp", "Content-Base": request.url.rstrip("/") + "/"}
        line.send(rtsp.answer(request, 200, kind, camera.session.clean))
