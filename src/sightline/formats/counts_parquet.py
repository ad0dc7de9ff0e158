"""Counts per window as Parquet, the same columns as the CSV; needs the extra ``lake``."""

import io
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from sightline.core.errors import BadConfig
from sightline.formats.counts_csv import Counted

SCHEMA: Final = "sightline.counts/1"
_MINUTE_NS: Final = 60_000_000_000


def counts_parquet(rows: Sequence[Counted]) -> bytes:
    """One row per window, line, direction and class that was seen; start and end are UTC timestamps.

    BadConfig where pyarrow is not installed.
    """
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise BadConfig("format", "parquet", "csv, or the extra lake to be installed") from error
    flat = [(row, name, count) for row in rows for name, count in row.by_class.items() if count]
    words = arrow.dictionary(arrow.int32(), arrow.string())
    instant = arrow.timestamp("ns", tz="UTC")
    columns = {
        "camera": ([row.camera for row, _, _ in flat], words),
        "line": ([row.line for row, _, _ in flat], words),
        "direction": ([row.direction for row, _, _ in flat], words),
        "start": ([row.start_ns for row, _, _ in flat], instant),
        "end": ([row.start_ns + row.minutes * _MINUTE_NS for row, _, _ in flat], instant),
        "minutes": ([row.minutes for row, _, _ in flat], arrow.int32()),
        "class": ([name for _, name, _ in flat], words),
        "count": ([count for _, _, count in flat], arrow.int64()),
    }
    table = arrow.table({name: arrow.array(values, kind) for name, (values, kind) in columns.items()})
    out = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata({"schema": SCHEMA}), out, compression="zstd")
    return out.getvalue()
