"""JSON lines: one article a line, UTF-8."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

from itemadapter import ItemAdapter
from scrapy.exporters import BaseItemExporter

from crawler.records import to_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.article import Article


def to_line(record: dict[str, Any]) -> bytes:
    """A record in contract form as one line with its end."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class ArticleLines(BaseItemExporter):
    """Scrapy's exporter for articles, so that crawls and exports write the same lines."""

    def __init__(self, file: BinaryIO, **options: Any) -> None:
        super().__init__(dont_fail=True, **options)
        self.file = file

    def export_item(self, item: Any) -> None:
        """Write one article, a record in contract form."""
        self.file.write(to_line(ItemAdapter(item).asdict()))


def write_lines(articles: Iterable[Article], file: BinaryIO) -> int:
    """Write articles; tell how many they were."""
    exporter = ArticleLines(file)
    number = 0
    for number, article in enumerate(articles, 1):  # noqa: B007
        exporter.export_item(to_record(article))
    return number
