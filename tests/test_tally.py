"""What a crawl's counters say of it."""

from __future__ import annotations

import pytest

from crawler.tally import is_empty, is_stopped, total, why_empty


@pytest.mark.parametrize(
    ("stats", "empty"),
    [
        ({}, True),
        ({"finews/posts_seen": 0, "finews/posts_listed": 0}, True),
        ({"finews/posts_seen": 3}, False),
        ({"finews/posts_listed": 1}, False),
        ({"finews/not_modified": 2}, False),
        ({"finews/nothing_to_do": "no share answer is owed"}, False),
    ],
)
def test_a_quiet_crawl_is_not_an_empty_one(stats: dict[str, object], empty: bool) -> None:
    assert is_empty(stats) is empty


def test_an_empty_crawl_says_what_it_met() -> None:
    assert why_empty({"finews/last_reject": "x", "finews/last_failure": "y"}).startswith(
        "nothing crawled: x; check the address"
    )
    assert "y; check the address and whether its server is up" in why_empty(
        {"finews/last_failure": "y"}
    )
    assert why_empty({}) == "nothing crawled: no post was listed; check what was asked for"


@pytest.mark.parametrize(
    ("reason", "stopped"),
    [(None, True), ("shutdown", True), ("cancelled", True), ("finished", False)],
)
def test_a_crawl_without_an_end_was_stopped(reason: str | None, stopped: bool) -> None:
    assert is_stopped({"finish_reason": reason}) is stopped


def test_a_total_is_of_the_names_that_begin_so() -> None:
    assert total({"finews/failed/post": 2, "finews/failed/share": 3, "failed": 9}, "finews/f") == 5
