"""How long after an RTSP server is back a lost camera is analysed again, its drop and return repeated.

Needs Debian's gst-rtsp-server (see tests/live/rtsp_server.py). The whole program runs.
"""

import argparse
import subprocess
import threading
from pathlib import Path

from sightline.bench.result import result
from sightline.cli.wiring import build, open_library
from sightline.config import load_settings
from sightline.core.clock import SystemClock
from sightline.pipeline.board import Board
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.worker import Worker

HERE = Path(__file__).resolve().parent
SERVER = HERE.parent / "tests" / "live" / "rtsp_server.py"


def serve(port: int = 0) -> tuple[subprocess.Popen[str], int]:
    """A gst-rtsp-server and its port, once it answers."""
    process = subprocess.Popen(
        ["/usr/bin/python3", str(SERVER), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline().split()[1])


def main() -> None:
    """Drop and return, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--gap", type=float, default=6.0, help="seconds the server is away")
    options = parser.parse_args()
    clock = SystemClock()
    settings = load_settings(detect={"detector": "motion"})
    built = build(open_library(settings), settings)
    server, port = serve()
    plan = CameraPlan("cam", f"rtsp://127.0.0.1:{port}/cam", "live")
    board = Board(clock, built.stages.counting, recent_events=100, detector="motion")
    worker = Worker([plan], built.stages, built.redact, board, settings, clock)
    analysed = threading.Event()
    worker.add_sink(lambda frame, outcome: analysed.set())
    worker.start()
    waits = []
    try:
        assert analysed.wait(30), "expected frames at first"
        for _ in range(options.times):
            server.kill()
            server.wait()
            threading.Event().wait(options.gap)
            analysed.clear()
            server, _ = serve(port)
            back = clock.monotonic_ns()
            assert analysed.wait(60), "expected the camera to return"
            waits.append((clock.monotonic_ns() - back) / 1e9)
    finally:
        worker.stop()
        server.kill()
    values = {
        "away_s": options.gap,
        "returned_after_s": [round(wait, 2) for wait in waits],
        "worst_s": round(max(waits), 2),
        "must_reach_s": 10,
    }
    print(result("stream-returns", values).write(HERE / "results"), values)


if __name__ == "__main__":
    main()
