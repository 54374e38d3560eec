"""What a store tells of the crawls: how the last ones went, what is fresh, owed and rejected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from crawler.addresses import LinkKind
from crawler.store.duplicate_groups import Size, size
from crawler.store.freshness import Fresh, freshness
from crawler.store.links import Ledger
from crawler.store.locks import Locks, Next
from crawler.store.runs import Runs

if TYPE_CHECKING:
    from crawler.store.connection import Store

TO_BE_HAD = ("new", "owed")


@dataclass(frozen=True, slots=True)
class Owed:
    """Links still to be had: of a kind, in a state, for a reason; asked for so often at most."""

    kind: str
    state: str
    reason: str | None
    links: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a stage rejected, and when it last did."""

    stage: str
    rejects: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """Times are in UTC, `at` the server's own; runs are their documents, the newest first.

    `latest`: the last ended run of each crawl and spider since `since`; `unended`: those of which
    it is not known how they ended. `changed_at`: when the last change of an article was observed.
    """

    at: datetime
    since: datetime
    runs: list[dict[str, Any]]
    latest: list[dict[str, Any]]
    unended: list[dict[str, Any]]
    categories: list[Fresh]
    changed_at: datetime | None
    revisions: int
    stories: Size
    links: dict[str, int]
    owed: list[Owed]
    rejected: list[Rejected]
    next_runs: list[Next]

    @property
    def articles(self) -> int:
        """How many there are."""
        return sum(one.articles for one in self.categories)

    @property
    def newest(self) -> datetime | None:
        """When the newest article was published."""
        return max((one.newest for one in self.categories if one.newest), default=None)

    @property
    def rejects(self) -> int:
        """How many there are."""
        return sum(one.rejects for one in self.rejected)


def look(store: Store, runs: int, hours: float) -> Status:
    """Look at the last so many runs, the latest of each kind in the last hours, and the rest."""
    now = store.now()
    since = now - timedelta(hours=hours)
    known = Runs(store)
    return Status(
        at=now,
        since=since,
        runs=known.last(runs),
        latest=known.latest(since),
        unended=known.unended(since),
        categories=freshness(store),
        changed_at=_changed_at(store),
        revisions=store.collection("revisions").estimated_document_count(),
        stories=size(store),
        links=dict(sorted(Ledger(store, "status").counts().items())),
        owed=_owed(store),
        rejected=_rejected(store),
        next_runs=Locks(store).next_runs(now),
    )


def _changed_at(store: Store) -> datetime | None:
    newest = store.collection("articles").find_one({}, {"updated_at": 1}, sort=[("seq", -1)])
    return newest["updated_at"] if newest else None


def _owed(store: Store) -> list[Owed]:
    """The most links first."""
    chosen = {"kind": {"$in": get_args(LinkKind)}, "state": {"$in": TO_BE_HAD}}
    group = {
        "_id": {"kind": "$kind", "state": "$state", "reason": "$reason"},
        "links": {"$sum": 1},
        "attempts": {"$max": "$attempts"},
    }
    groups = store.collection("links").aggregate(
        [{"$match": chosen}, {"$group": group}, {"$sort": {"links": -1, "_id": 1}}]
    )
    return [Owed(**one["_id"], links=one["links"], attempts=one["attempts"] or 0) for one in groups]


def _rejected(store: Store) -> list[Rejected]:
    group = {"_id": "$stage", "rejects": {"$sum": 1}, "last_at": {"$max": "$last_at"}}
    groups = store.collection("rejects").aggregate(
        [{"$group": group}, {"$sort": {"rejects": -1, "_id": 1}}]
    )
    return [Rejected(one["_id"], one["rejects"], one["last_at"]) for one in groups]
