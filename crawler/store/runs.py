"""The collection `runs`: every run of a spider, what it was asked for and how it went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo import DESCENDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.store.connection import Store


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of a run when it begins.

    `crawl` and `due_at`: the entry of the schedule and the time it was due at; None for a run that
    somebody started. `log`: the path of its log file. `started`: when its process began, in the
    kernel's words.
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
    started: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How a run went; `code` is its exit code, `outcome` the line it ended with.

    `articles`: how many were new, changed and unchanged. `told`: how many of the `items` that were
    stored tell each field. `monitors`: the name, status and message of each. `cut_off`: whether it
    was stopped or killed before it came to its end, other than by its time limit.
    """

    code: int
    outcome: str
    finish_reason: str | None = None
    requests: int = 0
    bytes: int = 0
    articles: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    items: int = 0
    told: dict[str, int] = field(default_factory=dict)
    monitors: list[dict[str, Any]] = field(default_factory=list)
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of the runs of a crawl that was due at a time.

    How many of them came to their end, and were cut off; `is_past`: whether a later time had one.
    """

    whole: int
    cut_off: int
    is_past: bool


STARTING = tuple(one.name for one in fields(Start) if one.name != "id")
ENDING = tuple(one.name for one in fields(End))


class Runs:
    """Begins and ends the documents of runs; times come from the server's clock."""

    def __init__(self, store: Store) -> None:
        self.collection = store.collection("runs")

    def begin(self, start: Start) -> None:
        """Note that a run begins. What the schedule noted of it before its process ran stays."""
        told = {name: _storable(getattr(start, name)) for name in STARTING}
        told["arguments"] = _in_order(start.arguments)
        known = {name: {"$literal": value} for name, value in told.items() if value}
        missing: dict[str, Any] = {
            name: {"$ifNull": [f"${name}", None]} for name in told if name not in known
        }
        if "arguments" in missing:
            missing["arguments"] = {"$ifNull": ["$arguments", {"$literal": {}}]}
        times = {"started_at": {"$ifNull": ["$started_at", "$$NOW"]}, "ended_at": None}
        change = {"$set": {**known, **missing, **times}}
        self.collection.update_one({"_id": start.id}, [change], upsert=True)

    def end(self, run: str, end: End) -> None:
        """Note how a run went, unless that is known already."""
        change = {name: {"$literal": _storable(getattr(end, name))} for name in ENDING}
        open_one = {"_id": run, "ended_at": None}
        self.collection.update_one(open_one, [{"$set": {**change, "ended_at": "$$NOW"}}])

    def is_open(self, run: str) -> bool:
        """Whether a run has begun, and it is not known yet how it went."""
        return self.collection.count_documents({"_id": run, "ended_at": None}) > 0

    def outcome_of(self, run: str) -> str | None:
        """The line that a run ended with."""
        found = self.collection.find_one({"_id": run}, {"outcome": 1}) or {}
        return found.get("outcome")

    def keep_ended(self, run: str) -> None:
        """Note that a run is not to be made again, though it was cut off."""
        self.collection.update_one({"_id": run}, {"$set": {"cut_off": False}})

    def last(self, number: int, spider: str | None = None) -> list[dict[str, Any]]:
        """The documents of the last runs, newest first; those that run still have no `ended_at`."""
        chosen = {} if spider is None else {"spider": spider}
        return list(self.collection.find(chosen).sort("started_at", DESCENDING).limit(number))

    def like(self, spider: str, arguments: dict[str, str], number: int) -> list[dict[str, Any]]:
        """The last runs of a spider with the same arguments that stored articles, newest first."""
        chosen = {
            "spider": spider,
            "arguments": _in_order(arguments),
            "ended_at": {"$ne": None},
            "items": {"$gt": 0},
        }
        return list(self.collection.find(chosen).sort("started_at", DESCENDING).limit(number))

    def stored(
        self, spider: str, arguments: Sequence[dict[str, str]], since: datetime
    ) -> Counter[str]:
        """What became of the articles of all runs of a spider with any of these arguments.

        Of those that began since a time.
        """
        chosen = {
            "spider": spider,
            "arguments": {"$in": [_in_order(one) for one in arguments]},
            "started_at": {"$gte": since},
        }
        counts: Counter[str] = Counter()
        for run in self.collection.find(chosen, {"articles": 1}):
            counts.update(run.get("articles") or {})
        return counts

    def latest(self, since: datetime) -> list[dict[str, Any]]:
        """The last run of each crawl of the schedule, and of each spider that somebody ran.

        Of those that began since a time, and have ended; the newest first.
        """
        key = {"crawl": "$crawl", "spider": {"$cond": ["$crawl", None, "$spider"]}}
        ended = {"started_at": {"$gte": since}, "ended_at": {"$ne": None}}
        groups = self.collection.aggregate(
            [
                {"$match": ended},
                {"$sort": {"started_at": DESCENDING}},
                {"$group": {"_id": key, "run": {"$first": "$$ROOT"}}},
                {"$replaceRoot": {"newRoot": "$run"}},
                {"$sort": {"started_at": DESCENDING}},
            ]
        )
        return list(groups)

    def unended(self, since: datetime) -> list[dict[str, Any]]:
        """Those that began since a time, of which it is not known how they ended, newest first."""
        chosen = {"started_at": {"$gte": since}, "ended_at": None}
        return list(self.collection.find(chosen).sort("started_at", DESCENDING))

    def told(self, crawl: str, due_at: datetime) -> Told:
        """What is known of the runs of a crawl of the schedule that was due at a time."""
        count = self.collection.count_documents
        these = {"crawl": crawl, "due_at": due_at, "ended_at": {"$ne": None}}
        return Told(
            whole=count({**these, "cut_off": False}),
            cut_off=count({**these, "cut_off": True}),
            is_past=count({"crawl": crawl, "due_at": {"$gt": due_at}}, limit=1) > 0,
        )

    def end_lost(self, crawl: str) -> None:
        """Note of the runs of a crawl that nobody holds that they were killed."""
        for lost in self.collection.find({"crawl": crawl, "ended_at": None}, {"_id": 1}):
            self.end(lost["_id"], End(1, "killed", cut_off=True))


def _in_order(arguments: dict[str, str]) -> dict[str, Any]:
    """The same arguments are the same document, in whatever order they are given."""
    return dict(sorted(_storable(arguments).items()))


def _storable(value: Any) -> Any:
    """Without lone surrogates, which BSON cannot hold and a file's name can."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return value
