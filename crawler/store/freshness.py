"""When articles were published, category by category."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.store.connection import Store

# Holds all that is asked here, so no article is read.
BY_CATEGORY = [("category", 1), ("published_at", 1), ("_id", 1)]


@dataclass(frozen=True, slots=True)
class Fresh:
    """A category (None: articles without one), its articles, and when the newest was published."""

    category: str | None
    articles: int
    newest: datetime | None


def published_lately(store: Store, since: datetime, until: datetime) -> dict[str, list[datetime]]:
    """When each category published in a range of time, both ends included, in order."""
    chosen = {"category": {"$gt": ""}, "published_at": {"$gte": since, "$lte": until}}
    group = {"_id": "$category", "times": {"$push": "$published_at"}}
    groups = store.collection("articles").aggregate(
        [{"$match": chosen}, {"$group": group}], hint=dict(BY_CATEGORY)
    )
    return {one["_id"]: sorted(one["times"]) for one in groups}


def freshness(store: Store) -> list[Fresh]:
    """Every category, the one with the newest article first."""
    group = {"_id": "$category", "n": {"$sum": 1}, "newest": {"$max": "$published_at"}}
    order = {"newest": -1, "_id": 1}
    groups = store.collection("articles").aggregate(
        [{"$group": group}, {"$sort": order}], hint=dict(BY_CATEGORY)
    )
    return [Fresh(one["_id"], one["n"], one["newest"]) for one in groups]
