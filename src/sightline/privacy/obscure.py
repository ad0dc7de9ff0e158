"""Altering pictures so that nothing of a face or plate can be won back."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from sightline.core.values import U8
from sightline.privacy.regions import Regions

MIN_CELL_PX: Final = 6  # of the picture sent: smaller cells would leave shapes standing
_MASK_BGR: Final = (40, 40, 40)

Polygon = Sequence[tuple[float, float]]  # corners in shares 0..1 of the picture


def obscure(picture: U8, regions: Regions, scale: float) -> None:
    """Alter the regions of a BGR picture (h, w, 3) in place; scale: pixels of the picture per pixel of the regions.

    Each region is averaged to cells and spread again by linear interpolation: what was finer than a cell is gone, and
    the mean of some hundred pixels cannot be undone. Regions are widened to whole pixels, never narrowed.
    """
    height, width = picture.shape[:2]
    boxes = regions.boxes_px * scale
    corners = np.concatenate([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])], axis=1).astype(np.int64)
    corners = np.clip(corners, 0, [width, height, width, height])
    for (left, top, right, bottom), cell in zip(corners.tolist(), (regions.cells_px * scale).tolist(), strict=True):
        if right <= left or bottom <= top:
            continue
        part = picture[top:bottom, left:right]
        side = max(cell, MIN_CELL_PX)
        columns, rows = max(1, int((right - left) // side)), max(1, int((bottom - top) // side))
        few = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
        picture[top:bottom, left:right] = cv2.resize(few, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)


def pixelated(picture: U8, blocks: int) -> U8:
    """The whole BGR picture (h, w, 3) coarsened to ``blocks`` square blocks along its longer side; same size."""
    height, width = picture.shape[:2]
    side = max(width, height) / blocks
    few = (max(1, round(width / side)), max(1, round(height / side)))
    coarse = cv2.resize(picture, few, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def fill_masks(picture: U8, polygons: Sequence[Polygon]) -> None:
    """Fill the polygons of a BGR picture (h, w, 3) in place with flat grey."""
    height, width = picture.shape[:2]
    for polygon in polygons:
        points = np.rint(np.asarray(polygon, np.float64) * [width, height]).astype(np.int32)
        cv2.fillPoly(picture, [points], _MASK_BGR)
