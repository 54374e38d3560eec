"""What exporters are given: articles in contract form, as Scrapy's items of any kind."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any, BinaryIO
from urllib.parse import quote

from itemadapter import ItemAdapter
from scrapy.exporters import BaseItemExporter

from crawler.article import SHANGHAI

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
FEED_ID = "tag:finews.withounder.com,2021:feed/{}/{}"
HOME_PAGE = "https://finews.withounder.com/"
LANGUAGE = "zh-CN"
LONGEST_TITLE = 60


def feed_id(kind: str, key: str) -> str:
    """The id of a feed, which stays the same wherever it is served: a tag URI (RFC 4151)."""
    return FEED_ID.format(kind, quote(key, safe=""))


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


def changed_at(record: Record) -> str:
    """When an article last really changed, in Shanghai's zone: at its revision, or its publication.

    A source that joined later, or the time of the crawl, is no news to a reader.
    """
    published: str | None = record["published_at"]
    if published is not None and record["revision"] == 1:
        return published
    observed = datetime.fromisoformat(record["updated_at"]).astimezone(SHANGHAI)
    return observed.isoformat(timespec="seconds")


def html_of(record: Record) -> str:
    """The body with the digest before it, which readers of feeds often do not show."""
    digest = record["digest"]
    lead = f"<blockquote><p>{escape(digest, quote=False)}</p></blockquote>" if digest else ""
    return f"{lead}{record['content_html']}"


def page_of(record: Record) -> str | None:
    """The address at which people read an article."""
    page: str | None = record["url"] or record["share_url"] or record["origin_url"]
    return page
