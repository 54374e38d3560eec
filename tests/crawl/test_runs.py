"""Every run of a spider leaves its document, however it ends; a failed monitor is exit code 1."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from crawler import __version__
from crawler.store.runs import Runs

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.store.connection import Store

CATEGORY = ("-a", "category=shanghaizhengquanbao")


def test_a_crawl_leaves_what_it_was_asked_and_how_it_went(
    finews: Any, sample: Any, at: Any, store: Store, tmp_path: Path
) -> None:
    words = ["--logfile", "crawl.log", "-s", "RUN_ID=mine"]
    done = finews("crawl", "finews", *CATEGORY, *words, **at(sample))
    [run] = Runs(store).last(5)
    assert (run["_id"], run["spider"], run["version"]) == ("mine", "finews", __version__)
    assert run["arguments"] == {"category": "shanghaizhengquanbao"}
    assert run["log"] == str(tmp_path / "crawl.log")
    assert (run["code"], f"finews: {run['outcome']}") == (0, done.last)
    assert run["finish_reason"] == "finished"
    stored = store.collection("articles").count_documents({})
    assert run["articles"] == {"new": stored, "changed": 0, "unchanged": 0}
    assert (run["items"], run["told"]["title"], run["rejected"]) == (stored, stored, 0)
    assert run["requests"] > stored
    assert run["bytes"] > 1000
    assert {monitor["status"] for monitor in run["monitors"]} == {"ok", "skipped"}
    assert run["ended_at"] > run["started_at"]


def test_a_failed_monitor_is_exit_1_and_the_last_line_names_it(
    finews: Any, sample: Any, at: Any, store: Store
) -> None:
    """Two share answers of this category are empty, which no crawl is blamed for otherwise."""
    limits = ["-s", "MONITOR_LEAST=1", "-s", "MONITOR_SHARE_FAILURES=0"]
    hook = {"MONITOR_WEBHOOK": "http://127.0.0.1:9/secret", "MONITOR_SMTP_PASSWORD": "s3cret"}
    done = finews("crawl", "finews", *CATEGORY, *limits, code=1, **at(sample), **hook)
    assert done.last.startswith("finews: monitors failed (share_failures: 2 of ")
    assert done.last.endswith("; finews status shows this run beside those before it")
    assert "no alarm by PostAlarm: AlarmError: 127.0.0.1 does not take it: " in done.err
    assert "secret" not in done.err
    assert "s3cret" not in done.err
    [run] = Runs(store).last(5)
    assert run["code"] == 1
    assert [one["name"] for one in run["monitors"] if one["status"] == "failed"] == [
        "share_failures"
    ]
    assert "s3cret" not in str(run)


def failures(store: Store) -> list[str]:
    """What the monitors of the last run said was wrong."""
    [run] = Runs(store).last(1)
    return [f"{one['name']}: {one['message']}" for one in run["monitors"] if one["message"]]


def test_share_answers_that_are_missing_or_broken_are_failures_of_the_share_api(
    finews: Any, sample: Any, at: Any, store: Store
) -> None:
    limits = ["-s", "MONITOR_LEAST=1", "-s", "MONITOR_SHARE_FAILURES=0"]
    finews("crawl", "finews", "-a", "category=zhengquanshibao", *limits, code=1, **at(sample))
    assert any(line.startswith("share_failures: 2 of ") for line in failures(store))


def test_articles_that_the_store_refuses_fail_its_monitor(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    store.database.command("collMod", "articles", validator={"title": {"$ne": "毒"}})
    file = tmp_path / "posts" / "2021-12-31-2021123101.md"
    file.parent.mkdir()
    file.write_text("---\ntitle: 毒\n---\n正文。\n", encoding="utf-8")
    done = finews("crawl", "archive", "-a", f"path={file.parent}", code=1)
    line = "write_failures: the store refused 1 articles (at most 0 may be)"
    assert line in failures(store)
    assert f"1 rejected, monitors failed ({line}): " in done.last


def test_a_crawl_that_cannot_start_has_ended_too(finews: Any, store: Store) -> None:
    done = finews("crawl", "finews", "-s", "SCHEDULER=scrapy.spiders.Spider", code=2)
    [run] = Runs(store).last(5)
    assert (run["code"], f"finews: {run['outcome']}") == (2, done.last)
    assert run["ended_at"] is not None


def test_a_crawl_that_is_stopped_says_so_and_is_no_alarm(
    finews: Any, serve_routes: Any, answer: Any, at: Any, store: Store
) -> None:
    site = serve_routes({"/feed.xml": answer("x", hold=threading.Event())})
    process = finews.start("crawl", "finews", **at(site))
    site.wait_for("/feed.xml")
    process.send_signal(signal.SIGTERM)
    site.routes["/feed.xml"].hold.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    [run] = Runs(store).last(5)
    assert (run["code"], run["finish_reason"]) == (1, "shutdown")
    assert run["outcome"].startswith("stopped: ")
    assert {monitor["status"] for monitor in run["monitors"]} == {"skipped"}


def test_rejects_that_are_read_again_are_a_run(finews: Any, store: Store) -> None:
    finews("rejects", "retry")
    [run] = Runs(store).last(5)
    assert (run["spider"], run["code"]) == ("rejects", 0)


@pytest.mark.parametrize("words", [["export"], ["rejects", "list"]], ids=" ".join)
def test_what_runs_no_spider_leaves_no_run(finews: Any, store: Store, words: list[str]) -> None:
    finews(*words)
    assert Runs(store).last(5) == []
