"""What a stage rejects becomes a document in `rejects`, and its links say so."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import CloseSpider

from crawler.store.rejects import Reject

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.article import ArticleItem, SourceKind
    from crawler.store.links import Ledger
    from crawler.store.rejects import Rejects

# What kind of input each source's is.
KINDS: dict[SourceKind, str] = {
    "page": "post",
    "share": "share",
    "feed": "feed",
    "front_matter": "source_post",
}


class DeadLetters:
    """Listens to dropped items and keeps those that a stage rejected."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.item_dropped, signals.item_dropped)
        crawler.signals.connect(extension.item_failed, signals.item_error)
        return extension

    async def item_dropped(self, item: ArticleItem, exception: Exception, **_: Any) -> None:
        """Keep the item, when a stage said where and why it failed."""
        stage, reason = getattr(exception, "stage", None), getattr(exception, "reason", None)
        if not isinstance(stage, str) or not isinstance(reason, str):
            return
        spider: Any = self.crawler.spider
        with suppress(CloseSpider):
            await spider.in_store(_keep, spider.rejects, spider.ledger, item, stage, reason)
        self.crawler.stats.inc_value("finews/rejected")
        self.crawler.stats.inc_value(f"finews/rejected_at/{stage}")
        self.crawler.stats.set_value("finews/last_reject", f"{item.id}: {stage}: {reason}"[:300])

    def item_failed(self, **_: Any) -> None:
        """Count an item that met an error nobody foresaw; its links stay asked, so owed."""
        self.crawler.stats.inc_value("finews/failed/item")


def _keep(rejects: Rejects, ledger: Ledger, item: ArticleItem, stage: str, reason: str) -> None:
    kept = set()
    for one in item.observations:
        kind = KINDS[one.kind]
        reject = Reject(stage, reason, kind, one.address, item.id, one.raw, one.observed_at)
        rejects.add(reject)
        kept.add(reject.key)
    for earlier in set(item.mends) - kept:
        rejects.remove(earlier)
    ledger.settle(item.links, "rejected", f"{stage}: {reason}")
