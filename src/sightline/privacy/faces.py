"""Finds faces anywhere in a picture: of people on foot, behind windscreens, far from any person that is tracked."""

from typing import Final

import cv2
import numpy as np

from sightline.core.frame import Frame
from sightline.core.values import F32, U8
from sightline.models import decode_yunet
from sightline.models.session import Session
from sightline.models.tensors import resized_bgr, to_nchw

# A face that large in the picture looked at is never doubtful; at low scores it is asphalt or a wheel.
_LARGE_PX: Final = 100
_LARGE_SCORE: Final = 0.6
_MOST_PX: Final = 1920  # of the picture looked at, longer side: bounds time and memory
_OVERLAP_PX: Final = 64  # of tiles: a larger face that is cut is known by its larger half
DYNAMIC: Final = "yunet-dynamic"
MODELS: Final = (DYNAMIC, "yunet")  # the first that is installed is used


class FaceFinder:
    """YuNet, in its form for any input of multiples of 32 px or in that for one fixed input (then tile by tile).

    zoom: pixels of the picture it looks at per pixel of the picture that will be sent.
    """

    def __init__(self, session: Session, *, zoom: float, min_score: float) -> None:
        self._session = session
        self._tile = None if session.model.name == DYNAMIC else session.input_hw
        self._zoom = zoom if self._tile is None else min(zoom, 1.0)  # tiles are dear
        self._min_score = min_score

    def __call__(self, frame: Frame, sent_px: int) -> F32:
        """Faces of the whole frame: f32 (n, 5) left top right bottom score, in its pixels.

        sent_px: longer side of the picture that will be sent; what is too small to be known in it need not be found.
        """
        scale = min(self._zoom * sent_px, _MOST_PX) / max(frame.width, frame.height)
        size = (max(16, round(frame.width * scale)), max(16, round(frame.height * scale)))
        picture = resized_bgr(frame.pixels, frame.layout, size)
        found = [self._find(tile) + origin for tile, origin in self._tiles(picture)]
        return np.asarray(
            np.concatenate(found) / np.array([*([size[0] / frame.width, size[1] / frame.height] * 2), 1.0], np.float32)
        )

    def _tiles(self, picture: U8) -> list[tuple[U8, F32]]:
        """The picture padded to an input of the model, or its overlapping tiles, each with what to add to its faces."""
        height, width = picture.shape[:2]
        if self._tile is None:
            return [(_padded(picture, height + -height % 32, width + -width % 32), np.zeros(5, np.float32))]
        tile_h, tile_w = self._tile
        return [
            (_padded(picture[y : y + tile_h, x : x + tile_w], tile_h, tile_w), np.array([x, y, x, y, 0], np.float32))
            for y in _starts(height, tile_h)
            for x in _starts(width, tile_w)
        ]

    def _find(self, bgr: U8) -> F32:
        answers = self._session.run(to_nchw(bgr))
        boxes, scores, _ = decode_yunet.decode(answers, bgr.shape[:2], self._min_score)
        sure = scores >= np.where(boxes[:, 2] - boxes[:, 0] > _LARGE_PX, _LARGE_SCORE, self._min_score)
        return np.concatenate([boxes[sure], scores[sure, None]], axis=1)


def _padded(picture: U8, height: int, width: int) -> U8:
    down, right = height - picture.shape[0], width - picture.shape[1]
    return np.asarray(cv2.copyMakeBorder(picture, 0, down, 0, right, cv2.BORDER_CONSTANT), np.uint8)


def _starts(length: int, tile: int) -> list[int]:
    """Where tiles begin so that they cover the length and overlap by at least the largest face sought in pieces."""
    if length <= tile:
        return [0]
    number = -(-(length - _OVERLAP_PX) // (tile - _OVERLAP_PX))
    return [round(place * (length - tile) / (number - 1)) for place in range(number)]
