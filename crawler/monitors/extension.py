"""Spidermon in a crawl: its verdicts become counters, and a line each in the log."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from spidermon.contrib.scrapy.extensions import Spidermon
from spidermon.runners import MonitorRunner

from crawler.monitors.coverage import fields_told
from crawler.monitors.verdict import reason_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scrapy.crawler import Crawler

    from crawler.article import Article

logger = logging.getLogger(__name__)
BROKEN = "ERROR"


class Monitors(Spidermon):
    """Spidermon's extension without its banners and tracebacks.

    Its suites run when the engine has stopped: everything is counted then, and the store is still
    open. Nothing else runs in the process any more, so they may wait for servers.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension: Self = super().from_crawler(crawler)
        crawler.signals.connect(extension.count_told, signals.item_scraped)
        return extension

    def count_told(self, item: Mapping[str, Any] | Article) -> None:
        """Count the fields that a stored article tells."""
        for field in fields_told(item):
            self.crawler.stats.inc_value(f"finews/told/{field}")

    def _run_suites(self, spider: Any, suites: Iterable[Any]) -> None:
        for suite in suites:
            result = MonitorRunner().run(suite, **self._generate_data_for_spider(spider))
            self._note(result)

    def _note(self, result: Any) -> None:
        """Count and log what came out, of the monitors and of the actions that followed."""
        stats = self.crawler.stats
        verdicts = [verdict_of(one) for one in result.monitor_results]
        failed = [verdict.line for verdict in verdicts if verdict.status == "failed"]
        for line in failed:
            logger.warning("monitor %s", line)
        for name, told in (
            ("monitors", [asdict(verdict) for verdict in verdicts]),
            ("monitors_failed", failed),
        ):
            stats.set_value(f"finews/{name}", [*stats.get_value(f"finews/{name}", []), *told])
        for one in result.monitors_failed_action_results:
            if one.status == BROKEN:
                logger.error("no alarm by %s: %s", one.item.name, reason_of(one))
