"""The articles of a selection by category and by security, as a set of feeds has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from crawler.store.selection import PLACES
from crawler.store.swap import identities_of

if TYPE_CHECKING:
    from crawler.store.connection import Store
    from crawler.store.selection import Selection

Kind = Literal["all", "category", "symbol"]


@dataclass(frozen=True, slots=True)
class Group:
    """Articles that have something in common: the category or symbol `key`, or nothing (`all`).

    `name`: what the newest article with a name for it calls it; `newest`: when the newest article
    was published, `changed`: when the last change of one was observed, `seq`: the number of that
    change. Any change among the articles changes `seq` or their number.
    """

    kind: Kind
    key: str
    name: str | None = None
    articles: int = 0
    seq: int = 0
    newest: datetime | None = None
    changed: datetime | None = None


def steps(selection: Selection) -> list[dict[str, Any]]:
    """The aggregation of all articles, of each category and of each symbol."""
    security = {"kind": "symbol", "key": "$$one.symbol", "name": "$$one.name"}
    memberships = [
        [{"kind": "all", "key": ""}],
        [{"kind": "category", "key": "$category", "name": "$category_name"}],
        {"$map": {"input": "$securities", "as": "one", "in": security}},
    ]
    named = {"at": "$published_at", "article": "$_id", "name": "$in.name"}
    group = {
        "_id": {"kind": "$in.kind", "key": "$in.key"},
        "articles": {"$sum": 1},
        "seq": {"$max": "$seq"},
        "newest": {"$max": "$published_at"},
        "changed": {"$max": "$updated_at"},
        # Documents are compared field by field, so the newest article's name is the greatest.
        "named": {"$max": {"$cond": [{"$gt": ["$in.name", None]}, named, None]}},
    }
    told = {"seq": 1, "published_at": 1, "updated_at": 1}
    return [
        {"$match": selection.as_query()},
        {"$project": {**told, "in": {"$concatArrays": memberships}}},
        {"$unwind": "$in"},
        {"$match": {"in.key": {"$ne": None}}},
        {"$group": group},
        {"$sort": {"_id": 1}},
    ]


def to_group(document: dict[str, Any]) -> Group:
    """A group, by a document that the aggregation gives."""
    values = {name: value for name, value in document.items() if name not in ("_id", "named")}
    return Group(**document["_id"], **values, name=(document["named"] or {}).get("name"))


def members(selection: Selection, group: Group) -> dict[str, Any]:
    """The filter of the selected articles that are in a group."""
    query = selection.as_query()
    if group.kind == "all":
        return query
    # The selection may itself ask for a category or symbol, and for another one.
    return {"$and": [{PLACES[group.kind]: group.key}, query]}


def identity_of(store: Store) -> str:
    """What tells the articles of a store from those of another, or of itself once restored."""
    return str(identities_of(store.database)["articles"])
