"""Clips on disk: H.264 in MP4 that is whole at its name or not there at all."""

import contextlib
import errno
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from sightline.core.errors import SightlineError
from sightline.core.values import U8
from sightline.video.encoding import CLOCK_HZ, H264, encoder_frame, first_encoder

_ENCODERS: Final = (*H264, "h264_videotoolbox", "mpeg4")  # the last is in every FFmpeg


class ClipWriter:
    """Writes BGR pictures as an MP4 clip that plays everywhere.

    While writing, the clip grows as ``<stem>.part.mp4`` in fragments (playable even if the program is killed);
    ``close`` puts it in order (index first, so that it plays while it loads) at its own name. size: width and height in
    pixels, an odd last column or row is cut off; pictures of another size are scaled. SightlineError when it cannot be
    written.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int], *, crf: int = 23) -> None:
        if not fps > 0 or min(size) < 2:
            raise ValueError(f"ClipWriter: expected fps > 0 and sides of at least 2 px, got {fps} and {size}")
        self.path = Path(path)
        self._part = self.path.with_name(f"{self.path.stem}.part.mp4")
        self._whole = self.path.with_name(f"{self.path.stem}.whole.mp4")
        self._size = size
        self._even = (size[0] // 2 * 2, size[1] // 2 * 2)
        self._ticks_per_frame = Fraction(CLOCK_HZ) / Fraction(fps).limit_denominator(1001)
        self._count = 0
        self._broken = False
        self._closed = False
        try:
            self._part.parent.mkdir(parents=True, exist_ok=True)
            # Fragments end at key frames, one per second.
            flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
            self._container: OutputContainer = av.open(f"file:{self._part}", "w", format="mp4", options=flags)
            self._stream = self._add_stream(fps, crf)
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def write(self, bgr: U8) -> None:
        """Add a picture u8 (h, w, 3)."""
        if self._closed or self._broken:
            raise SightlineError(f"{self.path}: expected an open clip, got a closed one")
        if (bgr.shape[1], bgr.shape[0]) != self._size:
            bgr = np.asarray(cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA))
        width, height = self._even
        frame = encoder_frame(bgr[:height, :width], round(self._count * self._ticks_per_frame))
        self._count += 1
        self._mux(frame)

    def close(self) -> None:
        """Finish the clip; a clip without a picture is not written. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._broken:
            self._end_container()
            return
        try:
            if self._count:
                self._mux(None)
        finally:
            self._end_container()
        if not self._count:
            self._part.unlink(missing_ok=True)
            return
        try:
            self._put_in_order()
        except OSError:
            # No room for a second copy: the fragments are a whole clip too.
            self._whole.unlink(missing_ok=True)
            self._part.replace(self.path)

    def _add_stream(self, fps: float, crf: int) -> VideoStream:
        rate = Fraction(fps).limit_denominator(1001)
        name = first_encoder(_ENCODERS)
        assert name is not None
        options = {"preset": "veryfast", "crf": str(crf), "bf": "0"} if name == "libx264" else {}
        stream = self._container.add_stream(name, rate=rate, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = self._even
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, CLOCK_HZ)
        stream.codec_context.gop_size = max(1, round(fps))
        return stream

    def _mux(self, frame: av.VideoFrame | None) -> None:
        try:
            for packet in self._stream.encode(frame):
                self._container.mux(packet)
        except OSError as error:
            self._broken = True
            raise self._failed(error) from error

    def _end_container(self) -> None:
        try:
            self._container.close()
        except OSError as error:
            self._broken = True
            raise self._failed(error) from error

    def _put_in_order(self) -> None:
        with (
            av.open(f"file:{self._part}") as source,
            av.open(f"file:{self._whole}", "w", format="mp4", options={"movflags": "faststart"}) as target,
        ):
            stream = source.streams.video[0]
            copy = target.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = copy
                    target.mux(packet)
        self._whole.replace(self.path)
        with contextlib.suppress(FileNotFoundError):
            self._part.unlink()

    def _failed(self, error: OSError) -> SightlineError:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        got = "a full disk" if full else (error.strerror or "a failure").lower()
        return SightlineError(f"{self.path}: expected room to write the clip, got {got}")
