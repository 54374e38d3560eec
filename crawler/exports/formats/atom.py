"""Atom (RFC 4287), each entry made by feedgen and written at once, so that memory stays flat."""

from __future__ import annotations

import re
import shutil
import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

# An entry's id stays the same when its page becomes known: a tag URI (RFC 4151).
ENTRY_ID = "tag:finews.withounder.com,2021:{}"
SCHEME = "tag:finews.withounder.com,2021:{}"
# What XML 1.0 cannot hold.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The time of a feed that has no entries.
NEVER = "1970-01-01T00:00:00+08:00"
END = b"</feed>"


class AtomFeed(ArticleExporter):
    """Writes a feed; options `title`, `feed_url` and `feed_id` tell of the feed.

    A feed's head tells when any of its entries last changed, so entries wait in a temporary file.
    """

    def __init__(
        self,
        file: BinaryIO,
        title: str = FEED_TITLE,
        feed_url: str | None = None,
        feed_id: str = HOME_PAGE,
        **options: Any,
    ) -> None:
        super().__init__(file, **options)
        self.title, self.feed_url, self.feed_id = title, feed_url, feed_id
        self.updated = NEVER
        self.entries: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115

    def export_item(self, item: Any) -> None:
        """Put one entry aside."""
        record = record_of(item)
        self.updated = max(self.updated, changed_at(record))
        self.entries.write(etree.tostring(to_entry(record), encoding="utf-8") + b"\n")

    def finish_exporting(self) -> None:
        """Write the head, the entries and the end."""
        head = self._head()
        assert head.endswith(END)
        self.file.write(head.removesuffix(END))
        self.entries.seek(0)
        shutil.copyfileobj(self.entries, self.file)
        self.entries.close()
        self.file.write(END + b"\n")

    def abandon(self) -> None:
        """Let go of the entries."""
        self.entries.close()

    def _head(self) -> bytes:
        feed = FeedGenerator()
        feed.id(_clean(self.feed_id))
        feed.title(_clean(self.title))
        feed.author({"name": FEED_TITLE})
        feed.link({"href": HOME_PAGE, "rel": "alternate", "hreflang": LANGUAGE})
        if self.feed_url:
            feed.link({"href": self.feed_url, "rel": "self"}, replace=False)
        feed.language(LANGUAGE)
        feed.generator("finews")
        feed.updated(self.updated)
        written: bytes = feed.atom_str(pretty=True)
        return written.rstrip()


def to_entry(record: Record) -> Any:
    """An article as an element of a feed."""
    entry = FeedEntry()
    entry.id(_clean(ENTRY_ID.format(record["id"])))
    entry.title(_clean(title_of(record)))
    entry.updated(changed_at(record))
    if record["published_at"]:
        entry.published(record["published_at"])
    if page := page_of(record):
        entry.link(href=_clean(page), rel="alternate")
    if record["source"]:
        entry.author({"name": _clean(record["source"])})
    entry.category(list(_categories(record)))
    if record["digest"]:
        entry.summary(_clean(record["digest"]))
    entry.content(_clean(html_of(record)), type="html")
    element = entry.atom_entry()
    if record["origin_url"] and record["origin_url"] != page:
        # feedgen 1.0 writes no rel.
        etree.SubElement(element, "link", href=_clean(record["origin_url"]), rel="via")
    return element


def _categories(record: Record) -> Iterator[dict[str, str]]:
    """Category, tags, securities and boards, told apart by their schemes."""
    if record["category"]:
        yield _category("category", record["category"], record["category_name"])
    for tag in record["tags"]:
        yield _category("tag", tag, None)
    for one in record["securities"]:
        yield _category("symbol", one["symbol"] or one["code"], one["name"])
    for one in record["boards"]:
        yield _category("board", one["code"], one["name"])


def _category(scheme: str, term: str, label: str | None) -> dict[str, str]:
    told = {"term": _clean(term), "scheme": SCHEME.format(scheme)}
    return {**told, "label": _clean(label)} if label else told


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return NO_XML.sub("\ufffd", text)
