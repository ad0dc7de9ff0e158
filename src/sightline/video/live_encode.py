"""Pictures of a live camera as H.264 access units, ready to be sent."""

from dataclasses import dataclass
from fractions import Fraction

from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from sightline.core.errors import SightlineError
from sightline.core.values import U8
from sightline.video.encoding import CLOCK_HZ, H264, encoder_frame, first_encoder


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One encoded picture: bytes with start codes (H.264 Annex B), whether decoding may begin with it."""

    data: bytes
    key: bool


class LiveEncoder:
    """Encodes the pictures of one camera without holding any back (no B-frames), a key frame every ``gop`` pictures.

    size: width and height in pixels, both even; crf: quality as x264 counts it, 18 (fine) to 35 (coarse).
    SightlineError where this FFmpeg has no H.264 encoder.
    """

    def __init__(self, size: tuple[int, int], fps: float, *, gop: int | None = None, crf: int = 23) -> None:
        if min(size) < 16 or size[0] % 2 or size[1] % 2 or not 0 < fps <= 120:
            raise ValueError(f"LiveEncoder: expected even sides from 16 px and up to 120 fps, got {size} and {fps}")
        name = first_encoder(H264)
        if name is None:
            raise SightlineError(f"encoding: expected one of {', '.join(H264)} in FFmpeg, got none")
        rate = Fraction(fps).limit_denominator(1001)
        context = VideoCodecContext.create(name, "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = size
        context.pix_fmt = "yuv420p"
        context.framerate = rate
        context.time_base = Fraction(1, CLOCK_HZ)
        context.gop_size = gop or max(1, round(fps))
        context.max_b_frames = 0
        context.thread_count = 1
        if name == "libx264":
            # repeat-headers: who joins later finds the parameter sets before each key frame.
            params = "repeat-headers=1:scenecut=0"
            context.options = {
                "preset": "ultrafast", "tune": "zerolatency", "crf": str(crf), "forced-idr": "1", "x264-params": params,
            }  # fmt: skip
        self._context = context
        self._size = size

    def encode(self, bgr: U8, ticks: int, *, key: bool = False) -> AccessUnit:
        """The next picture u8 (h, w, 3) at a time in 1/90000 s, later than the last; key asks for a key frame."""
        width, height = self._size
        if bgr.shape != (height, width, 3):
            raise ValueError(f"LiveEncoder: expected a picture of {(height, width, 3)}, got {bgr.shape}")
        frame = encoder_frame(bgr, ticks)
        if key:
            frame.pict_type = PictureType.I
        packets = list(self._context.encode(frame))
        if not packets:
            raise SightlineError("encoding: expected a picture for each one given, got none")
        return AccessUnit(b"".join(bytes(packet) for packet in packets), any(packet.is_keyframe for packet in packets))
