"""What sources cost: a hundred RTSP cameras opened at once, and a look at a picture's health beside decoding it.

Needs Debian's gst-rtsp-server (see tests/live/rtsp_server.py); its one process serves all cameras.
"""

import argparse
import subprocess
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from sightline.bench.result import result
from sightline.config import VideoSettings
from sightline.core.clock import SystemClock
from sightline.core.frame import Frame
from sightline.video import FrameSlot, Reader, open_source
from sightline.video.health import HealthMeter

HERE = Path(__file__).resolve().parent
SERVER = HERE.parent / "tests" / "live" / "rtsp_server.py"
FPS = 25
LOOK_EVERY = 2 * FPS  # a look in two seconds


def opened(cameras: int) -> dict[str, float]:
    """Seconds from the first start until so many cameras run, and what one opening costs this process."""
    clock = SystemClock()
    light = ["--size", "320x180", "--fps", "5", "--gop", "5", "--many", str(cameras)]
    server = subprocess.Popen(
        ["/usr/bin/python3", str(SERVER), *light], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    port = int(server.stdout.readline().split()[1])
    settings = VideoSettings()
    readers = [
        Reader(
            f"c{number}", f"rtsp://127.0.0.1:{port}/cam/{number}", settings=settings, slot=FrameSlot(), persistent=True
        )
        for number in range(cameras)
    ]
    try:
        start, work = clock.monotonic_ns(), time.process_time()
        for reader in readers:
            reader.start()
        waits: dict[int, float] = {}
        while len(waits) < cameras and clock.monotonic_ns() - start < 120e9:
            for number, reader in enumerate(readers):
                if number not in waits and reader.stats().state == "running":
                    waits[number] = (clock.monotonic_ns() - start) / 1e9
            threading.Event().wait(0.02)
        spent = time.process_time() - work
    finally:
        for reader in readers:
            reader.stop(wait_s=0)
        server.kill()
        server.wait()
    assert len(waits) == cameras, f"expected {cameras} cameras to run, got {len(waits)}"
    return {
        "cameras": cameras,
        "first_s": round(min(waits.values()), 2),
        "median_s": round(float(np.median(list(waits.values()))), 2),
        "all_s": round(max(waits.values()), 2),
        "must_reach_s": 20,
        "cpu_ms_per_opening": round(1000 * spent / cameras, 1),
    }


def clip(path: Path, width: int, height: int, seconds: int) -> None:
    """A drawn scene with sensor noise, H.264."""
    rng = np.random.default_rng(1)
    ground = cv2.resize(rng.integers(60, 190, (height // 12, width // 12), dtype=np.uint8), (width, height))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "b": "2000000", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(seconds * FPS):
            plane = np.full((height * 3 // 2, width), 128, np.uint8)
            plane[:height] = ground
            left = number * 9 % (width - width // 8)
            plane[height // 2 : height * 3 // 4, left : left + width // 8] = 220
            frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def looked(width: int, height: int) -> dict[str, float]:
    """A look at the picture's health in two seconds of video, as a share of decoding them, thread time of one run."""
    cv2.setNumThreads(1)
    meter, spent, pictures = HealthMeter(), 0.0, 0
    settings = VideoSettings(decode_threads=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        clip(path, width, height, 8)
        with open_source(str(path), camera="cam", settings=settings) as source:
            for frame in source:
                pictures += 1
                if pictures % 10 == 0:  # more looks than in life, for a steadier mean
                    moved = Frame("cam", pictures, pictures * 10_000_000_000, frame.pixels, frame.layout)
                    begin = time.thread_time()
                    meter.look(moved)
                    spent += time.thread_time() - begin
            decode_ms = source.tally.decode_ns / 1e6 / source.tally.decoded
    look_ms = 1000 * spent / (pictures // 10)
    share = look_ms / (LOOK_EVERY * decode_ms)
    return {"decode_ms": round(decode_ms, 2), "look_ms": round(look_ms, 3), "share_of_decode": round(share, 4)}


def main() -> None:
    """Measure and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=100)
    options = parser.parse_args()
    values = {
        "opening": opened(options.cameras),
        "health_1080p": looked(1920, 1080),
        "health_360p": looked(640, 360),
        "health_must_reach_share": 0.01,
    }
    print(result("sources", values).write(HERE / "results"), values)


if __name__ == "__main__":
    main()
