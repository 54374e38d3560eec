"""finews status: how the crawls are, and whether something is wrong."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from crawler.store.connection import Store

CATEGORY = ("-a", "category=beifangwang")


def test_an_empty_store_is_told_of_and_is_wrong(finews: Any) -> None:
    done = finews("status")
    assert done.out.startswith("last runs\n  none\n")
    assert done.last.startswith("finews: 1 wrong: no run since ")
    assert finews("status", "--check", code=1).last.endswith("; finews crawl finews")


def test_after_a_good_crawl_nothing_is_wrong_and_after_a_bad_one_its_line_is_told(
    finews: Any, sample: Any, at: Any
) -> None:
    finews("crawl", "finews", *CATEGORY, **at(sample))
    done = finews("status", "--check")
    assert done.last == "finews: nothing is wrong"
    assert "  0  finews category=beifangwang  done: 3 seen; articles: 3 new" in done.out
    bad = finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1)
    done = finews("status", "--check", "--json", code=1)
    record = json.loads(done.out)
    [line] = record["problems"]
    assert line.endswith(bad.last.removeprefix("finews: "))
    assert done.last == f"finews: 1 wrong: {line}"
    assert [run["code"] for run in record["runs"]] == [1, 0]
    assert record["counts"]["articles"] == 3
    assert record["freshness"]["categories"][0]["category"] == "beifangwang"


def test_a_run_that_was_killed_is_wrong_and_one_that_runs_is_not(
    finews: Any, serve_routes: Any, answer: Any, at: Any, store: Store
) -> None:
    site = serve_routes({"/feed.xml": answer("x", hold=threading.Event())})
    process = finews.start("crawl", "finews", **at(site))
    site.wait_for("/feed.xml")
    done = finews("status", "--check")
    assert done.out.splitlines()[1].endswith("  running")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    done = finews("status", "--check", code=1)
    assert done.out.splitlines()[1].endswith("  killed")
    assert done.last.endswith(" was killed; run it again")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["now"], "status takes no argument now; --json? --check?"),
        (["--chekc"], "Did you mean --check?"),
    ],
)
def test_bad_arguments_are_one_line(finews: Any, words: list[str], message: str) -> None:
    assert finews("status", *words, code=2).last.endswith(message)
