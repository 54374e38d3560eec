"""Parquet for data frames: typed columns, compressed with zstd; needs the extra `parquet`."""

from __future__ import annotations

from typing import Any, BinaryIO

from scrapy.exceptions import NotConfigured

from crawler.columns import schema, to_row
from crawler.exports.formats.record import ArticleExporter, Record, record_of

# So many articles are held until they are written together.
ROWS = 1000


class ParquetTable(ArticleExporter):
    """Writes a table; it is whole once the export is finished."""

    def __init__(self, file: BinaryIO, **options: Any) -> None:
        """Raises NotConfigured without pyarrow."""
        super().__init__(file, **options)
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise NotConfigured("Parquet needs pyarrow: pip install 'finews[parquet]'") from None
        self.arrow = pyarrow
        self.schema = schema(pyarrow)
        self.sink = _Sink(file)
        self.writer = pyarrow.parquet.ParquetWriter(self.sink, self.schema, compression="zstd")
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

    def abandon(self) -> None:
        """Let the writer write its end to nowhere."""
        self.sink.closed = True
        self.writer.close()

    def _write(self) -> None:
        if self.rows:
            self.writer.write_table(self.arrow.Table.from_pylist(self.rows, self.schema))
            self.rows = []


class _Sink:
    """The file of an exporter, which is not the writer's to close; closed it takes all."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.closed = False

    def write(self, data: bytes) -> int:
        return len(data) if self.closed else self.file.write(data)

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.closed = True
