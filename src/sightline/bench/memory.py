"""Bytes per stream: peak memory of ``watch`` over one and over several streams of a size, and of the program alone."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from sightline.bench.program import peak_bytes, sightline_command
from sightline.video import ClipWriter

STREAMS = 7  # enough that the slope is not noise, few enough for a laptop
SIZES = {"1080p": (1920, 1080), "360p": (640, 360)}


def memory() -> dict[str, Any]:
    """Peak bytes with 1 and STREAMS streams of each size, all in one worker, and the difference per stream."""
    values: dict[str, Any] = {"streams": STREAMS}
    with tempfile.TemporaryDirectory() as folder:
        for name, size in SIZES.items():
            clip = Path(folder) / f"{name}.mp4"
            _draw(clip, size)
            one = peak_bytes(_command(clip, 1))
            many = peak_bytes(_command(clip, STREAMS))
            values[name] = {
                "one_stream_bytes": one,
                "many_streams_bytes": many,
                "bytes_per_stream": (many - one) // (STREAMS - 1),
            }
    return values


def _command(clip: Path, streams: int) -> list[str]:
    return sightline_command("watch", *[str(clip)] * streams, "--headless", "--fps", "5")


def _draw(path: Path, size: tuple[int, int]) -> None:
    """Three seconds of a moving texture: hard enough to need every reference frame."""
    random = np.random.default_rng(1)
    width, height = size
    texture = random.integers(0, 255, (height, width * 2, 3), np.uint8)
    texture = (texture.astype(np.uint16) + np.roll(texture, 1, 1) + np.roll(texture, 1, 0)).astype(np.uint8) // 3
    writer = ClipWriter(path, 25.0, size)
    for index in range(75):
        writer.write(np.ascontiguousarray(texture[:, index * 4 : index * 4 + width]))
    writer.close()
