"""A crawl that takes longer than a lease holds its links anew."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import CloseSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# A lease is renewed when this part of it has passed.
PART = 0.25


class KeepLeases:
    """Renews the leases of all that the running crawl has asked for."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.seconds = crawler.settings.getfloat("LEASE_SECONDS") * PART
        self.task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.opened, signals.spider_opened)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def opened(self) -> None:
        """Begin to renew."""
        self.task = asyncio.create_task(self._renew())

    def closed(self) -> None:
        """Let go."""
        if self.task is not None:
            self.task.cancel()

    async def _renew(self) -> None:
        spider: Any = self.crawler.spider
        with suppress(CloseSpider):
            while True:
                await asyncio.sleep(self.seconds)
                try:
                    await spider.in_store(spider.ledger.renew)
                except CloseSpider:
                    raise
                except Exception as error:
                    spider.logger.error("leases are not renewed: %s", error)
