"""Running a spider in this process, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from crawler.commands.one_line import fold_tracebacks
from crawler.commands.outcome import Outcome, outcome_of
from crawler.commands.setup import open_store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler, CrawlerProcessBase

    from crawler.spiders.base import LedgerSpider


def run_spider(crawler: Crawler, process: CrawlerProcessBase, arguments: dict[str, str]) -> Outcome:
    """Run a crawler to its end and tell how it went. Raises StoreError before it starts."""
    fold_tracebacks(crawler.settings)
    # Held open for the whole command, so that the embedded server starts and stops once.
    with open_store(crawler.settings):
        process.crawl(crawler, **arguments)
        process.start()
    spider = cast("type[LedgerSpider]", crawler.spidercls)
    by_name = any(arguments.get(name) for name in spider.required)
    return outcome_of(crawler.stats.get_stats(), asked_by_name=by_name)
