"""An encoder that pushes a grey picture by RTSP until it is ended, for tests: run as a process of its own.

(FFmpeg's muxer keeps Python's lock while it waits for an answer, which here must come from Python.) Prints the name of
the error that ended it.
"""

import argparse
import time
from fractions import Fraction

import av
import numpy as np

FPS = 25


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--level", type=int, default=90, help="grey level of the picture")
    parser.add_argument("--transport", default="", help="tcp; FFmpeg's own order otherwise")
    parser.add_argument("--sound", action="store_true")
    asked = parser.parse_args()
    options = {"rtsp_transport": asked.transport} if asked.transport else {}
    try:
        push(asked.url, options, asked.level, sound=asked.sound)
    except (av.FFmpegError, OSError) as error:
        print(type(error).__name__, flush=True)


def push(url: str, options: dict[str, str], level: int, *, sound: bool) -> None:
    plane = np.full((270, 320), 128, np.uint8)
    plane[:180] = level
    with av.open(url, "w", format="rtsp", options=options) as container:
        audio = container.add_stream("aac", rate=16_000) if sound else None
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 180, "yuv420p", 10
        for number in range(100_000):
            frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
            if audio is not None:
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 640), np.float32), format="fltp", layout="mono")
                silence.sample_rate, silence.time_base, silence.pts = 16_000, Fraction(1, 16_000), number * 640
                container.mux(audio.encode(silence))
            time.sleep(1 / FPS)


if __name__ == "__main__":
    main()
