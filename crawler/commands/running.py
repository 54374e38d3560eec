"""Running a spider in this process, once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from crawler.commands.one_line import describe, fold_tracebacks
from crawler.commands.outcome import UNUSABLE, Outcome, outcome_of
from crawler.commands.setup import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler, CrawlerProcessBase

    from crawler.spiders.base import LedgerSpider


def run_spider(crawler: Crawler, process: CrawlerProcessBase, arguments: dict[str, str]) -> Outcome:
    """Run a crawler to its end and tell how it went. Raises StoreError before it starts."""
    fold_tracebacks(crawler.settings)
    failures: list[BaseException] = []
    with open_store(crawler.settings) as store:
        crawling = process.crawl(crawler, store=store, **arguments)
        _when_failed(crawling, failures.append)
        process.start()
    if failures:
        return Outcome(UNUSABLE, f"the crawl did not start: {describe(failures[0])}")
    spider = cast("type[LedgerSpider]", crawler.spidercls)
    by_name = any(arguments.get(name) for name in spider.required)
    outputs = len(crawler.settings.getdict("FEEDS"))
    return outcome_of(crawler.stats.get_stats(), asked_by_name=by_name, outputs=outputs)


def _when_failed(crawling: Any, note: Callable[[BaseException], None]) -> None:
    """Tell of a crawl that ends with an exception, whichever engine runs it."""
    if isinstance(crawling, asyncio.Future):

        def ended(task: asyncio.Future[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                note(error)

        crawling.add_done_callback(ended)
    else:
        crawling.addErrback(lambda failure: note(failure.value))
