"""Plane geometry of boxes and lines over columns, in pixels unless a name says otherwise."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.floating]


def areas(boxes: Float) -> Float:
    """Area (n,) of boxes (n, 4) left top right bottom; zero where a side is not positive."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1])


def intersections(a: Float, b: Float) -> Float:
    """Area of overlap (n, m) of boxes a (n, 4) with boxes b (m, 4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.clip(high - low, 0, None)
    return np.asarray(sides[..., 0] * sides[..., 1])


def iou(a: Float, b: Float) -> Float:
    """Intersection over union (n, m), 0..1; 0 where both boxes are empty."""
    both = intersections(a, b)
    union = areas(a)[:, None] + areas(b)[None, :] - both
    return np.asarray(np.divide(both, union, out=np.zeros_like(both), where=union > 0))


def covered(a: Float, b: Float) -> Float:
    """Share (n, m) of each box a that lies inside each box b, 0..1."""
    both = intersections(a, b)
    own = areas(a)[:, None]
    return np.asarray(np.divide(both, own, out=np.zeros_like(both), where=own > 0))


def foot_points(boxes: Float) -> Float:
    """Middle of the bottom edge (n, 2) of boxes (n, 4): where the object stands on the ground."""
    return np.stack([(boxes[:, 0] + boxes[:, 2]) * 0.5, boxes[:, 3]], axis=1)


def clip_boxes(boxes: Float, width: int, height: int) -> Float:
    """Boxes (n, 4) cut to the picture."""
    limit = np.array([width, height, width, height], boxes.dtype)
    return np.asarray(np.clip(boxes, 0, limit))


def grow_boxes(boxes: Float, share_x: float, share_y: float) -> Float:
    """Boxes (n, 4) with a margin of share * own width (height) added on each side."""
    size = boxes[:, 2:] - boxes[:, :2]
    margin = size * np.array([share_x, share_y], boxes.dtype)
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)


def side_of_line(points: Float, start: Float, end: Float) -> Float:
    """Signed side (n,) of points (n, 2) of the line start -> end (2,): > 0 right of it in a picture (y down)."""
    along = end - start
    return np.asarray(along[0] * (points[:, 1] - start[1]) - along[1] * (points[:, 0] - start[0]))


def segments_cross(a0: Float, a1: Float, start: Float, end: Float) -> NDArray[np.bool_]:
    """Which of the segments a0 -> a1 (n, 2) each properly cross the segment start -> end (2,)."""
    d = end - start
    step = a1 - a0
    s0, s1 = side_of_line(a0, start, end), side_of_line(a1, start, end)
    change = (s0 > 0) != (s1 > 0)
    denominator = step[:, 0] * d[1] - step[:, 1] * d[0]
    safe = np.where(denominator == 0, 1.0, denominator)
    offset = start - a0
    along = (offset[:, 0] * step[:, 1] - offset[:, 1] * step[:, 0]) / -safe
    along = np.where(denominator == 0, -1.0, -along)
    return np.asarray(change & (along >= 0) & (along <= 1))
