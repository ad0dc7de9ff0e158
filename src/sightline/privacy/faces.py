"""Finds faces in a picture: over the whole of it, and enlarged where a person or a windscreen is."""

from typing import Final

import cv2
import numpy as np

from sightline.core.frame import Frame
from sightline.core.geometry import intersections
from sightline.core.values import F32, U8
from sightline.models import decode_yunet
from sightline.models.session import Session
from sightline.models.tensors import crop_bgr, resized_bgr, to_nchw

# A face that large in the picture looked at is never doubtful; at low scores it is asphalt or a wheel.
_LARGE_PX: Final = 100
_LARGE_SCORE: Final = 0.6
_TILE_PX: Final = 96  # side of an enlarged crop: a face that fills a third of it is 32 px, well above YuNet's least
_TILES_WIDE: Final = 6
_MAX_TILES: Final = 24


class FaceFinder:
    """YuNet with any input of multiples of 32 px. side_px: the longer side of the picture it looks at."""

    def __init__(self, session: Session, *, side_px: int, min_score: float) -> None:
        self._session = session
        self._side_px = side_px
        self._min_score = min_score

    def everywhere(self, frame: Frame) -> F32:
        """Faces of the whole picture: f32 (n, 5) left top right bottom score, in pixels of the frame."""
        scale = self._side_px / max(frame.width, frame.height)
        size = (max(16, round(frame.width * scale)), max(16, round(frame.height * scale)))
        found = self._find(resized_bgr(frame.pixels, frame.layout, size))
        return np.asarray(found / np.array([*([size[0] / frame.width, size[1] / frame.height] * 2), 1.0], np.float32))

    def inside(self, frame: Frame, boxes: F32) -> F32:
        """Faces inside boxes (m, 4) px, each enlarged to a tile of one mosaic and looked at in one run; as above.

        The first ``_MAX_TILES`` boxes only.
        """
        boxes = boxes[:_MAX_TILES]
        if not len(boxes):
            return np.zeros((0, 5), np.float32)
        rows = -(-len(boxes) // _TILES_WIDE)
        mosaic = np.zeros((rows * _TILE_PX, _TILES_WIDE * _TILE_PX, 3), np.uint8)
        corners, scales = [], []
        for place, box in enumerate(boxes):
            part = crop_bgr(frame.pixels, frame.layout, box)
            scale = _TILE_PX / max(part.shape[:2])
            size = (max(1, int(part.shape[1] * scale)), max(1, int(part.shape[0] * scale)))
            left, top = place % _TILES_WIDE * _TILE_PX, place // _TILES_WIDE * _TILE_PX
            mosaic[top : top + size[1], left : left + size[0]] = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
            corners.append((left, top))
            scales.append(scale)
        return _placed(self._find(mosaic), boxes, np.array(corners, np.float32), np.array(scales, np.float32))

    def _find(self, bgr: U8) -> F32:
        height, width = bgr.shape[:2]
        padded = cv2.copyMakeBorder(bgr, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT)
        answers = self._session.run(to_nchw(np.asarray(padded, np.uint8)))
        boxes, scores, _ = decode_yunet.decode(answers, padded.shape[:2], self._min_score)
        sure = scores >= np.where(boxes[:, 2] - boxes[:, 0] > _LARGE_PX, _LARGE_SCORE, self._min_score)
        return np.concatenate([boxes[sure], scores[sure, None]], axis=1)


def _placed(found: F32, boxes: F32, corners: F32, scales: F32) -> F32:
    """Faces of the mosaic at their places in the frame; the tile of its middle owns it."""
    if not len(found):
        return found
    tiles = np.concatenate([corners, corners + _TILE_PX], axis=1)
    middle = np.tile((found[:, :2] + found[:, 2:4]) / 2, 2) + np.array([-0.5, -0.5, 0.5, 0.5], np.float32)
    owner = intersections(middle, tiles).argmax(axis=1)
    known = intersections(middle, tiles).max(axis=1) > 0
    found, owner = found[known], owner[known]
    origin = np.tile(np.floor(np.maximum(boxes[owner, :2], 0)), 2)
    places = (found[:, :4] - np.tile(corners[owner], 2)) / scales[owner, None] + origin
    return np.concatenate([places, found[:, 4:]], axis=1).astype(np.float32)
