"""Every response as received, into WARC files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import scrapy
from scrapy import signals
from scrapy.exceptions import IgnoreRequest, NotConfigured

from crawler import __version__
from crawler.captures.writing import CaptureWriter, Exchange

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings


class RawCapture:
    """Stands nearest to the wire, so it sees redirects, errors and robots.txt, and raw bodies."""

    def __init__(self, crawler: Crawler, writer: CaptureWriter) -> None:
        self.crawler = crawler
        self.writer = writer
        self.failure: str | None = None
        self.closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Raises OSError for a CAPTURE_DIR that cannot be written."""
        settings = crawler.settings
        if not settings.get("CAPTURE_DIR"):
            raise NotConfigured
        folder = Path(settings["CAPTURE_DIR"])
        try:
            writer = CaptureWriter(folder, settings.getint("CAPTURE_FILE_BYTES"), _about(settings))
        except OSError as error:
            reason = f"CAPTURE_DIR cannot be written ({error.strerror}); name another folder"
            raise OSError(error.errno, reason, str(folder)) from None
        capture = cls(crawler, writer)
        crawler.signals.connect(writer.close, signals.spider_closed)
        return capture

    async def process_response(self, request: Request, response: Response) -> Response:
        """The response, once it is written. Raises IgnoreRequest when it cannot be."""
        if self.failure is None:
            try:
                exchange = _exchange(request, response)
                await asyncio.to_thread(self.writer.write, exchange)
            except OSError as error:
                self._give_up(error)
        if self.failure is not None:
            raise IgnoreRequest(f"not captured: {self.failure}")
        return response

    def _give_up(self, error: OSError) -> None:
        """End the crawl: what is not captured is still owed."""
        self.failure = f"{error.filename or self.writer.folder}: {error.strerror}"
        self.crawler.stats.set_value("finews/capture_error", self.failure)
        if self.closing is None:
            engine: Any = self.crawler.engine
            self.closing = asyncio.create_task(engine.close_spider_async(reason="capture_failed"))


def _exchange(request: Request, response: Response) -> Exchange:
    link = request.cb_kwargs.get("link")
    return Exchange(
        url=request.url,
        fetched_at=request.meta["fetched_at"],
        status=response.status,
        headers=_fields(response),
        body=response.body,
        method=request.method,
        request_headers=_fields(request),
        address=str(response.ip_address) if response.ip_address else None,
        link=link.url if link else None,
        article_id=link.article_id if link else None,
    )


def _fields(message: Request | Response) -> list[tuple[bytes, bytes]]:
    headers: Any = message.headers
    return [(name, value) for name in headers for value in headers.getlist(name)]


def _about(settings: BaseSettings) -> dict[str, str]:
    """What each file says of the crawl."""
    about = {
        "software": f"finews/{__version__} Scrapy/{scrapy.__version__}",
        "robots": "classic" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        "http-header-user-agent": settings["USER_AGENT"],
        "operator": settings.get("CONTACT"),
    }
    return {name: value for name, value in about.items() if value}
