"""How much each row of a frame is worth looking at: 0 = not at all, 1 = large, whole, free and sure."""

from typing import Final

import cv2
import numpy as np

from sightline.core.geometry import clip_boxes, covered
from sightline.core.values import F32, U8, Bool

# Sides in pixels at which a box fills the attribute models' inputs (0039: 72 x 72; 0230: 160 high, of which three
# quarters do) and the smallest that is looked at: under a third of that the models answer at random.
_FULL_VEHICLE: Final = 72.0
_FULL_PERSON: Final = 120.0
_LEAST_SHARE: Final = 0.33

_BORDER_PX: Final = 2.0  # a box so close to the border is taken as cut by it
_CUT: Final = 0.35  # a cut object still shows its colour
_BEHIND: Final = 0.5  # share of the harm that a box farther from the camera does: it rarely covers this one
_SHARP: Final = 12.0  # mean absolute Laplacian of a sharp crop at the models' input size, grey levels


def box_qualities(boxes: F32, scores: F32, persons: Bool, size_px: tuple[int, int]) -> F32:
    """Quality (n,) 0..1 of boxes (n, 4) px with scores (n,) in a picture of size_px (width, height).

    Size times freedom from other boxes times score; less where the border cuts the box, 0 where it is too small.
    Another box is taken to stand in front where its foot is lower in the picture.
    """
    if not len(boxes):
        return np.zeros(0, np.float32)
    seen = clip_boxes(boxes, *size_px)
    width, height = seen[:, 2] - seen[:, 0], seen[:, 3] - seen[:, 1]
    side = np.where(persons, height / _FULL_PERSON, np.minimum(width, height) / _FULL_VEHICLE)
    size = np.where(side >= _LEAST_SHARE, np.minimum(side, 1.0), 0.0)
    over = covered(boxes, boxes)
    np.fill_diagonal(over, 0.0)
    in_front = boxes[None, :, 3] >= boxes[:, None, 3]
    hidden = np.where(in_front, over, _BEHIND * over).max(axis=1)
    low, high = boxes[:, :2], np.array(size_px, np.float32) - boxes[:, 2:]
    cut = (np.minimum(low, high) <= _BORDER_PX).any(axis=1)
    quality = size * (1.0 - hidden) ** 2 * (0.5 + 0.5 * np.clip(scores, 0, 1)) * np.where(cut, _CUT, 1.0)
    return np.asarray(np.clip(np.nan_to_num(quality), 0.0, 1.0), np.float32)


def sharpness(crop: U8) -> float:
    """0.3 (blurred) .. 1 (sharp) of a BGR crop u8 (h, w, 3) already at a model's input size."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    detail = float(np.abs(cv2.Laplacian(grey, cv2.CV_16S)).mean())
    return float(np.clip(detail / _SHARP, 0.3, 1.0))
