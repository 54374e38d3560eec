"""Parquet for data frames: typed columns, compressed with zstd; needs the extra `parquet`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO

from scrapy.exceptions import NotConfigured
from scrapy.exporters import BaseItemExporter

from crawler.article import ARTICLE_FIELDS
from crawler.exports.formats.record import Record, record_of

# So many articles are held until they are written together.
ROWS = 1000
TIMES = ("published_at", "first_seen_at", "updated_at")


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


def schema(arrow: Any) -> Any:
    """The types of the columns."""
    text, number = arrow.string(), arrow.int32()
    shanghai, utc = arrow.timestamp("ms", "Asia/Shanghai"), arrow.timestamp("ms", "UTC")

    def struct(*names: str, **others: Any) -> Any:
        return arrow.struct([*((name, text) for name in names), *others.items()])

    texts = arrow.list_(text)
    witness = struct("source", "address", observed_at=utc, content_hash=text, gave=texts)
    typed = {
        "tags": texts,
        "images": texts,
        "published_at": shanghai,
        "first_seen_at": utc,
        "updated_at": utc,
        "securities": arrow.list_(struct("symbol", "market", "code", "name", "via")),
        "boards": arrow.list_(struct("code", "name")),
        "provenance": arrow.list_(witness),
        "stock_images_removed": number,
        "revision": number,
        "schema": number,
    }
    return arrow.schema([(name, typed.get(name, text)) for name in ARTICLE_FIELDS])


def to_row(record: Record) -> Record:
    """The values of an article: times as such, provenance as a list whose `source` is the key."""
    times = {name: _time(record[name]) for name in TIMES}
    provenance = [
        {"source": key, **witness, "observed_at": _time(witness["observed_at"])}
        for key, witness in record["provenance"].items()
    ]
    return {**record, **times, "provenance": provenance}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
