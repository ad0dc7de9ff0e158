"""One connection at the push door: bytes in, requests and packets out of them, answers back, limits on all of it."""

import asyncio
import secrets
from ipaddress import IPv6Address, ip_address
from typing import Final, Protocol

from sightline.video import rtsp_words as rtsp
from sightline.video.rtsp_words import BadRequest, Request

REALM: Final = "sightline"
_DOLLAR: Final = 0x24  # begins a packet between requests (RFC 2326, 10.12)
_TRIES: Final = 3  # wrong keys of one connection
_GREETING_S: Final = 15.0  # from connection to the first packet or PLAY
LEAVE_S: Final = 2.0  # from the last answer to the end: who takes nothing, or answers no farewell of TLS, is cut off
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


class Room:
    """The open connections of a door: so many at most, and so many of one address that have not shown a key yet.

    Those that have shown theirs are not bounded by address: a whole depot may push from behind one translator. Of an
    IPv6 address its network of 64 bits counts, which is what one host is given. Lives in the door's thread.
    """

    def __init__(self, most: int, most_strangers: int) -> None:
        self.open: set[Line] = set()
        self.refused = 0
        self._most = most
        self._most_strangers = most_strangers

    def enter(self, line: "Line") -> bool:
        """Whether there is room for it; it is listed then."""
        alike = sum(one.place == line.place and not one.greeted for one in self.open) if line.place else 0
        if len(self.open) >= self._most or alike >= self._most_strangers:
            self.refused += 1
            return False
        self.open.add(line)
        return True

    def close(self) -> None:
        """Let nobody in any more."""
        self._most = 0


def place_of(peer: object) -> str:
    """Where a connection comes from, of what the socket says; empty when it says nothing."""
    if not isinstance(peer, tuple) or not peer:
        return ""
    try:
        address = ip_address(str(peer[0]).partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{int(address) >> 64:x}/64"
    return str(address)


class Line(asyncio.Protocol):
    """A connection; lives in the door's thread. room: where it is listed while open.

    inside: it comes from this machine's own readers, all from one address, and is not bounded by it.
    """

    def __init__(self, role: Role, room: Room, *, inside: bool = False) -> None:
        self.place = ""
        self.nonce = secrets.token_hex(16)
        self.session = secrets.token_hex(8)
        self.greeted = False
        self._role = role
        self._room = room
        self._inside = inside
        self._ending = False
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._tries = 0
        self._heard = True
        self._limits: list[asyncio.TimerHandle] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.place = "" if self._inside else place_of(transport.get_extra_info("peername"))
        if not self._room.enter(self):
            self.abort()
            return
        loop = asyncio.get_running_loop()
        self._limits = [
            loop.call_later(_GREETING_S, self._check_greeting),
            loop.call_later(SILENCE_S, self._check_heard),
        ]

    def connection_lost(self, error: Exception | None) -> None:
        """Called by asyncio."""
        for limit in self._limits:
            limit.cancel()
        if self in self._room.open:
            self._room.open.discard(self)
            self._role.gone()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if self._ending:
            return  # TLS hands on what comes until the other side has said farewell
        self._heard = True
        buffer = self._buffer
        buffer += data
        try:
            while buffer and not self._ending:
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
        """Close; what was answered still goes out, for two seconds or until the other side is far behind."""
        if self._transport is None or self._ending:
            return
        self._ending = True
        if self.waiting > rtsp.BODY_BYTES:
            self._transport.abort()
        else:
            self._transport.close()
            self._limits.append(asyncio.get_running_loop().call_later(LEAVE_S, self._transport.abort))

    def abort(self) -> None:
        """Close at once; what the other side has not taken yet is lost."""
        self._ending = True
        if self._transport is not None:
            self._transport.abort()

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
