"""How each kind of address is opened with FFmpeg: one readable table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from sightline.config import VideoSettings
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import SourceUnavailable
from sightline.video import failures
from sightline.video.address import Kind, check_scheme, kind, shown

# What an untrusted address may make FFmpeg open in turn (a playlist names further addresses): never a local file.
_NETWORK_ONLY: Final = "rtsp,rtp,udp,tcp,tls,http,https,httpproxy,rtmp,rtmps,crypto"
_PROBE: Final = {
    "analyzeduration": "1000000",
    "probesize": "1000000",
}  # microseconds, bytes: a live source opens in ~1 s


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be opened. trusted: the address comes from the person who runs this; listen: wait for a pusher."""

    url: str
    settings: VideoSettings
    trusted: bool = True
    listen: bool = False
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open source: its container and the one video stream that is read."""

    url: str
    container: InputContainer
    stream: VideoStream
    kind: Kind
    bursty: bool  # a live source that delivers in bursts (HLS segments) and must be paced by the reader
    duration_s: float | None


def _micros(seconds: float) -> str:
    return str(round(seconds * 1e6))


def _file(ask: Ask) -> Opened:
    path = failures.check_file(ask.url)
    try:
        # The prefix keeps FFmpeg from reading a protocol into a name such as "concat:a.mp4".
        return _open(ask, f"file:{path}", {})
    except SourceUnavailable as error:
        if path.is_file() and isinstance(error.__cause__, av.InvalidDataError):
            raise SourceUnavailable(f"{path}: expected a video file, got {failures.not_a_video(path)}") from error
        raise


def _device(ask: Ask) -> Opened:
    return _open(ask, ask.url, {}, format_name="v4l2")


def _rtsp(ask: Ask) -> Opened:
    # Without fflags=nobuffer: it would throw away the second of pictures that opening looks at.
    options = {"rtsp_transport": "tcp", "allowed_media_types": "video", **_PROBE}
    if ask.listen:
        # In listen mode FFmpeg takes "timeout" for a client's option and refuses it.
        options |= {"rtsp_flags": "listen", "listen_timeout": str(round(ask.settings.open_timeout_s))}
    else:
        options["timeout"] = _micros(ask.settings.stall_s)
    return _open(ask, ask.url, options)


def _rtmp(ask: Ask) -> Opened:
    options = {"rw_timeout": _micros(ask.settings.stall_s), "fflags": "nobuffer", **_PROBE}
    if ask.listen:
        options |= {"listen": "1", "timeout": str(round(ask.settings.open_timeout_s))}
    return _open(ask, ask.url, options)


def _http(ask: Ask) -> Opened:
    return _open(ask, ask.url, {"rw_timeout": _micros(ask.settings.stall_s)})


OPENERS: Final[dict[str, Callable[[Ask], Opened]]] = {
    "file": _file,
    "device": _device,  # USB camera, /dev/videoN
    "rtsp": _rtsp,
    "rtsps": _rtsp,
    "rtmp": _rtmp,
    "rtmps": _rtmp,
    "http": _http,  # progressive file, HLS, MJPEG: FFmpeg tells them apart
    "https": _http,
}


def open_stream(ask: Ask) -> Opened:
    """Open what the address names; SourceUnavailable says in one sentence why it cannot be."""
    return OPENERS[check_scheme(ask.url, trusted=ask.trusted)](ask)


def _open(ask: Ask, target: str, options: dict[str, str], *, format_name: str | None = None) -> Opened:
    limit_s = ask.settings.open_timeout_s
    side = ask.settings.max_side_px
    options["max_pixels"] = str(side * side)  # refused by the decoder before it takes the memory
    if not ask.trusted:
        options["protocol_whitelist"] = _NETWORK_ONLY
    start_ns = ask.clock.monotonic_ns()
    try:
        container = av.open(
            target,
            format=format_name,
            options=options,
            # Only opening is interrupted by PyAV: while reading, its callback would take the GIL per network packet.
            timeout=None if ask.listen else (limit_s, None),
            metadata_errors="replace",
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        waited = (ask.clock.monotonic_ns() - start_ns) / 1e9
        raise failures.unavailable(
            ask.url, error, waited_s=waited, limit_s=min(limit_s, ask.settings.stall_s)
        ) from error
    try:
        return _with_stream(ask, container)
    except SourceUnavailable:
        container.close()
        raise


def _with_stream(ask: Ask, container: InputContainer) -> Opened:
    stream = _video_stream(ask, container)
    context = stream.codec_context
    refuse_size(ask.url, context.width, context.height, ask.settings)
    is_hls = "hls" in container.format.name
    duration_s = _duration_s(container, stream)
    declared = kind(ask.url)
    if ask.url.lower().startswith("http"):
        declared = "file" if duration_s is not None else "live"
    # Frame threads of FFmpeg hold pictures back; a live stream has one thread of the reader and no more.
    stream.thread_type = "SLICE" if declared == "live" else "AUTO"
    context.thread_count = 1 if declared == "live" else ask.settings.decode_threads
    context.options = {**context.options, "max_pixels": str(ask.settings.max_side_px**2)}
    return Opened(ask.url, container, stream, declared, is_hls and declared == "live", duration_s)


def _video_stream(ask: Ask, container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:  # the cover of a music file is no video
            if getattr(stream, "codec_context", None) is None:
                raise SourceUnavailable(f"{shown(ask.url)}: expected a codec that FFmpeg decodes, got an unknown one")
            return stream
    others = sorted({stream.type for stream in container.streams})
    got = f"only {', '.join(others)}" if others else "nothing to decode"
    raise SourceUnavailable(f"{shown(ask.url)}: expected a video stream, got {got}")


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.duration > 0 and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is not None and container.duration > 0:
        return float(container.duration / av.time_base)
    return None


def refuse_size(url: str, width: int, height: int, settings: VideoSettings) -> None:
    """SourceUnavailable for a picture larger than the settings allow (0 = not known yet)."""
    if max(width, height) > settings.max_side_px:
        raise SourceUnavailable(
            f"{shown(url)}: expected a picture of at most {settings.max_side_px} px a side, got {width}x{height}"
        )
