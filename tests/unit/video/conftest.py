"""Small drawn clips for the tests of video; made in milliseconds, nothing on disk but the test's own folder."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.config import VideoSettings

MakeClip = Callable[..., Path]


def level(number: int) -> int:
    """The grey level of the left half of picture ``number`` (from 1): numbers can be read from the picture."""
    return 30 + (number * 8) % 192


def drawn(number: int, width: int, height: int) -> np.ndarray:
    """Picture ``number``: left half grey by its number, right half red above blue."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:, : width // 2] = level(number)
    picture[: height // 2, width // 2 :] = (40, 40, 200)
    picture[height // 2 :, width // 2 :] = (200, 40, 40)
    return picture


@pytest.fixture
def settings() -> VideoSettings:
    """Short limits, so that what must give up does so soon."""
    return VideoSettings(open_timeout_s=2, stall_s=2, retry_first_s=0.05, retry_last_s=0.2)


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    """A function that writes a clip of drawn pictures and returns its path."""

    def make(
        name: str = "clip.mp4",
        *,
        size: tuple[int, int] = (64, 48),
        frames: int = 25,
        fps: int = 25,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        gop: int = 5,
        options: dict[str, str] | None = None,
        format: str | None = None,
        full_range: bool = False,
        first_pts: int = 0,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", format=format) as container:
            base = {"preset": "ultrafast", "bf": "0"} if codec == "libx264" else {}
            stream = container.add_stream(codec, rate=fps, options={**base, **(options or {})})
            stream.width, stream.height = size
            stream.pix_fmt = pix_fmt
            stream.gop_size = gop
            stream.time_base = Fraction(1, fps)
            if full_range:
                stream.codec_context.color_range = 2
            for number in range(1, frames + 1):
                frame = av.VideoFrame.from_ndarray(drawn(number, *size), format="bgr24")
                frame = frame.reformat(format=pix_fmt, dst_color_range=2 if full_range else 1)
                frame.pts, frame.time_base = first_pts + number - 1, Fraction(1, fps)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make
