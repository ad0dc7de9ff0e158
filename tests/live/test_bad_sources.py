"""A table of bad sources: one sentence each with expected and got, the right error, no credentials."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.config import VideoSettings
from sightline.core.errors import SourceUnavailable
from sightline.video import FrameSlot, Reader, open_source, probe

pytestmark = pytest.mark.live

SETTINGS = VideoSettings(open_timeout_s=2, stall_s=2, retry_first_s=0.1, retry_last_s=0.5)


def clip(path: Path, size: tuple[int, int] = (64, 48), frames: int = 50) -> Path:
    """A small clip whose index lies at its end."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), number, np.uint8), format="bgr24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def sound(path: Path) -> Path:
    """A second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = 16000, Fraction(1, 16000), 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "none.mp4", "got no such file"),
    "directory": (lambda folder: folder, "got a directory"),
    "zero bytes": (lambda folder: written(folder / "a.mp4", b""), "got an empty file"),
    "random bytes": (lambda folder: written(folder / "a.mp4", os.urandom(100_000)), "got "),
    "HTML": (lambda folder: written(folder / "a.mp4", b"<!DOCTYPE html><html>404</html>" * 99), "got a web page"),
    "text": (lambda folder: written(folder / "a.mp4", b"not a video\n" * 999), "got "),
    "cut before its index": (
        lambda folder: written(folder / "b.mp4", clip(folder / "a.mp4").read_bytes()[:2000]),
        "got an MP4 file whose index",
    ),
    "audio only": (lambda folder: sound(folder / "a.m4a"), "got only audio"),
    "10,000 px wide": (lambda folder: clip(folder / "a.avi", (10_000, 16), 2), "got 10000x16"),
    "unsupported scheme": (lambda folder: Path("srt:/h"), "got "),
}


def read_all(address: str) -> None:
    with open_source(address, camera="cam", settings=SETTINGS) as source:
        list(source)


LOOKS: dict[str, Callable[[str], object]] = {"open": read_all, "probe": lambda address: probe(address, SETTINGS)}


@pytest.mark.parametrize("word", FILES)
@pytest.mark.parametrize("look", [*LOOKS, "read"])
def test_bad_files(tmp_path: Path, word: str, look: str, capfd: pytest.CaptureFixture[str]) -> None:
    make, got = FILES[word]
    address = str(make(tmp_path))
    if look == "read":
        reason = reason_of(address)
    else:
        with pytest.raises(SourceUnavailable) as caught:
            LOOKS[look](address)
        assert caught.value.exit_code == 3
        reason = str(caught.value)
    assert "expected " in reason
    assert got in reason
    assert "\n" not in reason
    assert capfd.readouterr().err == ""


def reason_of(address: str) -> str:
    """Why a Reader of the address failed; a healthy one beside it must not notice."""
    slot = FrameSlot()
    reader = Reader("cam", address, settings=SETTINGS, slot=slot)
    reader.start()
    end = time.monotonic() + 20
    while reader.stats().state != "failed":
        assert time.monotonic() < end, f"expected state failed, got {reader.stats()}"
        threading.Event().wait(0.01)
    reader.stop()
    assert slot.closed
    return reader.stats().reason


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for one in kept:
            one.close()


@pytest.mark.parametrize("scheme", ["rtsp", "http", "rtmp"])
@pytest.mark.parametrize("trickle", [False, True], ids=["silent", "a byte now and then"])
def test_a_port_that_accepts_and_stays_silent(scheme: str, trickle: bool, silent_port: int) -> None:
    port = silent_port
    if trickle:
        port = trickling_port()
    address = f"{scheme}://viewer:s3cret@127.0.0.1:{port}/cam/1"
    begin = time.monotonic()
    reason = reason_of(address)
    assert time.monotonic() - begin < 15  # open_timeout_s is 2; far from the many seconds of TCP's own patience
    assert "expected a video stream, got no answer within" in reason
    assert "s3cret" not in reason
    assert "viewer" not in reason


def trickling_port() -> int:
    """A port that sends one byte at a time, for ever: no single wait is long."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server:
            connection, _ = server.accept()
            with connection:
                try:
                    for _ in range(100):
                        connection.sendall(b"R")
                        time.sleep(0.2)
                except OSError:
                    return

    threading.Thread(target=serve, daemon=True).start()
    return int(server.getsockname()[1])


def refused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "got"),
    [
        ("rtsp://viewer:s3cret@127.0.0.1:{port}/cam", "got connection refused"),
        ("http://viewer:s3cret@127.0.0.1:{port}/a.mp4?token=s3cret", "got connection refused"),
        ("rtmp://viewer:s3cret@127.0.0.1:{port}/live/cam", "got connection refused"),
        ("rtsp://viewer:s3cret@no-such-host.invalid/cam", "got a host name that nobody knows"),
        ("http://viewer:s3cret@no-such-host.invalid/cam", "got a host name that nobody knows"),
        ("srt://viewer:s3cret@127.0.0.1:{port}", "got scheme 'srt'"),
        ("udp://viewer:s3cret@127.0.0.1:{port}", "got scheme 'udp'"),
    ],
)
def test_bad_addresses(address: str, got: str) -> None:
    reason = reason_of(address.format(port=refused_port()))
    assert got in reason
    assert "expected" in reason
    assert "s3cret" not in reason
    assert "viewer" not in reason


def test_wrong_password(rtsp_server) -> None:
    server = rtsp_server("--user", "viewer:s3cret")
    reason = reason_of(server.url.replace("s3cret", "guessed"))
    assert (
        reason == f"rtsp://***@127.0.0.1:{server.port}/cam: expected a video stream, got user or password refused (401)"
    )


def test_nothing_at_the_address(rtsp_server) -> None:
    assert "got nothing at this address (404)" in reason_of(rtsp_server().url + "-other")


def test_only_sound(rtsp_server) -> None:
    assert "expected a video stream, got" in reason_of(rtsp_server("--audio").url)


def test_other_readers_are_unharmed(rtsp_server, tmp_path: Path, silent_port: int) -> None:
    good = FrameSlot("newest", 1)
    healthy = Reader("good", rtsp_server().url, settings=SETTINGS, slot=good)
    healthy.start()
    assert good.take(10) is not None
    bad = []
    for number, (make, _) in enumerate(FILES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        bad.append(str(make(folder)))
    readers = [
        Reader(f"bad{number}", address, settings=SETTINGS, slot=FrameSlot())
        for number, address in enumerate([*bad, f"rtsp://127.0.0.1:{silent_port}/x"])
    ]
    for reader in readers:
        reader.start()
    end = time.monotonic() + 20
    while any(reader.stats().state != "failed" for reader in readers):
        assert time.monotonic() < end
        assert good.take(5) is not None
    assert healthy.stats().state == "running"
    assert healthy.stats().reconnects == 0
    for reader in [*readers, healthy]:
        reader.stop()
