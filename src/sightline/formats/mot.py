"""MOTChallenge files (``frame,id,left,top,width,height,conf,x,y,z``) as columns, read and written.

The format is that of motchallenge.net: frames and ids count from 1, unused columns hold -1. Truth of MOT16, MOT17 and
MOT20 has nine columns, the last two being class and visibility; with ten columns the last three are a place in the
world, which Sightline does not use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadData
from sightline.core.values import I64
from sightline.formats.atomic import unwritable
from sightline.formats.read_text import read_text

F64 = NDArray[np.float64]

COLUMNS: Final = ("frame", "id", "left", "top", "width", "height", "confidence", "class", "visibility", "z")
_FEWEST, _MOST = 6, 10
_LARGEST = 1e9  # frames, ids and pixels beyond it are broken files, and would lose digits as integers
_FLUSH_FRAMES = 50  # at 25 frames per second a reader of the growing file is two seconds behind at most


@dataclass(frozen=True, slots=True, eq=False)
class MotTable:
    """Rows of a MOTChallenge file, sorted by frame; rows of one frame stay in the order of the file.

    frames: i64 (n,) from 1; ids: i64 (n,), negative = none (detections); boxes_px: f64 (n, 4) left, top, right, bottom;
    confidences: f64 (n,), 1 where the file has no such column; classes: i64 (n,) MOTChallenge class numbers, -1 =
    not given; visibility: f64 (n,) 0..1, -1 = not given.
    """

    frames: I64
    ids: I64
    boxes_px: F64
    confidences: F64
    classes: I64
    visibility: F64

    def __post_init__(self) -> None:
        n = len(self.frames)
        for name, dtype, shape in (
            ("frames", np.int64, (n,)),
            ("ids", np.int64, (n,)),
            ("boxes_px", np.float64, (n, 4)),
            ("confidences", np.float64, (n,)),
            ("classes", np.int64, (n,)),
            ("visibility", np.float64, (n,)),
        ):
            column = getattr(self, name)
            if column.dtype != dtype or column.shape != shape:
                raise TypeError(
                    f"MotTable.{name}: expected {np.dtype(dtype)} {shape}, got {column.dtype} {column.shape}"
                )
        if n and (np.diff(self.frames) < 0).any():
            raise ValueError("MotTable.frames: expected rising numbers, got a step back")

    def __len__(self) -> int:
        return len(self.frames)

    def keep(self, mask: NDArray[np.bool_]) -> "MotTable":
        """The rows where mask (n,) is true, in the same order."""
        return MotTable(
            self.frames[mask],
            self.ids[mask],
            self.boxes_px[mask],
            self.confidences[mask],
            self.classes[mask],
            self.visibility[mask],
        )

    def by_frame(self) -> Iterator[tuple[int, slice]]:
        """Each frame number that has rows, rising, with the slice of its rows."""
        numbers, starts = np.unique(self.frames, return_index=True)
        ends = np.append(starts, len(self))[1:]
        for number, start, end in zip(numbers.tolist(), starts.tolist(), ends.tolist(), strict=True):
            yield number, slice(start, end)

    @staticmethod
    def empty() -> "MotTable":
        """No rows."""
        return table(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4)))


def table(
    frames: I64,
    ids: I64,
    boxes_px: NDArray[np.floating],
    confidences: NDArray[np.floating] | None = None,
    classes: I64 | None = None,
    visibility: NDArray[np.floating] | None = None,
) -> MotTable:
    """A MotTable from columns in any order of frames; see MotTable for shapes. Missing columns take its defaults."""
    n = len(frames)
    order = np.argsort(frames, kind="stable")

    def column(values: NDArray[np.generic] | None, default: float, dtype: type[np.generic]) -> NDArray[np.generic]:
        return np.full(n, default, dtype) if values is None else values.astype(dtype)[order]

    return MotTable(
        column(frames, 0, np.int64),  # type: ignore[arg-type]
        column(ids, -1, np.int64),  # type: ignore[arg-type]
        np.asarray(boxes_px, np.float64).reshape(n, 4)[order],
        column(confidences, 1.0, np.float64),  # type: ignore[arg-type]
        column(classes, -1, np.int64),  # type: ignore[arg-type]
        column(visibility, -1.0, np.float64),  # type: ignore[arg-type]
    )


def read_mot(path: Path) -> MotTable:
    """Read truth, results or detections; BadData names file and line of the first row that breaks the format.

    6 to 10 columns separated by commas (or white space), the same number in every row; a byte order mark, CRLF, blank
    lines and frames in any order are fine. Refused: text, NaN, infinite, frames below 1, negative sizes, and an id
    (0 or more) that stands twice in one frame.
    """
    lines = read_text(path, "a MOTChallenge file").split("\n")
    numbers = [number for number, line in enumerate(lines, start=1) if line.strip()]
    if not numbers:
        return MotTable.empty()
    values = _values(path, [lines[number - 1] for number in numbers], numbers)
    _check(path, values, numbers)
    boxes = values[:, 2:6].copy()
    boxes[:, 2:] += boxes[:, :2]
    columns = values.shape[1]
    # With ten columns the eighth to tenth are a place in the world, not class and visibility.
    named = columns in (8, 9)
    return table(
        values[:, 0].astype(np.int64),
        values[:, 1].astype(np.int64),
        boxes,
        values[:, 6] if columns > 6 else None,
        values[:, 7].astype(np.int64) if named else None,
        values[:, 8] if columns == 9 else None,
    )


def _values(path: Path, rows: list[str], numbers: list[int]) -> F64:
    """The numbers (n, columns) of the rows; BadData for the first row that is not one."""
    if "," in rows[0]:
        try:
            values = np.loadtxt(rows, delimiter=",", dtype=np.float64, comments=None, ndmin=2)
        except ValueError:
            pass  # the slow way below says which line it was
        else:
            if _FEWEST <= values.shape[1] <= _MOST:
                return values
    width = 0
    parsed: list[list[float]] = []
    for number, row in zip(numbers, rows, strict=True):
        cells = row.rstrip().removesuffix(",").split(",") if "," in row else row.split()
        if not _FEWEST <= len(cells) <= _MOST:
            raise BadData(f"{path} line {number}: expected {_FEWEST} to {_MOST} columns, got {len(cells)}")
        width = width or len(cells)
        if len(cells) != width:
            raise BadData(f"{path} line {number}: expected {width} columns as above, got {len(cells)}")
        parsed.append([_number(path, number, name, cell) for name, cell in zip(COLUMNS, cells, strict=False)])
    return np.array(parsed, np.float64)


def _number(path: Path, line: int, name: str, cell: str) -> float:
    try:
        if "_" in cell:  # float() reads 1_000, which is no number in such a file
            raise ValueError(cell)
        return float(cell)
    except ValueError as error:
        raise BadData(f"{path} line {line}: expected a number as {name}, got {cell.strip()[:40]!r}") from error


def _check(path: Path, values: F64, numbers: list[int]) -> None:
    def refuse(bad: NDArray[np.bool_], column: int, expected: str) -> None:
        if bad.any():
            row = int(bad.argmax())
            got = float(values[row, column])
            raise BadData(f"{path} line {numbers[row]}: expected {expected}, got {got:g}")

    for column, name in enumerate(COLUMNS[: values.shape[1]]):
        refuse(~np.isfinite(values[:, column]), column, f"a finite number as {name}")
        refuse(np.abs(values[:, column]) > _LARGEST, column, f"{name} within {_LARGEST:g}")
    for column in (0, 1):
        refuse(values[:, column] != np.floor(values[:, column]), column, f"a whole number as {COLUMNS[column]}")
    refuse(values[:, 0] < 1, 0, "a frame from 1")
    for column in (4, 5):
        refuse(values[:, column] < 0, column, f"a {COLUMNS[column]} of 0 or more")
    order = np.lexsort((np.arange(len(values)), values[:, 1], values[:, 0]))
    ordered = values[order, :2]
    twice = np.zeros(len(values), np.bool_)
    twice[order[1:]] = (ordered[1:] == ordered[:-1]).all(axis=1) & (ordered[1:, 1] >= 0)
    refuse(twice, 1, "an id once per frame")


def rows_text(
    frame: int, ids: NDArray[np.integer], boxes_px: NDArray[np.floating], confidences: NDArray[np.floating]
) -> str:
    """Lines of MOTChallenge results for one frame: two decimals, unused columns -1; see MotTable for shapes."""
    sizes = boxes_px[:, 2:] - boxes_px[:, :2]
    return "".join(
        f"{frame},{i},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{confidence:.2f},-1,-1,-1\n"
        for i, (left, top), (width, height), confidence in zip(
            ids.tolist(), boxes_px[:, :2].tolist(), sizes.tolist(), confidences.tolist(), strict=True
        )
    )


def write_mot(path: Path, rows: MotTable) -> None:
    """Write a whole table as MOTChallenge results; BadConfig where the file cannot be written."""
    with MotWriter(path) as out:
        for frame, part in rows.by_frame():
            out.write(frame, rows.ids[part], rows.boxes_px[part], rows.confidences[part])


class MotWriter:
    """A growing file of results in frame order that holds only whole lines whenever somebody looks.

    Rows wait until their frame is ``hold_frames`` behind the newest, so that rows that become known late (a track is
    confirmed at its second hit) still find their place. ``close`` (or leaving the ``with``, also by Ctrl-C) writes
    what waits.
    """

    def __init__(self, path: Path, *, hold_frames: int = 0) -> None:
        self._path = path
        self._hold_frames = hold_frames
        self._waiting: dict[int, list[str]] = {}
        self._newest = 0
        self._written = 0  # the last frame that is in the file
        self._since_flush = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = path.open("w", encoding="ascii", newline="\n")
        except OSError as error:
            raise unwritable(path, error) from error

    def write(
        self,
        frame: int,
        ids: NDArray[np.integer],
        boxes_px: NDArray[np.floating],
        confidences: NDArray[np.floating],
    ) -> None:
        """Add rows of one frame (numbers from 1); ids (n,) once per frame, boxes_px (n, 4), confidences (n,) 0..1.

        ValueError for a frame that the file has already passed.
        """
        if frame <= self._written or frame < 1:
            raise ValueError(f"frame: expected more than {self._written}, got {frame}")
        if not np.isfinite(boxes_px).all() or not np.isfinite(confidences).all():
            raise ValueError(f"frame {frame}: expected finite boxes and confidences, got others")
        self._newest = max(self._newest, frame)
        if len(ids):
            self._waiting.setdefault(frame, []).append(rows_text(frame, ids, boxes_px, confidences))
        # The newest frame itself waits too: more of its rows may come.
        self._write_until(self._newest - max(self._hold_frames, 1))
        self._since_flush += 1
        if self._since_flush >= _FLUSH_FRAMES:
            self.flush()

    def flush(self) -> None:
        """Hand every row that need not wait to the system."""
        self._since_flush = 0
        try:
            self._file.flush()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def close(self) -> None:
        """Write what waits and close; a second call does nothing."""
        if self._file.closed:
            return
        try:
            self._write_until(self._newest)
            self._file.close()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def __enter__(self) -> "MotWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write_until(self, last: int) -> None:
        ready = sorted(frame for frame in self._waiting if frame <= last)
        for frame in ready:
            self._file.write("".join(self._waiting.pop(frame)))
        self._written = max(self._written, last)
