"""The door cameras push RTSP to: one port for all, one name and key per camera; readers take the pictures inside.

Behind the door FFmpeg reads over the loopback, so that a pushed stream is read like any other: the same unpacking of
every codec, the same stamps, RTCP clock, losses and returns.
"""

import asyncio
import contextlib
import os
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from sightline.config.sources import PushOptions
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video.push_line import LEAVE_S, Line, Room
from sightline.video.push_roles import Camera, Pusher, Taker

_CONNECTIONS: Final = 1024  # at once; full: the newest is closed
_STRANGERS: Final = 64  # of one address that have not shown a key, so that one host cannot take all; full: the newest
_GREETING_S: Final = 10.0  # for the handshake of TLS
_LOOK_S: Final = 0.01  # between two looks whether all connections have ended
_STOP_S: Final = 10.0  # for the thread to end; it needs twice LEAVE_S at most


@dataclass(frozen=True, slots=True)
class PushStats:
    """How the door is: cameras that push now, packets dropped because a reader was behind, connections refused."""

    pushing: tuple[str, ...]
    dropped: dict[str, int]
    refused: int


class PushDoor:
    """Listens for cameras and encoders that ANNOUNCE and RECORD; one thread for all of them.

    A camera pushes to rtsp://anyone:KEY@host:port/NAME over TCP (asked for UDP, the door answers 461 and encoders fall
    back). A second pusher that knows the key takes the place of the first: its line was cut. SourceUnavailable when
    the port cannot be had.
    """

    def __init__(self, address: str, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self._cameras: dict[str, Camera] = {}
        self._lock = threading.Lock()
        self._room = Room(_CONNECTIONS, _STRANGERS)
        self._closed = False
        self._loop = asyncio.new_event_loop()
        try:
            outer = self._loop.create_server(
                lambda: Line(Pusher(self.find), self._room),
                address,
                port,
                ssl=tls,
                ssl_handshake_timeout=_GREETING_S if tls else None,
                ssl_shutdown_timeout=LEAVE_S if tls else None,
            )
            self._outer = self._loop.run_until_complete(outer)
            inner = self._loop.create_server(lambda: Line(Taker(self.find), self._room, inside=True), "127.0.0.1", 0)
            self._inner = self._loop.run_until_complete(inner)
        except OSError as error:
            self._loop.close()
            reason = (os.strerror(error.errno) if error.errno else str(error)).lower()  # asyncio writes a novel
            raise SourceUnavailable(f"{address}:{port}: expected a port to listen at, got {reason}") from error
        self.port: int = self._outer.sockets[0].getsockname()[1]
        self._inner_port: int = self._inner.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, name="push", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection and the port; takes a few seconds at most, whatever the other sides do."""
        with self._lock:
            closed, self._closed = self._closed, True
        if closed:
            return
        shut = asyncio.run_coroutine_threadsafe(self._shut(), self._loop)
        with contextlib.suppress(TimeoutError):
            shut.result(_STOP_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_S)
        if not self._thread.is_alive():
            self._loop.close()

    def admit(self, name: str, key: str | Callable[[], str]) -> None:
        """Let a camera in under this name with this key (again: with another key, from its next connection on).

        A callable is asked at every connection, so that a key can change; BadConfig from it keeps the camera out.
        """
        with self._lock:
            known = self._cameras.get(name)
            if known is None:
                self._cameras[name] = Camera(key)
            else:
                known.key = key

    def dismiss(self, name: str) -> None:
        """Let the camera in no more, and close its connections."""
        with self._lock:
            camera = self._cameras.pop(name, None)
        if camera is not None and not self._closed:
            self._loop.call_soon_threadsafe(camera.close)

    def wait(self, name: str, timeout_s: float) -> bool:
        """Whether the camera pushes, waiting at most so long for it."""
        camera = self.find(name)
        return camera is not None and camera.here.wait(timeout_s)

    def inner_url(self, name: str) -> str:
        """Where the camera's pictures can be read on this machine alone; the token in it is masked like a password."""
        camera = self.find(name)
        if camera is None:
            raise SourceUnavailable(f"{name}: expected a camera that may push, got an unknown one")
        return f"rtsp://door:{camera.token}@127.0.0.1:{self._inner_port}/{name}"

    def stats(self) -> PushStats:
        """A snapshot; from any thread."""
        with self._lock:
            cameras = dict(self._cameras)
        return PushStats(
            tuple(name for name, one in cameras.items() if one.here.is_set()),
            {name: one.dropped for name, one in cameras.items() if one.dropped},
            self._room.refused,
        )

    def find(self, name: str) -> Camera | None:
        """The camera of this name."""
        with self._lock:
            return self._cameras.get(name)

    async def _shut(self) -> None:
        self._outer.close()
        self._inner.close()
        self._room.close()
        for finish in (Line.end, Line.abort):
            for line in list(self._room.open):
                finish(line)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    while self._room.open:  # each leaves it when it is closed
                        await asyncio.sleep(_LOOK_S)


def door_of(options: PushOptions) -> PushDoor:
    """The door that a site's configuration describes; BadConfig for certificate files that cannot be used."""
    tls = None
    if options.certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            tls.load_cert_chain(options.certificate, options.certificate_key)
        except (OSError, ssl.SSLError) as error:
            reason = "no such file" if isinstance(error, FileNotFoundError) else "files that do not fit"
            raise BadConfig("sources.push.certificate", reason, "PEM files of a certificate and its key") from error
    return PushDoor(options.address, options.port, tls=tls)
