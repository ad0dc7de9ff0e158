"""The simulator's cameras as real RTSP streams on the loopback address, read as any camera is."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from sightline.config import load_settings
from sightline.core.clock import SystemClock
from sightline.core.errors import BadConfig, SightlineError, SourceUnavailable
from sightline.simulate.rtp import nal_units
from sightline.simulate.rtsp import Line, RtspServer
from sightline.video import open_source
from sightline.video.live_encode import LiveEncoder

SIZE = (160, 96)


def picture(number: int) -> np.ndarray:
    """One whose number can be read from it: 12 bits as light and dark stripes."""
    image = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    for bit in range(12):
        image[:, bit * 12 : bit * 12 + 12] = 220 if number >> bit & 1 else 30
    return image


def number_in(pixels: np.ndarray) -> int:
    gray = cv2.cvtColor(pixels, cv2.COLOR_YUV2GRAY_I420)
    return sum(int(gray[20:80, bit * 12 + 3 : bit * 12 + 9].mean() > 128) << bit for bit in range(12))


@dataclass
class OnAir:
    server: RtspServer
    began: list[tuple[str, int, int]]
    sent: int = 0
    readers: threading.Event = field(default_factory=threading.Event)


@contextmanager
def on_air(line: Line | None = None, fps: float = 100.0) -> Iterator[OnAir]:
    """A camera that sends numbered pictures."""
    began: list[tuple[str, int, int]] = []
    server = RtspServer([("cam", SIZE, fps)], SystemClock(), line=line, began=lambda *said: began.append(said))
    air = OnAir(server, began)
    end = threading.Event()

    def send() -> None:
        encoder = LiveEncoder(SIZE, fps)
        while not end.wait(1 / fps):
            air.sent += 1
            ticks = round(air.sent * 90_000 / fps)
            unit = encoder.encode(picture(air.sent), ticks, key=server.wants_key("cam"))
            server.publish("cam", nal_units(unit.data), ticks, air.sent, key=unit.key)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield air
    finally:
        end.set()
        thread.join()
        server.close()
        server.close()


def read(air: OnAir, pictures: int) -> list[tuple[int, int]]:
    """Index as the reader counts, and the number that is in the picture."""
    rows = []
    with closing(open_source(air.server.url("cam"), camera="cam", settings=load_settings().video)) as source:
        assert (source.info.codec, source.info.width, source.info.height) == ("h264", *SIZE)
        for frame in source:
            rows.append((frame.index, number_in(frame.pixels)))
            if len(rows) == pictures:
                break
    return rows


def test_a_reader_counts_from_the_picture_the_server_names() -> None:
    with on_air() as air:
        for session in (1, 2):
            rows = read(air, 60)
            camera, told, first = air.began[session - 1]
            assert (camera, told) == ("cam", session)
            assert rows == [(index, first + index - 1) for index in range(1, 61)]


def test_jitter_changes_neither_pictures_nor_order() -> None:
    with on_air(Line(jitter_s=0.02)) as air:
        rows = read(air, 60)
        assert [number - index for index, number in rows] == [air.began[0][2] - 1] * 60


def test_lost_packets_spoil_some_pictures_and_never_the_reader() -> None:
    with on_air(Line(loss=0.2)) as air:
        rows = read(air, 40)
    numbers = [number for _, number in rows]
    assert len(set(numbers)) > 10
    assert numbers[-1] > numbers[0]


def talk(port: int, text: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(text)
        return line.recv(4096)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"OPTIONS rtsp://x/cam RTSP/1.0\r\nCSeq: 3\r\n\r\n", b"200 OK"),
        (b"DESCRIBE rtsp://x/nobody RTSP/1.0\r\nCSeq: 3\r\n\r\n", b"404 Not Found"),
        (b"DESCRIBE rtsp://x/cam RTSP/1.0\r\nCSeq: 3\r\n\r\n", b"200 OK"),
        (b"SETUP rtsp://x/cam RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP;unicast\r\n\r\n", b"461 "),
        (b"PLAY rtsp://x/cam RTSP/1.0\r\nCSeq: 3\r\n\r\n", b"455 "),
        (b"PLAY rtsp://x/cam RTSP/1.0\r\nCSeq: 3\r\nSession: 1\r\n\r\n", b"454 Session Not Found"),
        (b"GET_PARAMETER rtsp://x/cam RTSP/1.0\r\nCSeq: 3\r\n\r\n", b"200 OK"),
        (b"RECORD rtsp://x/cam RTSP/1.0\r\nCSeq: 3\r\n\r\n", b"501 "),
        (b"nonsense\r\n\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400 Bad Request"),
        (b"x" * 20_000, b"400 Bad Request"),
    ],
)
def test_every_request_has_an_answer(request_text: bytes, status: bytes) -> None:
    with on_air() as air:
        answer = talk(air.server.port, request_text)
        assert answer.startswith(b"RTSP/1.0 " + status)
        assert b"CSeq: 3" in answer or status.startswith(b"400")


def test_nobody_can_guess_a_session() -> None:
    wish = b"SETUP rtsp://x/cam RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
    with on_air() as air:
        answers = [talk(air.server.port, wish).decode() for _ in range(3)]
    names = {line.partition("Session: ")[2].partition(";")[0] for text in answers for line in text.splitlines()} - {""}
    assert len(names) == 3
    assert all(len(name) == 16 and name.isalnum() for name in names)


def test_a_taken_port_is_said() -> None:
    with on_air() as air, pytest.raises(SightlineError, match="expected a free port"):
        RtspServer([("cam", SIZE, 10.0)], SystemClock(), port=air.server.port)


def test_an_unknown_camera_cannot_be_opened() -> None:
    with on_air() as air, pytest.raises(SourceUnavailable):
        open_source(air.server.url("cam") + "x", camera="cam", settings=load_settings().video)


@pytest.mark.parametrize("line", [(-1, 0), (11, 0), (0, 1), (0, -0.1)])
def test_a_line_that_cannot_be_is_refused(line: tuple[float, float]) -> None:
    with pytest.raises(BadConfig, match="0 to 10 s"):
        Line(*line)
