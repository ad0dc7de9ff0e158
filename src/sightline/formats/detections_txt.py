"""Detections in MOTChallenge form from any hand: rows that make no sense are counted and left out, not refused.

``frame,id,left,top,width,height,score,class,...`` as ``formats.mot``, which reads truth and results and stops at the
first bad row. Ids are not read. Class numbers are Sightline's (100 + code, as ``formats.mot_truth`` writes them) or
those of MOT16 (Milan et al., arXiv 1603.00831, table 3).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadData, SourceUnavailable
from sightline.core.values import F32, I16, I64, Bool
from sightline.core.vocabulary import CLASSES, CODE
from sightline.formats.mot_truth import FIRST_CLASS

F64 = NDArray[np.float64]

LAST_FRAME: Final = 1_000_000_000  # formats.mot reads no larger numbers; at 1 per second 31 years, in ns 60 bits
REASONS: Final = ("text", "frame", "box", "score", "class")
_FARTHEST_PX: Final = 1e6  # no picture is so large
_FEWEST, _MOST = 6, 10
_FRAME, _BOX, _SCORE, _CLASS, _Y, _Z = 0, slice(2, 6), 6, 7, 8, 9
_NOT_GIVEN: Final = -1.0
_ROUNDING: Final = 1e-4  # how far above 1 a score may be written

# Person, person on a vehicle, car, bicycle, motorbike, and a person who stands; the other numbers are no road users.
_MOT: Final = {1: "pedestrian", 2: "rider", 3: "car", 4: "bicycle", 5: "motorcycle", 7: "pedestrian"}
_LABELS: Final = (
    {-1: CODE["pedestrian"]}
    | {number: CODE[name] for number, name in _MOT.items()}
    | {FIRST_CLASS + code: code for code in range(len(CLASSES))}
)


@dataclass(frozen=True, slots=True, eq=False)
class DetectionRows:
    """Detections of a file by frame; rows of one frame in the file's order.

    frames: i64 (n,) from 1; boxes_px: f32 (n, 4) left, top, right, bottom; scores: f32 (n,) 0..1, 1 where not given;
    labels: i16 (n,) class codes; refused: how many rows were left out, by REASONS.
    """

    frames: I64
    boxes_px: F32
    scores: F32
    labels: I16
    refused: dict[str, int]


def read_detections(path: Path, label: int | None = None) -> DetectionRows:
    """Read detections; label: the class code of all rows, None = as the file says, pedestrian where it does not.

    6 to 10 columns separated by commas or white space; frames in any order, CRLF, blank lines and a byte order mark are
    fine. Left out and counted under the first reason that holds: ``text`` (no numbers, or too few or too many),
    ``frame`` (not whole, below 1, above LAST_FRAME), ``box`` (NaN, infinite, beyond 1e6 px, no width or height),
    ``score`` (NaN, not in 0..1), ``class`` (unknown number). SourceUnavailable where there is no readable file; BadData
    where it has lines but not one that can be used.
    """
    cells, widths, lines = _cells(path)
    boxes = cells[:, _BOX].copy()
    with np.errstate(invalid="ignore", over="ignore"):
        boxes[:, 2:] += boxes[:, :2]
        frames, scores = cells[:, _FRAME], cells[:, _SCORE]
        scores = np.where(scores == _NOT_GIVEN, 1.0, scores)
        labels = _labels(cells, widths) if label is None else np.full(len(cells), label, np.int16)
        fine = {
            "frame": (frames >= 1) & (frames <= LAST_FRAME) & (frames == np.floor(frames)),
            "box": (np.abs(boxes) <= _FARTHEST_PX).all(axis=1) & (cells[:, 4] > 0) & (cells[:, 5] > 0),
            "score": (scores >= 0) & (scores <= 1 + _ROUNDING),
            "class": labels >= 0,
        }
    keep = np.ones(len(cells), np.bool_)
    refused = {"text": lines - len(cells)}
    for reason, mask in fine.items():
        refused[reason] = int((keep & ~mask).sum())
        keep &= mask
    if lines and not keep.any():
        why = ", ".join(f"{reason} {many}" for reason, many in refused.items() if many)
        raise BadData(
            f"{path}: expected rows of frame,id,left,top,width,height,score, got {lines} unusable ones: {why}"
        )
    rows = np.flatnonzero(keep)
    rows = rows[np.argsort(frames[rows], kind="stable")]
    return DetectionRows(
        frames[rows].astype(np.int64),
        boxes[rows].astype(np.float32),
        np.minimum(scores[rows], 1.0).astype(np.float32),
        labels[rows],
        refused,
    )


def _labels(cells: F64, widths: I64) -> I16:
    """Class codes i16 (n,), -1 = a number that is no class."""
    numbers = cells[:, _CLASS]
    # Ten columns end in a place in the world in MOT15; a class stands there only where the rest is not given.
    place: Bool = (widths == _MOST) & ((cells[:, _Y] != _NOT_GIVEN) | (cells[:, _Z] != _NOT_GIVEN))
    labels = np.full(len(cells), -1, np.int16)
    for number, code in _LABELS.items():
        labels[numbers == number] = code
    labels[place] = CODE["pedestrian"]
    return labels


def _cells(path: Path) -> tuple[F64, I64, int]:
    """The numbers (n, 10) of the lines that hold some, -1 where a line has fewer; their columns (n,); all lines."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SourceUnavailable(f"{path}: expected detections in MOTChallenge form, got no such file") from error
    except IsADirectoryError as error:
        raise SourceUnavailable(f"{path}: expected detections in MOTChallenge form, got a folder") from error
    except OSError as error:
        raise SourceUnavailable(f"{path}: expected a readable file, got {error.strerror}") from error
    lines = [line for line in data.decode("utf-8-sig", errors="replace").split("\n") if line.strip()]
    rows = _all_alike(lines)
    if rows is None:
        parsed = [row for row in map(_row, lines) if row]
        widths = np.array([len(row) for row in parsed], np.int64)
        cells = np.array([row + [_NOT_GIVEN] * (_MOST - len(row)) for row in parsed], np.float64).reshape(-1, _MOST)
    else:
        widths = np.full(len(rows), rows.shape[1], np.int64)
        cells = np.pad(rows, ((0, 0), (0, _MOST - rows.shape[1])), constant_values=_NOT_GIVEN)
    return cells, widths, len(lines)


def _all_alike(lines: list[str]) -> F64 | None:
    """The numbers (n, columns) where every line has the same count of them between commas, None where not."""
    if not lines:
        return np.zeros((0, _MOST))
    try:
        rows = np.loadtxt(lines, delimiter=",", dtype=np.float64, comments=None, ndmin=2)
    except ValueError:
        return None
    return rows if _FEWEST <= rows.shape[1] <= _MOST else None


def _row(line: str) -> list[float]:
    """The numbers of a line, none where they are not 6 to 10 or not all numbers."""
    cells = line.rstrip().removesuffix(",").split(",") if "," in line else line.split()
    # float() reads 1_000, which is no number in such a file.
    if not _FEWEST <= len(cells) <= _MOST or "_" in line:
        return []
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return []
