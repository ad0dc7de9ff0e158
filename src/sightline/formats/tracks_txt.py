"""Tracks of a whole recording as MOTChallenge results whose last column says which rows were not detected.

Ten columns as ``formats.mot`` writes them. Readers of results, TrackEval and ``formats.mot`` among them, leave the
tenth (a place in the world, in MOT15) alone, so that it may hold a mark.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.values import I64
from sightline.formats.atomic import write_atomically

SEEN: Final = -1  # a detection; -1 is what every other column without a meaning holds
HELD: Final = 1  # known to stand there, not detected
FILLED: Final = 2  # between two samples of the track


def write_tracks(
    path: Path,
    frames: I64,
    ids: I64,
    boxes_px: NDArray[np.floating[Any]],
    confidences: NDArray[np.floating[Any]],
    marks: NDArray[np.integer[Any]],
) -> None:
    """Replace the file at path as a whole by rows in the given order; two decimals.

    frames (n,) from 1; ids (n,); boxes_px (n, 4) left, top, right, bottom; confidences (n,) 0..1; marks (n,) SEEN, HELD
    or FILLED. ValueError for numbers that are not finite, BadConfig where the file cannot be written.
    """
    if not (np.isfinite(boxes_px).all() and np.isfinite(confidences).all()):
        raise ValueError("boxes_px, confidences: expected finite numbers, got others")
    rows = zip(
        frames.tolist(),
        ids.tolist(),
        boxes_px[:, :2].tolist(),
        (boxes_px[:, 2:] - boxes_px[:, :2]).tolist(),
        confidences.tolist(),
        marks.tolist(),
        strict=True,
    )
    write_atomically(
        path,
        "".join(
            f"{frame},{i},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{confidence:.2f},-1,-1,{mark}\n"
            for frame, i, (left, top), (width, height), confidence, mark in rows
        ),
    )
