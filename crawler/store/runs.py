"""The collection `runs`: every run of a spider, what it was asked for and how it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo import DESCENDING

if TYPE_CHECKING:
    from crawler.store.connection import Store


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of a run when it begins.

    `crawl` and `due_at`: the entry of the schedule and the time it was due at; None for a run that
    somebody started. `log`: the path of its log file.
    """

    id: str
    spider: str
    arguments: dict[str, str]
    version: str
    crawl: str | None = None
    due_at: datetime | None = None
    log: str | None = None
    host: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """How a run went; `code` is its exit code, `outcome` the line it ended with."""

    code: int
    outcome: str
    finish_reason: str | None = None
    requests: int = 0
    bytes: int = 0
    articles: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    monitors: list[dict[str, Any]] = field(default_factory=list)


class Runs:
    """Begins and ends the documents of runs; times come from the server's clock."""

    def __init__(self, store: Store) -> None:
        self.collection = store.collection("runs")

    def begin(self, start: Start) -> None:
        """Note that a run begins. What the schedule noted of it before its process ran stays."""
        told = {
            name: getattr(start, name)
            for name in ("spider", "arguments", "version", "crawl", "due_at", "log", "host", "pid")
        }
        known = {name: {"$literal": value} for name, value in told.items() if value}
        missing = {name: {"$ifNull": [f"${name}", None]} for name in told if name not in known}
        times = {"started_at": {"$ifNull": ["$started_at", "$$NOW"]}, "ended_at": None}
        change = {"$set": {**known, **missing, **times}}
        self.collection.update_one({"_id": start.id}, [change], upsert=True)

    def end(self, run: str, end: End) -> None:
        """Note how a run went, unless that is known already."""
        told = {
            "code": end.code,
            "outcome": end.outcome,
            "finish_reason": end.finish_reason,
            "requests": end.requests,
            "bytes": end.bytes,
            "articles": end.articles,
            "rejected": end.rejected,
            "monitors": end.monitors,
        }
        change = {name: {"$literal": value} for name, value in told.items()}
        open_one = {"_id": run, "ended_at": None}
        self.collection.update_one(open_one, [{"$set": {**change, "ended_at": "$$NOW"}}])

    def last(self, number: int, spider: str | None = None) -> list[dict[str, Any]]:
        """The documents of the last runs, newest first; those that run still have no `ended_at`."""
        chosen = {} if spider is None else {"spider": spider}
        return list(self.collection.find(chosen).sort("started_at", DESCENDING).limit(number))

    def last_of(self, crawl: str) -> dict[str, Any] | None:
        """The run of a crawl of the schedule that was due last, whether it has ended or not."""
        return self.collection.find_one({"crawl": crawl}, sort=[("due_at", DESCENDING)])
