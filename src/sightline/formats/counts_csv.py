"""Counts per window as CSV (RFC 4180) that spreadsheets read and cannot be tricked by."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from sightline.core.vocabulary import CODE
from sightline.formats.atomic import write_atomically
from sightline.formats.iso_time import iso_text

HEADER: Final = ("camera", "line", "direction", "start", "end", "minutes", "class", "count")
_MINUTE_NS: Final = 60_000_000_000
# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV injection").
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class Counted(Protocol):
    """Crossings of one line in one direction and window; start_ns: UTC or media time; by_class: class name -> count."""

    @property
    def camera(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def minutes(self) -> int: ...
    @property
    def by_class(self) -> Mapping[str, int]: ...


def counts_text(rows: Iterable[Counted]) -> str:
    """One line per window, line, direction and class that was seen, under a header; CRLF line ends.

    Times are ISO 8601: instants in UTC for live cameras, durations from the start for files.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in rows:
        start, end = iso_text(row.start_ns), iso_text(row.start_ns + row.minutes * _MINUTE_NS)
        for name, count in sorted(row.by_class.items(), key=lambda item: CODE.get(item[0], len(CODE))):
            if count:
                cells = (_safe(row.camera), _safe(row.line), row.direction, start, end, row.minutes, _safe(name), count)
                writer.writerow(cells)
    return out.getvalue()


def write_counts(path: Path, rows: Iterable[Counted]) -> None:
    """Replace the file at path by the counts; BadConfig where it cannot be written."""
    write_atomically(path, counts_text(rows))


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
