"""Suppressing the many boxes that a dense detector gives for one object."""

import numpy as np
from numpy.typing import NDArray

from sightline.core.geometry import iou


def suppress(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], classes: NDArray[np.integer] | None, most_iou: float
) -> NDArray[np.int64]:
    """Rows (k,) that stay, best score first: greedy non-maximum suppression, within each class where classes are given.

    boxes (n, 4) left top right bottom, scores (n,), classes (n,) or None = all of one kind.
    Equal scores keep the order of rows.
    """
    order = np.argsort(-scores, kind="stable")
    kept = []
    alive = np.ones(len(order), bool)
    ranked = boxes[order]
    kinds = None if classes is None else classes[order]
    for rank in range(len(order)):
        if not alive[rank]:
            continue
        kept.append(order[rank])
        overlaps = iou(ranked[rank : rank + 1], ranked[rank + 1 :])[0] > most_iou
        if kinds is not None:
            overlaps &= kinds[rank + 1 :] == kinds[rank]
        alive[rank + 1 :] &= ~overlaps
    return np.array(kept, np.int64)
