"""Stage 5, the last: into the store, in batches."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import DropItem

from crawler.article import Article, ArticleItem
from crawler.records import to_record
from crawler.store.articles import Articles, Written
from pipelines.stage import Rejected

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


@dataclass(slots=True)
class _Waiting:
    item: ArticleItem
    written: asyncio.Future[Written]


class StoreArticles:
    """Answers an item only when the batch it went into is acknowledged.

    A batch is written when it is full or when its first item has waited long enough: Scrapy waits
    for items in process before it closes a pipeline, so size alone would never let a crawl end.
    """

    name = "store"

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        spider: Any = crawler.spider
        self.spider = spider
        self.articles = Articles(spider.store, spider.ledger.looks)
        self.size = crawler.settings.getint("STORE_BATCH_SIZE")
        self.seconds = crawler.settings.getfloat("STORE_BATCH_SECONDS")
        # Only an output of the crawl itself, -O, writes what is stored.
        self.is_written = bool(crawler.settings.getdict("FEEDS"))
        self.waiting: list[_Waiting] = []
        self.full = asyncio.Event()
        self.writer: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: ArticleItem) -> dict[str, Any] | Article:
        """The stored article, in contract form if the crawl has an output.

        Raises Rejected for one that MongoDB cannot take, DropItem for one that was forgotten and
        for all once the store is lost.
        """
        if self.spider.has_lost_store:
            raise _lost()
        waiting = _Waiting(item, asyncio.get_running_loop().create_future())
        self.waiting.append(waiting)
        if len(self.waiting) >= self.size:
            self.full.set()
        if self.writer is None or self.writer.done():
            self.writer = asyncio.create_task(self._write_batches())
        written = await waiting.written
        if written.outcome != "rejected":
            self.crawler.stats.inc_value(f"finews/articles/{written.outcome}")
        if written.outcome == "forgotten":
            raise DropItem("it was taken out for good", log_level="INFO")
        if written.article is None:
            raise Rejected(self.name, written.reason or "refused")
        return to_record(written.article) if self.is_written else written.article

    async def _write_batches(self) -> None:
        while self.waiting:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.full.wait(), self.seconds)
            batch, self.waiting = self.waiting[: self.size], self.waiting[self.size :]
            if len(self.waiting) < self.size:
                self.full.clear()
            await self._write(batch)

    async def _write(self, batch: list[_Waiting]) -> None:
        items = [waiting.item for waiting in batch]
        try:
            answers = await self.spider.in_store(self.articles.write, items)
        except Exception as error:
            # Whatever it is, an article that got no answer would hold the crawl for ever.
            self._give_up(batch, error)
            return
        for waiting, answer in zip(batch, answers, strict=True):
            waiting.written.set_result(answer)

    def _give_up(self, batch: list[_Waiting], error: Exception) -> None:
        """The store is lost; the links of all that waits are still owed."""
        if not self.spider.has_lost_store:
            self.spider.lose_store(error)
        for waiting in [*batch, *self.waiting]:
            waiting.written.set_exception(_lost())
        self.waiting = []
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None:
            asyncio.create_task(  # noqa: RUF006
                engine.close_spider_async(reason="store_failed")
            )


def _lost() -> DropItem:
    return DropItem("the store is lost; its links are still owed")
