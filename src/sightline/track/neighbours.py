"""Who is in the picture with whom: pairs of rows of the same camera, and how far their boxes overlap."""

import numpy as np

from sightline.track.columns import F64, I64


def together(at: I64, others_at: I64) -> tuple[I64, I64]:
    """Every pair of a row (n,) and another (m,) of the same camera, as indices (k,) into each; cameras in order."""
    first = np.searchsorted(others_at, at)
    many = np.searchsorted(others_at, at, side="right") - first
    rows = np.repeat(np.arange(len(at)), many)
    return rows, np.arange(len(rows)) - np.repeat(many.cumsum() - many - first, many)


def shared_areas(a: F64, b: F64) -> F64:
    """Areas (k,) that boxes have in common, both given as sides (4, k) left, top, right, bottom."""
    wide = np.minimum(a[2], b[2]) - np.maximum(a[0], b[0])
    tall = np.minimum(a[3], b[3]) - np.maximum(a[1], b[1])
    return np.asarray(np.maximum(wide, 0) * np.maximum(tall, 0))


def areas(sides: F64) -> F64:
    """Areas (k,) of boxes given as sides (4, k)."""
    return np.asarray((sides[2] - sides[0]) * (sides[3] - sides[1]))
