"""Messages to the service manager, received on a real socket."""

import socket
from pathlib import Path

import pytest

from sightline.cli.notify import Notify
from sightline.core.clock import ManualClock


@pytest.fixture
def door(tmp_path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(str(tmp_path / "notify"))
    made.settimeout(5)
    return made


def test_ready_alive_stopping(door: socket.socket) -> None:
    clock = ManualClock()
    tell = Notify({"NOTIFY_SOCKET": door.getsockname(), "WATCHDOG_USEC": "60000000"})
    tell.ready("3 cameras\nREADY=0")
    assert door.recv(1000) == b"READY=1\nSTATUS=3 cameras READY=0", "a status is one line"
    for _ in range(70):
        tell.alive(clock)
        clock.advance(1.0)
    tell.stopping()
    said = [door.recv(1000) for _ in range(4)]
    assert said == [b"WATCHDOG=1"] * 3 + [b"STOPPING=1"], "at 0, 30 and 60 s"
    door.close()


@pytest.mark.parametrize("known", [{}, {"NOTIFY_SOCKET": "relative"}, {"NOTIFY_SOCKET": "/nobody/listens"}])
def test_without_a_manager_nothing_happens(known: dict[str, str]) -> None:
    tell = Notify(known)
    tell.ready("x")
    tell.alive(ManualClock())
    tell.stopping()
