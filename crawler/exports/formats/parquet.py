"""Parquet for data frames: typed columns, compressed with zstd; needs the extra `parquet`."""

from __future__ import annotations

from typing import Any, BinaryIO

from scrapy.exceptions import NotConfigured
from scrapy.exporters import BaseItemExporter

from crawler.columns import schema, to_row
from crawler.exports.formats.record import Record, record_of

# So many articles are held until they are written together.
ROWS = 1000


class ParquetTable(BaseItemExporter):
    """Writes a table; it is whole once the export is finished."""

    def __init__(self, file: BinaryIO, **options: Any) -> None:
        """Raises NotConfigured without pyarrow."""
        super().__init__(dont_fail=True, **options)
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise NotConfigured("Parquet needs pyarrow: pip install 'finews[parquet]'") from None
        self.arrow = pyarrow
        self.schema = schema(pyarrow)
        self.writer = pyarrow.parquet.ParquetWriter(_Sink(file), self.schema, compression="zstd")
        self.rows: list[Record] = []

    def export_item(self, item: Any) -> None:
        """Take one article."""
        self.rows.append(to_row(record_of(item)))
        if len(self.rows) == ROWS:
            self._write()

    def finish_exporting(self) -> None:
        """Write what is left, and the end of the table."""
        self._write()
        self.writer.close()

    def _write(self) -> None:
        if self.rows:
            self.writer.write_table(self.arrow.Table.from_pylist(self.rows, self.schema))
            self.rows = []


class _Sink:
    """The file of an exporter, which is not the writer's to close."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.closed = False

    def write(self, data: bytes) -> int:
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.closed = True
