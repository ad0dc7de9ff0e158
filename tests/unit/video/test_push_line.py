"""Connections at the push door: who finds room, and how one ends whose other side does nothing."""

import asyncio
from collections.abc import Callable

import pytest

from sightline.video import push_line
from sightline.video.push_line import Line, Room, place_of
from sightline.video.rtsp_words import Request


class Idle:
    """A role that only counts."""

    def __init__(self) -> None:
        self.requests, self.left = 0, 0

    def request(self, line: Line, request: Request) -> None:
        self.requests += 1

    def packet(self, channel: int, data: bytes) -> None: ...

    def gone(self) -> None:
        self.left += 1


class Deaf(asyncio.Transport):
    """A transport whose other side takes nothing: closed is asked for, but only abort ends it."""

    def __init__(self, line: Line, host: str) -> None:
        super().__init__({"peername": (host, 40_000)})
        self.line, self.closing, self.aborted, self.buffered = line, False, asyncio.Event(), 100

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True
        if not self.aborted.is_set():
            self.aborted.set()
            self.line.connection_lost(None)


def connected(room: Room, host: str = "192.0.2.1", *, inside: bool = False) -> tuple[Line, Deaf, Idle]:
    role = Idle()
    line = Line(role, room, inside=inside)
    transport = Deaf(line, host)
    line.connection_made(transport)
    return line, transport, role


def in_a_loop(check: Callable[[], None]) -> None:
    async def run() -> None:
        check()

    asyncio.run(run())


def test_who_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_line, "LEAVE_S", 0.02)

    async def run() -> None:
        room = Room(10, 10)
        line, transport, role = connected(room)
        line.end()
        assert transport.closing
        assert not transport.aborted.is_set()  # what was answered may still go out
        line.data_received(b"OPTIONS rtsp://h/gate RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        await asyncio.wait_for(transport.aborted.wait(), 10)
        assert (room.open, role.left, role.requests) == (set(), 1, 0)

    asyncio.run(run())


def test_who_is_far_behind_is_cut_off_at_once() -> None:
    def check() -> None:
        line, transport, _ = connected(Room(10, 10))
        transport.buffered = 10_000_000
        line.end()
        assert transport.aborted.is_set()

    in_a_loop(check)


def test_one_address_does_not_take_all_the_room() -> None:
    def check() -> None:
        room = Room(10, 3)
        strangers = [connected(room) for _ in range(5)]
        assert [one.aborted.is_set() for _, one, _ in strangers] == [False, False, False, True, True]
        assert [role.left for _, _, role in strangers[3:]] == [0, 0]  # a role that never began is not told of an end
        assert not connected(room, "192.0.2.2")[1].aborted.is_set()
        strangers[0][0].greeted = True  # it has shown its key
        assert not connected(room)[1].aborted.is_set()
        assert (len(room.open), room.refused) == (5, 2)

    in_a_loop(check)


def test_readers_inside_are_not_bounded_by_address_and_all_by_the_whole() -> None:
    def check() -> None:
        room = Room(6, 2)
        inside = [connected(room, "127.0.0.1", inside=True)[1].aborted.is_set() for _ in range(8)]
        assert inside == [False] * 6 + [True] * 2

    in_a_loop(check)


def test_a_closed_room_lets_nobody_in() -> None:
    def check() -> None:
        room = Room(6, 2)
        room.close()
        assert connected(room)[1].aborted.is_set()

    in_a_loop(check)


@pytest.mark.parametrize(
    ("word", "peer", "place"),
    [
        ("IPv4", ("192.0.2.1", 5), "192.0.2.1"),
        ("IPv6: its network", ("2001:db8:0:7:a::1", 5, 0, 0), "20010db800000007/64"),
        ("another host of it", ("2001:db8:0:7:b::9", 6, 0, 0), "20010db800000007/64"),
        ("IPv4 within IPv6", ("::ffff:192.0.2.1", 5, 0, 0), "192.0.2.1"),
        ("with an interface", ("fe80::1%eth0", 5, 0, 2), "fe80000000000000/64"),
        ("a socket of the file system", "/run/x", ""),
        ("nothing", None, ""),
        ("no address", ("somewhere", 1), ""),
    ],
)
def test_where_a_connection_comes_from(word: str, peer: object, place: str) -> None:
    assert place_of(peer) == place, word
