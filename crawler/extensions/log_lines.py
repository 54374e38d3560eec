"""What a crawl logs of each item: nothing when it went well, one line when it did not."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter, LogFormatterResult

if TYPE_CHECKING:
    from scrapy import Spider


class LogLines(LogFormatter):
    """Scrapy's log formatter without its records of scraped items, or of what nobody will read."""

    def crawled(self, request: Any, response: Any, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        """Of each response, at level DEBUG."""
        if not logging.getLogger("scrapy").isEnabledFor(logging.DEBUG):
            return None
        return super().crawled(request, response, spider)

    def scraped(self, item: Any, response: Any, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        """Nothing: the counters and the store tell."""
        return None

    def dropped(
        self, item: Any, exception: BaseException, response: Any, spider: Spider
    ) -> LogFormatterResult:
        """The article and the reason, without the item."""
        return {
            "level": logging.WARNING,
            "msg": "%(id)s not stored: %(reason)s",
            "args": {"id": getattr(item, "id", "?"), "reason": str(exception)},
        }
