"""Cameras that push RTSP to our door: FFmpeg and GStreamer as encoders, keys, takeovers, losses, closing."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.config import VideoSettings
from sightline.config.sources import PushOptions, SourceOptions, SourcesSettings
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video import FrameSlot, Reader, open_source, push_line
from sightline.video.feeds import Going, Site, feed_of
from sightline.video.push import PushDoor, door_of
from sightline.video.source import Start

pytestmark = pytest.mark.live

SETTINGS = VideoSettings(open_timeout_s=8, stall_s=2, retry_first_s=0.1, retry_last_s=0.3)
FPS = 25
KEY = "s3cret-of-the-gate"


def until(condition: Callable[[], object], limit_s: float = 20) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "the condition never came true"
        threading.Event().wait(0.01)


class Encoder:
    """``rtsp_pusher.py`` as a process."""

    def __init__(self, url: str, *, level: int = 90, transport: str = "tcp", sound: bool = False) -> None:
        script = Path(__file__).with_name("rtsp_pusher.py")
        more = ["--level", str(level), "--transport", transport, *(["--sound"] if sound else [])]
        self.process = subprocess.Popen(
            [sys.executable, str(script), url, *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def error(self) -> str:
        """The name of the error that ended it, once it has ended."""
        assert self.process.stdout is not None
        return self.process.communicate(timeout=30)[0].strip()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def door() -> Iterator[PushDoor]:
    with PushDoor("127.0.0.1", 0) as opened:
        yield opened


@pytest.fixture
def encoder(door: PushDoor) -> Iterator[Callable[..., Encoder]]:
    running: list[Encoder] = []

    def start(name: str = "gate", key: str = KEY, **more: object) -> Encoder:
        running.append(Encoder(f"rtsp://any:{key}@127.0.0.1:{door.port}/{name}", **more))  # type: ignore[arg-type]
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def camera(door: PushDoor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Reader, FrameSlot]]]:
    monkeypatch.setenv("GATE_KEY", KEY)
    running: list[Reader] = []

    def start(name: str = "gate") -> tuple[Reader, FrameSlot]:
        options = SourceOptions(url=name, kind="push", password="${GATE_KEY}")
        site = Site(SETTINGS, SourcesSettings(), door)
        slot = FrameSlot("newest", 1000)
        feed = feed_of(name, options, site, origin="operator")
        reader = Reader(name, f"push {name}", settings=SETTINGS, slot=slot, feed=feed, persistent=True)
        reader.start()
        running.append(reader)
        return reader, slot

    yield start
    for one in running:
        one.stop()


@pytest.mark.parametrize("transport", ["tcp", ""], ids=["tcp", "udp first, as FFmpeg does by itself"])
def test_a_pushed_camera_is_read_from_its_first_picture(camera, encoder, transport: str) -> None:
    reader, slot = camera()
    encoder(transport=transport, sound=True)
    until(lambda: len(slot) >= 50)
    frames = list(iter(lambda: slot.take(0), None))
    stats = reader.stats()
    assert (stats.state, stats.width, stats.height, stats.damaged) == ("running", 320, 180, 0)
    assert [frame.index for frame in frames] == list(range(1, len(frames) + 1))
    assert np.median(np.diff([frame.time_ns for frame in frames[10:]])) == pytest.approx(1e9 / FPS, rel=0.2)
    assert abs(int(frames[-1].planes()[0].mean()) - 90) <= 3
    assert KEY not in repr(stats)
    until(lambda: reader.stats().camera_clock_s is not None)  # the encoder's RTCP reports come through
    assert reader.stats().camera_clock_s == pytest.approx(0, abs=2)


def test_two_cameras_share_the_port_and_are_not_mixed_up(camera, encoder) -> None:
    (_, gate), (_, yard) = camera("gate"), camera("yard")
    encoder("gate", level=60)
    encoder("yard", level=200)
    until(lambda: len(gate) >= 5 and len(yard) >= 5)
    assert abs(int(gate.take(0).planes()[0].mean()) - 60) <= 3
    assert abs(int(yard.take(0).planes()[0].mean()) - 200) <= 3


@pytest.mark.parametrize(("name", "key"), [("gate", "wrong"), ("cellar", KEY)], ids=["wrong key", "unknown name"])
def test_who_has_no_key_stays_outside(door, camera, encoder, name: str, key: str) -> None:
    camera()
    refused = encoder(name, key)
    assert refused.error() == "HTTPUnauthorizedError"  # the same for both: the door does not tell names
    assert door.stats().pushing == ()


def test_a_camera_that_stops_is_lost_and_returns(camera, encoder) -> None:
    reader, slot = camera()
    first = encoder()
    until(lambda: len(slot) >= 5)
    first.stop()
    until(lambda: reader.stats().state == "lost")
    before = reader.stats().frames_put
    encoder()
    until(lambda: reader.stats().frames_put >= before + 10)
    assert reader.stats().reconnects == 1


def test_a_camera_whose_line_was_cut_takes_its_own_place(door, camera, encoder) -> None:
    _, slot = camera()
    first = encoder(level=60)
    until(lambda: len(slot) >= 5)
    encoder(level=200)  # the first still holds its connection
    assert first.error()

    def newest() -> int:
        frame = slot.take(0)
        return 0 if frame is None else int(frame.planes()[0].mean())

    until(lambda: newest() > 190)
    assert door.stats().pushing == ("gate",)


def test_gstreamer_pushes_too(door, camera) -> None:
    launch = shutil.which("gst-launch-1.0")
    if launch is None or subprocess.run(["gst-inspect-1.0", "rtspclientsink"], capture_output=True).returncode:
        pytest.skip("needs GStreamer's rtspclientsink")
    _, slot = camera()
    picture = "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 ! x264enc tune=zerolatency"
    sink = f"rtspclientsink location=rtsp://127.0.0.1:{door.port}/gate user-id=any user-pw={KEY} protocols=tcp"
    running = subprocess.Popen([launch, "-q", *picture.split(), "!", *sink.split()], stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(slot) >= 10)
    finally:
        running.kill()
        running.wait(10)


ODD = {
    "no RTSP": b"GET / HTTP/1.1\r\n\r\n",
    "a head without end": b"ANNOUNCE " + b"x" * 20_000,
    "a body too large": b"ANNOUNCE rtsp://h/gate RTSP/1.0\r\nContent-Length: 9999999\r\n\r\n",
    "a length that is none": b"ANNOUNCE rtsp://h/gate RTSP/1.0\r\nContent-Length: -5\r\n\r\n",
}


@pytest.mark.parametrize("word", ODD)
def test_odd_bytes_end_the_connection_and_nothing_else(door, camera, encoder, word: str) -> None:
    _, slot = camera()
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as one:
        one.sendall(ODD[word])
        answered = one.recv(4096)
        assert answered.startswith((b"RTSP/1.0 400", b"RTSP/1.0 413"))
        while one.recv(4096):
            pass
    encoder()
    until(lambda: len(slot) >= 3)


def test_recording_needs_the_key_first(door) -> None:
    door.admit("gate", KEY)
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as one:
        one.sendall(b"RECORD rtsp://h/gate RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert one.recv(4096).startswith(b"RTSP/1.0 455")


def test_inside_only_the_token_opens(door, encoder) -> None:
    door.admit("gate", KEY)
    encoder()
    until(lambda: door.wait("gate", 0.1))
    inner = door.inner_url("gate")
    with pytest.raises(av.HTTPUnauthorizedError):
        av.open(inner.replace("door:", "door:x"), options={"rtsp_transport": "tcp"}, timeout=5).close()


def test_a_port_that_is_taken_is_said_in_a_sentence(door) -> None:
    with pytest.raises(SourceUnavailable, match="expected a port to listen at, got address already in use"):
        PushDoor("127.0.0.1", door.port)


def test_a_dismissed_camera_is_put_out(door, encoder) -> None:
    door.admit("gate", KEY)
    one = encoder()
    until(lambda: door.wait("gate", 0.1))
    door.dismiss("gate")
    assert one.error()
    assert door.stats().pushing == ()


ASKED = b"OPTIONS rtsp://h/gate RTSP/1.0\r\nCSeq: 1\r\n\r\n"


@contextlib.contextmanager
def deaf(door: PushDoor) -> Iterator[None]:
    """A connection that asks until answers wait for it, and reads none."""
    door._outer.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)  # its connections inherit it
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        one.settimeout(10)
        one.connect(("127.0.0.1", door.port))
        until(lambda: one.sendall(ASKED * 8) or any(line.waiting > 4000 for line in door._room.open))
        yield


def test_who_asks_and_never_reads_loses_the_connection(door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_line, "_GREETING_S", 2.0)
    monkeypatch.setattr(push_line, "LEAVE_S", 0.1)
    with deaf(door):
        until(lambda: not door._room.open)


def closes(door: PushDoor) -> None:
    door.close()
    assert not door._thread.is_alive()
    assert door._loop.is_closed()
    door.close()  # again: nothing happens


def test_a_door_closes_though_somebody_never_reads() -> None:
    door = PushDoor("127.0.0.1", 0)
    with deaf(door):
        closes(door)


def test_a_door_closes_though_somebody_never_says_farewell(certificate: tuple[str, str]) -> None:
    door = door_of(PushOptions(address="127.0.0.1", port=0, certificate=certificate[0], certificate_key=certificate[1]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate[0])
    raw = socket.create_connection(("127.0.0.1", door.port), timeout=10)
    with context.wrap_socket(raw, server_hostname="localhost") as one:
        one.sendall(ASKED)
        assert one.recv(4096).startswith(b"RTSP/1.0 200")
        closes(door)


def test_one_host_cannot_take_all_the_room(door, camera, encoder) -> None:
    """Strangers of this address are many; a camera that has shown its key stays, and room returns when they go."""
    _, slot = camera()
    encoder()
    until(lambda: len(slot) >= 3)
    strangers = [socket.create_connection(("127.0.0.1", door.port), timeout=10) for _ in range(100)]
    try:
        until(lambda: door.stats().refused == 36)
        assert door.stats().pushing == ("gate",)
        before = len(slot)
        until(lambda: len(slot) >= before + 10)
    finally:
        for one in strangers:
            one.close()
    until(lambda: len(door._room.open) == 2)  # the camera and its reader


def test_a_changed_key_counts_from_the_next_connection_on(door, tmp_path: Path, encoder) -> None:
    key = tmp_path / "key"
    key.write_text(KEY)
    options = SourceOptions(url="gate", kind="push", password=f"file:{key}")
    feed = feed_of("gate", options, Site(SETTINGS, SourcesSettings(), door), origin="operator")
    first = encoder()
    until(lambda: door.wait("gate", 0.1))
    key.write_text("an0ther-key")
    assert encoder().error() == "HTTPUnauthorizedError"
    encoder(key="an0ther-key")
    assert first.error()  # the new one takes its place
    until(lambda: door.wait("gate", 0.1))
    key.unlink()
    assert encoder(key="an0ther-key").error() == "HTTPUnauthorizedError"
    with pytest.raises(SourceUnavailable, match="expected a readable text file, got 'No such"):
        feed(Going(Start(), threading.Event()))


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """Paths of a certificate for localhost and of its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program")
    key, made = tmp_path / "key.pem", tmp_path / "cert.pem"
    options = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    options += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([openssl, *options, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    return str(made), str(key)


def test_a_door_with_a_certificate_takes_pictures_by_rtsps(tmp_path: Path, certificate: tuple[str, str]) -> None:
    with pytest.raises(BadConfig, match="expected PEM files"):
        door_of(PushOptions(address="127.0.0.1", port=0, certificate=str(tmp_path / "none")))
    options = PushOptions(address="127.0.0.1", port=0, certificate=certificate[0], certificate_key=certificate[1])
    with door_of(options) as door:
        door.admit("gate", KEY)
        one = Encoder(f"rtsps://any:{KEY}@127.0.0.1:{door.port}/gate")
        try:
            until(lambda: door.wait("gate", 0.1))
            source = open_source(door.inner_url("gate"), camera="gate", settings=SETTINGS)
            assert next(source.frames()).width == 320
            source.close()
        finally:
            one.stop()
