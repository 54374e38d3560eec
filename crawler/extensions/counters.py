"""The counters of a crawl."""

from __future__ import annotations

from scrapy.statscollectors import MemoryStatsCollector


class Counters(MemoryStatsCollector):
    """Scrapy's collector without its look, at each call, for an argument that nobody gives it.

    A crawl counts some thirty times an article, and the look costs more than the counting.
    """

    __getattribute__ = object.__getattribute__
