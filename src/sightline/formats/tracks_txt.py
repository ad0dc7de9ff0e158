"""Tracks of a recording as MOTChallenge results that also say how good a track is, and which rows were not detected.

Ten columns as ``formats.mot`` writes them. Readers of results, TrackEval and ``formats.mot`` among them, leave the last
two (a place in the world, in MOT15) alone, so that they may hold more.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.formats.atomic import write_atomically
from sightline.formats.mot import MotTable

SEEN: Final = -1  # a detection; -1 is what every other column without a meaning holds
HELD: Final = 1  # known to stand there, not detected
FILLED: Final = 2  # between two samples of the track


def write_tracks(
    path: Path, rows: MotTable, qualities: NDArray[np.floating[Any]], marks: NDArray[np.integer[Any]]
) -> None:
    """Replace the file at path as a whole by rows; two decimals.

    qualities (n,) 0..1 of the track of each row; marks (n,) SEEN, HELD or FILLED. ValueError for numbers that are not
    finite, BadConfig where the file cannot be written.
    """
    if not all(np.isfinite(column).all() for column in (rows.boxes_px, rows.confidences, qualities)):
        raise ValueError("boxes, confidences and qualities: expected finite numbers, got others")
    lines = zip(
        rows.frames.tolist(),
        rows.ids.tolist(),
        rows.boxes_px[:, :2].tolist(),
        (rows.boxes_px[:, 2:] - rows.boxes_px[:, :2]).tolist(),
        rows.confidences.tolist(),
        qualities.tolist(),
        marks.tolist(),
        strict=True,
    )
    write_atomically(
        path,
        "".join(
            f"{frame},{i},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{confidence:.2f},-1,{quality:.2f},{mark}\n"
            for frame, i, (left, top), (width, height), confidence, quality, mark in lines
        ),
    )
