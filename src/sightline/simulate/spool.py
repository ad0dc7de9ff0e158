"""Rows of what cameras see, laid by until a camera's are read together: memory stays bounded however long the run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.formats.atomic import unwritable
from sightline.simulate.sight import Sightings
from sightline.simulate.world import Movers

ROW: Final = np.dtype(
    [
        ("frame", "<i4"),  # from 1
        ("id", "<i8"),
        ("label", "<i1"),
        ("counted", "?"),
        ("box", "<f4", (4,)),  # pixels, cut to the picture
        ("visibility", "<f4"),
        ("gone", "<f4"),  # metres gone so far
    ]
)
Rows = NDArray[Any]
_MOST_ROWS: Final = 1_500_000  # held in memory, 57 MB; beyond it they go to disk, by camera


class Spool:
    """Takes rows of all cameras frame by frame, gives back those of one camera in order of frames.

    folder: where files lie while there are too many rows for memory; ``close`` removes it.
    """

    def __init__(self, folder: Path, names: Sequence[str], *, most_rows: int = _MOST_ROWS) -> None:
        self._folder = folder
        self._names = tuple(names)
        self._most_rows = most_rows
        self._held: list[tuple[NDArray[np.int32], Rows]] = []
        self._count = 0
        self._sorted: tuple[NDArray[np.int64], Rows] | None = None
        self.bytes_on_disk = 0

    def add(self, frame: int, seen: Sightings, movers: Movers) -> None:
        """Lay by the rows of one frame (from 1), all cameras; seen is sorted by camera."""
        rows = np.empty(len(seen), ROW)
        rows["frame"] = frame
        rows["id"] = seen.ids
        rows["label"] = seen.labels
        rows["counted"] = seen.counted
        rows["box"] = seen.boxes_px
        rows["visibility"] = seen.visibility
        rows["gone"] = movers.gone_m[seen.rows]
        self._held.append((seen.cameras, rows))
        self._count += len(rows)
        self._sorted = None
        if self._count > self._most_rows:
            self._to_disk()

    def rows(self, camera: int) -> Rows:
        """All rows of a camera (its place in names) so far, frames rising."""
        starts, rows = self._in_order()
        held = rows[starts[camera] : starts[camera + 1]]
        path = self._path(camera)
        if not path.exists():
            return held
        return np.concatenate([np.fromfile(path, ROW), held])

    def close(self) -> None:
        """Remove what lies on disk."""
        if self._folder.is_dir():
            for camera in range(len(self._names)):
                self._path(camera).unlink(missing_ok=True)
            self._folder.rmdir()

    def _in_order(self) -> tuple[NDArray[np.int64], Rows]:
        """Where each camera's held rows start (cameras + 1,), and the rows sorted by camera."""
        if self._sorted is None:
            cameras = np.concatenate([np.zeros(0, np.int32), *(camera for camera, _ in self._held)])
            order = np.argsort(cameras, kind="stable")
            rows = np.concatenate([np.zeros(0, ROW), *(rows for _, rows in self._held)])[order]
            starts = np.searchsorted(cameras[order], np.arange(len(self._names) + 1)).astype(np.int64)
            self._sorted = starts, rows
            self._held = [(cameras[order], rows)]
        return self._sorted

    def _to_disk(self) -> None:
        starts, rows = self._in_order()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for camera in np.flatnonzero(np.diff(starts)).tolist():
                with self._path(camera).open("ab") as out:
                    out.write(rows[starts[camera] : starts[camera + 1]].tobytes())
        except OSError as error:
            raise unwritable(self._folder, error) from error
        self.bytes_on_disk += rows.nbytes
        self._held, self._sorted, self._count = [], None, 0

    def _path(self, camera: int) -> Path:
        return self._folder / f"{self._names[camera]}.rows"
