"""Tables of named, typed columns as CSV with a header (RFC 4180), written from arrays, every cell checked when read."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadData
from sightline.core.vocabulary import CLASSES, CODE
from sightline.formats.atomic import write_atomically
from sightline.formats.read_text import read_text

Kind = Literal["whole", "number", "text", "class"]
Table = dict[str, NDArray[Any]]
_DTYPES: dict[str, np.dtype[Any]] = {
    "whole": np.dtype(np.int64),
    "number": np.dtype(np.float64),
    "class": np.dtype(np.int16),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: kind "whole" is i64, "number" f64 with so many digits, "text" str, "class" i16 codes of CLASSES
    written by name; least: the smallest value allowed (of whole and number).
    """

    name: str
    kind: Kind
    digits: int = 3
    least: float = -1e15


def columns_text(columns: Sequence[Column], table: Mapping[str, NDArray[Any]]) -> str:
    """Header and rows; ValueError where columns differ in length or a number is not finite."""
    cells: list[list[Any]] = []
    length = len(table[columns[0].name])
    for column in columns:
        values = table[column.name]
        if len(values) != length:
            raise ValueError(f"{column.name}: expected {length} rows, got {len(values)}")
        if column.kind == "number":
            if not np.isfinite(values).all():
                raise ValueError(f"{column.name}: expected finite numbers, got others")
            cells.append([f"{value:.{column.digits}f}" for value in np.asarray(values, np.float64).tolist()])
        elif column.kind == "class":
            cells.append([CLASSES[code] for code in values.tolist()])
        else:
            cells.append(values.tolist())
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*cells, strict=True))
    return out.getvalue()


def write_columns(path: Path, columns: Sequence[Column], table: Mapping[str, NDArray[Any]]) -> None:
    """Replace the file at path by the table; BadConfig where it cannot be written."""
    write_atomically(path, columns_text(columns, table))


def read_columns(path: Path, columns: Sequence[Column]) -> Table:
    """The columns by name; BadData names file and line of the first row that breaks the table.

    A byte order mark, CRLF and blank lines are fine. Refused: a missing file, another header, too few or too many
    cells, text for a number, NaN, numbers below a column's least, unknown classes.
    """
    text = read_text(path, "a table")
    names = [column.name for column in columns]
    cells: list[list[Any]] = [[] for _ in columns]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if header != names:
            raise BadData(f"{path} line 1: expected the header {','.join(names)}, got {','.join(header)[:200]!r}")
        for row in reader:
            if not row:
                continue
            if len(row) != len(columns):
                raise BadData(f"{path} line {reader.line_num}: expected {len(columns)} cells, got {len(row)}")
            for column, cell, kept in zip(columns, row, cells, strict=True):
                kept.append(_value(path, reader.line_num, column, cell))
    except csv.Error as error:
        raise BadData(f"{path} line {reader.line_num}: expected a row of CSV, got {error}") from error
    return {
        column.name: np.array(kept, _DTYPES[column.kind]) if column.kind in _DTYPES else np.array(kept, np.str_)
        for column, kept in zip(columns, cells, strict=True)
    }


def _value(path: Path, line: int, column: Column, cell: str) -> int | float | str:
    if column.kind == "text":
        return cell
    if column.kind == "class":
        if cell not in CODE:
            raise BadData(f"{path} line {line}: expected a class as {column.name}, got {cell[:40]!r}")
        return CODE[cell]
    try:
        if "_" in cell:  # Python reads 1_000, which is no number in such a file
            raise ValueError(cell)
        value = int(cell) if column.kind == "whole" else float(cell)
    except ValueError as error:
        word = "a whole number" if column.kind == "whole" else "a number"
        raise BadData(f"{path} line {line}: expected {word} as {column.name}, got {cell[:40]!r}") from error
    if not column.least <= value <= 1e15:  # also refuses NaN
        raise BadData(f"{path} line {line}: expected {column.name} of {column.least:g} or more, got {cell[:40]}")
    return value
