"""What the counters of one crawl tell: shares with a tolerance, and few of anything say nothing."""

from __future__ import annotations

import pytest

from crawler.monitors.shares import error_share, http_codes, share_failures, write_failures

CODE = "downloader/response_status_count/"


@pytest.mark.parametrize(
    ("failed", "broken", "asked", "problem"),
    [
        (10, 0, 100, None),
        (11, 0, 100, "11 of 100 links failed (11%, at most 10% may be)"),
        (6, 5, 100, "11 of 100 links failed (11%, at most 10% may be)"),
        (19, 0, 19, None),
        (20, 0, 20, "20 of 20 links failed (100%, at most 10% may be)"),
        (0, 0, 0, None),
    ],
)
def test_error_share(failed: int, broken: int, asked: int, problem: str | None) -> None:
    stats = {
        "finews/failed/post": failed,
        "spider_exceptions/count": broken,
        "finews/asked/post": asked - asked // 2,
        "finews/asked/share": asked // 2,
    }
    assert error_share(stats, 0.1, 20) == problem


def test_no_request_is_no_failure_even_when_one_is_enough_to_judge() -> None:
    assert error_share({}, 0.1, 0) is None


@pytest.mark.parametrize(
    ("missing_too", "problem"),
    [(True, "25 of 40 share answers failed (62%, at most 50% may be)"), (False, None)],
)
def test_share_failures_count_what_is_missing_where_the_site_links_to_it(
    missing_too: bool, problem: str | None
) -> None:
    stats = {
        "finews/asked/share": 40,
        "finews/asked/post": 4000,
        "finews/failed/share": 5,
        "finews/empty_shares": 8,
        "finews/rejected_at/page/share": 7,
        "finews/missing/share": 5,
        "finews/failed/post": 40,
    }
    assert share_failures(stats, 0.5, 20, missing_too) == problem


def test_write_failures() -> None:
    assert write_failures({"finews/rejected_at/page/post": 4}, 0) is None
    assert write_failures({"finews/store_error": "gone"}, 99) == "the store failed (gone)"
    refused = {"finews/rejected_at/store": 2}
    assert write_failures(refused, 2) is None
    assert write_failures(refused, 1) == "the store refused 2 articles (at most 1 may be)"


def test_http_codes_that_say_no_are_counted_and_others_are_not() -> None:
    normal = {f"{CODE}200": 80, f"{CODE}304": 10, f"{CODE}404": 10}
    assert http_codes(normal, 0.0, 20) is None
    unwanted = {**normal, f"{CODE}403": 1, f"{CODE}429": 4, f"{CODE}503": 20}
    assert http_codes(unwanted, 0.2, 20) is None
    assert http_codes(unwanted, 0.1, 20) == (
        "25 of 125 answers had unwanted codes: 1 × HTTP 403, 4 × HTTP 429, 20 × HTTP 503 "
        "(20%, at most 10% may be)"
    )
    assert http_codes({f"{CODE}500": 19}, 0.1, 20) is None
