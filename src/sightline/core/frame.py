"""One raw picture of one camera; it never leaves video, detect, describe, privacy, pipeline and simulate."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sightline.core.values import U8


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded picture.

    camera: its name; index: number of the frame in its source, from 1; time_ns: UTC (live) or media time (file) in ns;
    pixels: u8 (h, w, 3) BGR, or for layout "i420" u8 (h * 3 // 2, w): plane Y over planes U and V, width and height
    even (the decoder's own planes, BT.601 limited range, as cv2.COLOR_YUV2BGR_I420 reads them);
    synthetic: drawn by our simulator, set by ``simulate`` alone.
    """

    camera: str
    index: int
    time_ns: int
    pixels: U8
    layout: Literal["bgr", "i420"] = "bgr"
    synthetic: bool = False

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8:
            raise TypeError(f"Frame.pixels: expected uint8, got {self.pixels.dtype}")
        if self.layout == "bgr":
            if self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
                raise ValueError(f"Frame.pixels: expected (h, w, 3), got {self.pixels.shape}")
        elif self.pixels.ndim != 2 or self.pixels.shape[0] % 3 or self.pixels.shape[1] % 2:
            raise ValueError(f"Frame.pixels: expected (h * 3 // 2, w) with even h and w, got {self.pixels.shape}")

    @property
    def height(self) -> int:
        """Rows of the picture in pixels."""
        rows = self.pixels.shape[0]
        return int(rows if self.layout == "bgr" else rows * 2 // 3)

    @property
    def width(self) -> int:
        """Columns of the picture in pixels."""
        return int(self.pixels.shape[1])

    def planes(self) -> tuple[U8, U8, U8]:
        """Views of Y (h, w), U and V (h/2, w/2); only for layout "i420"."""
        if self.layout != "i420":
            raise ValueError("Frame.planes: expected layout i420, got bgr")
        h, w = self.height, self.width
        flat = self.pixels.reshape(-1)
        luma = self.pixels[:h]
        u = flat[h * w : h * w * 5 // 4].reshape(h // 2, w // 2)
        v = flat[h * w * 5 // 4 :].reshape(h // 2, w // 2)
        return luma, u, v
