"""A progress bar of a crawl on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ProgressBar:
    """Articles stored of posts listed, on standard error; drawn on terminals only."""

    def __init__(self, crawler: Crawler) -> None:
        # Few crawls have a bar, and all take time to start.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        self.crawler = crawler
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("articles"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self.task = self.progress.add_task("crawling", total=None)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("PROGRESS_BAR"):
            raise NotConfigured
        extension = cls(crawler)
        crawler.signals.connect(extension.opened, signals.spider_opened)
        crawler.signals.connect(extension.advance, signals.item_scraped)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def opened(self) -> None:
        """Show the bar."""
        self.progress.start()

    def advance(self, **_: Any) -> None:
        """One article more."""
        listed = self.crawler.stats.get_value("finews/posts_listed") or None
        self.progress.update(self.task, advance=1, total=listed)

    def closed(self) -> None:
        """Leave the bar as it is."""
        self.progress.stop()
