"""Real road users cut out of labelled photos (GrabCut inside their boxes), and the photos with their boxes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

CAR, VAN, TRUCK, BUS, MOTORCYCLE, BICYCLE, SCOOTER, PEDESTRIAN = range(8)
OPENIMAGES: Final = {0: VAN, 1: BUS, 2: CAR, 3: MOTORCYCLE, 4: TRUCK}  # ambulances are vans
COCO: Final = {0: PEDESTRIAN, 1: BICYCLE, 2: CAR, 3: MOTORCYCLE, 5: BUS, 7: TRUCK}
_LONGEST_PX: Final = 220  # of a cut-out; street cameras seldom show more
_ASPECTS: Final = {PEDESTRIAN: (0.2, 0.52), MOTORCYCLE: (0.4, 2.0), BICYCLE: (0.4, 1.8)}  # width / height
_VEHICLE: Final = (0.7, 4.0)
_LEAST_PX: Final = {PEDESTRIAN: 48, BICYCLE: 60, MOTORCYCLE: 60}
_MOST_SHARED: Final = {PEDESTRIAN: 0.35}  # with another's box; people stand in groups, and few are labelled


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """One road user: bgr u8 (h, w, 3), alpha u8 (h, w), kind as in ``net.KINDS``; cut tight."""

    bgr: U8
    alpha: U8
    kind: int


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A labelled photo: bgr u8 (h, w, 3); boxes f32 (n, 4) px; kinds i64 (n,); care bool (n,), false for two-wheelers
    nobody rides; people: whether persons in it are labelled too."""

    bgr: U8
    boxes: F32
    kinds: NDArray[np.int64]
    care: NDArray[np.bool_]
    people: bool


def photos(shared: Path, part: str) -> Iterator[Photo]:
    """All labelled photos of a part ("train" or "val"), in order of their names."""
    for folder, table in (("openimages-vehicles", OPENIMAGES), ("coco128", COCO)):
        for path in sorted((shared / "images" / folder / part).glob("*.jpg")):
            bgr = cv2.imread(str(path))
            labels = path.with_suffix(".txt")
            if bgr is None or not labels.is_file():
                continue
            rows = np.array([line.split() for line in labels.read_text().splitlines() if line.strip()], np.float64)
            rows = rows.reshape(-1, 5)
            rows = rows[np.isin(rows[:, 0].astype(int), list(table))]
            kinds = np.array([table[int(code)] for code in rows[:, 0]], np.int64)
            height, width = bgr.shape[:2]
            middle, half = rows[:, 1:3] * [width, height], rows[:, 3:5] * [width, height] / 2
            boxes = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
            people = table is COCO
            yield Photo(bgr, *(_riders(boxes, kinds) if people else (boxes, kinds, np.ones(len(kinds), bool))), people)


def _riders(boxes: F32, kinds: NDArray[np.int64]) -> tuple[F32, NDArray[np.int64], NDArray[np.bool_]]:
    """A person on a two-wheeler becomes one box with it; one without a person is not cared for."""
    boxes, care, gone = boxes.copy(), np.ones(len(kinds), bool), np.zeros(len(kinds), bool)
    for wheel in np.flatnonzero((kinds == BICYCLE) | (kinds == MOTORCYCLE)):
        best, best_share = -1, 0.25
        for person in np.flatnonzero((kinds == PEDESTRIAN) & ~gone):
            a, b = boxes[wheel], boxes[person]
            shared = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
            share = float(shared / max(1.0, float((a[2:] - a[:2]).prod())))
            if share > best_share and b[1] < a[1] + 0.3 * (a[3] - a[1]):
                best, best_share = int(person), share
        if best < 0:
            care[wheel] = False
            continue
        gone[best] = True
        boxes[wheel, :2] = np.minimum(boxes[wheel, :2], boxes[best, :2])
        boxes[wheel, 2:] = np.maximum(boxes[wheel, 2:], boxes[best, 2:])
    return boxes[~gone], kinds[~gone], care[~gone]


def cut_out(photo: Photo) -> list[Cutout]:
    """The photo's road users that stand free and whole in it."""
    height, width = photo.bgr.shape[:2]
    cut = []
    for row, (box, kind) in enumerate(zip(photo.boxes, photo.kinds.tolist(), strict=True)):
        wide, high = (box[2:] - box[:2]).tolist()
        low, most = _ASPECTS.get(kind, _VEHICLE)
        inside = box[0] > 0.01 * width and box[1] > 0.01 * height
        inside = inside and box[2] < 0.99 * width and box[3] < 0.99 * height
        most_shared = _MOST_SHARED.get(kind, 0.1)
        free = all(_overlap(box, other) < most_shared for k, other in enumerate(photo.boxes) if k != row)
        if not (photo.care[row] and inside and free and low <= wide / high <= most):
            continue
        if high < _LEAST_PX.get(kind, 60) or wide * high > 0.75 * width * height:
            continue
        found = _grab(photo.bgr, box, kind)
        if found is not None:
            cut.append(found)
    return cut


def _overlap(box: F32, other: F32) -> float:
    shared = np.clip(np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]), 0, None).prod()
    return float(shared / (box[2:] - box[:2]).prod())


def _grab(bgr: U8, box: F32, kind: int) -> Cutout | None:
    """GrabCut (Rother et al. 2004) with the box as what may be the object; None where it finds no plausible one."""
    height, width = bgr.shape[:2]
    wide, high = (box[2:] - box[:2]).tolist()
    around = np.array([-0.15 * wide, -0.15 * high, 0.15 * wide, 0.15 * high]) + box
    x0, y0 = max(0, int(around[0])), max(0, int(around[1]))
    x1, y1 = min(width, int(around[2])), min(height, int(around[3]))
    ratio = min(1.0, _LONGEST_PX / max(wide, high))
    part = cv2.resize(bgr[y0:y1, x0:x1], None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    left, top = round((float(box[0]) - x0) * ratio), round((float(box[1]) - y0) * ratio)
    w, h = round(wide * ratio), round(high * ratio)
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(part, mask, (left, top, w, h), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_RECT)
    solid = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, parts, stats, _ = cv2.connectedComponentsWithStats(solid)
    if len(stats) < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    x, y, cw, ch, area = stats[largest].tolist()
    least = 0.75 if kind == PEDESTRIAN else 0.82
    if cw < least * w or ch < least * h or not (0.3 if kind >= MOTORCYCLE else 0.5) < area / (cw * ch) < 0.95:
        return None
    contours, _ = cv2.findContours((parts == largest).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    alpha = cv2.drawContours(np.zeros(part.shape[:2], np.uint8), contours, -1, 255, cv2.FILLED)
    alpha = cv2.GaussianBlur(alpha, (3, 3), 0)
    return Cutout(part[y : y + ch, x : x + cw].copy(), alpha[y : y + ch, x : x + cw].copy(), kind)
