"""JSON lines: one article a line in contract form, UTF-8."""

from __future__ import annotations

from typing import Any

import orjson

from crawler.exports.formats.record import ArticleExporter, record_of


class ArticleLines(ArticleExporter):
    """Writes each item as one line."""

    def export_item(self, item: Any) -> None:
        """Write one article. Raises TypeError for what JSON cannot hold."""
        self.file.write(orjson.dumps(record_of(item), option=orjson.OPT_APPEND_NEWLINE))
