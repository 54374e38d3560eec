"""Which articles are wanted: as a query to the store, and as a test of one article at hand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from crawler.article import SHANGHAI
from crawler.store.search import found_in, search_query

if TYPE_CHECKING:
    from crawler.article import Article
    from crawler.store.connection import Store

# What a selection asks for by one value, and where an article has it.
PLACES = {
    "category": "category",
    "symbol": "securities.symbol",
    "board": "boards.code",
    "source": "source",
    "tag": "tags",
}
IN_ORDER = [("published_at", 1), ("_id", 1)]


@dataclass(frozen=True, slots=True)
class Selection:
    """Articles for which all that is given holds; ranges include both ends.

    `search`: words, each of which title, digest or text hold. Duplicates (`duplicate_of` tells of
    what) are left out unless asked for.
    """

    category: str | None = None
    symbol: str | None = None
    board: str | None = None
    source: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    updated_since: datetime | None = None
    search: tuple[str, ...] = ()
    include_duplicates: bool = False

    def as_query(self) -> dict[str, Any]:
        """The filter by which the store finds them, but for the words that are searched."""
        query: dict[str, Any] = {
            place: getattr(self, name) for name, place in PLACES.items() if getattr(self, name)
        }
        published = {"$gte": self.since, "$lte": self.until}
        if told := {key: time for key, time in published.items() if time is not None}:
            query["published_at"] = told
        if self.updated_since is not None:
            query["updated_at"] = {"$gte": self.updated_since}
        if not self.include_duplicates:
            query["duplicate_of"] = None
        return query

    def as_search(self) -> dict[str, Any]:
        """The filter of the texts that hold the words."""
        query = self.as_query()
        published = {"published_at": query["published_at"]} if "published_at" in query else {}
        return published | search_query(self.search)

    def holds(self, article: Article) -> bool:
        """Whether an article is one of them."""
        told: dict[str, set[str | None]] = {
            "category": {article.category},
            "symbol": {security.symbol for security in article.securities},
            "board": {board.code for board in article.boards},
            "source": {article.source},
            "tag": {*article.tags},
        }
        return (
            all(not getattr(self, name) or getattr(self, name) in told[name] for name in PLACES)
            and self._is_in_range(article.published_at)
            and (self.updated_since is None or article.updated_at >= self.updated_since)
            and (self.include_duplicates or article.duplicate_of is None)
            and found_in(article, self.search)
        )

    def _is_in_range(self, time: datetime | None) -> bool:
        if time is None:
            return self.since is None and self.until is None
        return (self.since is None or time >= self.since) and (
            self.until is None or time <= self.until
        )

    def told(self) -> dict[str, Any]:
        """What is asked for, by its names: as the store remembers it, and a person reads it."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: _plain(value) for name, value in values.items() if value}


def _plain(value: Any) -> Any:
    """A value in the one form that means it: times in one zone, words in one order."""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat()
    return sorted(set(value)) if isinstance(value, tuple) else value


def known_categories(store: Store) -> dict[str, str]:
    """The slugs that are known, by their lower case; an article's spelling goes before."""
    known: dict[str, str] = {}
    for name in ("links", "articles"):
        slugs = [slug for slug in store.collection(name).distinct("category") if slug]
        # Of two spellings the one with capitals: addresses tell a slug in lower case only.
        known |= {slug.casefold(): slug for slug in sorted(slugs, reverse=True)}
    return known


def category_named(store: Store, name: str) -> str | None:
    """The slug of a category by its name; None when no article tells it."""
    found = store.collection("articles").find_one({"category_name": name}, {"category": 1})
    return found["category"] if found else None


def why_nothing(store: Store, selection: Selection) -> str | None:
    """What keeps a selection from finding anything, if it can be told in a line."""
    articles = store.collection("articles")
    if articles.find_one({}, {"_id": 1}) is None:
        return f"the store at {store.place} has none in {store.database.name}"
    for name in ("source", "tag"):
        told = getattr(selection, name)
        if told and articles.find_one({PLACES[name]: told}, {"_id": 1}) is None:
            known = [one for one in articles.distinct(PLACES[name]) if one]
            near = get_close_matches(told, known, n=1)
            return f"none has the {name} {told}" + (f", but {near[0]}" if near else "")
    return None
