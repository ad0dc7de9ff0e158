"""What a source delivers and what it will cost here: a look at a few seconds of it."""

from dataclasses import dataclass, field
from typing import Final

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from sightline.config import VideoSettings
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import SourceLost
from sightline.video import failures
from sightline.video.address import Kind, shown
from sightline.video.discardable import is_discardable
from sightline.video.drift import CameraClock
from sightline.video.openers import Ask, Opened, open_stream
from sightline.video.pictures import orientation, pixels_of
from sightline.video.source import Clocks
from sightline.video.timing import LiveTime, to_ns

_FILE_PACKETS: Final = 500  # 20 s at 25 fps
_LIVE_S: Final = 6.0  # long enough for two key frames of most cameras
_KEY_PACKETS: Final = 20
_B_PICTURE: Final = 3  # AV_PICTURE_TYPE_B


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What ``probe`` found; None = not known. Times in ms are of one thread of this machine."""

    source: str
    kind: Kind
    container: str
    codec: str
    profile: str | None
    width: int  # as shown, after rotation
    height: int
    pixel_format: str
    rotation_deg: int  # clockwise, applied
    rate_nominal_fps: float | None
    rate_measured_fps: float | None
    bit_rate_kbit_s: float | None
    duration_s: float | None
    key_frame_distance: float | None  # mean, frames
    key_frame_distance_s: float | None
    discardable_share: float  # frames no other needs: decoding can leave them out
    b_frames: bool
    damaged_packets: int
    drift_s: float | None
    decode_ms: float  # per frame, every frame decoded
    convert_ms: float  # per frame that is analysed
    key_decode_ms: float | None  # per key frame, nothing else decoded
    streams_per_core: float | None  # decoding every frame
    streams_per_core_key_frames: float | None
    interlaced: bool = False  # by the decoder's word; such pictures keep one field
    clocks: Clocks | None = None  # of a live source; a drift in ppm needs a longer watch than a probe


@dataclass(slots=True)
class _Look:
    """What the packets and pictures showed."""

    sizes: list[int]
    keys: list[int]  # positions of key packets
    pts_ns: list[int]
    disposable: int = 0
    bad: int = 0
    b_pictures: bool = False
    pictures: int = 0
    decode_ns: int = 0
    convert_ns: int = 0
    drift_s: float | None = None
    clocks: Clocks | None = None
    interlaced: bool = False
    last: av.VideoFrame | None = None
    key_packets: list[bytes] = field(default_factory=list)


def probe(
    url: str, settings: VideoSettings, *, clock: Clock | None = None, trusted: bool = True, live_s: float = _LIVE_S
) -> ProbeReport:
    """Look at a source for up to 500 frames of a file or ``live_s`` seconds; SourceUnavailable in one sentence."""
    clock = clock or SystemClock()
    opened = open_stream(Ask(url, settings, trusted, clock=clock))
    try:
        opened.stream.thread_type = "SLICE"  # costs are stated for one thread
        opened.stream.codec_context.thread_count = 1
        look = _look(opened, clock, live_s, settings)
        if look.last is None:
            raise SourceLost(f"{shown(url)}: expected pictures, got none that decodes")
        key_ms = _key_ms(opened.stream, look, clock)
        return _report(opened, look, look.last, key_ms)
    finally:
        opened.close()


def _look(opened: Opened, clock: Clock, live_s: float, settings: VideoSettings) -> _Look:
    look = _Look([], [], [])
    time, camera = LiveTime(clock), CameraClock(clock)
    start_ns = clock.monotonic_ns()
    try:
        for packet in opened.container.demux(opened.stream):
            if packet.size:
                _note(look, packet)
            _decode(look, packet, clock)
            if opened.kind == "live" and packet.pts is not None:
                camera.look(packet, to_ns(packet.pts, packet.time_base))
                time.at(0, to_ns(packet.pts, packet.time_base))
            late = opened.kind == "live" and clock.monotonic_ns() - start_ns > live_s * 1e9
            if late or (opened.kind == "file" and len(look.sizes) >= _FILE_PACKETS):
                break
    except av.FFmpegError as error:
        if look.pictures == 0:
            waited_s = (clock.monotonic_ns() - start_ns) / 1e9
            raise failures.lost(opened.url, error, waited_s=waited_s, limit_s=settings.stall_s) from error
        look.bad += 1
    if opened.kind == "live":
        look.drift_s, look.clocks = time.drift_s, Clocks(time.drift.report(), camera.drift.report())
    return look


def _note(look: _Look, packet: "Packet[VideoStream]") -> None:
    if packet.is_keyframe:
        look.keys.append(len(look.sizes))
        if len(look.key_packets) < _KEY_PACKETS:
            look.key_packets.append(bytes(packet))
    look.sizes.append(packet.size)
    context = packet.stream.codec_context
    look.disposable += packet.is_disposable or is_discardable(bytes(packet), context.name, context.extradata)
    if packet.pts is not None:
        look.pts_ns.append(to_ns(packet.pts, packet.time_base))


def _decode(look: _Look, packet: "Packet[VideoStream]", clock: Clock) -> None:
    start_ns = clock.monotonic_ns()
    try:
        pictures = packet.decode()
    except av.FFmpegError:
        look.bad += 1
        return
    look.decode_ns += clock.monotonic_ns() - start_ns
    for picture in pictures:
        look.pictures += 1
        look.b_pictures |= picture.pict_type == _B_PICTURE
        look.interlaced |= bool(picture.interlaced_frame)
        start_ns = clock.monotonic_ns()
        pixels_of(picture)
        look.convert_ns += clock.monotonic_ns() - start_ns
        look.last = picture


def _key_ms(stream: VideoStream, look: _Look, clock: Clock) -> float | None:
    """Milliseconds per key frame when a decoder sees nothing else."""
    original = stream.codec_context
    alone = av.CodecContext.create(original.name, "r")
    if not isinstance(alone, VideoCodecContext) or not look.key_packets:
        return None
    alone.extradata = original.extradata
    alone.thread_type, alone.thread_count = "SLICE", 1
    pictures, start_ns = 0, clock.monotonic_ns()
    try:
        for data in look.key_packets:
            pictures += len(alone.decode(av.Packet(data)))
        pictures += len(alone.decode(None))
    except av.FFmpegError:
        return None
    return (clock.monotonic_ns() - start_ns) / 1e6 / pictures if pictures else None


def _report(opened: Opened, look: _Look, picture: av.VideoFrame, key_ms: float | None) -> ProbeReport:
    context, stream = opened.stream.codec_context, opened.stream
    _, turned = orientation(picture)
    width, height = (picture.height, picture.width) if turned in (90, 270) else (picture.width, picture.height)
    nominal = float(stream.average_rate) if stream.average_rate else None
    span_s = (max(look.pts_ns) - min(look.pts_ns)) / 1e9 if look.pts_ns else 0.0
    measured = (len(look.pts_ns) - 1) / span_s if span_s > 0 else None
    rate = measured or nominal
    seconds = len(look.sizes) / rate if rate else None
    distance = (look.keys[-1] - look.keys[0]) / (len(look.keys) - 1) if len(look.keys) > 1 else None
    decode_ms = look.decode_ns / 1e6 / look.pictures
    return ProbeReport(
        source=shown(opened.url),
        kind=opened.kind,
        container=opened.container.format.name,
        codec=context.name,
        profile=context.profile,
        width=width,
        height=height,
        pixel_format=picture.format.name,
        rotation_deg=turned,
        rate_nominal_fps=nominal,
        rate_measured_fps=measured,
        bit_rate_kbit_s=sum(look.sizes) * 8e-3 / seconds if seconds else None,
        duration_s=opened.duration_s,
        key_frame_distance=distance,
        key_frame_distance_s=distance / rate if distance and rate else None,
        discardable_share=look.disposable / max(1, len(look.sizes)),
        b_frames=look.b_pictures,
        damaged_packets=look.bad,
        drift_s=look.drift_s,
        decode_ms=decode_ms,
        convert_ms=look.convert_ns / 1e6 / look.pictures,
        key_decode_ms=key_ms,
        streams_per_core=_streams(decode_ms, rate),
        streams_per_core_key_frames=_streams(key_ms, rate / distance if rate and distance else None),
        interlaced=look.interlaced,
        clocks=look.clocks,
    )


def _streams(ms: float | None, rate_fps: float | None) -> float | None:
    return 1000 / (ms * rate_fps) if ms and rate_fps else None
