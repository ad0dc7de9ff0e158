"""A proxy on the loopback through which FFmpeg fetches an address from outside: every connection is checked.

A playlist or a redirect names further hosts, and a host name may change its mind between two questions; FFmpeg can be
told which protocols it may speak but not to whom. So it gets this proxy, which looks each host up once, refuses what
``allowed_address`` refuses, and connects to exactly the machine address it has checked.
"""

import contextlib
import os
import selectors
import socket
import threading
from collections.abc import Sequence
from typing import Final, Self
from urllib.parse import urlsplit

from sightline.core.errors import SourceUnavailable
from sightline.video.allowed import Allowed, Resolve, allowed_address, resolved

_HEAD_BYTES: Final = 32_768  # of a request; FFmpeg writes a few hundred
_CONNECTIONS: Final = 16  # at once of one source; a player of a playlist needs two or three. Full: the next is refused
_WAIT_S: Final = 10.0
_PIECE: Final = 65_536


class Gateway:
    """A proxy for one source; ``url`` is what FFmpeg's option http_proxy takes. Close it with the source.

    refused: how many connections were refused, for whoever asks why nothing came; reason: of the last one.
    """

    def __init__(self, allow_private: Sequence[str], *, resolve: Resolve = resolved) -> None:
        if os.environ.get("no_proxy"):
            # FFmpeg reads this variable itself and would go past the proxy.
            raise SourceUnavailable(
                "expected an environment without the variable no_proxy for addresses from outside, got one"
            )
        self.refused = 0
        self.reason = ""
        self._allow_private = allow_private
        self._resolve = resolve
        self._places = threading.BoundedSemaphore(_CONNECTIONS)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False
        self._server = socket.create_server(("127.0.0.1", 0), backlog=_CONNECTIONS)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, name="gateway", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take no more connections and break off those that are open."""
        with self._lock:
            self._closed = True
            connections = [self._server, *self._open]
        for one in connections:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:  # closed
                return
            if not self._places.acquire(blocking=False):
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), name="gateway", daemon=True).start()

    def _keep(self, connection: socket.socket) -> bool:
        with self._lock:
            if not self._closed:
                self._open.add(connection)
            return not self._closed

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, contextlib.suppress(OSError):
                client.settimeout(_WAIT_S)
                if not self._keep(client):
                    return
                try:
                    server = self._connect(client)
                except SourceUnavailable as error:
                    self.refused, self.reason = self.refused + 1, str(error)
                    client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                with server:
                    if self._keep(server):
                        _splice(client, server)
                    self._forget(server)
        finally:
            self._forget(client)
            self._places.release()

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def _connect(self, client: socket.socket) -> socket.socket:
        """Read one request, check where it leads, and pass it on there; the connection to the server."""
        head, rest = _head_of(client)
        words, _, fields = head.partition(b"\r\n")
        method, target, version = [*words.decode("latin-1").split(" "), "", ""][:3]
        tunnel = method == "CONNECT"
        url = f"https://{target}/" if tunnel else target
        if not tunnel and not url.lower().startswith("http://"):
            raise SourceUnavailable("expected a request for an http address, got another one")
        allowed = allowed_address(url, "api", self._allow_private, resolve=self._resolve)
        assert allowed is not None  # only files and devices lead nowhere
        server = _connected(url, allowed)
        if tunnel:
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            parts = urlsplit(url)
            path = parts._replace(scheme="", netloc="").geturl() or "/"
            server.sendall(f"{method} {path} {version}\r\n".encode("latin-1") + _plain_fields(fields) + b"\r\n\r\n")
        if rest:
            server.sendall(rest)
        return server


def _head_of(client: socket.socket) -> tuple[bytes, bytes]:
    """Head of a request without its blank line, and what came after it."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(_PIECE)
        if not piece or len(data) > _HEAD_BYTES:
            raise SourceUnavailable("expected a request, got none")
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _plain_fields(fields: bytes) -> bytes:
    """Header fields without those for the proxy; one request a connection, for only the first is checked."""
    kept = [
        line
        for line in fields.split(b"\r\n")
        if not line.lower().startswith((b"proxy-", b"connection:", b"keep-alive:", b"upgrade:"))
    ]
    return b"\r\n".join([*kept, b"Connection: close"])


def _connected(url: str, allowed: Allowed) -> socket.socket:
    last: OSError | None = None
    for address in allowed.addresses:
        try:
            return socket.create_connection((str(address), allowed.port), timeout=_WAIT_S)
        except OSError as error:
            last = error
    raise SourceUnavailable(f"{url}: expected a connection, got none: {last}") from last


def _splice(client: socket.socket, server: socket.socket) -> None:
    """Carry bytes both ways until one side ends; FFmpeg's own time limit ends a silent connection."""
    with selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ, server)
        ready.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in ready.select():
                piece = key.fileobj.recv(_PIECE)  # type: ignore[union-attr]
                if not piece:
                    return
                key.data.sendall(piece)
