"""Each response knows when it arrived."""

from __future__ import annotations

from datetime import UTC, datetime

from scrapy import Request
from scrapy.http import Response

from crawler.downloader.fetch_time import FetchTime


def test_the_time_is_in_utc_and_whole_milliseconds() -> None:
    request, response = Request("http://site.example/"), Response("http://site.example/")
    before = datetime.now(UTC)
    assert FetchTime().process_response(request, response) is response
    time = request.meta["fetched_at"]
    assert time.tzinfo is UTC
    assert time.microsecond % 1000 == 0
    assert before.timestamp() - 0.001 <= time.timestamp() <= datetime.now(UTC).timestamp()


def test_the_last_hop_of_a_redirect_counts() -> None:
    first = Request("http://site.example/a", meta={"fetched_at": datetime(2021, 1, 1, tzinfo=UTC)})
    hop = first.replace(url="http://site.example/b")
    FetchTime().process_response(hop, Response("http://site.example/b"))
    assert hop.meta["fetched_at"].year > 2021
    assert first.meta["fetched_at"].year == 2021
