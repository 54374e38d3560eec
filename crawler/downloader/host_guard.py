"""Only the hosts of the two base URLs are ever asked, redirects and robots.txt included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.utils.httpobj import urlparse_cached

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class HostGuard:
    """Refuses requests to any other host, port or scheme (but https) than the configured ones."""

    def __init__(self, allowed: frozenset[tuple[str, str]]) -> None:
        self.allowed = allowed

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        names = ("FINEWS_BASE_URL", "NEWSSHARE_BASE_URL")
        places = {_place(crawler.settings[name]) for name in names}
        # A host may move to TLS, never back.
        secure = {("https", netloc) for _, netloc in places}
        return cls(frozenset(places | secure))

    def process_request(self, request: Request) -> None:
        """Raises IgnoreRequest for a foreign host."""
        parts = urlparse_cached(request)
        scheme, netloc = parts.scheme, parts.netloc.lower()
        if (scheme, netloc) not in self.allowed:
            raise IgnoreRequest(f"{scheme}://{netloc} is not a configured host")


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
