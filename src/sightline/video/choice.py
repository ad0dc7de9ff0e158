"""Which of a camera's streams is analysed and which gives the pictures people see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sightline.config.sources import StreamChoice

# Cost of decoding a pixel against H.264's: at 1080p and 2 Mbit/s H.265 took 8.2 ms a frame where H.264 took 3.3.
_COST: Final = {"h264": 1.0, "hevc": 2.5, "h265": 2.5, "jpeg": 1.5, "mjpeg": 1.5, "mpeg4": 1.0}
_UNKNOWN_FPS: Final = 25.0


@dataclass(frozen=True, slots=True)
class OfferedStream:
    """A stream as the camera describes it; 0 or None = not said. url: without credentials."""

    name: str
    url: str
    width: int
    height: int
    fps: float | None = None
    codec: str = "h264"
    kbit_s: float | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is analysed, and where pictures for people come from (often the same)."""

    analyse: OfferedStream
    pictures: OfferedStream


def choose(streams: Sequence[OfferedStream], choice: StreamChoice) -> Chosen:
    """The cheapest stream that is large and fast enough to analyse, else the best there is; ValueError without any.

    The main stream is the largest; the sub-stream the cheapest of the others.
    """
    if not streams:
        raise ValueError("choose: expected at least one stream, got none")
    main = max(streams, key=lambda one: (one.width * one.height, one.fps or 0))
    sub = min((one for one in streams if one is not main), key=_cost, default=main)
    if choice.analyse == "auto":
        analyse = _cheapest_good(streams, choice, main)
    else:
        analyse = main if choice.analyse == "main" else sub
    pictures = {"analysed": analyse, "main": main, "sub": sub}[choice.pictures]
    return Chosen(analyse, pictures)


def _cheapest_good(streams: Sequence[OfferedStream], choice: StreamChoice, main: OfferedStream) -> OfferedStream:
    large = [one for one in streams if one.height >= choice.least_height_px] or [main]
    fast = [one for one in large if one.fps is None or one.fps >= choice.least_fps]
    return min(fast or large, key=_cost) if fast else max(large, key=lambda one: one.fps or 0)


def _cost(stream: OfferedStream) -> float:
    """Pixels per second, weighed by how dear the codec's are to decode."""
    return stream.width * stream.height * (stream.fps or _UNKNOWN_FPS) * _COST.get(stream.codec.lower(), 1.0)
