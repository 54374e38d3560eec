"""JSON lines: one article a line in contract form, UTF-8."""

from __future__ import annotations

from typing import Any, BinaryIO

import orjson
from scrapy.exporters import BaseItemExporter

from crawler.exports.formats.record import record_of


class ArticleLines(BaseItemExporter):
    """Writes each item as one line."""

    def __init__(self, file: BinaryIO, **options: Any) -> None:
        super().__init__(dont_fail=True, **options)
        self.file = file

    def export_item(self, item: Any) -> None:
        """Write one article. Raises TypeError for what JSON cannot hold."""
        self.file.write(orjson.dumps(record_of(item), option=orjson.OPT_APPEND_NEWLINE))
