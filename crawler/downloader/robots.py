"""robots.txt, asked for once a host and day, whatever many runs there are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler
from twisted.internet.defer import Deferred

from crawler.store.hosts import Hosts

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser


class RememberedRobotsTxt(RobotsTxtMiddleware):
    """Scrapy's own middleware, with a memory in the store."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.seconds = crawler.settings.getfloat("ROBOTSTXT_REMEMBERED_SECONDS")
        self.looking_up = asyncio.Lock()

    def process_request(self, request: Request) -> Any:  # type: ignore[override]
        """Whether a request may be made. Raises IgnoreRequest; at once where rules are at hand."""
        rules = self._parsers.get(urlparse_cached(request).netloc)
        is_free = request.meta.get("dont_obey_robotstxt")
        if is_free or rules is None or isinstance(rules, Deferred):
            return super().process_request(request)
        return self.process_request_2(rules, request)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of a request's host: remembered, or asked for."""
        host = urlparse_cached(request).netloc
        async with self.looking_up:
            if host not in self._parsers:
                spider: Any = self.crawler.spider
                known = await spider.in_store(Hosts(spider.store).robots, host, self.seconds)
                if known is not None:
                    self._parsers[host] = build_from_crawler(self._parserimpl, self.crawler, known)
        return await super().robot_parser(request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        # A server's bad moment is not what it asks for.
        if response.status < 500:
            spider: Any = self.crawler.spider
            remember = Hosts(spider.store).remember_robots
            await spider.in_store(remember, netloc, response.body)
        await super()._parse_robots(response, netloc, request)
