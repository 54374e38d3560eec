"""CSV (RFC 4180) for spreadsheets: one article a row, lists in one cell."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Any, BinaryIO

import orjson

from crawler.article import ARTICLE_FIELDS
from crawler.exports.formats.record import ArticleExporter, Record, record_of

# A spreadsheet would take a cell that begins so for a formula, and run it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NEUTRAL = "'"
BETWEEN = "; "


class CsvRows(ArticleExporter):
    """Writes a head and a row an item; the option `bom` makes Excel read it as UTF-8."""

    def __init__(self, file: BinaryIO, bom: bool = False, **options: Any) -> None:
        super().__init__(file, **options)
        self.bom = bom
        self.row = io.StringIO(newline="")
        self.writer = csv.writer(self.row)

    def start_exporting(self) -> None:
        """Write the head."""
        if self.bom:
            self.file.write(codecs.BOM_UTF8)
        self._write(ARTICLE_FIELDS)

    def export_item(self, item: Any) -> None:
        """Write one article."""
        row = to_row(record_of(item))
        if self.bom and row[0].isdigit():
            # Excel would round the number.
            row[0] = NEUTRAL + row[0]
        self._write(row)

    def _write(self, cells: Any) -> None:
        self.writer.writerow(cells)
        self.file.write(self.row.getvalue().encode())
        self.row.seek(0)
        self.row.truncate()


def to_row(record: Record) -> list[Any]:
    """The cells of an article, in the order of the data dictionary; none runs in a spreadsheet."""
    values = {
        **record,
        "securities": [_named(one["symbol"] or one["code"], one) for one in record["securities"]],
        "boards": [_named(one["code"], one) for one in record["boards"]],
        "provenance": orjson.dumps(record["provenance"]).decode(),
    }
    return [_cell(values[name]) for name in ARTICLE_FIELDS]


def _named(code: str, one: Record) -> str:
    return f"{code} {one['name']}" if one["name"] else code


def _cell(value: Any) -> Any:
    text = BETWEEN.join(value) if isinstance(value, list) else value
    if isinstance(text, str) and text.startswith(FORMULA):
        return NEUTRAL + text
    return text
