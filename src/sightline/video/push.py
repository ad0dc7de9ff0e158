"""The door cameras push RTSP to: one port for all, one name and key per camera; readers take the pictures inside.

Behind the door FFmpeg reads over the loopback, so that a pushed stream is read like any other: the same unpacking of
every codec, the same stamps, RTCP clock, losses and returns.
"""

import asyncio
import os
import ssl
import threading
from dataclasses import dataclass
from typing import Final, Self

from sightline.config.sources import PushOptions
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video.push_line import Line
from sightline.video.push_roles import Camera, Pusher, Taker

_CONNECTIONS: Final = 1024  # at once; full: the newest is closed


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
        self._lines: set[Line] = set()
        self._refused = 0
        self._loop = asyncio.new_event_loop()
        try:
            outer = self._loop.create_server(lambda: self._line(Pusher(self.find)), address, port, ssl=tls)
            self._outer = self._loop.run_until_complete(outer)
            inner = self._loop.create_server(lambda: self._line(Taker(self.find)), "127.0.0.1", 0)
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
        """Close every connection and the port."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def admit(self, name: str, key: str) -> None:
        """Let a camera in under this name with this key (again: with another key, from its next connection on)."""
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
        if camera is not None:
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
            self._refused,
        )

    def find(self, name: str) -> Camera | None:
        """The camera of this name."""
        with self._lock:
            return self._cameras.get(name)

    def _line(self, role: Pusher | Taker) -> Line:
        room = len(self._lines) < _CONNECTIONS
        self._refused += not room
        return Line(role, self._lines if room else None)

    async def _shut(self) -> None:
        self._outer.close()
        self._inner.close()
        for line in list(self._lines):
            line.end()
        while self._lines:  # each leaves the set when it is closed
            await asyncio.sleep(0)


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
