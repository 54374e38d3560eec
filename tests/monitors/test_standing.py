"""What is wrong with the crawls, and what is not."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.monitors.freshness import Quiet
from crawler.monitors.standing import NOBODYS_FAULT, Limits, is_lost, problems
from crawler.spiders import base, rejects
from crawler.store.duplicate_groups import Size
from crawler.store.processes import started_at
from crawler.store.status import Next, Owed, Rejected, Status

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIMITS = Limits(reject_hours=24, owed_attempts=10, overdue_minutes=10, longest_run_hours=24)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def run(hours: float = 1, code: int = 0, **values: Any) -> dict[str, Any]:
    """A run that began so many hours ago, on a machine of which nothing is known."""
    known = {"_id": "r", "crawl": None, "spider": "finews", "arguments": {}, "outcome": "done"}
    known |= {"host": "other", "pid": 1, "finish_reason": "finished"}
    return {**known, "started_at": ago(hours), "code": code, **values}


HOURLY = Next("hourly", NOW, False, "h")
GOOD = Status(
    at=NOW,
    since=ago(168),
    runs=[],
    latest=[run()],
    unended=[],
    categories=[],
    changed_at=None,
    revisions=0,
    stories=Size(0, 0),
    links={},
    owed=[],
    rejected=[],
    next_runs=[HOURLY],
)


def wrong(quiet: list[Quiet] | None = None, **values: Any) -> list[str]:
    return problems(replace(GOOD, **values), quiet or [], LIMITS)


def test_all_is_well() -> None:
    assert wrong() == []


def test_no_run_is_wrong() -> None:
    assert wrong(latest=[]) == ["no run since 2026-11-18T12:00:00.000Z; finews crawl finews"]
    assert wrong(latest=[], unended=[run()]) == []


def test_the_last_run_of_a_kind_that_failed_is_wrong() -> None:
    failed = run(code=1, outcome="nothing crawled: x" + 999 * "y", crawl="hourly")
    [line] = wrong(latest=[run(2), failed])
    assert line.startswith("hourly of 2026-11-25T11:00:00.000Z: nothing crawled: xyyy")
    assert len(line) < 400


@pytest.mark.parametrize(
    ("values", "is_wrong"),
    [
        ({}, True),
        ({"code": 2}, False),
        ({"finish_reason": "shutdown"}, True),
        ({"crawl": "hourly"}, True),
        ({"crawl": "hourly", "code": 2}, True),
        # It is made again.
        ({"crawl": "hourly", "finish_reason": "shutdown"}, False),
        ({"crawl": "hourly", "finish_reason": None}, True),
        # The schedule has it no more.
        ({"crawl": "monthly"}, False),
    ],
)
def test_what_somebody_stopped_or_mistyped_or_took_out_is_nobodys_concern(
    values: dict[str, Any], is_wrong: bool
) -> None:
    failed = run(**{"code": 1, "outcome": "x", **values})
    assert bool(wrong(latest=[failed])) is is_wrong
    lost = {**failed, "started_at": ago(30)}
    assert bool(wrong(latest=[], unended=[lost])) is (values.get("crawl") != "monthly")


@pytest.mark.parametrize(
    ("later", "is_wrong"),
    [
        ({}, False),
        ({"arguments": {"category": "a"}}, False),
        ({"arguments": {"category": "b"}}, True),
        ({"arguments": {}, "crawl": "hourly"}, False),
        ({"code": 1}, True),
        ({"spider": "archive"}, True),
        ({"hours": 3}, True),
    ],
)
def test_a_later_run_of_the_same_or_of_all_makes_good_what_somebody_ran(
    later: dict[str, Any], is_wrong: bool
) -> None:
    failed = run(2, 1, arguments={"category": "a"}, outcome="x")
    lines = wrong(latest=[run(**{"hours": 1, **later}), failed])
    assert any(line.startswith("finews of 2026-11-25T10:") for line in lines) is is_wrong


@pytest.mark.parametrize(
    ("latest", "unended", "killed"),
    [
        ([run(1)], [run(30)], False),
        ([run(40)], [run(30)], True),
        ([], [run(30)], True),
        ([], [run(23)], False),
        ([run(1)], [run(30, spider="archive")], True),
        ([run(1)], [run(30, crawl="hourly")], True),
        ([run(1, crawl="hourly")], [run(30, crawl="hourly")], False),
    ],
    ids=["ended later", "ended before", "alone", "may run", "spider", "crawl", "same crawl"],
)
def test_a_run_that_was_killed_is_wrong_until_a_later_one_ends(
    latest: list[dict[str, Any]], unended: list[dict[str, Any]], killed: bool
) -> None:
    lines = wrong(latest=latest, unended=unended)
    assert bool(lines) is killed
    assert all(line.endswith("was killed; run it again") for line in lines)


def test_of_many_runs_of_a_kind_that_were_killed_the_last_is_told() -> None:
    [line] = wrong(latest=[], unended=[run(30), run(31), run(32)])
    assert "2026-11-24T06:00:00.000Z" in line


def test_processes_of_this_machine_are_looked_at() -> None:
    here = {"host": socket.gethostname(), "pid": os.getpid()}
    assert not is_lost(run(999, **here, started=started_at(os.getpid())), NOW, 24)
    assert is_lost(run(0, **here, started="0"), NOW, 24)
    assert not is_lost(run(1, host=socket.gethostname(), pid=None), NOW, 24)


@pytest.mark.parametrize(
    ("next_at", "running", "overdue"),
    [(ago(0.1), False, False), (ago(0.2), False, True), (ago(5), True, False)],
)
def test_a_crawl_that_is_overdue_and_does_not_run_is_wrong(
    next_at: datetime, running: bool, overdue: bool
) -> None:
    lines = wrong(next_runs=[Next("hourly", next_at, running, "h")])
    assert bool(lines) is overdue
    assert all(line.startswith("hourly was due at 2026-11-25T11:") for line in lines)


@pytest.mark.parametrize(
    ("state", "reason", "attempts", "expected"),
    [
        ("owed", "HTTP 503", 10, ["post links are owed after 10 tries: HTTP 503"]),
        ("owed", "HTTP 503", 9, []),
        ("owed", NOBODYS_FAULT, 99, []),
        ("new", "outside the range", 99, []),
    ],
)
def test_links_that_are_owed_after_many_tries_are_wrong(
    state: str, reason: str, attempts: int, expected: list[str]
) -> None:
    assert wrong(owed=[Owed("post", state, reason, 3, attempts)]) == expected


@pytest.mark.parametrize("module", [base, rejects])
def test_the_reason_that_is_nobodys_fault_is_what_spiders_write(module: Any) -> None:
    with open(module.__file__, encoding="utf-8") as file:
        assert f'"{NOBODYS_FAULT}"' in file.read()


def test_what_was_rejected_lately_is_wrong() -> None:
    rejected = [Rejected("page/post", 1200, ago(1)), Rejected("store", 1, ago(25))]
    assert wrong(rejected=rejected) == [
        "1,200 rejects at page/post, the last at 2026-11-25T11:00:00.000Z; finews rejects list"
    ]


def test_categories_that_went_quiet_are_wrong() -> None:
    quiet = Quiet("emnews", ago(40), timedelta(hours=2), timedelta(hours=40))
    assert wrong([quiet]) == [
        "freshness: nothing new in emnews for 40 h (at most 2 h before)",
    ]
