"""The last step before the wire: hosts that ask for a pause, or fail again and again, get it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler, load_object

from crawler import clock
from crawler.article import SHANGHAI
from crawler.downloader.retry_after import seconds_of
from crawler.store.hosts import Hosts

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

ASKS_FOR_A_PAUSE = frozenset({429, 503})
LONGEST_PAUSE = 86400.0
STEP = 1.0
SHARE = "share answers of "


class LeftAloneError(IgnoreRequest):
    """A request that is not sent, for its host is left alone for so many more seconds."""

    def __init__(self, seconds: float, why: str) -> None:
        until = (clock.now() + timedelta(seconds=seconds)).astimezone(SHANGHAI)
        super().__init__(f"left alone until {until:%Y-%m-%d %H:%M:%S}: {why}")
        self.seconds = seconds


class PatientHandler(BaseDownloadHandler):
    """One of Scrapy's handlers, behind what its hosts asked for.

    Here nothing queued can slip past, and what waits takes the place of a connection. Pauses that
    are too long to be waited for are written into the store, so that the next run knows of them.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        client: Any = load_object(settings.getdict("HTTP_CLIENTS")[settings["HTTP_CLIENT"]])
        self.client: BaseDownloadHandler = build_from_crawler(client, crawler)
        self.longest_wait = settings.getfloat("RETRY_AFTER_LONGEST_SECONDS")
        self.most_failures = settings.getint("SHARE_FAILURES_IN_A_ROW")
        self.share_pause = settings.getfloat("SHARE_PAUSE_SECONDS")
        # By service, in seconds of the monotonic clock.
        self.not_before: dict[str, float] = {}
        self.left_alone: dict[str, tuple[float, str]] = {}
        self.failures: Counter[str] = Counter()
        self.looking_up = asyncio.Lock()
        # Scrapy's engine counts what it takes from the queue, and not what a callback asks for.
        self.places = asyncio.Semaphore(settings.getint("CONCURRENT_REQUESTS"))

    async def download_request(self, request: Request) -> Response:
        """The response, when the host may be asked. Raises LeftAloneError when it may not."""
        async with self.places:
            return await self._download(request)

    async def _download(self, request: Request) -> Response:
        service = service_of(request)
        await self._wait_for(service)
        try:
            response = await self.client.download_request(request)
        except Exception:
            await self._note(service, has_failed=True)
            raise
        asks_for_a_pause = response.status in ASKS_FOR_A_PAUSE
        if asks_for_a_pause:
            await self._pause(service, response)
        await self._note(service, has_failed=asks_for_a_pause or response.status >= 500)
        return response

    async def close(self) -> None:
        """Close the client's connections."""
        await self.client.close()

    async def _wait_for(self, service: str) -> None:
        if service not in self.left_alone:
            async with self.looking_up:
                if service not in self.left_alone:
                    self.left_alone[service] = await self._remembered(service)
        while True:
            until, why = self.left_alone[service]
            if (seconds := until - time.monotonic()) > 0:
                raise LeftAloneError(seconds, why)
            left = self.not_before.get(service, 0.0) - time.monotonic()
            if left <= 0:
                return
            if not self.crawler.crawling:
                raise IgnoreRequest("the crawl was stopped")
            await asyncio.sleep(min(left, STEP))

    async def _remembered(self, service: str) -> tuple[float, str]:
        spider: Any = self.crawler.spider
        known = await spider.in_store(Hosts(spider.store).left_alone, service)
        return (time.monotonic() + known[0], known[1]) if known else (0.0, "")

    async def _pause(self, service: str, response: Response) -> None:
        """Do as a response's Retry-After says."""
        seconds = seconds_of(response.headers.get("Retry-After"), clock.now())
        if seconds is None:
            return
        if seconds > self.longest_wait:
            await self._leave_alone(service, seconds, f"HTTP {response.status} with Retry-After")
        else:
            until = time.monotonic() + seconds
            self.not_before[service] = max(until, self.not_before.get(service, 0.0))

    async def _note(self, service: str, has_failed: bool) -> None:
        """Count failures in a row; only the share answers can be done without."""
        self.failures[service] = self.failures[service] + 1 if has_failed else 0
        if service.startswith(SHARE) and self.failures[service] >= self.most_failures:
            self.failures[service] = 0
            why = f"{self.most_failures} failures in a row"
            await self._leave_alone(service, self.share_pause, why)

    async def _leave_alone(self, service: str, seconds: float, why: str) -> None:
        seconds = min(seconds, LONGEST_PAUSE)
        self.left_alone[service] = (time.monotonic() + seconds, why)
        spider: Any = self.crawler.spider
        spider.logger.warning("%s is left alone for %.0f s: %s", service, seconds, why)
        await spider.in_store(Hosts(spider.store).leave_alone, service, seconds, why)


def service_of(request: Request) -> str:
    """Who answers a request: a host, or the share answers of one."""
    host = urlparse_cached(request).netloc
    link = request.cb_kwargs.get("link")
    return f"{SHARE}{host}" if link is not None and link.kind == "share" else host
