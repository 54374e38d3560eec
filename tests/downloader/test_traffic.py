"""What goes over the wire, counted."""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler.downloader.traffic import Traffic


def test_requests_and_responses_are_counted_and_the_bytes_of_bodies() -> None:
    crawler = get_crawler()
    traffic = Traffic.from_crawler(crawler)
    request = Request("http://127.0.0.1/")
    for status, body in ((200, b"abc"), (404, b"")):
        traffic.process_request(request)
        response = Response(request.url, status, body=body, headers={"X": "y" * 100})
        assert traffic.process_response(request, response) is response
    traffic.process_exception(request, OSError("gone"))
    counted = {
        name.removeprefix("downloader/"): number
        for name, number in crawler.stats.get_stats().items()
    }
    assert counted == {
        "request_count": 2,
        "request_method_count/GET": 2,
        "response_count": 2,
        "response_status_count/200": 1,
        "response_status_count/404": 1,
        "response_bytes": 3,
        "exception_count": 1,
        "exception_type_count/builtins.OSError": 1,
    }


def test_a_run_tells_what_it_asked_for(finews: Any, sample: Any, at: Any, store: Any) -> None:
    finews("crawl", "finews", code=1, **at(sample))
    asked = sample.requests()
    [run] = store.collection("runs").find()
    assert run["requests"] >= 52
    assert run["requests"] <= len(asked)
    assert run["bytes"] > 100_000
