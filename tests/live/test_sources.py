"""Every kind of source from a real server on the loopback: RTSP, RTMP, HTTP, MJPEG, HLS; loss and return."""

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from sightline.config import VideoSettings
from sightline.core.events import SourceChanged
from sightline.core.frame import Frame
from sightline.video import FrameSlot, Reader, open_source, probe

pytestmark = pytest.mark.live

SETTINGS = VideoSettings(open_timeout_s=8, stall_s=2, retry_first_s=0.1, retry_last_s=0.5)
FPS = 25


def until(condition: Callable[[], object], limit_s: float = 20) -> None:
    """Wait for a condition, at most limit_s."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "the condition never came true"
        threading.Event().wait(0.01)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def picture(number: int, width: int = 640, height: int = 360) -> np.ndarray:
    """A drawn picture with a bar that moves."""
    drawn = np.full((height, width, 3), 90, np.uint8)
    left = number * 8 % (width - 40)
    drawn[:, left : left + 40] = (30, 200, 220)
    return drawn


def first_frames(url: str, count: int, **more: object) -> list[Frame]:
    """The first frames of a source."""
    with open_source(url, camera="cam", settings=SETTINGS, **more) as source:  # type: ignore[arg-type]
        frames = []
        for frame in source:
            frames.append(frame)
            if len(frames) == count:
                break
        return frames


class Watched:
    """A Reader with everything it told."""

    def __init__(self, url: str, **more: object) -> None:
        self.events: list[SourceChanged] = []
        self.frames: list[Frame] = []
        self.slot = FrameSlot("newest", 1000)
        self.reader = Reader("cam", url, settings=SETTINGS, slot=self.slot, on_event=self.events.append, **more)  # type: ignore[arg-type]
        self.reader.start()

    def take(self) -> list[Frame]:
        """All frames so far."""
        self.frames.extend(iter(lambda: self.slot.take(0), None))
        return self.frames


@pytest.fixture
def watched() -> Iterator[Callable[..., Watched]]:
    """A function that starts a Reader; all are stopped with the test."""
    running: list[Watched] = []

    def start(url: str, **more: object) -> Watched:
        running.append(Watched(url, **more))
        return running[-1]

    yield start
    for one in running:
        one.reader.stop()


@pytest.mark.parametrize("options", [(), ("--user", "viewer:s3cret")], ids=["open", "with a password"])
def test_rtsp(rtsp_server, watched, options: tuple[str, ...]) -> None:
    server = rtsp_server(*options)
    camera = watched(server.url)
    until(lambda: len(camera.take()) >= 60)
    stats = camera.reader.stats()
    assert (stats.state, stats.kind, stats.width, stats.height, stats.codec) == ("running", "live", 640, 360, "h264")
    assert stats.age_s is not None
    assert stats.age_s < 3
    assert "s3cret" not in repr(stats)
    indices = [frame.index for frame in camera.frames]
    times = np.array([frame.time_ns for frame in camera.frames])
    assert indices == list(range(1, len(indices) + 1))
    assert (np.diff(times) > 0).all()
    assert np.median(np.diff(times[20:])) == pytest.approx(1e9 / FPS, rel=0.1)
    assert abs(times[-1] - time.time_ns()) < 5e9
    until(lambda: camera.reader.stats().camera_clock_s is not None)  # after the first RTCP report
    assert camera.reader.stats().camera_clock_s == pytest.approx(0, abs=5)  # server and reader share a clock


def test_rtsp_key_frames_only(rtsp_server) -> None:
    server = rtsp_server("--gop", "10")
    settings = SETTINGS.model_copy(update={"key_frames_only": True})
    with open_source(server.url, camera="cam", settings=settings) as source:
        indices = []
        for frame in source:
            indices.append(frame.index)
            if len(indices) == 5:
                break
    assert set(np.diff(indices)) == {10}


def test_rtsp_lost_and_returned(rtsp_server, watched) -> None:
    server, other = rtsp_server(), rtsp_server()
    camera, neighbour = watched(server.url), watched(other.url)
    until(lambda: len(camera.take()) >= 10)
    server.kill()
    until(lambda: camera.reader.stats().state == "lost")
    assert "expected" in camera.reader.stats().reason
    before = len(camera.take())
    rtsp_server("--port", str(server.port))
    returned = time.monotonic()
    until(lambda: len(camera.take()) >= before + 10)
    assert time.monotonic() - returned < 10  # the promise: analysed again within 10 s
    assert camera.reader.stats().reconnects == 1
    assert [event.state for event in camera.events] == ["lost", "returned"]
    indices = [frame.index for frame in camera.frames]
    assert indices == sorted(set(indices))
    times = [frame.time_ns for frame in camera.frames]
    assert times == sorted(set(times))
    assert neighbour.events == []
    assert neighbour.reader.stats().state == "running"


def test_rtsp_that_falls_silent_is_lost_and_returns(rtsp_server, watched) -> None:
    server = rtsp_server()
    camera = watched(server.url)
    until(lambda: len(camera.take()) >= 10)
    server.process.send_signal(signal.SIGSTOP)  # the connection stays, nothing comes
    until(lambda: camera.reader.stats().state == "lost")
    server.process.send_signal(signal.SIGCONT)
    before = len(camera.take())
    until(lambda: len(camera.take()) >= before + 10)
    assert camera.reader.stats().state == "running"


def encoder(width: int, height: int) -> av.VideoCodecContext:
    """An H.264 encoder that repeats its headers in the stream, as cameras do."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate, codec.gop_size = Fraction(1, FPS), Fraction(FPS), 10
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "repeat-headers=1"}
    return codec


def push(url: str, muxer: str, options: dict[str, str], sizes: list[tuple[int, int]], count: int) -> None:
    """Send count pictures of each size in real time."""
    with av.open(url, "w", format=muxer, options=options) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = *sizes[0], "yuv420p"
        begin, number = time.monotonic(), 0
        for size in sizes:
            codec = encoder(*size)
            for _ in range(count):
                frame = av.VideoFrame.from_ndarray(picture(number, *size), format="bgr24").reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                number += 1
                for packet in codec.encode(frame):
                    packet.stream = stream
                    container.mux(packet)
                time.sleep(max(0.0, begin + number / FPS - time.monotonic()))


def pusher(*arguments: object) -> threading.Thread:
    """A thread that pushes; it may be refused until somebody listens, and is cut off when nobody listens any more."""

    def run() -> None:
        end = time.monotonic() + 15
        while time.monotonic() < end:
            try:
                push(*arguments)  # type: ignore[arg-type]
            except (av.ConnectionRefusedError, av.OSError):
                threading.Event().wait(0.05)
            except av.FFmpegError:
                return
            else:
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_rtsp_push_that_changes_its_size(watched) -> None:
    url = f"rtsp://127.0.0.1:{free_port()}/push"
    camera = watched(url, listen=True)
    sender = pusher(url, "rtsp", {"rtsp_transport": "tcp"}, [(640, 360), (960, 540)], 40)
    until(lambda: {(frame.width, frame.height) for frame in camera.take()} == {(640, 360), (960, 540)})
    indices = [frame.index for frame in camera.frames]
    assert indices == list(range(1, len(indices) + 1))
    assert (camera.reader.stats().width, camera.reader.stats().height) == (960, 540)
    sender.join(10)


def test_rtmp(watched) -> None:
    """FFmpeg's own program plays the RTMP server."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("needs the ffmpeg program")
    url = f"rtmp://127.0.0.1:{free_port()}/live/cam"
    drawn = f"testsrc=size=640x360:rate={FPS}"
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10", "-pix_fmt", "yuv420p"]
    server = subprocess.Popen(
        [program, "-v", "quiet", "-re", "-f", "lavfi", "-i", drawn, *encode, "-f", "flv", "-listen", "1", url],
        stdin=subprocess.DEVNULL,
    )
    try:
        camera = watched(url, persistent=True)  # tries again until the server listens
        until(lambda: len(camera.take()) >= 30)
        stats = camera.reader.stats()
        assert (stats.state, stats.kind, stats.width, stats.height) == ("running", "live", 640, 360)
        assert [frame.index for frame in camera.frames] == list(range(1, len(camera.frames) + 1))
    finally:
        server.kill()
        server.wait(10)
    until(lambda: camera.reader.stats().state == "lost")


def test_rtmp_push(watched) -> None:
    url = f"rtmp://127.0.0.1:{free_port()}/live/cam"
    camera = watched(url, listen=True)
    sender = pusher(url, "flv", {}, [(640, 360)], 75)
    until(lambda: len(camera.take()) >= 30)
    assert [frame.index for frame in camera.frames] == list(range(1, len(camera.frames) + 1))
    sender.join(10)


class Web:
    """An HTTP server: files of a folder with ranges, /cam.mjpg as a multipart stream, /page as a web page."""

    def __init__(self, folder: Path) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                try:
                    if self.path == "/cam.mjpg":
                        self.mjpeg()
                    else:
                        self.file()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def mjpeg(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
                self.end_headers()
                for number in range(500):
                    jpeg = cv2.imencode(".jpg", picture(number))[1].tobytes()
                    head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
                    time.sleep(1 / FPS)

            def file(self) -> None:
                path = folder / self.path.lstrip("/")
                if not path.is_file():
                    self.send_error(404)
                    return
                data = path.read_bytes()
                first = 0
                if "Range" in self.headers:
                    first = int(self.headers["Range"].removeprefix("bytes=").split("-")[0])
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
                else:
                    self.send_response(200)
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("Content-Length", str(len(data) - first))
                self.end_headers()
                self.wfile.write(data[first:])

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    server = Web(tmp_path)
    yield server
    server.server.shutdown()
    server.server.server_close()


def test_http_progressive(web: Web, tmp_path: Path) -> None:
    push(str(tmp_path / "clip.mp4"), "mp4", {}, [(320, 180)], 20)
    with open_source(f"{web.address}/clip.mp4", camera="cam", settings=SETTINGS) as source:
        assert (source.info.kind, source.info.duration_s) == ("file", pytest.approx(0.8, rel=0.1))
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(1, 21))
    assert frames[-1].time_ns == 19 * 40_000_000


def test_mjpeg(web: Web) -> None:
    frames = first_frames(f"{web.address}/cam.mjpg", 15)
    assert len(frames) == 15
    assert (frames[0].width, frames[0].height) == (640, 360)
    times = np.array([frame.time_ns for frame in frames])
    assert (np.diff(times) > 0).all()
    assert abs(times[-1] - time.time_ns()) < 5e9


def test_hls_is_live_and_evened_out(web: Web, tmp_path: Path, watched) -> None:
    options = {"hls_time": "1", "hls_list_size": "4", "hls_flags": "delete_segments", "g": "10"}
    sender = pusher(str(tmp_path / "cam.m3u8"), "hls", options, [(320, 180)], 12 * FPS)
    until((tmp_path / "cam.m3u8").exists)
    camera = watched(f"{web.address}/cam.m3u8")
    until(lambda: len(camera.take()) >= 60)
    assert camera.reader.stats().kind == "live"
    times = np.array([frame.time_ns for frame in camera.frames[10:]])
    assert np.median(np.diff(times)) == pytest.approx(1e9 / FPS, rel=0.25)  # not a burst per segment
    camera.reader.stop()
    sender.join(20)


def test_probe_of_a_live_source(rtsp_server) -> None:
    report = probe(rtsp_server("--gop", "10").url, SETTINGS, live_s=2)
    assert (report.kind, report.codec, report.width, report.height) == ("live", "h264", 640, 360)
    assert report.rate_measured_fps == pytest.approx(FPS, rel=0.15)
    assert report.key_frame_distance == 10
    assert report.duration_s is None
