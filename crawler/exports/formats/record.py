"""What exporters are given: articles in contract form, as Scrapy's items of any kind."""

from __future__ import annotations

from typing import Any, BinaryIO

from itemadapter import ItemAdapter
from scrapy.exporters import BaseItemExporter

Record = dict[str, Any]


class ArticleExporter(BaseItemExporter):
    """Scrapy's exporter, of records in contract form; options of others are passed over."""

    def __init__(self, file: BinaryIO, **options: Any) -> None:
        super().__init__(dont_fail=True, **options)
        self.file = file

    def abandon(self) -> None:
        """Let go of what the export took, when it cannot come to its end."""


# What a feed as a whole says of itself.
FEED_TITLE = "金融消息"
HOME_PAGE = "https://finews.withounder.com/"
LANGUAGE = "zh-CN"
LONGEST_TITLE = 60


def record_of(item: Any) -> Record:
    """An item as a record; crawls and exports yield records, which are not copied."""
    return item if isinstance(item, dict) else ItemAdapter(item).asdict()


def title_of(record: Record) -> str:
    """A title for what has to have one: the article's, or else the first words that it has."""
    title: str | None = record["title"]
    if title:
        return title
    words = record["digest"] or record["content_text"].partition("\n")[0] or record["id"]
    return words if len(words) <= LONGEST_TITLE else f"{words[: LONGEST_TITLE - 1]}…"


def page_of(record: Record) -> str | None:
    """The address at which people read an article."""
    page: str | None = record["url"] or record["share_url"] or record["origin_url"]
    return page
