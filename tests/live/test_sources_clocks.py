"""What real streams bring: pictures out of order, the camera's own clock by RTCP, interlaced pictures."""

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.config import VideoSettings
from sightline.video import FrameSlot, Reader, open_source, probe

pytestmark = pytest.mark.live

SETTINGS = VideoSettings(open_timeout_s=8, stall_s=3, retry_first_s=0.1, retry_last_s=0.5)


def until(condition: Callable[[], object], limit_s: float = 25) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "the condition never came true"
        threading.Event().wait(0.02)


def test_pictures_that_arrive_out_of_order_are_given_in_order(rtsp_server) -> None:
    """B-pictures over RTSP: the drawn ball moves on evenly, the stamps grow by one picture's time."""
    server = rtsp_server("--bframes", "2", "--gop", "25")
    with open_source(server.url, camera="cam", settings=SETTINGS) as source:
        places, times, kinds = [], [], set()
        for frame in source:
            luma = frame.planes()[0]
            bright = np.argwhere(luma > 180)
            places.append(bright.mean(axis=0) if len(bright) else [np.nan, np.nan])
            times.append(frame.time_ns)
            kinds.add(frame.index)
            if len(times) == 60:
                break
    steps = np.diff(np.array(times[10:]))
    assert (steps > 0).all()
    assert np.median(steps) == pytest.approx(40e6, rel=0.1)
    track = np.array(places[10:])
    moves = np.linalg.norm(np.diff(track, axis=0), axis=1)
    back = np.sum(np.diff(track, axis=0)[1:] * np.diff(track, axis=0)[:-1], axis=1) < 0
    assert np.mean(back) < 0.15  # a picture in the wrong place would turn the ball around again and again
    assert np.max(moves) < 4 * np.median(moves)
    report = probe(server.url, SETTINGS, live_s=2)
    assert report.b_frames


def test_the_cameras_own_clock_and_the_streams_are_measured(rtsp_server) -> None:
    slot = FrameSlot("newest", 1)
    reader = Reader("cam", rtsp_server().url, settings=SETTINGS, slot=slot)
    reader.start()
    try:
        until(lambda: reader.stats().clocks.camera is not None and reader.stats().clocks.stream is not None)
        clocks = reader.stats().clocks
        assert abs(clocks.camera.offset_ms) < 3000  # server and reader share a clock; what is left is the way
        assert clocks.camera.drift_ppm is None  # too early to tell
        assert (clocks.camera.jumps, clocks.stream.jumps) == (0, 0)
    finally:
        reader.stop()


def interlaced(path: Path, codec: str, options: dict[str, str]) -> None:
    """A bar that moves 16 px from field to field: woven, its edges are a comb."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        if codec == "mpeg2video":
            stream.codec_context.flags |= av.codec.context.Flags.interlaced_dct | av.codec.context.Flags.interlaced_me
        for number in range(10):
            plane = np.full((288, 320), 128, np.uint8)
            plane[:192] = 60
            for field in (0, 1):
                left = 40 + number * 16 + field * 8
                plane[field:192:2, left : left + 48] = 200
            frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("word", "codec", "options", "combed"),
    [
        ("H.264 of two fields", "libx264", {"x264-params": "tff=1:bframes=0", "crf": "10"}, False),
        ("the same, not flagged", "libx264", {"crf": "10"}, True),
    ],
)
def test_only_what_is_flagged_as_interlaced_is_taken_apart(
    tmp_path: Path, word: str, codec: str, options: dict[str, str], combed: bool
) -> None:
    interlaced(tmp_path / "clip.mp4", codec, options)
    with open_source(str(tmp_path / "clip.mp4"), camera="cam", settings=SETTINGS) as source:
        frames = list(source)
        assert source.interlaced is not combed, word
    luma = frames[5].planes()[0].astype(int)
    comb = np.mean(np.abs(luma[2:-2:2] - luma[1:-3:2]) > 60)  # neighbouring rows that differ much
    assert bool(comb > 0.02) is combed, word
    bar = np.flatnonzero(luma[96] > 130)
    assert len(bar) == pytest.approx(48, abs=3)
    assert bar[0] == pytest.approx(40 + 5 * 16, abs=3)
