"""What goes over the wire, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.stats import DownloaderStats

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response


class Traffic(DownloaderStats):
    """Scrapy's own counters, but those of bytes are of bodies alone, and only of responses.

    Scrapy writes out each request, and adds up each header, to count their bytes.
    """

    def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Count a request."""
        self.stats.inc_value("downloader/request_count")
        self.stats.inc_value(f"downloader/request_method_count/{request.method}")

    def process_response(self, request: Request, response: Response) -> Response:  # type: ignore[override]
        """Count a response and its body, as it came."""
        self.stats.inc_value("downloader/response_count")
        self.stats.inc_value(f"downloader/response_status_count/{response.status}")
        self.stats.inc_value("downloader/response_bytes", len(response.body))
        return response
