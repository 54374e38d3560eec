"""The ledger `links`: every link the site ever showed us, and what became of it."""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pymongo import UpdateMany, UpdateOne

from crawler.addresses import Link
from crawler.fetched import Fetched
from crawler.store.link_changes import State, fetched_fields, settled
from crawler.store.processes import is_running, started_at
from crawler.store.regrouping import portions
from crawler.store.withdrawals import BACK, WITHDRAWN_SEQ, Withdrawals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.addresses import LinkKind
    from crawler.store.connection import Store

LEASE_SECONDS = 3600.0
# So often a link is asked for whose answer cannot be read, while the site lists it.
MOST_ATTEMPTS = 3
# What is there to be had, as soon as the site shows it; the rest only when told to fetch again.
OPEN: tuple[State, ...] = ("new", "owed", "gone", "expired")
DONE: tuple[State, ...] = ("stored", "rejected")
LISTS = ("feed", "home", "category")
# So many links are read from the ledger at a time.
PAGE = 1000
# So many are written in one call: what tells the server of a link is larger than the link.
MOST_WRITTEN = 500
# What is owed by its time; links that were never owed have none.
MAY_BE_TRIED: dict[str, Any] = {
    "$or": [
        {"next_try_at": {"$type": "date"}, "$expr": {"$lte": ["$next_try_at", "$$NOW"]}},
        {"next_try_at": {"$exists": False}},
        {"state": {"$ne": "owed"}},
    ]
}


@dataclass(frozen=True, slots=True)
class ListSeen:
    """What is known of a page that lists posts.

    `read_at`: when all that it listed was taken into the ledger, or it was found to be unreadable;
    None when neither ever was. `age`: how many seconds ago. `oldest`: the day of the oldest post
    that it listed.
    """

    link: Link
    state: State
    read_at: datetime | None = None
    age: float | None = None
    oldest: date | None = None
    fetched: Fetched = field(default_factory=Fetched)

    def is_due(self, every: float) -> bool:
        """Whether it is to be asked for, when that is done every so many seconds."""
        is_read = self.state in ("stored", "rejected") and self.age is not None
        return not is_read or self.age is None or self.age >= every


class Ledger:
    """One run's view of the links. Times to come are told by the server's clock.

    `looks`: seconds after its first sight at which a stored post is looked at again.
    """

    def __init__(
        self,
        store: Store,
        run: str,
        lease_seconds: float = LEASE_SECONDS,
        looks: Sequence[float] = (),
    ) -> None:
        self.collection = store.collection("links")
        self.withdrawals = Withdrawals(store)
        self.now = store.now
        self.run = run
        self.lease_seconds = lease_seconds
        self.looks = looks
        pid = os.getpid()
        host = socket.gethostname()
        self.owner = {"host": host, "pid": pid, "started": started_at(pid), "run": run}

    def first_seen(self, links: Iterable[Link]) -> dict[str, datetime]:
        """By address, when those of the links that are in the ledger were first seen."""
        among = {"_id": {"$in": [link.url for link in links]}}
        found = self.collection.find(among, {"first_seen_at": 1})
        return {document["_id"]: document["first_seen_at"] for document in found}

    def discover(self, links: Iterable[Link]) -> None:
        """Note that these links were seen, before any of them is asked for."""
        for some in portions(links, MOST_WRITTEN):
            self.collection.bulk_write(_sightings(some), ordered=False)

    def claim(
        self,
        links: Sequence[Link],
        again: bool = False,
        claim: str | None = None,
        by_name: bool = False,
    ) -> list[Link]:
        """Lease those of the links that are to be asked for now.

        `again`: also what is done. `by_name`: also what is owed, but not to be tried yet.

        A link that another run holds, or that this run has asked for, is left out. A call whose
        answer was lost may be made again under the same name of the `claim`.
        """
        claim = claim or uuid.uuid4().hex
        lease = self._lease(links, again, claim, by_name)
        claimed = self.collection.bulk_write([lease]).matched_count
        return self._claimed(links, claim, claimed)

    def take(
        self, links: Sequence[Link], again: bool, claim: str, by_name: bool = False
    ) -> list[Link]:
        """Note that these links were seen, and lease those that are to be asked for now."""
        taken: list[Link] = []
        for some in portions(links, MOST_WRITTEN):
            lease = self._lease(some, again, claim, by_name)
            done = self.collection.bulk_write([*_sightings(some), lease])
            # What was in the ledger already is matched by its sighting too.
            number = done.matched_count + done.upserted_count - len(some)
            taken += self._claimed(some, claim, number)
        return taken

    def _lease(self, links: Sequence[Link], again: bool, claim: str, by_name: bool) -> UpdateMany:
        """What leases those of the links that are to be asked for now."""
        free: list[dict[str, Any]] = [
            {"state": {"$in": OPEN}, **({} if again or by_name else MAY_BE_TRIED)},
            {"state": "asked", "$expr": {"$lt": ["$lease_until", "$$NOW"]}},
            # It may have been the server's bad moment.
            {"state": "rejected", "attempts": {"$lt": MOST_ATTEMPTS}},
        ]
        if again:
            free.append({"state": {"$in": DONE}})
        urls = [link.url for link in links]
        claimable = {"_id": {"$in": urls}, "owner.run": {"$ne": self.run}, "$or": free}
        lease = {
            "state": "asked",
            "owner": {**self.owner, "claim": claim},
            "lease_until": self._lease_end(),
            "attempts": {"$add": [{"$ifNull": ["$attempts", 0]}, 1]},
        }
        return UpdateMany(claimable, [{"$set": lease}])

    def _claimed(self, links: Sequence[Link], claim: str, number: int) -> list[Link]:
        """Those of the links that are leased under the name of a claim, so many of them."""
        if number == len(links):
            return list(links)
        mine = {"_id": {"$in": [link.url for link in links]}, "owner.claim": claim}
        claimed = {document["_id"] for document in self.collection.find(mine, {"_id": 1})}
        return [link for link in links if link.url in claimed]

    def settle(
        self,
        urls: Iterable[str],
        state: State,
        reason: str | None = None,
        whoever_holds: bool = False,
    ) -> None:
        """Write down what became of links.

        But not of those that another run has claimed since, unless it is to be so whoever holds
        them; and never of forgotten ones.
        """
        chosen: dict[str, Any] = {"_id": {"$in": list(urls)}, "state": {"$ne": "forgotten"}}
        if not whoever_holds:
            chosen["owner.run"] = {"$in": [self.run, None]}
        change = settled(state, reason, self.looks)
        if state == "expired":
            change |= BACK
        if state == "gone":
            self.withdrawals.note(chosen, change)
        else:
            self.collection.update_many(chosen, [{"$set": change}])

    def postpone(self, link: Link, seconds: float, reason: str) -> None:
        """Note that a claimed link was not asked for, and is not to be for so many seconds."""
        change = settled("owed", reason) | {
            "attempts": {"$max": [0, {"$subtract": ["$attempts", 1]}]},
            "next_try_at": {"$add": ["$$NOW", int(seconds * 1000)]},
        }
        mine = {"_id": link.url, "owner.run": {"$in": [self.run, None]}}
        self.collection.update_one(mine, [{"$set": change}])

    def reopen(self, links: Sequence[Link]) -> None:
        """Note that posts are to be had again that the site did not have earlier."""
        lost = {"_id": {"$in": [link.url for link in links]}, "state": {"$in": ["gone", "expired"]}}
        self.collection.update_many(lost, {"$set": {"state": "new", "fetched_at": None}})

    def unchanged(self, link: Link, fetched: Fetched | None = None) -> None:
        """Note that what is stored of a link is still so, whatever validators it has now."""
        change = settled("stored", None, self.looks) | (fetched_fields(fetched) if fetched else {})
        if link.kind in LISTS:
            change["read_at"] = "$$NOW"
        mine = {"_id": link.url, "owner.run": {"$in": [self.run, None]}}
        before = self.collection.find_one_and_update(mine, [{"$set": change}])
        if before and WITHDRAWN_SEQ in before:
            self.withdrawals.take_back(link.url)

    def list_read(
        self, link: Link, taken: Fetched | None = None, oldest: date | None = None
    ) -> None:
        """Note that a page that lists posts was read.

        `taken`: given once all that it lists is in the ledger, not earlier, for it is not asked for
        again while its answer is the same. Without it the page is still due.
        """
        change = settled("stored") | fetched_fields(taken or Fetched()) | {"read_at": None}
        if taken is not None:
            change |= {"read_at": "$$NOW", "oldest": {"$literal": _midnight(oldest)}}
        self.collection.update_one({"_id": link.url}, [{"$set": change}])

    def renew(self) -> int:
        """Hold for longer what this run has asked for; how many links that are."""
        lease = {"lease_until": self._lease_end()}
        held = self.collection.update_many(self._mine(), [{"$set": lease}])
        return held.matched_count

    def release(self) -> int:
        """Give back what this run leaves unanswered; how many links that are."""
        return self._owe(self._mine(), "the crawl ended before it was answered")

    def release_dead(self) -> int:
        """Give back what was asked for by processes that are no more; how many links that are.

        Of this machine's processes it is known which live; those of others have their lease.
        """
        here = {"state": "asked", "owner.host": self.owner["host"]}
        who = {"run": "$owner.run", "pid": "$owner.pid", "started": "$owner.started"}
        groups = self.collection.aggregate([{"$match": here}, {"$group": {"_id": who}}])
        owners = [group["_id"] for group in groups]
        dead = [
            owner["run"] for owner in owners if not is_running(owner["pid"], owner.get("started"))
        ]
        expired = {"state": "asked", "$expr": {"$lt": ["$lease_until", "$$NOW"]}}
        reason = "the crawl that asked for it died"
        return self._owe({**here, "owner.run": {"$in": dead}}, reason) + self._owe(expired, reason)

    def _owe(self, which: dict[str, Any], reason: str) -> int:
        change = {"state": "owed", "reason": reason, "lease_until": None, "next_try_at": "$$NOW"}
        return self.collection.update_many(which, [{"$set": change}]).modified_count

    def _mine(self) -> dict[str, Any]:
        return {"state": "asked", "owner.run": self.run}

    def _lease_end(self) -> dict[str, Any]:
        return {"$add": ["$$NOW", int(self.lease_seconds * 1000)]}

    def owed(self, kind: LinkKind, after: str = "", limit: int = 0) -> list[Link]:
        """Links of a kind that were seen and are still to be had, by address; 0 for all of them."""
        return self._page({"kind": kind, "state": {"$in": ["new", "owed"]}}, after, limit)

    def to_be_tried(self, kind: LinkKind, after: str = "") -> list[Link]:
        """The next page of what is owed and may be tried now."""
        owed = {"kind": kind, "state": {"$in": ["new", "owed"]}}
        return self._page(owed | MAY_BE_TRIED, after, PAGE)

    def to_be_looked_at(self, after: str = "") -> list[Link]:
        """The next page of the stored posts that are to be looked at again."""
        due = {"kind": "post", "state": "stored", "next_look_at": {"$lte": self.now()}}
        return self._page(due, after, PAGE)

    def not_had(self, links: Iterable[Link]) -> set[str]:
        """The addresses of those of the links that were never had, nor given up."""
        urls = [link.url for link in links]
        open_still = {"_id": {"$in": urls}, "state": {"$in": ["new", "owed"]}}
        chosen = {**open_still, WITHDRAWN_SEQ: {"$exists": False}}
        return {document["_id"] for document in self.collection.find(chosen, {"_id": 1})}

    def fetched(self, links: Iterable[Link]) -> dict[str, Fetched]:
        """By address, what is known of those links that are stored."""
        among = {"_id": {"$in": [link.url for link in links]}}
        return {document["_id"]: _fetched(document) for document in self.collection.find(among)}

    def lists(self) -> dict[str, ListSeen]:
        """By address, what is known of the pages that list posts."""
        now = self.now()
        found = self.collection.find({"kind": {"$in": LISTS}})
        return {document["_id"]: _list_seen(document, now) for document in found}

    def _page(self, chosen: dict[str, Any], after: str, limit: int) -> list[Link]:
        which = {**chosen, "_id": {"$gt": after}}
        found = self.collection.find(which).sort("_id").limit(limit)
        return [link_of(document) for document in found]

    def categories(self) -> list[str]:
        """The slugs of the categories whose page was ever read and is not gone."""
        read = {"$or": [{"state": "stored"}, {"read_at": {"$ne": None}}]}
        there = {"kind": "category", "state": {"$nin": ["gone", "expired"]}, **read}
        return sorted(self.collection.distinct("category", there))

    def counts(self) -> dict[str, int]:
        """How many links are in each state."""
        groups = self.collection.aggregate([{"$group": {"_id": "$state", "n": {"$sum": 1}}}])
        return {group["_id"]: group["n"] for group in groups}


def _sightings(links: Iterable[Link]) -> list[UpdateOne]:
    return [UpdateOne({"_id": link.url}, _sighting(link), upsert=True) for link in links]


def _sighting(link: Link) -> list[dict[str, Any]]:
    told = {
        "kind": link.kind,
        "article": link.article_id,
        "category": link.category,
        "day": _midnight(link.day),
    }
    unknown = {"state": "new", "reason": None, "attempts": 0, "etag": None, "last_modified": None}
    first: list[Any] = [{"$literal": told | unknown}, {"first_seen_at": "$$NOW"}]
    # What a link has already stays.
    return [{"$replaceWith": {"$mergeObjects": [*first, "$$ROOT", {"last_seen_at": "$$NOW"}]}}]


def link_of(document: dict[str, Any]) -> Link:
    """The link of a document."""
    day = document["day"].date() if document["day"] else None
    return Link(document["_id"], document["kind"], document["article"], document["category"], day)


def _fetched(document: dict[str, Any]) -> Fetched:
    names = ("etag", "last_modified", "digest")
    return Fetched(*(document.get(name) for name in names))


def _list_seen(document: dict[str, Any], now: datetime) -> ListSeen:
    read_at = document.get("fetched_at" if document["state"] == "rejected" else "read_at")
    oldest = document.get("oldest")
    return ListSeen(
        link_of(document),
        document["state"],
        read_at,
        (now - read_at).total_seconds() if read_at else None,
        oldest.date() if oldest else None,
        _fetched(document),
    )


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
