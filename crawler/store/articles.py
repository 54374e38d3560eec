"""The collection `articles`: each article once, merged from all its sources."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import bson
import pymongo
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne
from pymongo.read_concern import ReadConcern

from crawler.article import TRANSIENT, Article, Observation
from crawler.merge import Version, is_revision, merge
from crawler.store.documents import SOURCES, to_article, to_document, to_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pymongo.client_session import ClientSession

    from crawler.article import ArticleItem
    from crawler.store.connection import Store

PATIENCE_SECONDS = 30.0
Outcome = Literal["new", "changed", "unchanged", "rejected"]
# MongoDB takes documents of 16 MiB; the rest is room for the command around it.
LARGEST_DOCUMENT = 16 * 1024 * 1024 - 64 * 1024
COMPARED = tuple(f.name for f in fields(Observation) if f.name not in {*TRANSIENT, "observed_at"})


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one item of a batch; `reason` tells why it was rejected."""

    outcome: Outcome
    article: Article | None
    reason: str | None = None


class Articles:
    """Writes batches of items and reads articles back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.collection = store.collection("articles")
        self.links = store.collection("links")

    def write(self, batch: Sequence[ArticleItem]) -> list[Written]:
        """Store a batch, and mark its links `stored`, in one transaction; one answer an item.

        Items of one id are merged one after the other. An item that MongoDB cannot take is
        `rejected` and holds up no other.
        """
        # Of its own accord pymongo would try for two minutes, batch after batch.
        with pymongo.timeout(PATIENCE_SECONDS), self.store.client.start_session() as session:
            return session.with_transaction(
                lambda inside: self._write(batch, inside), read_concern=ReadConcern("snapshot")
            )

    def _write(self, batch: Sequence[ArticleItem], session: ClientSession) -> list[Written]:
        ids = list({item.id for item in batch})
        found = self.collection.find({"_id": {"$in": ids}}, session=session)
        documents: dict[str, dict[str, Any]] = {document["_id"]: document for document in found}
        changes: dict[str, RawBSONDocument] = {}
        answers: list[Written] = []
        stored: list[str] = []
        for item in batch:
            answer, document = _apply(item, documents.get(item.id))
            answers.append(answer)
            if answer.outcome == "rejected":
                continue
            stored.extend(item.links)
            if document is not None:
                documents[item.id] = document
                changes[item.id] = RawBSONDocument(bson.encode(document))
        if changes:
            self.collection.bulk_write(
                [ReplaceOne({"_id": key}, raw, upsert=True) for key, raw in changes.items()],
                ordered=False,
                session=session,
            )
        if stored:
            done = {"state": "stored", "fetched_at": "$$NOW", "reason": None, "lease_until": None}
            self.links.update_many({"_id": {"$in": stored}}, [{"$set": done}], session=session)
        return answers

    def name_categories(self, slugs: Iterable[str]) -> int:
        """Give its slug to a category that articles know in lower case only; how many they were.

        The address of a post without a footer tells no more.
        """
        named = {slug.casefold(): slug for slug in slugs if slug != slug.casefold()}
        found = self.collection.find({"category": {"$in": list(named)}}, {"_id": 1})
        return sum(self._name_category(document["_id"], named) for document in found)

    def _name_category(self, article_id: str, named: dict[str, str]) -> bool:
        """The same for one article, read and written in one transaction."""

        def rename(session: ClientSession) -> bool:
            document = self.collection.find_one({"_id": article_id}, session=session)
            renamed = _renamed(document, named) if document else None
            if renamed is not None:
                self.collection.replace_one({"_id": article_id}, renamed, session=session)
            return renamed is not None

        with pymongo.timeout(PATIENCE_SECONDS), self.store.client.start_session() as session:
            return session.with_transaction(rename, read_concern=ReadConcern("snapshot"))

    def get(self, article_id: str) -> Article | None:
        """One article, or None."""
        document = self.collection.find_one({"_id": article_id}, {SOURCES: 0})
        return to_article(document) if document else None

    def select(self) -> Iterator[Article]:
        """Every article, by (published_at, id)."""
        cursor = self.collection.find({}, {SOURCES: 0}).sort([("published_at", 1), ("_id", 1)])
        with cursor:
            yield from map(to_article, cursor)

    def count(self) -> int:
        """How many articles there are."""
        return self.collection.count_documents({})


def _apply(
    item: ArticleItem, document: dict[str, Any] | None
) -> tuple[Written, dict[str, Any] | None]:
    """The outcome of an item, and the document to be written, None when nothing changes."""
    try:
        versions = to_versions(document) if document else {}
        old = to_article(document) if document else None
        article = observe(old, versions, item.observations)
        if old is not None and document is not None and article == old:
            return Written("unchanged", article), None
        new = to_document(article, versions)
        size = len(bson.encode(new))
    except Exception as error:
        return Written("rejected", None, f"{type(error).__name__}: {error}"), None
    if size > LARGEST_DOCUMENT:
        return Written("rejected", None, f"{size:,} bytes, more than MongoDB takes"), None
    return Written("changed" if old else "new", article), new


def _renamed(document: dict[str, Any], named: dict[str, str]) -> dict[str, Any] | None:
    """The document of an article after its category got its slug; None when nothing changes."""
    old, versions = to_article(document), to_versions(document)
    for version in versions.values():
        observation = version.observation
        if not observation.category_certain:
            observation.category = named.get(observation.category or "", observation.category)
    new = replace(merge(versions.values()), revision=old.revision)
    return to_document(new, versions) if new.category != old.category else None


def observe(
    old: Article | None, versions: dict[str, Version], observations: Iterable[Observation]
) -> Article:
    """The article after more observations, whose versions are updated in place.

    The revision grows when title, text or date changed at a source that had told them before; a
    further source joining is none. An observation older than the one known changes no more than
    when the article was first seen.
    """
    revision = old.revision if old else 1
    for observation in observations:
        known = versions.get(observation.key)
        if known is None:
            time = observation.observed_at
            versions[observation.key] = Version(observation, time, time)
            continue
        before = merge(versions.values())
        versions[observation.key] = _next_version(known, observation)
        revision += is_revision(before, merge(versions.values()))
    return replace(merge(versions.values()), revision=revision)


def _next_version(known: Version, observation: Observation) -> Version:
    time = observation.observed_at
    first_seen_at = min(known.first_seen_at, time)
    if _same(known.observation, observation):
        return Version(known.observation, first_seen_at, min(known.since, time))
    if time < known.since:
        return replace(known, first_seen_at=first_seen_at)
    return Version(observation, first_seen_at, time)


def _same(one: Observation, other: Observation) -> bool:
    return all(_told(one, name) == _told(other, name) for name in COMPARED)


def _told(observation: Observation, name: str) -> Any:
    """A value to be compared: of a category that an address told, its letters in any case."""
    value = getattr(observation, name)
    if name == "category" and value and not observation.category_certain:
        return value.casefold()
    return value
