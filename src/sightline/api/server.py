"""Serving the page from a thread of its own, and the addresses under which people reach it."""

import errno
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI

from sightline.api.access import is_loopback
from sightline.config import PageSettings
from sightline.core.errors import BadConfig, SightlineError

_ANY: Final = ("0.0.0.0", "::", "")
_START_S: Final = 20.0  # importing and binding take well under one; beyond that something is wrong
_STOP_S: Final = 5.0
_BACKLOG: Final = 128
_MESSAGE_BYTES: Final = 64 * 1024  # names of some thousand cameras


class _Announcing(uvicorn.Server):
    """A uvicorn server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell the thread that waits."""
        await super().startup(sockets)
        self.up.set()


class Served:
    """A page being served; ``stop`` (or leaving the with block) ends it and waits until it has."""

    def __init__(self, server: _Announcing, listening: socket.socket, settings: PageSettings) -> None:
        self._server = server
        self._listening = listening
        self.port: int = listening.getsockname()[1]
        scheme = "https" if server.config.is_ssl else "http"
        self.url = f"{scheme}://{_url_host(settings.host)}:{self.port}/"
        self._thread = threading.Thread(target=self._run, name="page", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._server.run(sockets=[self._listening])

    def wait_until_up(self) -> None:
        """Return once connections are answered; SightlineError where that fails."""
        step_s = 0.05
        for _ in range(int(_START_S / step_s)):
            if self._server.up.wait(step_s):
                return
            if not self._thread.is_alive():
                break
        self.stop()
        raise SightlineError(f"page: expected the server to start within {_START_S:.0f} s, got none")

    def stop(self) -> None:
        """Close every connection and free the port; a second call does nothing."""
        self._server.should_exit = True
        self._thread.join(_STOP_S)
        if self._thread.is_alive():  # a page that never reads its last message must not hold up the end
            self._server.force_exit = True
            self._thread.join(_STOP_S)
        self._listening.close()

    def __enter__(self) -> "Served":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    app: FastAPI,
    settings: PageSettings,
    *,
    ready: Callable[[str], None] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Served:
    """Serve the app in the background; returns once it answers and after ``ready(url)`` was called (url without token).

    options: more of ``uvicorn.Config``, such as the files of TLS.

    Port 0 takes a free one. BadConfig where the port is taken or the address is not this machine's.
    """
    listening = _listen(settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level=logging.WARNING,  # below, addresses with their query (a token may be in it) would be logged
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # JPEGs do not shrink and the rest is small
        timeout_graceful_shutdown=2,
        lifespan="off",
        **(options or {}),
    )
    served = Served(_Announcing(config), listening, settings)
    served.wait_until_up()
    if ready is not None:
        ready(served.url)
    return served


def _listen(settings: PageSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host.strip("[]"), settings.port))
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise BadConfig("page.port", settings.port, "a free port (0 takes any), this one is in use") from error
        if error.errno == errno.EACCES:
            raise BadConfig("page.port", settings.port, "a port this user may open (1024 or more)") from error
        raise BadConfig("page.host", settings.host, "an address of this machine") from error
    return listening


def _url_host(host: str) -> str:
    """The host as a browser on this machine writes it."""
    if host in ("0.0.0.0", ""):
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def access_lines(settings: PageSettings, port: int) -> list[str]:
    """What to tell the person who started the page: its address (with the token where one is needed), and the tunnel
    from another machine."""
    query = f"?token={quote(settings.token, safe='')}" if settings.token is not None else ""
    name = socket.gethostname()
    near = _url_host(settings.host)
    target = near if not is_loopback(near) or near.startswith("[") else "127.0.0.1"
    shown = name if settings.host in _ANY else near
    lines = [f"Live page: http://{shown}:{port}/{query}"]
    lines.append(
        f"From another machine: ssh -L {port}:{target}:{port} USER@{name}, then http://localhost:{port}/{query}"
    )
    return lines
