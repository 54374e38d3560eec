"""HTTP clients that Scrapy has, but not under a name of its own yet."""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.http import Headers


class AiohttpClient(AiohttpDownloadHandler):
    """Scrapy's download handler on aiohttp, without the warning in each crawl's log.

    Scrapy calls it experimental, as its settings may still change; every test of a crawl runs on it
    and on the older one.
    """

    experimental = False

    @staticmethod
    def _extract_headers(response: Any) -> Headers:
        # The bytes as they came: a text of them could not be written again.
        return Headers(response.raw_headers)
