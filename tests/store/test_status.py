"""What a store tells of the crawls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.store.rejects import Reject, Rejects
from crawler.store.runs import End, Runs, Start
from crawler.store.status import Next, Owed, look

if TYPE_CHECKING:
    from crawler.store.connection import Store

SEEN = datetime(2022, 1, 1, tzinfo=UTC)


def link(url: str, kind: str, state: str, reason: str | None, attempts: int) -> dict[str, Any]:
    return {"_id": url, "kind": kind, "state": state, "reason": reason, "attempts": attempts}


def test_an_empty_store_tells_of_nothing(store: Store) -> None:
    status = look(store, 10, 24)
    assert (status.runs, status.latest, status.unended) == ([], [], [])
    assert (status.articles, status.rejects, status.revisions) == (0, 0, 0)
    assert (status.newest, status.changed_at) == (None, None)
    assert (status.links, status.owed, status.rejected, status.next_runs) == ({}, [], [], [])
    assert status.at - status.since == timedelta(hours=24)


def test_runs_are_the_last_ones_and_the_latest_of_each_kind(store: Store) -> None:
    runs = Runs(store)
    for number in range(4):
        runs.begin(Start(str(number), "finews", {}, "0"))
        if number < 3:
            runs.end(str(number), End(0, "done"))
    status = look(store, 2, 24)
    assert [run["_id"] for run in status.runs] == ["3", "2"]
    assert [run["_id"] for run in status.latest] == ["2"]
    assert [run["_id"] for run in status.unended] == ["3"]
    assert look(store, 2, 0).latest == look(store, 2, 0).unended == []


def test_what_is_owed_is_counted_by_kind_and_reason(store: Store) -> None:
    store.collection("links").insert_many(
        [
            link("a", "post", "owed", "HTTP 503", 2),
            link("b", "post", "owed", "HTTP 503", 7),
            link("c", "share", "owed", "HTTP 503", 1),
            link("d", "post", "new", None, 0),
            link("e", "post", "stored", None, 1),
        ]
    )
    status = look(store, 10, 24)
    assert status.owed == [
        Owed("post", "owed", "HTTP 503", 2, 7),
        Owed("post", "new", None, 1, 0),
        Owed("share", "owed", "HTTP 503", 1, 1),
    ]
    assert status.links == {"new": 1, "owed": 3, "stored": 1}


def test_what_is_rejected_is_counted_by_stage(store: Store) -> None:
    for number, stage in enumerate(("store", "page/post", "page/post")):
        Rejects(store).add(Reject(stage, "x", "post", f"u{number}", None, b"", SEEN))
    status = look(store, 10, 24)
    assert [(one.stage, one.rejects) for one in status.rejected] == [
        ("page/post", 2),
        ("store", 1),
    ]
    assert status.rejects == 3
    assert status.rejected[0].last_at <= status.at


def test_the_next_runs_are_what_the_schedule_left(store: Store) -> None:
    now = look(store, 1, 1).at
    hour = timedelta(hours=1)
    store.collection("locks").insert_many(
        [
            {"_id": "crawl:late", "next_at": now + hour, "until": now - hour, "host": "h"},
            {"_id": "crawl:soon", "next_at": now, "until": now + hour, "host": "g"},
            {"_id": "crawl:bare", "next_at": now - hour},
            {"_id": "crawl:never", "next_at": None},
            {"_id": "follow", "next_at": now},
        ]
    )
    assert look(store, 1, 1).next_runs == [
        Next("bare", now - hour, False, None),
        Next("soon", now, True, "g"),
        Next("late", now + hour, False, "h"),
    ]
