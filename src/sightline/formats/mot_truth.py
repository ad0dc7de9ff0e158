"""MOT truth of a district as text: nine columns, written from whole columns at once.

Class numbers are 100 + the position in CLASSES (car 100 ... pedestrian 107), so that nobody takes them for those of
MOTChallenge; confidence 1 is counted, 0 is "don't care" (parked, tiny, or nearly hidden); visibility is 0..1.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FIRST_CLASS: Final = 100


def truth_bytes(
    frames: NDArray[np.integer[Any]],
    ids: NDArray[np.integer[Any]],
    boxes_px: NDArray[np.floating[Any]],
    counted: NDArray[np.bool_],
    labels: NDArray[np.integer[Any]],
    visibility: NDArray[np.floating[Any]],
) -> bytes:
    """Rows in the given order, two decimals, every line ended by a line feed.

    frames (n,) from 1; ids (n,) from 0; boxes_px (n, 4) left, top, right, bottom, none negative; counted (n,); labels
    (n,) codes of CLASSES; visibility (n,) 0..1. ValueError for negative or not finite numbers.
    """
    sizes = _sizes(boxes_px)
    parts = [
        _whole(frames),
        _whole(ids),
        *(_hundredths(boxes_px[:, k]) for k in (0, 1)),
        *(_hundredths(sizes[:, k]) for k in (0, 1)),
        _whole(counted.astype(np.uint32)),
        _whole(labels.astype(np.int64) + FIRST_CLASS),
        _hundredths(visibility),
    ]
    return _joined(parts)


def result_bytes(
    frames: NDArray[np.integer[Any]],
    ids: NDArray[np.integer[Any]],
    boxes_px: NDArray[np.floating[Any]],
    confidences: NDArray[np.floating[Any]],
) -> bytes:
    """The same for results: seven columns and three of -1, as ``formats.mot`` writes them."""
    sizes = _sizes(boxes_px)
    unused = np.broadcast_to(np.frombuffer(b"-1", np.uint8), (len(frames), 2))
    parts = [
        _whole(frames),
        _whole(ids),
        *(_hundredths(boxes_px[:, k]) for k in (0, 1)),
        *(_hundredths(sizes[:, k]) for k in (0, 1)),
        _hundredths(confidences),
        unused,
        unused,
        unused,
    ]
    return _joined(parts)


def _sizes(boxes_px: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    if not np.isfinite(boxes_px).all():
        raise ValueError("boxes: expected finite numbers, got others")
    return np.asarray(boxes_px[:, 2:] - boxes_px[:, :2])


def _joined(parts: list[NDArray[np.uint8]]) -> bytes:
    """Cells (n, width) of characters, 0 = none, as lines of comma-separated text."""
    n = len(parts[0])
    comma = np.full((n, 1), ord(","), np.uint8)
    cells: list[NDArray[np.uint8]] = []
    for part in parts:
        cells += [part, comma]
    cells[-1] = np.full((n, 1), ord("\n"), np.uint8)
    flat = np.concatenate(cells, axis=1).ravel()
    return bytes(flat[flat != 0].tobytes())


def _hundredths(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Two decimals of values (n,), rounded to the nearest."""
    if not np.isfinite(values).all():
        raise ValueError("expected finite numbers, got others")
    digits = _digits(np.rint(np.asarray(values, np.float64) * 100.0), 3)
    point = np.full((len(values), 1), ord("."), np.uint8)
    return np.concatenate([digits[:, :-2], point, digits[:, -2:]], axis=1)


def _whole(values: NDArray[np.integer[Any]] | NDArray[np.unsignedinteger[Any]]) -> NDArray[np.uint8]:
    return _digits(values, 1)


def _digits(values: NDArray[Any], least: int) -> NDArray[np.uint8]:
    """The decimal digits (n, width) of whole numbers >= 0, leading zeros beyond `least` digits as 0 (no character)."""
    if not len(values):
        return np.zeros((0, least), np.uint8)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high >= 1 << 63:
        raise ValueError(f"expected numbers of 0 or more, got {low}..{high}")
    width = max(least, len(str(high)))
    rest: NDArray[Any] = values.astype(np.uint32 if high < 1 << 32 else np.uint64)
    out = np.empty((len(values), width), np.uint8)
    for place in range(width - 1, -1, -1):
        shorter = rest // 10
        out[:, place] = rest - shorter * 10 + ord("0")
        if width - place > least:
            out[rest == 0, place] = 0
        rest = shorter
    return out
