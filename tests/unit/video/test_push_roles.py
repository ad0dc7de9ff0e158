"""Who gets which packets at the push door: the first ones, those of somebody who is behind, takeovers, limits."""

import pytest

from sightline.core.errors import BadConfig
from sightline.video.push_roles import Camera, Pusher, Taker
from sightline.video.rtsp_words import Request, Session

SDP = b"v=0\r\nm=audio 0 RTP/AVP 97\r\na=control:streamid=0\r\nm=video 0 RTP/AVP 96\r\na=control:streamid=1\r\n"


class Wire:
    """A connection that keeps what is sent; waiting: bytes the other side has not taken."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.waiting, self.ended, self.greeted, self.session = 0, False, False, "5e55"

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def end(self) -> None:
        self.ended = True

    def proved(self, request: Request, key: str | None) -> bool:
        return key is not None

    @property
    def packets(self) -> list[bytes]:
        return [data for data in self.sent if data.startswith(b"$")]


def asked(role: Pusher | Taker, wire: Wire, method: str, url: str = "rtsp://h/gate", **fields: str) -> bytes:
    role.request(wire, Request(method, url, fields, SDP if method == "ANNOUNCE" else b""))  # type: ignore[arg-type]
    return wire.sent[-1]


def packet(channel: int, data: bytes = b"x") -> bytes:
    return bytes((0x24, channel)) + len(data).to_bytes(2, "big") + data


def pushing(camera: Camera) -> tuple[Pusher, Wire]:
    pusher, wire = Pusher(lambda name: camera), Wire()
    asked(pusher, wire, "ANNOUNCE")
    asked(pusher, wire, "SETUP", "rtsp://h/gate/streamid=0", transport="RTP/AVP/TCP;interleaved=0-1")
    asked(pusher, wire, "SETUP", "rtsp://h/gate/streamid=1", transport="RTP/AVP/TCP;interleaved=2-3")
    assert asked(pusher, wire, "RECORD").startswith(b"RTSP/1.0 200")
    return pusher, wire


def taking(camera: Camera, channels: str = "0-1") -> tuple[Taker, Wire]:
    taker, wire = Taker(lambda name: camera), Wire()
    assert b"video" in asked(taker, wire, "DESCRIBE")
    asked(taker, wire, "SETUP", transport=f"RTP/AVP/TCP;interleaved={channels}")
    taker.request(wire, Request("PLAY", "rtsp://h/gate", {}, b""))  # type: ignore[arg-type]
    return taker, wire


def send(pusher: Pusher, channel: int, data: bytes = b"x") -> None:
    pusher.packet(channel, packet(channel, data))


def test_the_first_packets_wait_for_the_first_reader_and_sound_goes_nowhere() -> None:
    camera = Camera("key")
    pusher, _ = pushing(camera)
    for channel, data in ((2, b"key"), (0, b"sound"), (3, b"report"), (2, b"next")):
        send(pusher, channel, data)
    _, first = taking(camera)
    send(pusher, 2, b"later")
    assert first.packets == [packet(0, b"key"), packet(1, b"report"), packet(0, b"next"), packet(0, b"later")]
    _, second = taking(camera, "4-5")
    send(pusher, 2, b"last")
    assert second.packets == [packet(4, b"last")]


def test_what_waits_for_the_first_reader_is_bounded() -> None:
    camera = Camera("key")
    pusher, _ = pushing(camera)
    for _ in range(100):
        send(pusher, 2, bytes(60_000))
    assert camera.dropped == 100 - 4_000_000 // 60_004
    _, wire = taking(camera)
    assert len(wire.packets) == 4_000_000 // 60_004


def test_a_reader_that_is_behind_loses_packets_and_stalls_nobody() -> None:
    camera = Camera("key")
    pusher, _ = pushing(camera)
    (_, slow), (_, quick) = taking(camera), taking(camera)
    slow.waiting = 5_000_000
    send(pusher, 2)
    assert (len(slow.packets), len(quick.packets), camera.dropped) == (0, 1, 1)


def test_readers_are_bounded() -> None:
    camera = Camera("key")
    pushing(camera)
    wires = [taking(camera)[1] for _ in range(5)]
    assert [wire.ended for wire in wires] == [False] * 4 + [True]


def test_a_new_pusher_takes_the_place_and_the_old_ones_end_changes_nothing() -> None:
    camera = Camera("key")
    old, old_wire = pushing(camera)
    _, reader = taking(camera)
    new, _ = pushing(camera)
    assert old_wire.ended
    assert reader.ended  # it decodes another stream
    old.gone()
    assert camera.here.is_set()
    new.gone()
    assert not camera.here.is_set()


@pytest.mark.parametrize(
    ("method", "status"),
    [("SETUP", b"455"), ("RECORD", b"455"), ("TEARDOWN", b"455"), ("PLAY", b"455"), ("OPTIONS", b"200")],
)
def test_nothing_goes_before_the_key(method: str, status: bytes) -> None:
    assert asked(Pusher(lambda name: Camera("key")), Wire(), method)[9:12] == status


def test_udp_and_nothing_to_record_are_refused() -> None:
    pusher, wire = Pusher(lambda name: Camera("key")), Wire()
    asked(pusher, wire, "ANNOUNCE")
    udp = asked(pusher, wire, "SETUP", "rtsp://h/gate/streamid=1", transport="RTP/AVP;unicast;client_port=1-2")
    assert udp[9:12] == b"461"
    assert asked(pusher, wire, "RECORD")[9:12] == b"455"


def test_nobody_pushes() -> None:
    camera = Camera("key")
    camera.session = Session(0, "", b"m=video")
    assert asked(Taker(lambda name: camera), Wire(), "DESCRIBE")[9:12] == b"404"


def test_a_key_is_asked_for_at_every_connection_and_one_that_cannot_be_read_opens_to_nobody() -> None:
    keys = iter(["one", "two"])

    def key() -> str:
        try:
            return next(keys)
        except StopIteration:
            raise BadConfig("secret file /k", "no such file", "a readable text file") from None

    shown: list[str | None] = []

    class Asking(Wire):
        def proved(self, request: Request, key: str | None) -> bool:
            shown.append(key)
            return super().proved(request, key)

    camera = Camera(key)
    for _ in range(3):
        wire = Asking()
        Pusher(lambda name: camera).request(wire, Request("ANNOUNCE", "rtsp://h/gate", {}, SDP))  # type: ignore[arg-type]
    assert shown == ["one", "two", None]
