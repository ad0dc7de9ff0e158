"""Where in the box of a two-wheeler the rider is, and the pixels of the rider's upper clothing."""

from typing import Final

import cv2
import numpy as np

from sightline.core.values import U8

_BAND: Final = (0.05, 0.40)  # rows, in shares of the box, where a rider's trunk stands free above the two-wheeler
_EDGE: Final = 1 / 12  # columns of the band on each side that show the street behind
_UNLIKE: Final = 12.0  # distance in L*a*b* from which a pixel is not street: about five just noticeable steps
_CORE: Final = 0.5  # of the clearest pixels' difference; pixels under it mix trunk and street along the outline
_LEAST: Final = 0.15  # share of a patch's pixels unlike the street under which all of them are taken


def rider_column(crop: U8) -> float:
    """Middle of the rider, 0..1 of the width, in a crop BGR u8 (h, w, 3) of two-wheeler and rider.

    The median column of the pixels above the two-wheeler that differ from the street at the crop's sides; 0.5 where
    nothing stands out. Model 0230 was made for crops of one upright person and looks into the middle.
    """
    unlike = _unlike_street(crop)
    columns = unlike.sum(axis=0).astype(np.float64).cumsum()
    if not len(columns) or columns[-1] <= 0:
        return 0.5
    return float(np.searchsorted(columns, columns[-1] / 2) + 0.5) / len(columns)


def person_part(crop: U8, column: float) -> U8:
    """The part of the crop, half as wide as high, around the rider's column (0..1): the shape model 0230 expects."""
    height, width = crop.shape[:2]
    wide = min(width, max(1, height // 2))
    left = int(np.clip(column * width - wide / 2, 0, width - wide))
    return crop[:, left : left + wide]


def trunk_pixels(crop: U8, column: float) -> U8:
    """Pixels u8 (1, n, 3) of the rider's trunk around the column: those of the band clearly unlike the street."""
    height, width = crop.shape[:2]
    top, bottom = _band(height)
    half = max(1, round(0.15 * height))
    middle = int(column * width)
    left, right = max(0, middle - half), min(width, middle + half)
    patch = crop[top:bottom, left:right]
    unlike = _unlike_street(crop)[:, left:right]
    mask = unlike > _CORE * np.quantile(unlike, 0.9)
    chosen = patch[mask] if mask.mean() >= _LEAST else patch.reshape(-1, 3)
    return chosen.reshape(1, -1, 3)


def _band(height: int) -> tuple[int, int]:
    top = int(_BAND[0] * height)
    return top, max(top + 1, int(_BAND[1] * height))


def _unlike_street(crop: U8) -> np.ndarray:
    """0 where a pixel of the band looks like the street at its sides, else by how much it does not, at most 40."""
    top, bottom = _band(crop.shape[0])
    lab = cv2.cvtColor(crop[top:bottom].astype(np.float32) / 255.0, cv2.COLOR_BGR2LAB)
    edge = max(1, int(crop.shape[1] * _EDGE))
    sides = np.concatenate([lab[:, :edge].reshape(-1, 3), lab[:, -edge:].reshape(-1, 3)])
    return np.asarray(np.clip(np.linalg.norm(lab - np.median(sides, axis=0), axis=2) - _UNLIKE, 0, 40))
