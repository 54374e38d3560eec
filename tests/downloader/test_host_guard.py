"""Only the configured hosts are asked."""

from __future__ import annotations

import pytest
from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.test import get_crawler

from crawler.downloader.host_guard import HostGuard


@pytest.fixture
def guard() -> HostGuard:
    settings = {
        "FINEWS_BASE_URL": "https://SITE.example/",
        "NEWSSHARE_BASE_URL": "http://share.example:8080/",
    }
    return HostGuard.from_crawler(get_crawler(Spider, settings))


@pytest.mark.parametrize(
    "url",
    ["https://site.example/a", "http://share.example:8080/b?id=1", "https://share.example:8080/b"],
)
def test_configured_hosts_pass(guard: HostGuard, url: str) -> None:
    guard.process_request(Request(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://site.example/a",
        "https://site.example:444/a",
        "https://site.example.evil.example/",
        "https://user@site.example/",
        "http://share.example/",
        "http://127.0.0.1/",
    ],
)
def test_any_other_scheme_host_or_port_is_refused(guard: HostGuard, url: str) -> None:
    with pytest.raises(IgnoreRequest, match="not a configured host"):
        guard.process_request(Request(url))
