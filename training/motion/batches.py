"""Crops of samples with their targets, varied so that the net meets more cameras than were painted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from samples import Sample
from torch import Tensor

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

CROP: Final = 160  # side of a crop in pixels of the half planes, i.e. 320 px of the net's picture
CELL: Final = 4  # px of the net's picture per output cell
_LUMA: Final = (0, 1, 2, 3, 6, 7)
_FLIPPED: Final = (1, 0, 3, 2, 4, 5, 6, 7)  # left and right of the four Y planes change places
_HEAD_SHARE: Final = 0.16  # of a box's side: deviation of the bump at its middle


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """planes u8 (n, 8, CROP, CROP); heat f32 (n, c, c) 0..1; care f32 (n, c, c) weight of empty cells; sides f32
    (n, 4, c, c) distances in cells; kind i64 (n, c, c), -1 = none; near f32 (n, c, c): weight of sides and kind."""

    planes: Tensor
    heat: Tensor
    care: Tensor
    sides: Tensor
    kind: Tensor
    near: Tensor


def batch_of(samples: Sequence[Sample], random: np.random.Generator) -> Batch:
    """One varied crop of each sample."""
    columns: list[list[NDArray[np.generic]]] = [[] for _ in range(6)]
    for sample in samples:
        planes, boxes, kinds, care = _crop(sample, random)
        planes = _varied(planes, random)
        for column, value in zip(columns, (planes, *targets(boxes, kinds, care, CROP * 2 // CELL, CROP * 2 // CELL,
                                                            sample.weight)), strict=True):  # fmt: skip
            column.append(value)
    return Batch(*(torch.from_numpy(np.stack(column)) for column in columns))


def _crop(sample: Sample, random: np.random.Generator) -> tuple[U8, F32, NDArray[np.int64], NDArray[np.bool_]]:
    """A random square, filled up with grey where the picture is lower, more often one with somebody in it."""
    _, rows, columns = sample.planes.shape
    x = int(random.integers(-16, max(1, columns - CROP + 16)) // 2 * 2)
    y = int(random.integers(-16, max(1, rows - CROP + 16)) // 2 * 2)
    if len(sample.boxes) and random.random() < 0.6:
        row = sample.boxes[int(random.integers(len(sample.boxes)))] / 2
        middle = (row[:2] + row[2:]) / 2 - random.uniform(0.1, 0.9, 2) * CROP
        x = int(np.clip(middle[0], -16, max(0, columns - CROP + 16)) // 2 * 2)
        y = int(np.clip(middle[1], -16, max(0, rows - CROP + 16)) // 2 * 2)
    part = np.full((8, CROP, CROP), 128, np.uint8)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + CROP, columns), min(y + CROP, rows)
    part[:, y0 - y : y1 - y, x0 - x : x1 - x] = sample.planes[:, y0:y1, x0:x1]
    boxes = sample.boxes - np.array([x, y, x, y], np.float32) * 2
    boxes = boxes.copy()
    # What the crop cuts is cut to it, as at a picture's edge; what is nearly gone is not cared for.
    whole = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-3)
    cut = np.clip(boxes, 0, CROP * 2)
    left = (cut[:, 2:] - cut[:, :2]).prod(axis=1) / whole
    inside = left > 0.02
    boxes, kinds, care = cut[inside], sample.kinds[inside], (sample.care & (left > 0.3))[inside]
    if random.random() < 0.5:
        part = part[_FLIPPED, :, ::-1].copy()
        boxes = boxes[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32) + np.array(
            [CROP * 2, 0, CROP * 2, 0], np.float32
        )
    return part, boxes, kinds, care


def _varied(planes: U8, random: np.random.Generator) -> U8:
    """Other light, contrast, colour, noise; a camera that shook; a camera that only just started."""
    luma = planes[_LUMA, ...]
    chance = random.random(6)
    levels = np.arange(256.0)
    if chance[0] < 0.8:
        gain, lift, gamma = np.exp(random.normal(0, 0.25)), random.normal(0, 12), np.exp(random.normal(0, 0.2))
        table = 255 * (np.clip(levels * gain + lift, 0, 255) / 255) ** gamma
        luma = np.round(table).astype(np.uint8)[luma]
    if chance[1] < 0.3:  # exposure that changed since the background was learnt
        table = np.clip(levels * np.exp(random.normal(0, 0.06)), 0, 255)
        luma[4:] = np.round(table).astype(np.uint8)[luma[4:]]
    if chance[2] < 0.15:  # a shake
        luma[4] = np.roll(luma[4], tuple(random.integers(-2, 3, 2)), (0, 1))
    if chance[2] < 0.08:
        luma[5] = np.roll(luma[5], tuple(random.integers(-2, 3, 2)), (0, 1))
    if chance[3] < 0.10:  # a camera's first picture
        luma[4] = luma[5] = luma[:4].mean(axis=0)
    elif chance[3] < 0.18:  # a picture that came twice, or a background that is the last picture
        luma[5] = luma[:4].mean(axis=0)
    elif chance[3] < 0.22:
        luma[4] = luma[5]
    if chance[4] < 0.4:
        noise = np.clip(random.normal(0, random.uniform(0.5, 5), (CROP, CROP)), -127, 127).astype(np.int8)
        for k in range(6):
            shift = tuple(random.integers(0, CROP, 2).tolist())
            cv2.add(luma[k], np.roll(noise, shift, (0, 1)), dst=luma[k], dtype=cv2.CV_8U)
    planes[_LUMA, ...] = luma
    if chance[5] < 0.7:
        share, lift = random.uniform(0.0, 1.6), random.normal(0, 5, 2)
        colour = planes[5:3:-1] if chance[5] < 0.25 else planes[4:6]
        tables = np.clip(128 + (levels[None] - 128) * share + lift[:, None], 0, 255).round().astype(np.uint8)
        planes[4:6] = np.stack([tables[0][colour[0]], tables[1][colour[1]]])
    return planes


def targets(
    boxes: F32, kinds: NDArray[np.int64], care: NDArray[np.bool_], rows: int, columns: int, weight: float
) -> tuple[F32, F32, F32, NDArray[np.int64], F32]:
    """heat, care, sides, kind and near as in ``Batch`` for one picture of rows x columns cells; boxes (n, 4) px."""
    heat, ask = np.zeros((rows, columns), np.float32), np.full((rows, columns), weight, np.float32)
    sides, near = np.zeros((4, rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    kind = np.full((rows, columns), -1, np.int64)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) + 0.5
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    for row in np.argsort(-area, kind="stable"):  # small ones last: they own the cells they share
        left, top, right, bottom = boxes[row] / CELL
        if not care[row]:
            ask[max(int(top), 0) : int(np.ceil(bottom)), max(int(left), 0) : int(np.ceil(right))] = 0
            continue
        cx, cy, w, h = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
        cell_x, cell_y = min(max(int(cx), 0), columns - 1), min(max(int(cy), 0), rows - 1)
        sx, sy = max(_HEAD_SHARE * w, 0.45), max(_HEAD_SHARE * h, 0.45)
        bump = np.exp(-((x - cell_x - 0.5) ** 2 / (2 * sx * sx) + (y - cell_y - 0.5) ** 2 / (2 * sy * sy)))
        heat = np.maximum(heat, bump)
        own = (bump > 0.35) & (bump >= near)
        near[own] = bump[own]
        kind[own] = kinds[row]
        sides[:, own] = np.stack([x - left, y - top, right - x, bottom - y])[:, own]
        ask[cell_y, cell_x] = 1.0
    return heat, np.maximum(ask, heat > 0.35).astype(np.float32), np.maximum(sides, 0.05), kind, near
