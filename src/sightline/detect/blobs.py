"""What moves and the net does not know (an animal, a cart): blobs of change, honestly unknown, at a low score."""

from typing import Final

import cv2
import numpy as np

from sightline.core.values import Detections
from sightline.core.vocabulary import CODE
from sightline.detect.background import Background

_LEVELS: Final = 30.0  # of 255 from the background: more than noise and most shadows
_MOVES_LEVELS: Final = 12.0  # from the picture before ...
_MOVES_SHARE: Final = 0.08  # ... in so much of a blob: else it is a hole left by what drove off
_LEAST_CELLS: Final = 24  # of 4 x 4 px of the net's picture
_LEAST_FILL: Final = 0.5  # of its box
_LARGEST: Final = 0.2  # share of the picture; a wider change is light
_MARGIN: Final = np.float32(0.25)  # of a known box's sides around it that belongs to it: its shadow
_SCORE: Final = 0.35  # may go on with a track, never starts one


def stray(background: Background, known: Detections) -> Detections:
    """Solid moving blobs outside the boxes known, in frame pixels; none in a view just begun."""
    if background.still is None or background.before is None or background.new_view:
        return Detections.empty()
    columns, rows = background.half[0] // 2, background.half[1] // 2
    if min(columns, rows) < 4:
        return Detections.empty()
    away, moved = (
        np.asarray(cv2.resize(cv2.absdiff(background.now, other), (columns, rows), interpolation=cv2.INTER_AREA))
        for other in (background.still, background.before)
    )
    mask = (away > _LEVELS).astype(np.uint8)
    sides = np.tile(known.boxes_px[:, 2:] - known.boxes_px[:, :2], 2) * np.array([-1, -1, 1, 1], np.float32)
    for left, top, right, bottom in background.cells((known.boxes_px + _MARGIN * sides).astype(np.float32)):
        mask[top // 2 : bottom // 2 + 1, left // 2 : right // 2 + 1] = 0
    if not mask.any():
        return Detections.empty()
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = []
    for number, (left, top, wide, high, area) in enumerate(stats.tolist()):
        if number == 0 or area < _LEAST_CELLS or area < _LEAST_FILL * wide * high or area > _LARGEST * mask.size:
            continue
        part = np.s_[top : top + high, left : left + wide]
        if float((moved[part][parts[part] == number] > _MOVES_LEVELS).mean()) >= _MOVES_SHARE:
            boxes.append([left, top, left + wide, top + high])
    scale = np.array([background.size[0] / columns, background.size[1] / rows] * 2, np.float32)
    found = np.array(boxes, np.float32).reshape(-1, 4) * scale
    many = len(found)
    return Detections(found, np.full(many, _SCORE, np.float32), np.full(many, CODE["unknown"], np.int16))
