"""What tests of monitors share: the suite run on given counters, in a crawler never started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scrapy.utils.test import get_crawler

from crawler.monitors.extension import Monitors
from crawler.spiders.finews import FinewsSpider
from crawler.spiders.newsshare import NewsShareSpider
from settings import base

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.store.connection import Store

URLS = dict.fromkeys(
    ("FINEWS_BASE_URL", "FINEWS_CANONICAL_URL", "NEWSSHARE_BASE_URL"), "http://127.0.0.1:9/"
)
CHOSEN = ("SPIDERMON_", "MONITOR_")
SPIDERS = {"finews": FinewsSpider, "newsshare": NewsShareSpider}


@pytest.fixture
def judge(store: Store) -> Callable[..., dict[str, Any]]:
    """The counters of a crawl after its monitors have looked at them."""
    open_store = store

    def run(
        counters: dict[str, Any],
        spider: str = "finews",
        store: Store = open_store,
        **settings: Any,
    ) -> dict[str, Any]:
        defaults = {name: getattr(base, name) for name in dir(base) if name.startswith(CHOSEN)}
        arguments = {"missing": "1"} if spider == "newsshare" else {}
        given = {"RUN_ID": "r1", "RUN_ARGUMENTS": arguments, **defaults, **settings}
        crawler = get_crawler(SPIDERS[spider], {**URLS, **given})
        crawler.spider = SPIDERS[spider].from_crawler(crawler, store=store, **arguments)
        crawler.stats.set_stats({"finish_reason": "finished", **counters})
        Monitors.from_crawler(crawler).engine_stopped()
        stats: dict[str, Any] = crawler.stats.get_stats()
        return stats

    return run
