"""The thin class around each stage's pure function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

from scrapy.exceptions import DropItem

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

    from crawler.article import ArticleItem, Observation


class Rejected(DropItem):
    """An article that a stage cannot take; becomes a document in `rejects`."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"{stage}: {reason}", log_level="WARNING")
        self.stage = stage
        self.reason = reason


class Stage(ABC):
    """Applies `process` to every observation of an article, and counts under `finews/<name>/`."""

    name: ClassVar[str]

    def __init__(self, stats: StatsCollector) -> None:
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.stats)

    def process_item(self, item: ArticleItem) -> ArticleItem:
        """The item, its observations changed in place. Raises Rejected for whatever fails."""
        for observation in item.observations:
            try:
                self.process(observation)
            except Exception as error:
                raise Rejected(self.name, f"{type(error).__name__}: {error}") from error
        return item

    @abstractmethod
    def process(self, observation: Observation) -> None:
        """Change one observation in place."""

    def count(self, what: str, number: int = 1) -> None:
        """Add to the counter `finews/<stage>/<what>`."""
        if number:
            self.stats.inc_value(f"finews/{self.name}/{what}", number)
