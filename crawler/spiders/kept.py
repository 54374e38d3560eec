"""What spiders share that ask nothing of the network, but read what is at hand."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from scrapy import signals

from crawler.spiders.base import LedgerSpider
from crawler.store.rejects import Reject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crawler.article import ArticleItem
    from crawler.spiders.reading import Input

# No more items than these are in process at once.
MOST_IN_PROCESS = 200
STOP_SECONDS = 0.2


class KeptSpider(LedgerSpider):
    """A spider of inputs that were kept."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.room = asyncio.Semaphore(MOST_IN_PROCESS)
        self.in_process: set[asyncio.Task[None]] = set()
        self.stopping: asyncio.Task[None] | None = None

    async def start(self) -> AsyncIterator[Any]:
        """All items, no more of them at once than there is room for."""
        self.stopping = asyncio.create_task(self._let_it_stop())
        self.crawler.signals.connect(self._closed, signals.spider_closed)
        scraper: Any = self.crawler.engine.scraper
        async for item in self.items():
            await self.room.acquire()
            # What is yielded takes a turn of the engine for itself, though nothing is asked for.
            task = asyncio.create_task(scraper.start_itemproc_async(item, response=None))
            self.in_process.add(task)
            task.add_done_callback(self._make_room)
        # The engine looks for the end when start() ends, and then only every five seconds.
        for _ in range(MOST_IN_PROCESS):
            await self.room.acquire()
        await self.all_answered()
        return
        yield

    @abstractmethod
    def items(self) -> AsyncIterator[ArticleItem]:
        """What is read, one item after the other."""

    async def all_answered(self) -> None:
        """What is left to be done when every item is stored or rejected."""

    def _make_room(self, task: asyncio.Task[None]) -> None:
        self.in_process.discard(task)
        self.room.release()

    def _closed(self) -> None:
        if self.stopping is not None:
            self.stopping.cancel()

    async def _let_it_stop(self) -> None:
        """Let a crawl that is stopped end when its last item is done.

        Scrapy 2.19 looks for that only when a response is done, and here are none.
        """
        scraper: Any = self.crawler.engine.scraper
        while True:
            await asyncio.sleep(STOP_SECONDS)
            closing = scraper.slot.closing
            if closing is not None and not closing.called and scraper.slot.is_idle():
                closing.callback(self)

    async def keep(self, given: Input, where: str, reason: str) -> Reject:
        """Keep an input that cannot be read, with where, why and its raw bytes."""
        reject = Reject(
            *(f"page/{given.kind}", reason, given.kind, given.url),
            *(given.article_id, given.raw, given.fetched_at),
        )
        await self.keep_reject(reject, where)
        return reject
