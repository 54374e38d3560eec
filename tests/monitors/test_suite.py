"""The monitors together: what they say of a crawl, and of which crawls they say nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crawler.clock import now
from crawler.store.connection import Store
from crawler.store.runs import End, Runs, Start

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"finews/posts_seen": 5, "finews/posts_listed": 5}


def statuses(stats: dict[str, Any]) -> dict[str, str]:
    return {verdict["name"]: verdict["status"] for verdict in stats["finews/monitors"]}


def publish(store: Store, category: str, newest: float, number: int = 100) -> None:
    """Articles every two hours, the newest so many hours ago; all that is asked of them."""
    articles = [
        {
            "_id": f"{category} {back}",
            "category": category,
            "published_at": now() - timedelta(hours=newest + 2 * back),
        }
        for back in range(number)
    ]
    store.collection("articles").insert_many(articles)


def test_a_good_crawl_passes_them_all(judge: Any) -> None:
    stats = judge(GOOD)
    assert statuses(stats) == dict.fromkeys(
        [
            *("empty_crawl", "error_share", "share_failures", "write_failures", "http_codes"),
            *("field_coverage", "freshness"),
        ],
        "ok",
    )
    assert stats["finews/monitors_failed"] == []


def test_a_quiet_crawl_is_healthy(judge: Any) -> None:
    assert judge({"finews/not_modified": 3})["finews/monitors_failed"] == []


def test_an_empty_crawl_fails_with_what_it_met(judge: Any) -> None:
    stats = judge({"finews/last_failure": "http://x/: HTTP 500"})
    [line] = stats["finews/monitors_failed"]
    assert line.startswith("empty_crawl: nothing crawled: http://x/: HTTP 500; check the address")


@pytest.mark.parametrize(
    "counters",
    [{"finish_reason": "shutdown"}, {"finish_reason": None}, {"finews/usage_error": "no category"}],
    ids=["stopped", "no end", "exit 2"],
)
def test_a_crawl_that_came_to_no_end_is_not_judged(judge: Any, counters: dict[str, Any]) -> None:
    stats = judge({"finews/asked/post": 100, "finews/failed/post": 100, **counters})
    assert set(statuses(stats).values()) == {"skipped"}
    assert stats["finews/monitors_failed"] == []


def test_of_a_crawl_without_its_store_only_that_is_told(judge: Any, store: Store) -> None:
    publish(store, "quiet", newest=40)
    stats = judge({"finish_reason": "store_failed", "finews/store_error": "gone"})
    assert stats["finews/monitors_failed"] == ["write_failures: the store failed (gone)"]
    told = statuses(stats)
    assert (told["empty_crawl"], told["field_coverage"], told["freshness"]) == ("skipped",) * 3


@pytest.mark.parametrize(
    ("counters", "name"),
    [
        ({"finews/asked/post": 20, "finews/failed/post": 3}, "error_share"),
        ({"finews/asked/share": 20, "finews/empty_shares": 11}, "share_failures"),
        ({"finews/rejected_at/store": 1}, "write_failures"),
        (
            {
                "downloader/response_status_count/200": 20,
                "downloader/response_status_count/503": 3,
            },
            "http_codes",
        ),
    ],
)
def test_each_of_the_counters_has_its_monitor(
    judge: Any, counters: dict[str, Any], name: str
) -> None:
    stats = judge({**GOOD, **counters})
    assert [line.split(":")[0] for line in stats["finews/monitors_failed"]] == [name]


def test_thresholds_are_settings(judge: Any) -> None:
    counters = {**GOOD, "finews/asked/post": 20, "finews/failed/post": 3}
    assert judge(counters, MONITOR_ERROR_SHARE=0.2)["finews/monitors_failed"] == []
    assert judge(counters, MONITOR_LEAST=21)["finews/monitors_failed"] == []


def test_share_answers_asked_for_by_name_may_be_gone(judge: Any) -> None:
    counters = {**GOOD, "finews/asked/share": 20, "finews/missing/share": 20}
    assert judge(counters, spider="newsshare")["finews/monitors_failed"] == []
    assert judge(counters)["finews/monitors_failed"]


def test_coverage_is_held_against_runs_of_the_same_spider_and_arguments(
    judge: Any, store: Store
) -> None:
    runs = Runs(store)
    names = ("url", "category", "title", "published_at", "source", "content_text", "securities")
    whole = dict.fromkeys(names, 30)
    for key, spider, arguments in (
        ("a", "newsshare", {}),
        ("b", "finews", {"category": "x"}),
        ("c", "finews", {}),
    ):
        runs.begin(Start(key, spider, arguments, "0"))
        told = whole if key == "c" else {}
        runs.end(key, End(0, "done", items=30, told=told))
    counters = {f"finews/told/{name}": 30 for name in names}
    stats = {**GOOD, **counters, "item_scraped_count": 30}
    assert judge(stats)["finews/monitors_failed"] == []
    [line] = judge({**stats, "finews/told/source": 3})["finews/monitors_failed"]
    assert line == "field_coverage: fewer of 30 articles tell source 10% (usually 100%)"


def test_a_category_that_went_quiet_fails_with_its_name(judge: Any, store: Store) -> None:
    publish(store, "beifangwang", newest=1)
    publish(store, "emnews", newest=40)
    [line] = judge(GOOD)["finews/monitors_failed"]
    assert line == "freshness: nothing new in emnews for 40 h (at most 2 h before)"
    assert judge(GOOD, spider="newsshare")["finews/monitors_failed"] == []
    assert statuses(judge(GOOD, RUN_ARGUMENTS={"category": "x"}))["freshness"] == "skipped"


def test_back_dated_articles_make_no_category_quiet(judge: Any, store: Store) -> None:
    publish(store, "old", newest=24 * 365)
    assert judge(GOOD)["finews/monitors_failed"] == []


def test_a_monitor_that_breaks_has_failed_and_says_why(
    judge: Any, caplog: pytest.LogCaptureFixture
) -> None:
    [line] = judge(GOOD, MONITOR_ERROR_SHARE="much")["finews/monitors_failed"]
    assert line == "error_share: ValueError: could not convert string to float: 'much'"
    assert "Traceback" not in caplog.text
    assert f"monitor {line}" in caplog.text


def test_a_store_that_does_not_tell_skips_what_asks_it(
    judge: Any, database: str, data_dir: Path
) -> None:
    with Store.open(None, database, data_dir) as closed:
        pass
    stats = judge({**GOOD, "item_scraped_count": 30}, store=closed)
    assert statuses(stats)["freshness"] == statuses(stats)["field_coverage"] == "skipped"
    assert stats["finews/monitors_failed"] == []
