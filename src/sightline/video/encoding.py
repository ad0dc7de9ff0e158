"""What clips and live streams encode alike: which encoder, and pictures as encoders take them."""

from fractions import Fraction
from typing import Final

import av
import cv2
import numpy as np

from sightline.core.values import U8

# In the order of preference; which of them a build of FFmpeg holds differs.
H264: Final = ("libx264", "libopenh264")
CLOCK_HZ: Final = 90_000  # ticks per second: the clock of RTP video (RFC 6184) and usual in MP4


def first_encoder(names: tuple[str, ...]) -> str | None:
    """The first of these encoders that this FFmpeg has; None where it has none of them."""
    return next((name for name in names if name in av.codecs_available), None)


def encoder_frame(bgr: U8, ticks: int) -> av.VideoFrame:
    """A picture u8 (h, w, 3), sides even, as yuv420p at a time in 1/CLOCK_HZ s."""
    # cv2 is faster here than swscale, and its I420 is what the encoders take.
    i420 = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
    frame.pts = ticks
    frame.time_base = Fraction(1, CLOCK_HZ)
    frame.color_range, frame.colorspace = 1, 5  # limited range, BT.601 (AVCOL_RANGE_MPEG, AVCOL_SPC_BT470BG)
    return frame
