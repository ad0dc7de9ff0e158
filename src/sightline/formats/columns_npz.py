"""Columns of equal length in NumPy's zip format (.npz): the same columns always give the same bytes."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import BadData
from sightline.formats.atomic import unwritable

Shapes = Mapping[str, tuple[str, tuple[int, ...]]]
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold: no run leaves its own in the file
_LEVEL: Final = 1  # of deflate: 6 takes four times as long for 6 % fewer bytes


def columns_bytes(columns: Mapping[str, NDArray[Any]]) -> bytes:
    """The file as bytes, members in the given order, without times of the machine."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, column in columns.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(column), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, member.getvalue(), compresslevel=_LEVEL)
    return out.getvalue()


def write_npz(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write the columns; BadConfig where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(columns_bytes(columns))
    except OSError as error:
        raise unwritable(path, error) from error


def read_npz(path: Path, shapes: Shapes) -> dict[str, NDArray[Any]]:
    """The columns named in shapes: name -> (dtype, shape of one row); BadData for anything else in their place."""
    columns: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            names = [member.removesuffix(".npy") for member in archive.namelist()]
            for name in shapes:
                if name not in names:
                    raise BadData(f"{path}: expected a column {name}, got {', '.join(names)}")
                member = io.BytesIO(archive.read(f"{name}.npy"))
                columns[name] = np.asarray(np.lib.format.read_array(member, allow_pickle=False))
    except FileNotFoundError as error:
        raise BadData(f"{path}: expected columns (.npz), got no such file") from error
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise BadData(f"{path}: expected columns (.npz), got a broken file ({error})") from error
    length: int | None = None
    for name, (dtype, row) in shapes.items():
        column = columns[name]
        length = len(column) if length is None and column.ndim else length
        if column.dtype != np.dtype(dtype) or column.shape != (length, *row):
            wanted = " x ".join(map(str, (length, *row)))
            raise BadData(f"{path}: expected {name} as {dtype} {wanted}, got {column.dtype} {column.shape}")
        if column.dtype.kind == "f" and not np.isfinite(column).all():
            at = int(np.argwhere(~np.isfinite(column))[0][0])
            raise BadData(f"{path} row {at}: expected a finite {name}, got {column[at]}")
    return columns
