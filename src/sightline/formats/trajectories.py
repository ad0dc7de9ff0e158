"""Where every road user of a district was, sample by sample: parts of whole numbers that pack small and read fast.

A part holds the samples of some time in a row: ``id`` i64, ``class`` i8, ``time_ms`` i64, ``x_cm`` and ``y_cm`` i32
(the middle of the footprint), ``heading_mrad`` i16 (-3142..3142), ``speed_cmps`` i16. Whole numbers are the same on
every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadData
from sightline.core.values import I16, I64
from sightline.core.vocabulary import CLASSES
from sightline.formats.columns_npz import read_npz, write_npz

F64 = NDArray[np.float64]
_SHAPES: Final = {
    "id": ("int64", ()),
    "class": ("int8", ()),
    "time_ms": ("int64", ()),
    "x_cm": ("int32", ()),
    "y_cm": ("int32", ()),
    "heading_mrad": ("int16", ()),
    "speed_cmps": ("int16", ()),
}


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Columns of equal length n, time never falling: ids i64; labels i16 codes of CLASSES; times_s f64 from the start;
    places f64 (n, 2) metres east and north; headings f64 radians from east; speeds_mps f64.
    """

    ids: I64
    labels: I16
    times_s: F64
    places: F64
    headings: F64
    speeds_mps: F64

    def __len__(self) -> int:
        return len(self.ids)


def write_part(folder: Path, number: int, samples: Samples) -> None:
    """Write samples as the part of a number from 0; BadConfig where it cannot be written."""
    turn = (samples.headings + np.pi) % (2 * np.pi) - np.pi
    write_npz(
        folder / f"{number:05d}.npz",
        {
            "id": samples.ids,
            "class": samples.labels.astype(np.int8),
            "time_ms": np.rint(samples.times_s * 1e3).astype(np.int64),
            "x_cm": np.rint(samples.places[:, 0] * 100).astype(np.int32),
            "y_cm": np.rint(samples.places[:, 1] * 100).astype(np.int32),
            "heading_mrad": np.rint(turn * 1e3).astype(np.int16),
            "speed_cmps": np.rint(np.clip(samples.speeds_mps, -300, 300) * 100).astype(np.int16),
        },
    )


def read_parts(folder: Path) -> Iterator[Samples]:
    """The parts in order of time, each to the resolution it was written with; BadData for a broken or missing one."""
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise BadData(f"{folder}: expected parts 00000.npz and following, got none")
    before = -(1 << 62)
    for number, path in enumerate(files):
        if path.stem != f"{number:05d}":
            raise BadData(f"{folder}: expected part {number:05d}.npz, got {path.name}")
        part = read_npz(path, _SHAPES)
        times = part["time_ms"]
        back = np.flatnonzero(np.diff(times, prepend=before) < 0)
        if len(back):
            raise BadData(f"{path} row {back[0]}: expected times that rise, got {times[back[0]]} ms")
        before = int(times[-1]) if len(times) else before
        codes = part["class"]
        wrong = np.flatnonzero((codes < 0) | (codes >= len(CLASSES)))
        if len(wrong):
            raise BadData(f"{path} row {wrong[0]}: expected a class 0..{len(CLASSES) - 1}, got {codes[wrong[0]]}")
        yield Samples(
            part["id"],
            codes.astype(np.int16),
            times / 1e3,
            np.stack([part["x_cm"], part["y_cm"]], axis=1) / 100.0,
            part["heading_mrad"] / 1e3,
            part["speed_cmps"] / 100.0,
        )
