"""A crawl that takes longer than a lease holds its links anew."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import CloseSpider

from crawler.store.locks import PART, Locks

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler


class KeepLeases:
    """Renews the leases of all that a crawl has asked for, and by which the schedule runs it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.settings = crawler.settings
        self.tasks: list[asyncio.Task[None]] = []
        self.closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.opened, signals.spider_opened)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def opened(self) -> None:
        """Begin to renew."""
        spider: Any = self.crawler.spider
        self._keep(self.settings.getfloat("LEASE_SECONDS"), spider.ledger.renew)
        if crawl := self.settings.get("SCHEDULED_AS"):
            seconds = self.settings.getfloat("SCHEDULE_LEASE_SECONDS")
            own = (crawl, self.settings["RUN_ID"], seconds)
            self._keep(seconds, partial(Locks(spider.store).renew, *own))

    def closed(self) -> None:
        """Let go."""
        for task in self.tasks:
            task.cancel()

    def _keep(self, seconds: float, renew: Callable[[], Any]) -> None:
        self.tasks.append(asyncio.create_task(self._renew(seconds * PART, renew)))

    async def _renew(self, pause: float, renew: Callable[[], Any]) -> None:
        spider: Any = self.crawler.spider
        with suppress(CloseSpider):
            while True:
                await asyncio.sleep(pause)
                try:
                    is_lost = await spider.in_store(renew) is False
                except CloseSpider:
                    raise
                except Exception as error:
                    spider.logger.error("leases are not renewed: %s", error)
                    continue
                if is_lost:
                    spider.logger.error("another run took this crawl of the schedule")
                    self._end()
                    return

    def _end(self) -> None:
        """End the crawl, by a task that its end does not end."""
        engine: Any = self.crawler.engine
        self.closing = asyncio.create_task(engine.close_spider_async(reason="cancelled"))
