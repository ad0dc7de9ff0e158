"""Bytes per live stream: peak memory of ``sightline watch`` over one and over several RTSP streams in one worker.

Needs Debian's gst-rtsp-server (see tests/live/rtsp_server.py). The streams have four reference frames, the most a
common camera uses at 1080p, and are analysed by the street model with all other models loaded.
"""

import subprocess
from pathlib import Path

from sightline.bench.program import peak_bytes, sightline_command
from sightline.bench.result import result

HERE = Path(__file__).resolve().parent
SERVER = HERE.parent / "tests" / "live" / "rtsp_server.py"
STREAMS = 9  # enough that the slope is not noise
SIZES = {"1080p": "1920x1080", "360p": "640x360"}
GOAL_BYTES = {"program": 550_000_000, "1080p": 25_000_000, "360p": 10_000_000}


def peak(url: str, streams: int) -> int:
    """Peak bytes of a worker over so many readers of the stream."""
    return peak_bytes(sightline_command("watch", *[url] * streams, "--headless", "--fps", "1", "--seconds", "20"))


def main() -> None:
    """Measure both sizes and keep the result."""
    values: dict[str, object] = {"streams": STREAMS, "must_reach_bytes": GOAL_BYTES}
    for name, size in SIZES.items():
        server = subprocess.Popen(
            ["/usr/bin/python3", str(SERVER), "--size", size, "--fps", "8", "--refs", "4"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert server.stdout is not None
            url = f"rtsp://127.0.0.1:{int(server.stdout.readline().split()[1])}/cam"
            one, many = peak(url, 1), peak(url, STREAMS)
        finally:
            server.kill()
            server.wait()
        each = (many - one) // (STREAMS - 1)
        values[name] = {"one_stream": one, "many_streams": many, "per_stream": each, "program": one - each}
    print(result("memory", values).write(HERE / "results"), values)


if __name__ == "__main__":
    main()
