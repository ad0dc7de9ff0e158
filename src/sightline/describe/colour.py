"""Names of colours from pixels, in the words of ``core.vocabulary.COLOURS``."""

from functools import cache
from typing import Final

import cv2
import numpy as np

from sightline.core.values import F32, U8
from sightline.core.vocabulary import COLOURS

# Focal places of the colour words in CIE L*a*b* (L 0..100), several per word because a word covers light and dark ones.
# Placed by hand: the first of each chromatic word is the colour people call so at once, the others are the paler and
# darker ones that clothing and car paint show under street cameras.
_PLACES: Final[dict[str, tuple[tuple[int, int, int], ...]]] = {
    "white": ((97, 0, 0), (88, 0, 0), (80, -1, -2)),
    "gray": ((66, 0, 0), (54, 0, 0), (42, 0, 0), (60, -2, -5), (48, -1, -5), (60, -5, 0)),
    "yellow": ((85, 3, 78), (78, 10, 65), (85, 0, 55), (90, -12, 60), (70, 10, 62)),
    "red": ((45, 66, 45), (38, 52, 32), (28, 38, 20), (50, 58, 25), (55, 60, 38), (22, 26, 10)),
    "green": ((50, -48, 35), (40, -28, 15), (30, -16, 8), (72, -35, 40), (75, -55, 60), (22, -10, 4), (45, -18, 2)),
    "blue": (
        (42, 8, -45),
        (30, 12, -38),
        (30, 28, -56),
        (32, 76, -104),
        (58, -8, -34),
        (72, -10, -20),
        (25, 3, -20),
        (52, -3, -20),
        (65, -28, -16),
    ),
    "black": ((6, 0, 0), (16, 0, 0), (26, 0, -1), (20, 1, -6)),
    "brown": ((32, 18, 24), (42, 18, 30), (24, 10, 14)),
    "orange": ((65, 45, 66), (60, 48, 50), (68, 32, 55)),
    "pink": ((76, 30, 6), (62, 58, -4), (55, 65, -12)),
    "purple": ((34, 34, -36), (28, 24, -16), (52, 28, -28), (36, 34, -8)),
    "beige": ((82, 4, 18), (72, 6, 20), (64, 7, 20)),
}
_LAB: Final[F32] = np.array([place for name in COLOURS for place in _PLACES[name]], np.float32)
_WORD: Final = np.array([word for word, name in enumerate(COLOURS) for _ in _PLACES[name]])

# Lightness says less than hue between sun and shade, so its differences count less.
_WEIGHTS: Final[F32] = np.array([0.7, 1.0, 1.0], np.float32)
# How far, in units of that distance, two shades still share a name: about three just noticeable steps of CIE76.
_SPREAD: Final = 7.0
_MOST_PIXELS: Final = 1024  # enough for shares to 2 %, and it bounds the work per patch
_BITS: Final = 5  # of each channel that are told apart: a step of 8 grey levels is under the spread


def colour_shares(patch: U8) -> F32:
    """Share (len(COLOURS),) of each colour word among the pixels of a BGR patch u8 (h, w, 3); sums to 1.

    Each pixel spreads softly over the words by its distance to their focal places in L*a*b*. An empty patch gives equal
    shares.
    """
    if patch.size == 0:
        return np.full(len(COLOURS), 1.0 / len(COLOURS), np.float32)
    step = int(np.ceil(np.sqrt(patch.shape[0] * patch.shape[1] / _MOST_PIXELS)))
    pixels = patch[::step, ::step].reshape(-1, 3) if patch.shape[0] > 1 else patch[0, :: step * step]
    blue, green, red = (pixels >> (8 - _BITS)).astype(np.int32).T
    return np.asarray(_table()[(blue << 2 * _BITS) | (green << _BITS) | red].mean(axis=0), np.float32)


@cache
def _table() -> F32:
    """Shares of the words (2 ** (3 * _BITS), len(COLOURS)) for every colour told apart; made once, 1.5 MB."""
    levels = (np.arange(2**_BITS, dtype=np.float32) + 0.5) * np.float32(2.0**-_BITS)
    bgr = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(1, -1, 3)
    lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)[0]
    nearest = np.full((len(lab), len(COLOURS)), np.inf, np.float32)
    for place, word in zip(_LAB, _WORD, strict=True):
        distances = (((lab - place) * _WEIGHTS) ** 2).sum(axis=1)
        np.minimum(nearest[:, word], distances, out=nearest[:, word])
    nearest -= nearest.min(axis=1, keepdims=True)
    pull = np.exp(-nearest / np.float32(2 * _SPREAD**2))
    return np.asarray(pull / pull.sum(axis=1, keepdims=True), np.float32)
