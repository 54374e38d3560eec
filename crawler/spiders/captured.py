"""Captured responses as what a crawl would have read."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response

from crawler.batching import in_batches
from crawler.captures.framing import Damage
from crawler.captures.reading import capture_files, read_captures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scrapy.crawler import Crawler

    from crawler.addresses import Link, Site
    from crawler.captures.reading import Capture

Batch = list["Capture | Damage"]


def batches(path: Path, site: Site, is_wanted: Callable[[str], bool]) -> Iterator[Batch]:
    """The captures of a WARC file or folder, some at a time, so that memory stays flat.

    `is_wanted`: of the id of the article that a capture is of, or its address where it is of none.
    """

    def is_read(url: str, article_id: str | None) -> bool:
        asked = None if article_id else site.asked(url)
        return is_wanted(article_id or (asked and asked.article_id) or url)

    def size_of(found: Capture | Damage) -> int:
        return 0 if isinstance(found, Damage) else len(found.body)

    files = (read_captures(file, is_read) for file in capture_files(path))
    return in_batches(chain.from_iterable(files), size_of)


def link_of(capture: Capture, site: Site) -> Link | None:
    """The link that a capture answers; None for what a crawl would not read.

    What was asked for counts, not where a redirect led.
    """
    if not 200 <= capture.status < 300:
        return None
    asked = site.asked(capture.link, capture.article_id) if capture.link else None
    return asked or site.asked(capture.url, capture.article_id)


class Decoder:
    """Undoes content encodings as the crawler itself does, within its limits."""

    def __init__(self, crawler: Crawler) -> None:
        on = crawler.settings.getbool("COMPRESSION_ENABLED")
        self.scrapy = HttpCompressionMiddleware(crawler=crawler) if on else None

    def body_of(self, capture: Capture) -> bytes:
        """A capture's body as a crawl reads it. Raises what Scrapy raises."""
        headers: dict[str, list[str]] = {}
        for name, value in capture.headers:
            headers.setdefault(name, []).append(value)
        response: Any = Response(capture.url, headers=headers, body=capture.body)
        if self.scrapy is not None:
            response = self.scrapy.process_response(Request(capture.url), response)
        body: bytes = response.body
        return body
