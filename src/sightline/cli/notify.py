"""Telling the service manager how it goes: ready, alive, reloading, stopping (the protocol of sd_notify(3))."""

import os
import socket
from collections.abc import Mapping

from sightline.core.clock import Clock


class Notify:
    """Messages to the socket that ``NOTIFY_SOCKET`` names; does nothing where there is none, as on a terminal.

    ``alive`` may be called as often as one likes: it is sent twice per time that the manager waits (``WATCHDOG_USEC``).
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        known = os.environ if environment is None else environment
        self._address = known.get("NOTIFY_SOCKET", "")
        limit = known.get("WATCHDOG_USEC", "")
        self._every_ns = int(limit) * 1000 // 2 if limit.isdecimal() and int(limit) > 0 else None
        self._alive_at_ns: int | None = None

    def ready(self, status: str) -> None:
        """Everything is up."""
        self._send(f"READY=1\nSTATUS={_one_line(status)}")

    def reloading(self, clock: Clock) -> None:
        """The file is read again; ``ready`` follows."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={clock.monotonic_ns() // 1000}")

    def alive(self, clock: Clock) -> None:
        """The analysis goes on."""
        now = clock.monotonic_ns()
        if self._every_ns is None or (self._alive_at_ns is not None and now - self._alive_at_ns < self._every_ns):
            return
        self._alive_at_ns = now
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """It ends in order."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address.startswith(("/", "@")):
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
                door.connect(address)
                door.sendall(message.encode())
        except OSError:
            pass  # nobody listens (any more): the service itself goes on


def _one_line(status: str) -> str:
    return " ".join(status.split())[:200]
