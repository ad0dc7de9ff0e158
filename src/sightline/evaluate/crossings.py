"""Crossings of counting lines as columns, from the events of ``watch`` or the truth of a district."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadData
from sightline.core.events import LineCrossed
from sightline.core.values import I16, I64
from sightline.core.vocabulary import CLASSES, CODE
from sightline.formats.district import DistrictFolder
from sightline.formats.events_jsonl import read_events
from sightline.formats.iso_time import is_media_time

DIRECTIONS: Final = ("forward", "backward")
Place = tuple[str, str]  # camera and line


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Crossings as columns (n,), in any order.

    times_ns: i64, from the beginning of the count; places: i64 rows of ``lines``; directions: i64 positions in
    DIRECTIONS; labels: i16 codes of CLASSES; lines: camera and line of each place, also those nobody crossed.
    """

    times_ns: I64
    places: I64
    directions: I64
    labels: I16
    lines: tuple[Place, ...]

    def __post_init__(self) -> None:
        n = len(self.times_ns)
        for name, dtype in (("times_ns", "i8"), ("places", "i8"), ("directions", "i8"), ("labels", "i2")):
            column: NDArray[np.integer] = getattr(self, name)
            if column.dtype != np.dtype(dtype) or column.shape != (n,):
                raise TypeError(f"Crossings.{name}: expected {dtype} ({n},), got {column.dtype} {column.shape}")

    def __len__(self) -> int:
        return len(self.times_ns)


def crossings_of(rows: Iterable[tuple[int, str, str, str, str]], lines: Iterable[Place] = ()) -> Crossings:
    """Columns from rows of time_ns, camera, line, direction, class name; lines: further places to count at."""
    given = list(rows)
    places = sorted({*lines, *((row[1], row[2]) for row in given)})
    number = {place: k for k, place in enumerate(places)}
    return Crossings(
        np.array([row[0] for row in given], np.int64),
        np.array([number[row[1], row[2]] for row in given], np.int64),
        np.array([DIRECTIONS.index(row[3]) for row in given], np.int64),
        np.array([CODE[row[4]] for row in given], np.int16),
        tuple(places),
    )


def read_said(path: Path, lines: Iterable[Place] = (), start_ns: int = 0) -> Crossings:
    """The line crossings of an events.jsonl; other events are passed over. BadData names file and line.

    start_ns: UTC of the count's beginning; times of files count from there already.
    """
    events = [event for event in read_events(path) if isinstance(event, LineCrossed)]
    rows = [
        (
            event.time_ns if is_media_time(event.time_ns) else event.time_ns - start_ns,
            event.camera,
            event.line,
            event.direction,
            event.label,
        )
        for event in events
    ]
    return crossings_of(rows, lines)


def read_true(district: DistrictFolder) -> Crossings:
    """The crossings of a district's truth at all its lines; BadData names file and line of the first that is wrong."""
    table = district.table("crossings.csv")
    bad = ~np.isin(table["direction"], DIRECTIONS)
    if bad.any():
        row = int(bad.argmax())
        path = district.folder / "truth" / "crossings.csv"
        raise BadData(f"{path} line {row + 2}: expected forward or backward, got {str(table['direction'][row])[:40]!r}")
    times = np.rint(table["time_s"] * 1e9).astype(np.int64).tolist()
    names = [CLASSES[code] for code in table["class"].tolist()]
    columns = (table[key].tolist() for key in ("camera", "line", "direction"))
    lines = [(camera.name, line.name) for camera in district.manifest.cameras for line in camera.lines]
    return crossings_of(zip(times, *columns, names, strict=True), lines)
