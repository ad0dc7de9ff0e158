"""An open source that yields Frames: packets in, pictures out, numbered and stamped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import av
from av.codec.context import Flags
from av.packet import Packet
from av.video.stream import VideoStream

from sightline.config import VideoSettings
from sightline.config.sources import PRIVATE_NETWORKS
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import SourceLost
from sightline.core.frame import Frame
from sightline.video import failures
from sightline.video.address import Kind, shown
from sightline.video.drift import CameraClock, ClockDrift
from sightline.video.openers import Ask, Opened, open_stream, refuse_size
from sightline.video.pictures import UPRIGHT, Orientation, orientation, pixels_of
from sightline.video.timing import FileTime, LiveTime, to_ns

Wanted = Callable[[int, int], bool]  # (index, time_ns) -> whether pixels of this picture are needed

_BAD_IN_A_ROW: Final = 250  # packets that do not decode, one after another (10 s at 25 fps), until a source is given up
_FULL_SHARE: Final = 0.98  # a file that ends before this share of its stated duration was cut off
_CUT_S: Final = 0.5  # ... and at least so much is missing
_CATCH_UP_NS: Final = 1_000_000_000  # a paced source later than this starts its pace anew instead of rushing


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What an open source says of itself. 0 x 0 = not known before the first picture; fps None = not known."""

    url: str  # without credentials
    kind: Kind
    width: int
    height: int
    fps: float | None
    codec: str
    duration_s: float | None
    bursty: bool = False  # HLS: delivers whole segments, so it is paced


@dataclass(slots=True)
class Tally:
    """What a source has counted so far."""

    decoded: int = 0  # pictures that came out of the decoder
    bad: int = 0  # packets that did not decode
    skipped: int = 0  # pictures that were not key frames (key-frame-only mode)
    not_due: int = 0  # decoded but not wanted
    decode_ns: int = 0
    convert_ns: int = 0
    converted: int = 0
    unchanged: int = 0  # fetched again and found the same (snapshots)


@dataclass(frozen=True, slots=True)
class Clocks:
    """A live source's clocks against the machine's; None = not known. stream: of its time stamps; camera: by RTCP."""

    stream: ClockDrift | None = None
    camera: ClockDrift | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Where numbers and times go on: after a reconnect they continue."""

    index: int = 0  # of the last picture before
    time_ns: int = -1


class Source:
    """Iterates the Frames of one open source, once; numbers from 1 (or after ``start``), times strictly increasing.

    Iterating raises SourceLost when the source breaks off or a file turns out to be cut; a file that ends just ends.
    pause: waits the given seconds; with it a file plays in real time when ``pace`` is set, and bursty live sources are
    evened out. reading and last_packet_ns (monotonic) tell a watchdog whether the source is stuck.
    """

    def __init__(
        self,
        opened: Opened,
        *,
        camera: str,
        settings: VideoSettings,
        source_fps: float | None = None,
        clock: Clock | None = None,
        start: Start | None = None,
    ) -> None:
        self._opened = opened
        self._camera = camera
        self._settings = settings
        self._clock = clock or SystemClock()
        begin = start or Start()
        self._index = begin.index
        self._time_ns = begin.time_ns
        self.info = _info(opened)
        self.tally = Tally()
        self.pace = False
        self.pause: Callable[[float], object] | None = None
        self.reading = False
        self.last_packet_ns = self._clock.monotonic_ns()
        self.size: tuple[int, int] = (self.info.width, self.info.height)
        self._time: FileTime | LiveTime = (
            FileTime(source_fps=source_fps, nominal_fps=self.info.fps)
            if opened.kind == "file"
            else LiveTime(self._clock, after_ns=begin.time_ns)
        )
        self.interlaced = False  # the last picture was, by the decoder's word
        self._camera_clock = CameraClock(self._clock)
        self._rotation: int | None = None  # of the picture whose display matrix was read last
        self._turn: Orientation = UPRIGHT
        self._paced_from: tuple[int, int] | None = None
        self._pts_ns: int | None = None
        self._read_packets = 0
        self._end_s = 0.0
        self._key_numbers: dict[int, int] = {}
        if settings.key_frames_only:
            opened.stream.codec_context.skip_frame = "NONKEY"
            opened.stream.codec_context.flags |= Flags.low_delay  # do not wait for the pictures between

    @property
    def drift_s(self) -> float | None:
        """Seconds the stream's clock lost against the machine's; None = a file, or not known yet."""
        return self._time.drift_s

    @property
    def clocks(self) -> Clocks:
        """The stream's clock and the camera's own against the machine's."""
        stream = self._time.drift.report() if isinstance(self._time, LiveTime) else None
        return Clocks(stream, self._camera_clock.drift.report())

    @property
    def camera_clock_s(self) -> float | None:
        """Seconds the camera's own clock (NTP time in RTCP, RTSP only) is ahead of the stamps; None = not told."""
        told_ns = self._camera_clock.at(self._pts_ns)
        return None if told_ns is None or self.info.kind == "file" else (told_ns - self._time_ns) / 1e9

    @property
    def position(self) -> Start:
        """Number and time of the last picture, wanted or not."""
        return Start(self._index, self._time_ns)

    @property
    def progress(self) -> float | None:
        """Share 0..1 of a file that has been read; None for a live source."""
        if self.info.duration_s is None or self.info.kind == "live":
            return None
        return min(1.0, self._end_s / self.info.duration_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    def close(self) -> None:
        """Free decoder and connection; the source cannot be read again."""
        self._opened.close()

    def frames(self, wanted: Wanted | None = None) -> Iterator[Frame]:
        """The Frames; one that ``wanted(index, time_ns)`` refuses is neither converted nor yielded, only counted."""
        for picture in self._pictures():
            index, time_ns = self._stamp(picture)
            # No name may keep a picture while the next is waited for: at 1080p each is 3 MB of every stream.
            if wanted is None or wanted(index, time_ns):
                frames = [self._frame(picture, index, time_ns)]
                del picture
                yield frames.pop()
            else:
                self.tally.not_due += 1
                del picture

    def _frame(self, picture: av.VideoFrame, index: int, time_ns: int) -> Frame:
        start = self._clock.monotonic_ns()
        try:
            pixels, layout = pixels_of(picture, self._turn_of(picture))
        except (av.FFmpegError, ValueError) as error:
            raise SourceLost(
                f"{self.info.url}: expected a picture that converts to BGR, got format {picture.format.name}"
            ) from error
        self.tally.convert_ns += self._clock.monotonic_ns() - start
        self.tally.converted += 1
        self.interlaced = bool(picture.interlaced_frame)
        frame = Frame(self._camera, index, time_ns, pixels, layout)
        self.size = (frame.width, frame.height)
        return frame

    def _turn_of(self, picture: av.VideoFrame) -> Orientation:
        rotation = picture.rotation
        if rotation != self._rotation:
            self._rotation, self._turn = rotation, orientation(picture)
        return self._turn

    def _stamp(self, picture: av.VideoFrame) -> tuple[int, int]:
        pts_ns = None
        if picture.pts is not None and picture.time_base is not None:
            pts_ns = to_ns(picture.pts, picture.time_base)
        if self._settings.key_frames_only and picture.pts is not None:
            index = self._key_numbers.pop(picture.pts, self._index)
        else:
            self._index += 1
            index = self._index
        if self.info.kind == "live":
            self._keep_pace(pts_ns)
        self._pts_ns = pts_ns
        self._time_ns = self._time.at(index, pts_ns)
        if self.info.kind == "file":  # played in its own time, which source_fps may correct
            self._keep_pace(self._time_ns)
        return index, self._time_ns

    def _keep_pace(self, pts_ns: int | None) -> None:
        if self.pause is None or pts_ns is None or not (self.pace or self.info.bursty):
            return
        now = self._clock.monotonic_ns()
        if self._paced_from is not None:
            ahead = (pts_ns - self._paced_from[1]) - (now - self._paced_from[0])
            if -_CATCH_UP_NS < ahead < 10 * _CATCH_UP_NS:
                if ahead > 0:
                    self.pause(ahead / 1e9)
                return
        self._paced_from = (now, pts_ns)

    def _pictures(self) -> Iterator[av.VideoFrame]:
        bad = 0
        last_error: av.FFmpegError | None = None
        for packet in self._packets():
            if self._settings.key_frames_only and not self._take_key(packet):
                continue
            start = self._clock.monotonic_ns()
            try:
                pictures = packet.decode()
            except av.EOFError:
                return
            except av.FFmpegError as error:
                # Its picture is lost but keeps its number, so that the numbers stay those of the source.
                bad, last_error = bad + 1, error
                self.tally.bad += 1
                self._index += 0 if self._settings.key_frames_only else 1
                if bad >= _BAD_IN_A_ROW:
                    raise self._given_up(bad) from error
                continue
            finally:
                self.tally.decode_ns += self._clock.monotonic_ns() - start
            while pictures:
                bad = 0
                self.tally.decoded += 1
                refuse_size(self.info.url, pictures[0].width, pictures[0].height, self._settings)
                yield pictures.pop(0)
        if self.tally.decoded == 0:
            raise SourceLost(f"{self.info.url}: expected pictures, got none that decodes") from last_error

    def _given_up(self, bad: int) -> SourceLost:
        return SourceLost(f"{self.info.url}: expected packets that decode, got {bad} damaged ones in a row")

    def _take_key(self, packet: "Packet[VideoStream]") -> bool:
        """Whether to decode the packet in key-frame-only mode; counts source pictures by their packets."""
        if packet.size == 0:  # the flush at the end
            return True
        if not packet.is_discard:
            self._index += 1
        if not packet.is_keyframe:
            self.tally.skipped += 1
            return False
        if packet.pts is not None:
            self._key_numbers[packet.pts] = self._index
        return True

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        """Packets of the video stream and the flush at the end; damaged places of a file are stepped over."""
        bad = 0
        while True:
            before = self._read_packets
            asked_ns = self._clock.monotonic_ns()
            try:
                for packet in self._demux():
                    yield packet
                    asked_ns = self._clock.monotonic_ns()
            except av.FFmpegError as error:
                if self.info.kind == "live" or not isinstance(error, av.InvalidDataError):
                    waited_s = (self._clock.monotonic_ns() - asked_ns) / 1e9
                    limit_s = self._settings.stall_s
                    raise failures.lost(self._opened.url, error, waited_s=waited_s, limit_s=limit_s) from error
                self.tally.bad += 1
                bad = bad + 1 if self._read_packets == before else 1
                if bad >= _BAD_IN_A_ROW:
                    raise self._cut_off() from error
            else:
                if self.info.kind == "live":
                    raise SourceLost(f"{self.info.url}: expected the next picture, got the end of the stream")
                if self._is_cut():
                    raise self._cut_off()
                return

    def _demux(self) -> Iterator["Packet[VideoStream]"]:
        packets = self._opened.container.demux(self._opened.stream)
        while True:
            self.reading = True
            try:
                packet = next(packets, None)
            finally:
                self.reading = False
            if packet is None:
                return
            if packet.size:
                self.last_packet_ns = self._clock.monotonic_ns()
                self._read_packets += 1
                self._note_progress(packet)
            yield packet

    def _note_progress(self, packet: "Packet[VideoStream]") -> None:
        if self.info.kind == "live":
            self._camera_clock.look(packet, None if packet.pts is None else to_ns(packet.pts, packet.time_base))
        if packet.pts is not None:
            start = self._opened.stream.start_time or 0
            end_ns = to_ns(packet.pts - start + (packet.duration or 0), packet.time_base)
            self._end_s = max(self._end_s, end_ns / 1e9)

    def _is_cut(self) -> bool:
        stream = self._opened.stream
        if stream.duration is None or stream.time_base is None:  # the container's duration may be that of the sound
            return False
        whole_s = float(stream.duration * stream.time_base)
        return self._end_s < _FULL_SHARE * whole_s and whole_s - self._end_s > _CUT_S

    def _cut_off(self) -> SourceLost:
        whole = f"{self.info.duration_s:.1f} s of video" if self.info.duration_s else "the rest of the video"
        return SourceLost(f"{self.info.url}: expected {whole}, got {self._end_s:.1f} s: the rest is missing or damaged")


def _info(opened: Opened) -> SourceInfo:
    context = opened.stream.codec_context
    rate = opened.stream.average_rate or opened.stream.guessed_rate
    fps = float(rate) if rate else None
    return SourceInfo(
        url=shown(opened.url),
        kind=opened.kind,
        width=context.width,
        height=context.height,
        fps=fps if fps is not None and 0 < fps <= 1000 else None,
        codec=context.name,
        duration_s=opened.duration_s,
        bursty=opened.bursty,
    )


def open_source(
    url: str,
    *,
    camera: str,
    settings: VideoSettings,
    source_fps: float | None = None,
    clock: Clock | None = None,
    trusted: bool = True,
    listen: bool = False,
    start: Start | None = None,
    networks: tuple[str, ...] = PRIVATE_NETWORKS,
) -> Source:
    """Open a file, device or stream; SourceUnavailable says in one sentence why it cannot be.

    source_fps corrects a file's wrong clock; trusted False (an address that came through the API) refuses paths and
    devices of this machine, and private networks other than ``networks``; listen waits for someone who pushes RTSP or
    RTMP to this address.
    """
    clock = clock or SystemClock()
    opened = open_stream(Ask(url, settings, trusted, listen, clock, networks))
    return Source(opened, camera=camera, settings=settings, source_fps=source_fps, clock=clock, start=start)
