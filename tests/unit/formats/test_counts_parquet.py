"""Counts as Parquet: with pyarrow, and the sentence without it."""

import io
import sys

import pyarrow.parquet
import pytest

from sightline.core.errors import BadConfig
from sightline.formats.counts_parquet import counts_parquet
from sightline.store.query import CountRow

NOON = 1_795_348_800_000_000_000


def test_one_row_per_class() -> None:
    rows = [CountRow("north", "a", "forward", NOON, 15, {"car": 2, "bus": 0, "van": 1})]
    table = pyarrow.parquet.read_table(io.BytesIO(counts_parquet(rows)))
    assert table["class"].to_pylist() == ["car", "van"]
    assert table["count"].to_pylist() == [2, 1]
    assert table["end"].cast("int64").to_pylist() == [NOON + 15 * 60 * 10**9] * 2


def test_no_row_is_a_table_with_its_columns() -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(counts_parquet([])))
    assert (table.num_rows, table.column_names[0], table.num_columns) == (0, "camera", 8)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadConfig, match="format: expected csv, or the extra lake to be installed, got 'parquet'"):
        counts_parquet([])
