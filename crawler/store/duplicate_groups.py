"""Groups of articles that tell the same story, as people look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crawler.store.duplicates import IS_DUPLICATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.store.connection import Store

TOLD = ("published_at", "source", "category", "title", "duplicate_of")
BY_SIZE = {"articles": -1, "_id": 1}


@dataclass(frozen=True, slots=True)
class Member:
    """An article of a group; times are in UTC."""

    id: str
    published_at: datetime | None
    source: str | None
    category: str | None
    title: str | None
    duplicate_of: str | None


@dataclass(frozen=True, slots=True)
class Size:
    """How many groups there are, and how many articles are duplicates of their roots."""

    groups: int
    duplicates: int


def size(store: Store) -> Size:
    """Count groups and duplicates, by their index."""
    by_root = {"_id": "$duplicate_of", "duplicates": {"$sum": 1}}
    total = {"_id": None, "groups": {"$sum": 1}, "duplicates": {"$sum": "$duplicates"}}
    found = store.collection("articles").aggregate(
        [{"$match": IS_DUPLICATE}, {"$group": by_root}, {"$group": total}]
    )
    for one in found:
        return Size(one["groups"], one["duplicates"])
    return Size(0, 0)


def largest(store: Store, most: int) -> list[tuple[int, Member]]:
    """The groups of the most articles, each with its size and its root."""
    by_root = {"_id": "$duplicate_of", "articles": {"$sum": 1}}
    articles = store.collection("articles")
    found = list(
        articles.aggregate(
            [{"$match": IS_DUPLICATE}, {"$group": by_root}, {"$sort": BY_SIZE}, {"$limit": most}]
        )
    )
    query = {"_id": {"$in": [one["_id"] for one in found]}}
    roots = {one["_id"]: _member(one) for one in articles.find(query, dict.fromkeys(TOLD, 1))}
    # A root that was taken out just now has no group.
    return [(one["articles"] + 1, roots[one["_id"]]) for one in found if one["_id"] in roots]


def members(store: Store, root: str) -> Iterator[Member]:
    """The articles of a group, the root first, then by the time at which they were published."""
    articles = store.collection("articles")
    of_group = {"$or": [{"_id": root}, {"duplicate_of": root}]}
    found = articles.find(of_group, dict.fromkeys(TOLD, 1))
    yield from sorted(map(_member, found), key=lambda one: (one.id != root, _place(one), one.id))


def _place(member: Member) -> tuple[bool, datetime | None]:
    return member.published_at is None, member.published_at


def _member(document: dict[str, Any]) -> Member:
    return Member(document["_id"], *(document.get(name) for name in TOLD))
