"""Finding what moves before a still camera, without a model: a background model on a small picture per camera."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from sightline.config import DetectSettings
from sightline.core.frame import Frame
from sightline.core.values import F32, U8, Bool, Detections
from sightline.core.vocabulary import CODE
from sightline.models.tensors import resized_bgr

_WIDTH_PX: Final = 400  # of the small picture: 3 ms of one core, and a pedestrian 5 % of the picture high still shows
_LEARN_FRAMES: Final = 8  # that only teach the background, all alike; then time decides
_FIRST_MEMORY_S: Final = 10.0  # time constant of the background at first ...
_MEMORY_S: Final = 60.0  # ... and at last; what stands still for a third of it becomes background
_BACKGROUND_SHARE: Final = 0.7  # of its recent time that a pixel's background explains
_VARIANCE: Final = 25.0  # squared distance in standard deviations that is foreground; 16 flickers on compressed video
_LEAST_AREA: Final = 0.0004  # of the small picture
_LEAST_PX: Final = 24
_CHANGE: Final = 18  # of 255 in any channel between two frames that is no noise ...
_MOVES_SHARE: Final = 0.03  # ... in so much of a box, or at first it is a hole left by what drove off
_CHANGED_SHARE: Final = 0.6  # of the picture at once: the light or the view changed, learn anew
_LARGEST: Final = 0.6  # share of the picture that a box may cover; a wider change is light, not an object
_GAINS: Final = (0.6, 1.6)  # of exposure that are evened out before; more is a change of the picture
_LEAST_FILL: Final = 0.3  # of a box by its blob; less is a scatter of noise

_PEDESTRIAN_ASPECT: Final = 0.62  # width / height up to which an upright blob is taken for a person
_PEDESTRIAN_LARGEST: Final = 0.03  # share of the picture; a larger upright blob is cars in a row, or a lorry's rear
_VEHICLE_ASPECT: Final = 1.2  # ... and from which a solid one for a vehicle
_VEHICLE_FILL: Final = 0.55


@dataclass(slots=True)
class _Background:
    """What is known of one camera."""

    model: Any
    size: tuple[int, int]
    first_ns: int
    frames: int = 0
    last_ns: int = 0
    levels: F32 | None = None  # median of each channel, (3,)
    before: U8 | None = None  # the small picture of the frame before


class MotionDetector:
    """Boxes of what moves, labelled by size and shape: pedestrian, vehicle, or honestly unknown.

    The method is the adaptive Gaussian mixture with shadow detection of Zivkovic, ICPR 2004
    (doi 10.1109/ICPR.2004.1333992). A camera's first frames only teach; a picture that changes as a whole starts anew.
    name, notes, cost: see ``choose.Detector``.
    """

    def __init__(self, settings: DetectSettings, *, notes: tuple[str, ...] = ()) -> None:
        self.name = "motion"
        self.notes = notes
        self.cost = 0.1
        self._min_score = settings.min_score
        self._cameras: dict[str, _Background] = {}

    def forget(self, camera: str) -> None:
        """Drop the background of a camera."""
        self._cameras.pop(camera, None)

    def __call__(self, frames: Sequence[Frame]) -> list[Detections]:
        """What moves in each frame, in the same order; frames of one camera must come in the order of their time."""
        return [self._look(frame) for frame in frames]

    def _look(self, frame: Frame) -> Detections:
        width = min(_WIDTH_PX, frame.width - frame.width % 2)
        small_size = (max(2, width), max(2, round(frame.height * width / frame.width / 2) * 2))
        known = self._cameras.get(frame.camera)
        if known is None or known.size != (frame.width, frame.height):
            known = _Background(_mixture(), (frame.width, frame.height), frame.time_ns)
            self._cameras[frame.camera] = known
        small = resized_bgr(frame.pixels, frame.layout, small_size)
        rate = _rate(known, frame.time_ns)
        levelled = _levelled(small, known, rate)
        mask = known.model.apply(levelled, learningRate=rate)
        before, known.before = known.before, levelled
        known.frames += 1
        known.last_ns = frame.time_ns
        if known.frames <= _LEARN_FRAMES:
            return Detections.empty()
        moving = _solid(mask)
        if np.count_nonzero(moving) > _CHANGED_SHARE * moving.size:
            self._cameras[frame.camera] = _Background(_mixture(), known.size, frame.time_ns)
            return Detections.empty()
        factor = np.array([frame.width / small_size[0], frame.height / small_size[1]] * 2, np.float32)
        boxes, areas = _blobs(moving)
        if before is not None and frame.time_ns - known.first_ns < _FIRST_MEMORY_S * 1e9:
            real = _moves(boxes, levelled, before)
            boxes, areas = boxes[real], areas[real]
        seen = _described(boxes, areas, factor, moving.size)
        best = np.argsort(-seen.scores, kind="stable")
        best = best[seen.scores[best] >= self._min_score]
        return Detections(seen.boxes_px[best], seen.scores[best], seen.labels[best])


def _mixture() -> Any:
    model = cv2.createBackgroundSubtractorMOG2(history=500, varThreshold=_VARIANCE, detectShadows=True)
    model.setBackgroundRatio(_BACKGROUND_SHARE)
    return model


def _rate(known: _Background, time_ns: int) -> float:
    """Share of the new frame in the background: all first frames alike, then by the time that went by.

    The memory grows with the time watched, so that what stood there at the start and leaves is soon forgotten.
    """
    passed_s = min(max((time_ns - known.last_ns) / 1e9, 0.02), 1.0)
    watched_s = (time_ns - known.first_ns) / 1e9
    memory_s = min(max(watched_s, _FIRST_MEMORY_S), _MEMORY_S)
    by_time = 1.0 - float(np.exp(-passed_s / memory_s))
    return max(by_time, 1.0 / (known.frames + 1)) if known.frames < _LEARN_FRAMES else by_time


def _levelled(small: U8, known: _Background, rate: float) -> U8:
    """The picture with each channel's median brought to the background's: exposure and white balance drift."""
    levels = np.maximum(np.median(small[::4, ::4].reshape(-1, 3), axis=0), 1.0).astype(np.float32)
    if known.levels is None:
        known.levels = levels
    gains = np.clip(known.levels / levels, *_GAINS)
    known.levels += np.float32(rate) * (levels - known.levels)
    table = np.clip(np.arange(256, dtype=np.float32)[:, None] * gains, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(small, table.reshape(1, 256, 3)), np.uint8)


def _solid(mask: U8) -> U8:
    """Foreground without shadows (grey in the mask) and specks, holes closed."""
    moving = np.asarray((mask == 255) * np.uint8(255), np.uint8)
    moving = np.asarray(cv2.morphologyEx(moving, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), np.uint8)
    return np.asarray(cv2.morphologyEx(moving, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)


def _blobs(moving: U8) -> tuple[F32, F32]:
    """Boxes (n, 4) and areas (n,) of connected foreground, pieces of one upright object joined."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(moving, connectivity=8)
    stats = stats[1:]
    stats = stats[stats[:, cv2.CC_STAT_AREA] >= _LEAST_PX // 2]
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    boxes = np.stack(
        [left, top, left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]], axis=1
    ).astype(np.float32)
    return _joined(boxes, stats[:, cv2.CC_STAT_AREA].astype(np.float32))


def _moves(boxes: F32, now: U8, before: U8) -> Bool:
    """Which boxes (n,) changed since the frame before: what stood there while the background was learnt leaves a hole
    that looks like an object, but never moves."""
    changed = cv2.absdiff(now, before).max(axis=2) > _CHANGE
    shares = [
        float(changed[int(top) : int(bottom), int(left) : int(right)].mean()) for left, top, right, bottom in boxes
    ]
    return np.array(shares, np.float32) > _MOVES_SHARE


def _joined(boxes: F32, areas: F32) -> tuple[F32, F32]:
    """Boxes whose columns overlap by half of the narrower and that nearly touch, as one, until none is left to join."""
    while len(boxes) > 1:
        mates = _belong(boxes)
        if not mates.any():
            break
        row, mate = np.unravel_index(int(mates.argmax()), mates.shape)
        boxes[row, :2] = np.minimum(boxes[row, :2], boxes[mate, :2])
        boxes[row, 2:] = np.maximum(boxes[row, 2:], boxes[mate, 2:])
        areas[row] += areas[mate]
        boxes, areas = np.delete(boxes, mate, axis=0), np.delete(areas, mate)
    return boxes, areas


def _belong(boxes: F32) -> Bool:
    """Which pairs (n, n), above the diagonal, are pieces of one object: one over the other, a small gap between."""
    shared = np.minimum(boxes[:, None, 2], boxes[None, :, 2]) - np.maximum(boxes[:, None, 0], boxes[None, :, 0])
    widths = boxes[:, 2] - boxes[:, 0]
    heights = boxes[:, 3] - boxes[:, 1]
    gap = np.maximum(boxes[:, None, 1], boxes[None, :, 1]) - np.minimum(boxes[:, None, 3], boxes[None, :, 3])
    near = gap <= np.maximum(3.0, 0.15 * np.maximum(heights[:, None], heights[None, :]))
    return np.triu((shared >= 0.5 * np.minimum(widths[:, None], widths[None, :])) & near, k=1)


def _described(boxes: F32, areas: F32, factor: F32, pixels: int) -> Detections:
    """Rows in pixels of the frame with score and class; what is too small or too ragged to be an object is left out."""
    least = max(float(_LEAST_PX), _LEAST_AREA * pixels)
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)
    fill = np.minimum(areas / (sides[:, 0] * sides[:, 1]), 1.0)
    good = (areas >= least) & (fill >= _LEAST_FILL) & (sides[:, 0] * sides[:, 1] <= _LARGEST * pixels)
    boxes, areas, sides, fill = boxes[good], areas[good], sides[good], fill[good]
    size = np.minimum(areas / (4 * least), 1.0)  # specks only go on with a track, they never start one
    scores = np.clip(0.25 + 0.4 * fill + 0.3 * size, 0.0, 0.95).astype(np.float32)
    full = sides * factor[:2]
    aspect = full[:, 0] / full[:, 1]
    labels = np.full(len(boxes), CODE["unknown"], np.int16)
    upright = (aspect <= _PEDESTRIAN_ASPECT) & (sides.prod(axis=1) <= _PEDESTRIAN_LARGEST * pixels)
    labels[upright] = CODE["pedestrian"]
    labels[(aspect >= _VEHICLE_ASPECT) & (fill >= _VEHICLE_FILL)] = CODE["vehicle"]
    return Detections((boxes * factor).astype(np.float32), scores, labels)
