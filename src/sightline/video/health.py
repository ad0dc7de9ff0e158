"""How a camera's picture is doing against its own usual one: brightness, sharpness, structure, movement, freezing."""

from collections import deque
from dataclasses import replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.core.frame import Frame
from sightline.core.health import PictureHealth
from sightline.core.values import F32, U8

_LOOK_NS: Final = 2_000_000_000  # between two looks: what they find is judged over tens of seconds
_SIZE: Final = (160, 90)  # of the plane that structure is compared on, whatever the camera's size
_BLOCKS: Final = (5, 8)  # of 18 x 20 px
_TOLERANCE: Final = 5  # px of the plane over which an edge is spread: masts sway by one or two
_LEAST_EDGE: Final = 4.0  # deviation of a block's edges, grey levels: a block without any (sky) says nothing
_ALIKE: Final = 0.5  # correlation of a block's edges over which it still shows the same things
_KNOWN_AFTER: Final = 20  # looks until the usual scene is known
_SLOWEST: Final = 1 / 600  # share of a look in the usual scene: ten minutes, so that shadows can wander
_RECENT: Final = 1 / 8  # the same for what was seen just now
_MOVED_SHARE: Final = 0.6  # of the blocks changed, ...
_STEADY_SHARE: Final = 0.6  # ... and so many the same as just now: another view, not a crowd or a bus passing
_DETAIL_LEFT: Final = 0.35  # ... and at least so much of the usual edges: a cover has none
_RELEARN_NS: Final = 1_800_000_000_000  # after half an hour a changed view is the usual one
_STRIPS: Final = 8  # of tiles, from top to bottom, ...
_TILES: Final = 12  # ... each of so many ...
_TILE: Final = (
    16,
    64,
)  # ... rows and columns at the camera's own resolution: where sharpness and freezing are measured
_SHARPNESS_EVERY_NS: Final = 60_000_000_000  # a value a minute ...
_SHARPNESS_KEPT: Final = 1440  # ... for a day: dusk is not blur
_FLAT: Final = 4.0  # deviation of the tiles, grey levels: under it there is nothing to be sharp
_SAME: Final = 2  # grey levels a pixel may differ in a frozen picture that is encoded again ...
_SAME_SHARE: Final = 0.0005  # ... but for so many; a sensor's noise, however much is encoded away, changes more


class HealthMeter:
    """One camera's usual picture and how far the present one is from it; at most one look in two seconds.

    A look took 1.4 ms at 1080p and 1.1 ms at 360p on two busy cores (benchmarks/results/sources.json).

    Structure is compared by where edges are, block by block, which a change of light leaves in place: dusk, lightning,
    a lamp, the switch to infrared. Sharpness is the share of fine detail in all contrast, which light leaves alone too.
    """

    def __init__(self) -> None:
        self._usual: F32 | None = None
        self._recent: F32 | None = None
        self._tiles: U8 | None = None
        self._size = (0, 0)
        self._looks = 0
        self._looked_ns: int | None = None
        self._changed_since_ns: int | None = None  # the content of the picture last changed then
        self._odd_since_ns: int | None = None  # another scene than the usual since then
        self._fine: deque[float] = deque(maxlen=_SHARPNESS_KEPT)
        self._fine_median = 0.0
        self._fine_ns = 0
        self._health = PictureHealth(0.0, 1.0, 0.0, False, 0.0)

    def look(self, frame: Frame) -> PictureHealth:
        """How the picture is; call once per analysed frame. Between two looks the answer stays the last one's."""
        now = frame.time_ns
        if self._looked_ns is not None and 0 <= now - self._looked_ns < _LOOK_NS:
            return self._health
        luma = _luma(frame)
        if (frame.width, frame.height) != self._size:
            self._size = (frame.width, frame.height)
            self._tiles = None
            self._fine.clear()
        self._looked_ns = now
        step = max(
            1, frame.height // 360
        )  # every 3rd row of 1080p: a third of the cost, and edges are coarser than that
        small = np.asarray(cv2.resize(luma[::step], _SIZE, interpolation=cv2.INTER_AREA), np.float32)
        tiles = _tiles(luma)
        frozen_s = self._frozen_s(tiles, now)
        edges = _edges(small)
        changed, moved = self._compare(edges, now)
        odd = changed > 0.5
        brightness = (
            min(1.0, max(0.0, (float(small.mean()) - 16) / 219))
            if frame.layout == "i420"
            else float(small.mean()) / 255
        )
        sharpness = self._sharpness(tiles, now, learn=not odd)
        self._learn(edges, now, odd=odd, frozen=frozen_s > 0)
        self._health = PictureHealth(brightness, sharpness, changed, moved, frozen_s)
        return self._health

    def restart(self, time_ns: int) -> None:
        """The camera was lost and has come back: the time without pictures was no freezing."""
        self._changed_since_ns = time_ns
        self._health = replace(self._health, frozen_s=0.0)

    def _frozen_s(self, tiles: U8, now: int) -> float:
        before, since = self._tiles, self._changed_since_ns
        if before is not None and since is not None and before.shape == tiles.shape:
            other = float(np.count_nonzero(cv2.absdiff(tiles, before) > _SAME)) / tiles.size
            if other <= _SAME_SHARE:
                return max(0.0, (now - since) / 1e9)
        self._tiles, self._changed_since_ns = tiles, now
        return 0.0

    def _compare(self, edges: F32, now: int) -> tuple[float, bool]:
        if self._usual is None or self._recent is None or self._looks < _KNOWN_AFTER:
            return 0.0, False
        usual = _deviation(self._usual)
        telling = usual > _LEAST_EDGE
        if np.count_nonzero(telling) < 4:  # fog, an empty sky: nothing to tell a change by
            return 0.0, False
        different = (_correlation(edges, self._usual) < _ALIKE) & telling
        changed = float(np.count_nonzero(different)) / float(np.count_nonzero(telling))
        steady = float(np.mean((_correlation(edges, self._recent) > _ALIKE)[telling]))
        left = float(_deviation(edges).mean()) / max(1e-6, float(usual.mean()))
        return changed, changed >= _MOVED_SHARE and steady >= _STEADY_SHARE and left >= _DETAIL_LEFT

    def _learn(self, edges: F32, now: int, *, odd: bool, frozen: bool) -> None:
        """Take the picture into what is usual, unless it is odd; what stays odd for half an hour becomes usual."""
        if self._usual is None or self._recent is None:
            self._usual, self._recent, self._looks = edges.copy(), edges.copy(), 1
            return
        cv2.accumulateWeighted(edges, self._recent, _RECENT)
        if not odd:
            self._odd_since_ns = None
        elif self._odd_since_ns is None:
            self._odd_since_ns = now
        elif now - self._odd_since_ns > _RELEARN_NS:
            self._usual, self._looks, self._odd_since_ns = self._recent.copy(), 1, None
            self._fine.clear()
            return
        if odd or frozen:
            return
        self._looks += 1
        cv2.accumulateWeighted(edges, self._usual, max(_SLOWEST, 1 / self._looks))

    def _sharpness(self, tiles: U8, now: int, *, learn: bool) -> float:
        """Fine detail against the camera's usual; 1 until that is known."""
        fine = _fine_detail(tiles)
        if fine is None:
            return 1.0 if not self._fine else min(1.0, self._health.sharpness)
        young = len(self._fine) < _KNOWN_AFTER
        known = self._fine_median
        sharpness = 1.0 if young or known <= 0 else fine / known
        if learn and (young or now - self._fine_ns >= _SHARPNESS_EVERY_NS):
            self._fine.append(fine)
            self._fine_ns = now
            self._fine_median = float(np.median(self._fine))
        return sharpness


def _luma(frame: Frame) -> U8:
    """Y, or for BGR the green plane, which stands for it; a view where possible."""
    if frame.layout == "i420":
        return frame.pixels[: frame.height]
    return np.ascontiguousarray(frame.pixels[:, :, 1])


def _edges(small: F32) -> F32:
    """Strength of edges, spread a little: what stays in place when light changes."""
    across = cv2.Sobel(small, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3)
    strength = np.sqrt(cv2.magnitude(across, down))  # the root keeps one lamp from outweighing a street
    return np.asarray(cv2.GaussianBlur(strength, (_TOLERANCE, _TOLERANCE), 0), np.float32) * 4.0


def _blocks(plane: F32) -> F32:
    """(90, 160) as (5, 8, 360): each block's pixels in a row, less their mean."""
    rows, columns = _BLOCKS
    high, wide = _SIZE[1] // rows, _SIZE[0] // columns
    blocks = plane.reshape(rows, high, columns, wide).swapaxes(1, 2).reshape(rows, columns, -1)
    return np.asarray(blocks - blocks.mean(axis=2, keepdims=True))


def _deviation(plane: F32) -> F32:
    return np.asarray(np.sqrt(np.mean(_blocks(plane) ** 2, axis=2)))


def _correlation(one: F32, other: F32) -> F32:
    a, b = _blocks(one), _blocks(other)
    below = np.sqrt(np.sum(a * a, axis=2) * np.sum(b * b, axis=2))
    return np.asarray(np.sum(a * b, axis=2) / np.maximum(below, 1e-6))


def _tiles(luma: U8) -> U8:
    """Tiles of the picture at its own resolution, (96, 16, 64) spread evenly over it; smaller from a small picture."""
    height, width = luma.shape
    tall, wide = min(_TILE[0], height), max(1, min(_TILE[1], width // _TILES))
    tops = [(height - tall) * (number + 1) // (_STRIPS + 1) for number in range(_STRIPS)]
    lefts = [(width - wide) * (2 * number + 1) // (2 * _TILES) for number in range(_TILES)]
    return np.stack([luma[top : top + tall, left : left + wide] for top in tops for left in lefts])


def _fine_detail(tiles: U8) -> float | None:
    """Variance of the Laplacian over the variance of the picture, the median of tiles; None where nothing is to see.

    Variance of the Laplacian as focus measure: Pech-Pacheco et al., ICPR 2000; divided by the contrast so that dusk
    does not look like blur; the median so that one bus does not either.
    """
    count, tall, wide = tiles.shape
    if tall < 3 or wide < 3:
        return None
    # One tile above the other; the rows where they meet are left out below.
    fine = cv2.Laplacian(tiles.reshape(-1, wide), cv2.CV_16S).reshape(tiles.shape)[:, 1:-1, 1:-1]
    contrast = _variances(tiles)
    seen = contrast > _FLAT**2
    return float(np.median(_variances(fine)[seen] / contrast[seen])) if seen.sum() * 24 >= count else None


def _variances(tiles: NDArray[Any]) -> F32:
    """(n, h, w) -> (n,): the variance of each tile."""
    flat = tiles.reshape(len(tiles), -1).astype(np.float32)
    mean = flat.mean(axis=1)
    return np.asarray(np.einsum("ij,ij->i", flat, flat) / flat.shape[1] - mean * mean)
