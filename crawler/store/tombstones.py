"""The collection `tombstones`: articles that were taken out for good, and never come back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.store.counter import Counter
from crawler.store.duplicates import Duplicates
from crawler.store.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.client_session import ClientSession

    from crawler.store.connection import Store


def _may_hold(article_id: str) -> list[dict[str, Any]]:
    """Rejects whose article is not known: files named by it, and feeds as a whole."""
    named = {"$regex": rf"(^|[/-]){re.escape(article_id)}\."}
    return [{"article": None, "url": named}, {"article": None, "kind": "feed"}]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many documents were taken out."""

    articles: int
    revisions: int
    rejects: int
    links: int

    @property
    def anything(self) -> bool:
        """Whether the store knew the article at all."""
        return any((self.articles, self.revisions, self.rejects, self.links))


class Tombstones:
    """Takes articles out, and tells which were."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.collection = store.collection("tombstones")
        self.counter = Counter(store.database)
        self.duplicates = Duplicates(store.database)

    def among(self, ids: Iterable[str], session: ClientSession | None = None) -> set[str]:
        """Those of the ids that were taken out."""
        found = self.collection.find({"_id": {"$in": list(ids)}}, {"_id": 1}, session=session)
        return {document["_id"] for document in found}

    def forget(self, article_id: str) -> Forgotten:
        """Take an article out: its document, revisions, raw inputs; its links are asked no more.

        One transaction. Of an id that nothing is known of, nothing is written.
        """
        return self.store.transaction(lambda session: self._forget(article_id, session))

    def _forget(self, article_id: str, session: ClientSession) -> Forgotten:
        of_article = {"article": article_id}
        links = self.store.collection("links")
        urls = [link["_id"] for link in links.find(of_article, {"_id": 1}, session=session)]
        stored = self.store.collection("articles").find_one_and_delete(
            {"_id": article_id}, {"duplicate_of": 1}, session=session
        )
        self.store.collection(TEXTS).delete_one({"_id": article_id}, session=session)
        revisions = self.store.collection("revisions").delete_many(of_article, session=session)
        rejects = self.store.collection("rejects").delete_many(
            {"$or": [of_article, {"url": {"$in": urls}}, *_may_hold(article_id)]}, session=session
        )
        state = {"state": "forgotten", "reason": None, "lease_until": None}
        links.update_many(of_article, {"$set": state}, session=session)
        counts = (revisions.deleted_count, rejects.deleted_count)
        forgotten = Forgotten(1 if stored else 0, *counts, len(urls))
        before = seq = self.counter.read(session)
        if forgotten.anything and not self.among([article_id], session):
            seq += 1
            tomb = {"seq": seq, "forgotten_at": "$$NOW"}
            self.collection.update_one(
                {"_id": article_id}, [{"$set": tomb}], upsert=True, session=session
            )
        if stored:
            roots = self.duplicates.regroup([], {article_id: stored["duplicate_of"]}, session)
            seq = self.duplicates.write(roots, seq, session)
        self.counter.advance(before, seq, session)
        return forgotten
