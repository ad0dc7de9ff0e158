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


def obscure(picture: U8, regions: Regions, scale: float) -> U8:
    """A copy of the BGR picture (h, w, 3) with the regions altered; scale: its pixels per pixel of the regions.

    Each region is averaged to cells and spread and smoothed again: what was finer than a cell is gone, and
    the mean of many pixels cannot be undone. All cells are means of the picture as it came, and where regions overlap
    the coarser cells are shown. Regions are widened to whole pixels, never narrowed.
    """
    height, width = picture.shape[:2]
    altered = picture.copy()
    boxes = regions.boxes_px * scale
    corners = np.concatenate([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])], axis=1).astype(np.int64)
    corners = np.clip(corners, 0, [width, height, width, height])
    cells = np.maximum(regions.cells_px * scale, MIN_CELL_PX)
    for row in np.argsort(cells, kind="stable").tolist():
        left, top, right, bottom = corners[row].tolist()
        if right <= left or bottom <= top:
            continue
        part = picture[top:bottom, left:right]
        side = float(cells[row])
        few = (max(1, int((right - left) / side)), max(1, int((bottom - top) / side)))
        cell_means = cv2.resize(part, few, interpolation=cv2.INTER_AREA)
        smooth = cv2.resize(cell_means, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
        altered[top:bottom, left:right] = cv2.blur(smooth, (int(side), int(side)), borderType=cv2.BORDER_REPLICATE)
    return altered


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
