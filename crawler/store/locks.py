"""The collection `locks`: which crawls of the schedule run, and when each is due again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo.errors import DuplicateKeyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.store.connection import Store

# A lease is renewed when this part of it has passed.
PART = 0.25
# Before the name of a crawl, in its document's id.
CRAWL = "crawl:"
FREE = {"$expr": {"$lte": [{"$ifNull": ["$until", None]}, "$$NOW"]}}


@dataclass(frozen=True, slots=True)
class Next:
    """When a crawl of the schedule is due; `host` runs it now, or did so last."""

    crawl: str
    next_at: datetime
    running: bool
    host: str | None


class Locks:
    """The leases by which a crawl of the schedule has one run at a time.

    A run holds it by its own name. Times are by the server's clock.
    """

    def __init__(self, store: Store) -> None:
        self.collection = store.collection("locks")

    def take(self, crawl: str, run: str, host: str, seconds: float) -> bool:
        """Whether a run holds the crawl from now on, for so many seconds."""
        key = {"_id": CRAWL + crawl}
        self._upsert(key, {"$setOnInsert": {"until": None}})
        held = {"until": _in(seconds), "holder": {"$literal": run}, "host": {"$literal": host}}
        # An answer that was lost on its way is asked for again.
        free = {**key, "$or": [FREE, {"holder": run}]}
        return bool(self.collection.update_one(free, [{"$set": held}]).matched_count)

    def renew(self, crawl: str, run: str, seconds: float) -> bool:
        """Hold a crawl for longer; False when another run took it."""
        own = {"_id": CRAWL + crawl, "holder": run}
        longer = [{"$set": {"until": _in(seconds)}}]
        return bool(self.collection.update_one(own, longer).matched_count)

    def release(self, crawl: str, run: str) -> None:
        """Let another run have the crawl, if this one holds it."""
        own = {"_id": CRAWL + crawl, "holder": run}
        self.collection.update_one(own, {"$set": {"until": None, "holder": None}})

    def note_next(self, crawl: str, at: datetime) -> None:
        """Note when a crawl is due."""
        self._upsert({"_id": CRAWL + crawl}, {"$set": {"next_at": at}})

    def forget_others(self, crawls: Iterable[str]) -> None:
        """Forget the crawls that no schedule has any more, but those that run."""
        others = {"$regex": f"^{CRAWL}", "$nin": [CRAWL + crawl for crawl in crawls]}
        self.collection.delete_many({"_id": others, **FREE})

    def next_runs(self, now: datetime) -> list[Next]:
        """When each crawl is due; what is due first comes first."""
        chosen = {"_id": {"$regex": f"^{CRAWL}"}, "next_at": {"$type": "date"}}
        return [
            Next(
                crawl=one["_id"].removeprefix(CRAWL),
                next_at=one["next_at"],
                running=bool(one.get("until") and one["until"] > now),
                host=one.get("host"),
            )
            for one in self.collection.find(chosen).sort([("next_at", 1), ("_id", 1)])
        ]

    def _upsert(self, key: dict[str, Any], change: dict[str, Any]) -> None:
        try:
            self.collection.update_one(key, change, upsert=True)
        except DuplicateKeyError:
            # Another made the document at the same moment.
            self.collection.update_one(key, change)


def _in(seconds: float) -> dict[str, Any]:
    return {"$add": ["$$NOW", int(seconds * 1000)]}
