"""The ledger `links`: every link the site ever showed us, and what became of it."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pymongo import UpdateOne

from crawler.addresses import Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from crawler.addresses import LinkKind
    from crawler.store.connection import Store

State = Literal["new", "asked", "owed", "stored", "rejected", "gone", "expired", "forgotten"]
LEASE_SECONDS = 3600.0
# So often a link is asked for whose answer cannot be read, while the site lists it.
MOST_ATTEMPTS = 3
# Of /proc/<pid>/stat, counted from the field after the state.
STARTED_FIELD = 18
# What is there to be had, as soon as the site shows it; the rest only when told to fetch again.
OPEN: tuple[State, ...] = ("new", "owed", "gone", "expired")
DONE: tuple[State, ...] = ("stored", "rejected")


class Ledger:
    """One run's view of the links. Lease times come from the server's clock."""

    def __init__(self, store: Store, run: str, lease_seconds: float = LEASE_SECONDS) -> None:
        self.collection = store.collection("links")
        self.run = run
        self.lease_seconds = lease_seconds
        pid = os.getpid()
        host = socket.gethostname()
        self.owner = {"host": host, "pid": pid, "started": _started(pid), "run": run}

    def discover(self, links: Iterable[Link]) -> None:
        """Note that these links were seen, before any of them is asked for."""
        updates = [UpdateOne({"_id": link.url}, _sighting(link), upsert=True) for link in links]
        if updates:
            self.collection.bulk_write(updates, ordered=False)

    def claim(
        self, links: Sequence[Link], again: bool = False, claim: str | None = None
    ) -> list[Link]:
        """Lease those of the links that are to be asked for now; `again`: also what is done.

        A link that another run holds, or that this run has asked for, is left out. A call whose
        answer was lost may be made again under the same name of the `claim`.
        """
        urls = [link.url for link in links]
        claim = claim or uuid.uuid4().hex
        free: list[dict[str, Any]] = [
            {"state": {"$in": OPEN}},
            {"state": "asked", "$expr": {"$lt": ["$lease_until", "$$NOW"]}},
            # It may have been the server's bad moment.
            {"state": "rejected", "attempts": {"$lt": MOST_ATTEMPTS}},
        ]
        if again:
            free.append({"state": {"$in": DONE}})
        claimable = {"_id": {"$in": urls}, "owner.run": {"$ne": self.run}, "$or": free}
        lease = {
            "state": "asked",
            "owner": {**self.owner, "claim": claim},
            "lease_until": self._lease_end(),
            "attempts": {"$add": [{"$ifNull": ["$attempts", 0]}, 1]},
        }
        self.collection.update_many(claimable, [{"$set": lease}])
        mine = {"_id": {"$in": urls}, "owner.claim": claim}
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
        kept = {"$literal": reason and reason.encode("utf-8", "replace").decode()}
        change = {"state": state, "reason": kept, "lease_until": None, "fetched_at": "$$NOW"}
        chosen: dict[str, Any] = {"_id": {"$in": list(urls)}, "state": {"$ne": "forgotten"}}
        if not whoever_holds:
            chosen["owner.run"] = {"$in": [self.run, None]}
        self.collection.update_many(chosen, [{"$set": change}])

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
        dead = [owner["run"] for owner in owners if not _runs(owner["pid"], owner.get("started"))]
        expired = {"state": "asked", "$expr": {"$lt": ["$lease_until", "$$NOW"]}}
        reason = "the crawl that asked for it died"
        return self._owe({**here, "owner.run": {"$in": dead}}, reason) + self._owe(expired, reason)

    def _owe(self, which: dict[str, Any], reason: str) -> int:
        change = {"state": "owed", "reason": reason, "lease_until": None}
        return self.collection.update_many(which, [{"$set": change}]).modified_count

    def _mine(self) -> dict[str, Any]:
        return {"state": "asked", "owner.run": self.run}

    def _lease_end(self) -> dict[str, Any]:
        return {"$add": ["$$NOW", int(self.lease_seconds * 1000)]}

    def owed(self, kind: LinkKind) -> list[Link]:
        """Every link of a kind that was seen and is still to be had, by address."""
        owed = {"kind": kind, "state": {"$in": ["new", "owed"]}}
        return [_link(document) for document in self.collection.find(owed).sort("_id")]

    def categories(self) -> list[str]:
        """The slugs of the categories whose page was ever read."""
        return sorted(self.collection.distinct("category", {"kind": "category", "state": "stored"}))

    def counts(self) -> dict[str, int]:
        """How many links are in each state."""
        groups = self.collection.aggregate([{"$group": {"_id": "$state", "n": {"$sum": 1}}}])
        return {group["_id"]: group["n"] for group in groups}


def _sighting(link: Link) -> dict[str, Any]:
    return {
        "$setOnInsert": {
            "kind": link.kind,
            "article": link.article_id,
            "category": link.category,
            "day": _midnight(link.day),
            "state": "new",
            "reason": None,
            "attempts": 0,
            "etag": None,
            "last_modified": None,
        },
        "$min": {"first_seen_at": _now()},
        "$max": {"last_seen_at": _now()},
    }


def _link(document: dict[str, Any]) -> Link:
    day = document["day"].date() if document["day"] else None
    return Link(document["_id"], document["kind"], document["article"], document["category"], day)


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def _now() -> datetime:
    return datetime.now(UTC)


def _runs(pid: int, started: str | None) -> bool:
    """Whether the process that began at a time runs still: numbers are given out again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return started == _started(pid)


def _started(pid: int) -> str | None:
    """When a process began, in the kernel's words; None where they cannot be read."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if state == "Z" else fields[STARTED_FIELD]
