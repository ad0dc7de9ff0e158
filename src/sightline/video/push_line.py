"""One connection at the push door: bytes in, requests and packets out of them, answers back, limits on all of it."""

import asyncio
import secrets
from typing import Final, Protocol

from sightline.video import rtsp_words as rtsp
from sightline.video.rtsp_words import BadRequest, Request

REALM: Final = "sightline"
_DOLLAR: Final = 0x24  # begins a packet between requests (RFC 2326, 10.12)
_TRIES: Final = 3  # wrong keys of one connection
_GREETING_S: Final = 15.0  # from connection to the first packet or PLAY
SILENCE_S: Final = 60.0  # without a byte the other side is gone; what RTSP calls the session's timeout


class Role(Protocol):
    """What a connection is for."""

    def request(self, line: "Line", request: Request) -> None:
        """Answer a request."""
        ...

    def packet(self, channel: int, data: bytes) -> None:
        """Take a packet with its header of 4 bytes."""
        ...

    def gone(self) -> None:
        """The connection is closed."""
        ...


class Line(asyncio.Protocol):
    """A connection; lives in the door's thread. lines: where it is listed while open; None = there is no room."""

    def __init__(self, role: Role, lines: "set[Line] | None") -> None:
        self.nonce = secrets.token_hex(16)
        self.session = secrets.token_hex(8)
        self.greeted = False
        self._role = role
        self._lines = lines
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._tries = 0
        self._heard = True
        self._limits: list[asyncio.TimerHandle] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._lines is None:
            transport.abort()
            return
        self._lines.add(self)
        loop = asyncio.get_running_loop()
        self._limits = [
            loop.call_later(_GREETING_S, self._check_greeting),
            loop.call_later(SILENCE_S, self._check_heard),
        ]

    def connection_lost(self, error: Exception | None) -> None:
        """Called by asyncio."""
        for limit in self._limits:
            limit.cancel()
        if self._lines is not None:
            self._lines.discard(self)
            self._role.gone()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._heard = True
        buffer = self._buffer
        buffer += data
        try:
            while buffer and self._transport is not None and not self._transport.is_closing():
                if buffer[0] == _DOLLAR:
                    whole = 4 + int.from_bytes(buffer[2:4], "big")
                    if len(buffer) < max(4, whole):
                        return
                    packet = bytes(buffer[:whole])
                    del buffer[:whole]
                    self._role.packet(packet[1], packet)
                    continue
                request = rtsp.taken(buffer)
                if request is None:
                    return
                self._role.request(self, request)
        except BadRequest as error:
            self.send(rtsp.answer(None, error.status))
            self.end()

    def send(self, data: bytes) -> None:
        """Write; asyncio keeps what the other side does not take yet, see ``waiting``."""
        if self._transport is not None:
            self._transport.write(data)

    @property
    def waiting(self) -> int:
        """Bytes written that the other side has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def end(self) -> None:
        """Close; what was answered still goes out, unless the other side takes nothing."""
        if self._transport is None:
            return
        if self.waiting > rtsp.BODY_BYTES:
            self._transport.abort()
        else:
            self._transport.close()

    def proved(self, request: Request, key: str | None) -> bool:
        """Whether the request shows the key (None: there is none to know); otherwise it is asked for, or cut off."""
        if rtsp.knows(request, key or secrets.token_hex(16), REALM, self.nonce) and key is not None:
            return True
        self._tries += "authorization" in request.fields
        self.send(rtsp.answer(request, 401, {"WWW-Authenticate": rtsp.challenge(REALM, self.nonce)}))
        if self._tries >= _TRIES:
            self.end()
        return False

    def _check_greeting(self) -> None:
        if not self.greeted:
            self.end()

    def _check_heard(self) -> None:
        if not self._heard:
            self.end()
            return
        self._heard = False
        self._limits[1] = asyncio.get_running_loop().call_later(SILENCE_S, self._check_heard)
