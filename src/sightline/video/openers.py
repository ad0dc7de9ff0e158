"""How each kind of address is opened with FFmpeg: one readable table."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from sightline.config import VideoSettings
from sightline.config.sources import PRIVATE_NETWORKS
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import SourceUnavailable
from sightline.video import failures
from sightline.video.address import Kind, check_scheme, kind, scheme, shown
from sightline.video.allowed import Resolve, allowed_address, pinned, resolved
from sightline.video.gateway import Gateway

# What an address may make FFmpeg speak in turn (a playlist or a redirect names further ones), whoever gave it: a file
# stays on this machine, the network never reaches a file, and no protocol that strings others together is among them.
_PROTOCOLS: Final = {
    "file": "file,crypto",
    "device": "file",
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtsps": "rtsp,rtp,udp,tcp,tls",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmp,rtmps,tcp,tls",
    "http": "http,https,httpproxy,tcp,tls,crypto",
    "https": "http,https,httpproxy,tcp,tls,crypto",
}
# The containers a camera or its recorder sends; none that names files itself (concat, image lists, scripts).
_CONTAINERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,mxf,h264,hevc,av1,ivf,obu,m4v,"
    "mjpeg,mpjpeg,yuv4mpegpipe,nut,wav,mp3,aac,gif,dhav,dv,rm,jpeg_pipe,png_pipe"
)
_FORMATS: Final = {
    "file": _CONTAINERS,
    "device": "video4linux2,v4l2",
    "rtsp": "rtsp,sdp,rtp,mpegts",
    "rtsps": "rtsp,sdp,rtp,mpegts",
    "rtmp": "flv,live_flv",
    "rtmps": "flv,live_flv",
    "http": f"hls,{_CONTAINERS}",
    "https": f"hls,{_CONTAINERS}",
}
_PROBE: Final = {
    "analyzeduration": "1000000",
    "probesize": "1000000",
}  # microseconds, bytes: a live source opens in ~1 s


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be opened. trusted: the address comes from the person who runs this; listen: wait for a pusher.

    networks: private networks that an address that is not trusted may lead to; resolve: asks for a host's addresses.
    """

    url: str
    settings: VideoSettings
    trusted: bool = True
    listen: bool = False
    clock: Clock = field(default_factory=SystemClock)
    networks: tuple[str, ...] = PRIVATE_NETWORKS
    resolve: Resolve = resolved


@dataclass(frozen=True, slots=True)
class Opened:
    """An open source: its container and the one video stream that is read. gateway: what its connections go through."""

    url: str
    container: InputContainer
    stream: VideoStream
    kind: Kind
    bursty: bool  # a live source that delivers in bursts (HLS segments) and must be paced by the reader
    duration_s: float | None
    gateway: Gateway | None = None

    def close(self) -> None:
        """Free decoder and connection."""
        self.container.close()
        if self.gateway is not None:
            self.gateway.close()


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
    options = {"rw_timeout": _micros(ask.settings.stall_s)}
    if ask.trusted:
        return _open(ask, ask.url, options)
    gateway = Gateway(ask.networks, resolve=ask.resolve)
    try:
        # One request a connection: the gateway looks at the first only.
        opened = _open(ask, ask.url, {**options, "http_proxy": gateway.url, "multiple_requests": "0"})
    except SourceUnavailable as error:
        gateway.close()
        if gateway.refused:
            raise SourceUnavailable(gateway.reason) from error
        raise
    return replace(opened, gateway=gateway)


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
    name = check_scheme(ask.url, trusted=ask.trusted)
    if not ask.listen:
        ask = _checked(ask, name)
    return OPENERS[name](ask)


def _checked(ask: Ask, name: str) -> Ask:
    """The same with a host that may be connected to; SourceUnavailable for one that must not be."""
    if ask.trusted and name in ("file", "device"):
        return ask
    try:
        allowed = allowed_address(ask.url, "operator" if ask.trusted else "api", ask.networks, resolve=ask.resolve)
    except SourceUnavailable as error:
        if ask.trusted and isinstance(error.__cause__, OSError):
            return ask  # nobody knows the host: FFmpeg says so in its own time
        raise
    if allowed is None or ask.trusted or name in ("http", "https"):
        return ask
    return replace(ask, url=pinned(ask.url, allowed))  # the name may mean another machine by the time FFmpeg asks


def _open(ask: Ask, target: str, options: dict[str, str], *, format_name: str | None = None) -> Opened:
    limit_s = ask.settings.open_timeout_s
    side = ask.settings.max_side_px
    options["max_pixels"] = str(side * side)  # refused by the decoder before it takes the memory
    name = scheme(ask.url)
    options["protocol_whitelist"] = _PROTOCOLS[name]
    options["format_whitelist"] = _FORMATS[name]
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
