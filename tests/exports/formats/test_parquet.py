"""Parquet: typed columns, which hold all that the contract's record does."""

from __future__ import annotations

import gc
import io
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow
import pyarrow.parquet
import pytest
from scrapy.exceptions import NotConfigured

from crawler.columns import from_row
from crawler.exports.formats import parquet
from crawler.exports.formats.parquet import ParquetTable
from crawler.exports.formats.registry import FORMATS, Form

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def written(records: list[dict[str, Any]]) -> pyarrow.Table:
    file = io.BytesIO()
    exporter = ParquetTable(file)
    exporter.start_exporting()
    for record in records:
        exporter.export_item(record)
    exporter.finish_exporting()
    return pyarrow.parquet.read_table(io.BytesIO(file.getvalue()))


def test_columns_are_typed(records: list[dict[str, Any]]) -> None:
    table = written(records)
    types = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert types["published_at"] == "timestamp[ms, tz=Asia/Shanghai]"
    assert types["updated_at"] == "timestamp[ms, tz=UTC]"
    assert types["revision"] == "int32"
    assert types["tags"].startswith("list<")
    assert types["securities"].startswith("list<element: struct<symbol: string, market")
    [time] = {time for time in table["published_at"].to_pylist() if time}
    assert time == datetime.fromisoformat(records[0]["published_at"])


def test_nothing_is_lost(records: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 3)
    table = written(records)
    assert [from_row(row) for row in table.to_pylist()] == records


def test_an_export_that_fails_leaves_no_other_error(
    records: list[dict[str, Any]], tmp_path: Path
) -> None:
    def failing() -> Iterator[dict[str, Any]]:
        yield records[0]
        raise KeyError

    with (tmp_path / "x").open("wb") as file, pytest.raises(KeyError):
        Form(FORMATS["parquet"]).write(failing(), file)
    gc.collect()


def test_an_empty_table_has_its_columns() -> None:
    assert written([]).num_rows == 0


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NotConfigured, match=r"pip install 'finews\[parquet\]'"):
        ParquetTable(io.BytesIO())
