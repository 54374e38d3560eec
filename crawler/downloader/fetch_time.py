"""When a response arrived: the time of everything that is read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.clock import now

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response


class FetchTime:
    """Stamps each response with `fetched_at` in its request's meta: UTC, whole milliseconds."""

    def process_response(self, request: Request, response: Response) -> Response:
        """The response; of several hops of a redirect the last one's time stays."""
        request.meta["fetched_at"] = now()
        return response
