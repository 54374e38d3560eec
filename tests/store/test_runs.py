"""The documents of runs: begun, ended once, and found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crawler.store.runs import End, Runs, Start

if TYPE_CHECKING:
    from crawler.store.connection import Store

PAST = datetime(2020, 1, 1, tzinfo=UTC)
GOOD = End(0, "done", items=3)


def start(key: str, spider: str = "finews", **values: Any) -> Start:
    return Start(key, spider, **{"arguments": {}, "version": "0", **values})


def run(runs: Runs, key: str, end: End | None = GOOD, **values: Any) -> None:
    runs.begin(start(key, **values))
    if end:
        runs.end(key, end)


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [one["_id"] for one in found]


def test_a_run_is_begun_and_ended_with_all_that_is_told(store: Store) -> None:
    runs = Runs(store)
    runs.begin(start("a", arguments={"b": "2", "a": "1"}, host="h", pid=7, started="9", log="/l"))
    [begun] = runs.last(5)
    assert begun["ended_at"] is None
    assert list(begun["arguments"].items()) == [("a", "1"), ("b", "2")]
    told = {"code": 1, "outcome": "o", "finish_reason": "finished", "requests": 5, "bytes": 6}
    told |= {"articles": {"new": 1}, "rejected": 2, "items": 3, "told": {"title": 3}}
    told |= {"monitors": [{"name": "m", "status": "ok", "message": None}]}
    runs.end("a", End(**told))
    [ended] = runs.last(5)
    assert {name: ended[name] for name in told} == told
    assert ended["ended_at"] >= ended["started_at"] > PAST
    kept = {name: ended[name] for name in ("spider", "version", "host", "pid", "started", "log")}
    assert kept == {
        **{"spider": "finews", "version": "0", "host": "h", "pid": 7, "started": "9"},
        "log": "/l",
    }
    assert (ended["crawl"], ended["due_at"]) == (None, None)


def test_how_a_run_went_is_noted_once(store: Store) -> None:
    runs = Runs(store)
    run(runs, "a", End(1, "first"))
    runs.end("a", End(0, "second"))
    runs.end("unknown", GOOD)
    [only] = runs.last(5)
    assert (only["code"], only["outcome"]) == (1, "first")


def test_what_the_schedule_noted_before_the_process_ran_stays(store: Store) -> None:
    runs = Runs(store)
    runs.begin(start("a", crawl="hourly", due_at=PAST, log="/l", pid=1))
    began = runs.last(1)[0]["started_at"]
    runs.begin(start("a", arguments={"full": "1"}, pid=2))
    [one] = runs.last(5)
    assert (one["crawl"], one["due_at"], one["log"], one["pid"]) == ("hourly", PAST, "/l", 2)
    assert (one["arguments"], one["started_at"]) == ({"full": "1"}, began)


@pytest.mark.parametrize("value", ["$spider", "{$now: 1}", "half \udcff", ""])
def test_any_argument_is_only_text(store: Store, value: str) -> None:
    runs = Runs(store)
    runs.begin(start("a", arguments={"path": value}))
    runs.end("a", End(1, value, items=1, monitors=[{"name": value}]))
    [one] = runs.last(1)
    kept = value.replace("\udcff", "?")
    assert (one["arguments"], one["outcome"]) == ({"path": kept}, kept)
    assert one["monitors"] == [{"name": kept}]
    assert ids(runs.like("finews", {"path": value}, 5)) == ["a"]


def test_the_last_of_the_same_spider_and_arguments_that_stored_anything(store: Store) -> None:
    runs = Runs(store)
    run(runs, "0")
    run(runs, "1", arguments={"category": "x", "full": "1"})
    run(runs, "2", arguments={"full": "1", "category": "x"})
    run(runs, "other spider", spider="archive")
    run(runs, "nothing stored", End(0, "done"))
    run(runs, "runs still", None)
    run(runs, "9")
    assert ids(runs.like("finews", {}, 5)) == ["9", "0"]
    assert ids(runs.like("finews", {}, 1)) == ["9"]
    assert ids(runs.like("finews", {"full": "1", "category": "x"}, 5)) == ["2", "1"]


def test_the_latest_of_each_crawl_and_of_each_spider_that_somebody_ran(store: Store) -> None:
    runs = Runs(store)
    run(runs, "1", crawl="hourly")
    run(runs, "2", crawl="daily")
    run(runs, "3", arguments={"full": "1"})
    run(runs, "4", spider="archive")
    run(runs, "5", crawl="hourly")
    run(runs, "6")
    run(runs, "7", None)
    assert ids(runs.latest(PAST)) == ["6", "5", "4", "2"]
    last = runs.last(1)[0]["started_at"]
    assert runs.latest(last + timedelta(seconds=1)) == []
    assert ids(runs.unended(PAST)) == ["7"]


def test_what_runs_of_several_parts_stored_together(store: Store) -> None:
    runs = Runs(store)
    began = store.now()
    new = End(0, "done", articles={"new": 2, "changed": 1, "unchanged": 0})
    for key, part in (("1", "1/2"), ("2", "2/2"), ("3", "3/3")):
        run(runs, key, new, spider="archive", arguments={"part": part, "path": "x"})
    run(runs, "4", None, spider="archive", arguments={"path": "x", "part": "1/2"})
    parts = [{"path": "x", "part": part} for part in ("1/2", "2/2")]
    assert runs.stored("archive", parts, began) == {"new": 4, "changed": 2, "unchanged": 0}
    assert not runs.stored("archive", parts, store.now() + timedelta(seconds=1))
    assert not runs.stored("finews", parts, began)
