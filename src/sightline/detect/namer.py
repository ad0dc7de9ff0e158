"""Naming the finer class of given boxes with a model of the 80 COCO classes: a few crops side by side in one pass."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.core.frame import Frame
from sightline.core.geometry import areas, covered, iou
from sightline.core.values import F32, U8
from sightline.core.vocabulary import CLASSES, CODE
from sightline.detect.calibration import calibrated, raw_score
from sightline.models import decode_nanodet, decode_yolox
from sightline.models.coco import STREET
from sightline.models.library import Library
from sightline.models.session import Session, cores, open_session
from sightline.models.tensors import PAD_GREY, crop_bgr, resized_bgr, to_nchw

# Best first; those never measured here follow their published accuracy on COCO.
NAMERS: Final = ("yolox-m", "yolox-s", "yolox-l", "nanodet-plus-m-1.5x", "yolox-tiny", "yolox-nano")

# A grid of 2 named more boxes of 282 labelled ones right than one crop a pass (0.78 to 0.70 with nanodet, 0.67 to 0.56
# with yolox-nano: objects that fill the input are named worse) and than a grid of 3 (0.73, 0.66).
_GRID: Final = 2
_CONTEXT: Final = 0.25  # of the box's longer side seen around it on each side
_LEAST_PX: Final = 48.0  # side of the smallest region looked at; a far object is not blown up further
_LEAST_EVIDENCE: Final = 0.1  # calibrated; under it there is no opinion
_SAME_IOU: Final = 0.4  # of a found box with the given one: it is that object
_WHEELS_INSIDE: Final = 0.7  # share of a found two-wheeler inside the given box: it is what is ridden
_WHEELS_SIZE: Final = 0.15  # ... if it fills so much of the given box
_WHEELS_MATTER: Final = 0.25  # evidence of a two-wheeler from which a person found in the box is its rider

_COLUMNS: Final = np.array(list(STREET))
_CODES: Final = np.array([CODE[name] for name in STREET.values()])
_TWO_WHEELERS: Final = np.isin(_CODES, [CODE["bicycle"], CODE["motorcycle"]])
_PERSON: Final = CODE["pedestrian"]

Decoded = tuple[F32, F32]  # boxes (k, 4) in input pixels, calibrated scores (k, 6) of the street's columns


class Namer:
    """A ``pipeline.contracts.NameBoxes``.

    name: the model's; cost: of one pass, which names up to ``grid * grid`` boxes, relative to
    person-vehicle-bike-detection-2003 = 1.0; grid: crops side by side in one pass.
    """

    def __init__(self, session: Session, grid: int = _GRID) -> None:
        self._session = session
        self.grid = grid
        self.name = session.model.name
        self.cost = session.model.cost

    def __call__(self, frame: Frame, boxes: F32) -> F32:
        """Probabilities (n, len(CLASSES)) that each box (n, 4), in pixels of the frame, shows each class.

        A row adds up to at most 1, the rest is "cannot say"; a row of zeros is no opinion.
        """
        named = np.zeros((len(boxes), len(CLASSES)), np.float32)
        groups = list(self._groups(boxes))
        regions = [[_region(box) for box in boxes[rows]] for rows in groups]
        answers = self._session.run_many(self._tensors(frame, regions))
        for rows, region, answer in zip(groups, regions, answers, strict=True):
            found, scores = self._decode(answer)
            for row, (cell, placed) in zip(rows, self._cells(region), strict=True):
                ratio = (cell[2] - cell[0]) / (placed[2] - placed[0])
                target = ((boxes[row] - np.tile(placed[:2], 2)) * ratio + np.tile(cell[:2], 2)).astype(np.float32)
                middle = (found[:, :2] + found[:, 2:]) / 2
                here = ((middle >= cell[:2]) & (middle < cell[2:])).all(axis=1)
                named[row, _CODES] = _evidence(target, found[here], scores[here])
        return named

    def _groups(self, boxes: F32) -> Iterator[NDArray[np.int64]]:
        good = np.flatnonzero(np.isfinite(boxes).all(axis=1) & (areas(boxes) > 0))
        most = self.grid * self.grid
        for start in range(0, len(good), most):
            yield good[start : start + most]

    def _cells(self, regions: Sequence[F32]) -> list[tuple[F32, F32]]:
        """Where each region lies in the input, left top right bottom in its pixels, and the region itself."""
        height, width = self._session.input_hw
        square = min(height, width) // self.grid
        cells = []
        for at, region in enumerate(regions):
            left, top = (at % self.grid) * square, (at // self.grid) * square
            cells.append((np.array([left, top, left + square, top + square], np.float32), region))
        return cells

    def _tensors(self, frame: Frame, regions: Sequence[Sequence[F32]]) -> Iterator[F32]:
        height, width = self._session.input_hw
        model = self._session.model
        for group in regions:
            canvas = np.full((height, width, 3), PAD_GREY, np.uint8)
            for cell, region in self._cells(group):
                left, top, right, bottom = cell.astype(int)
                _paint(canvas[top:bottom, left:right], frame.pixels, frame.layout, region)
            yield to_nchw(canvas, model.mean, model.scale)

    def _decode(self, answer: dict[str, NDArray[Any]]) -> Decoded:
        model, size = self._session.model, self._session.input_hw
        least = raw_score(_LEAST_EVIDENCE / 2, model)
        decode = decode_nanodet.decode if model.family == "nanodet" else decode_yolox.decode
        boxes, scores = decode(answer, size, least)
        street = scores[:, _COLUMNS]
        seen = street.max(axis=1, initial=0.0) >= least
        return boxes[seen], calibrated(street[seen].reshape(-1), model).reshape(-1, len(_COLUMNS))


def make_namer(library: Library, *, threads: int = 0, name: str | None = None) -> Namer | None:
    """The best installed model of the 80 classes (or the one named), or None where there is none.

    ModelUnavailable: the model is not the published one.
    """
    for known in (name,) if name else NAMERS:
        if library.installed(known):
            return Namer(open_session(library, known, requests=max(2, threads or cores()), threads=threads))
    return None


def _region(box: F32) -> F32:
    """The square of the frame that is looked at for a box; it may reach over the frame's edge."""
    longer = float(max(box[2] - box[0], box[3] - box[1]))
    half = max(longer * (1 + 2 * _CONTEXT), _LEAST_PX) / 2
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return np.array([x - half, y - half, x + half, y + half], np.float32)


def _paint(cell: U8, pixels: U8, layout: Literal["bgr", "i420"], region: F32) -> None:
    """Draw the part of a region that lies in the frame into its cell, the rest of the cell stays grey."""
    width = pixels.shape[1]
    height = pixels.shape[0] if layout == "bgr" else pixels.shape[0] * 2 // 3
    seen = np.array([max(region[0], 0), max(region[1], 0), min(region[2], width), min(region[3], height)], np.float32)
    if seen[2] - seen[0] < 1 or seen[3] - seen[1] < 1:
        return
    ratio = cell.shape[0] / float(region[2] - region[0])
    to = np.round((seen - np.tile(region[:2], 2)) * ratio).astype(int)
    to = np.clip(to, 0, cell.shape[0])
    if to[2] - to[0] < 1 or to[3] - to[1] < 1:
        return
    part = crop_bgr(pixels, layout, seen)
    cell[to[1] : to[3], to[0] : to[2]] = resized_bgr(part, "bgr", (int(to[2] - to[0]), int(to[3] - to[1])))


def _evidence(target: F32, found: F32, scores: F32) -> F32:
    """Probabilities (6,) of the street's columns for the object in the box target (4,)."""
    none = np.zeros(len(_COLUMNS), np.float32)
    if not len(found):
        return none
    same = iou(found, target[None])[:, 0] >= _SAME_IOU
    inside = covered(found, target[None])[:, 0] >= _WHEELS_INSIDE
    inside &= areas(found) >= _WHEELS_SIZE * areas(target[None])
    counts = np.where(_TWO_WHEELERS[None, :], (same | inside)[:, None], same[:, None])
    evidence = np.where(counts, scores, 0.0).max(axis=0)
    wheels = float(evidence[_TWO_WHEELERS].max())
    if wheels >= _WHEELS_MATTER:
        evidence[_CODES == _PERSON] = 0.0
    if evidence.max() < _LEAST_EVIDENCE:
        return none
    return np.asarray(evidence / max(1.0, float(evidence.sum())), np.float32)
