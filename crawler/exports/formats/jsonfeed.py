"""JSON Feed 1.1 (jsonfeed.org), what it has no place for in the extension `_finews`."""

from __future__ import annotations

from typing import Any, BinaryIO

import orjson

from crawler.exports.formats.record import (
    FEED_TITLE,
    HOME_PAGE,
    LANGUAGE,
    ArticleExporter,
    Record,
    changed_at,
    html_of,
    page_of,
    record_of,
    title_of,
)

VERSION = "https://jsonfeed.org/version/1.1"
EXTENDED = (
    *("category", "category_name", "securities", "boards", "share_url", "published_precision"),
    *("published_from", "duplicate_of", "revision", "first_seen_at"),
)


class JsonFeed(ArticleExporter):
    """Writes a feed, an item a line; options `title` and `feed_url` tell of the feed."""

    def __init__(
        self,
        file: BinaryIO,
        title: str = FEED_TITLE,
        feed_url: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(file, **options)
        self.title, self.feed_url = title, feed_url
        self.is_first = True

    def start_exporting(self) -> None:
        """Write the head."""
        head = {
            "version": VERSION,
            "title": self.title,
            "home_page_url": HOME_PAGE,
            "feed_url": self.feed_url,
            "language": LANGUAGE,
        }
        told = {name: value for name, value in head.items() if value is not None}
        self.file.write(orjson.dumps(told)[:-1] + b',"items":[')

    def export_item(self, item: Any) -> None:
        """Write one article."""
        self.file.write(b"\n" if self.is_first else b",\n")
        self.file.write(orjson.dumps(to_item(record_of(item))))
        self.is_first = False

    def finish_exporting(self) -> None:
        """Write the end."""
        self.file.write(b"\n]}\n")


def to_item(record: Record) -> Record:
    """An article as an item of a feed; what is not told is left out."""
    images = record["images"]
    item = {
        "id": record["id"],
        "url": page_of(record),
        "external_url": record["origin_url"],
        "title": title_of(record),
        # An item has to have one of the two.
        "content_html": html_of(record),
        "content_text": record["content_text"] or None,
        "summary": record["digest"],
        "image": images[0] if images else None,
        "date_published": record["published_at"],
        "date_modified": changed_at(record),
        "authors": [{"name": record["source"]}] if record["source"] else None,
        "tags": record["tags"] or None,
        "language": LANGUAGE,
        "_finews": {name: record[name] for name in EXTENDED},
    }
    return {name: value for name, value in item.items() if value is not None}
