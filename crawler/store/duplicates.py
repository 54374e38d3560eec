"""Groups of articles that tell the same story: who is a duplicate of whom.

Two articles are tied when they share a band and their stories are the same, which depends on
nothing but the two; a group is what ties hold together, and its root is the article that was
published first. So groups do not depend on the order in which articles came. An article knows the
root of its group (`duplicate_of`); of groups nothing else is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from crawler.store.documents import SEQ
from crawler.store.regrouping import BODY, HEAD, Loose, Regrouping, portions, story_in
from crawler.store.texts import TEXTS
from crawler.stories.signature import signature_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pymongo.client_session import ClientSession
    from pymongo.database import Database

    from crawler.store.regrouping import Roots
    from crawler.store.texts import Text

    Document = dict[str, Any]

# Any text, and not null.
IS_DUPLICATE = {"duplicate_of": {"$gt": ""}}


class Duplicates:
    """Keeps the groups of a store, in the transactions in which articles change."""

    def __init__(self, database: Database[Document]) -> None:
        self.articles = database["articles"]
        self.texts = database[TEXTS]

    def regroup(
        self,
        texts: Iterable[Text],
        known: Mapping[str, str | None],
        session: ClientSession,
        seen_by: datetime | None = None,
    ) -> Roots:
        """The articles that get another root, each with its `duplicate_of` from now on.

        `texts`: of articles that are new or changed; `known`: what those that change or are taken
        out have been duplicates of so far. What the store has of these does not matter. With
        `seen_by`, articles that were first seen later are passed over.
        """
        loose = {
            text.id: Loose(text.published_at, text.story, text.signature, known.get(text.id))
            for text in texts
        }
        loose |= self._loosen(known, session)
        return Regrouping(self.articles, self.texts, session, loose, known, seen_by).changes()

    def as_of(self, at: datetime, changed: Iterable[Text], session: ClientSession) -> Roots:
        """The articles whose root was another one at a time, each with its `duplicate_of` then.

        `changed`: what articles that were known then said otherwise. The texts of all groups that
        have grown since are in memory.
        """
        texts = list(changed)
        seen = {**HEAD, "first_seen_at": 1}
        known: Roots = {}
        later: set[str] = set()
        for one in self.articles.find(IS_DUPLICATE, seen, session=session):
            later.add(one["duplicate_of"])
            if one["first_seen_at"] > at:
                known[one["_id"]] = one["duplicate_of"]
        for ids in portions(later):
            query = {"_id": {"$in": ids}, "first_seen_at": {"$gt": at}}
            found = self.articles.find(query, {"_id": 1}, session=session)
            known |= {one["_id"]: None for one in found}
        for ids in portions(text.id for text in texts):
            found = self.articles.find({"_id": {"$in": ids}}, HEAD, session=session)
            known |= {one["_id"]: one["duplicate_of"] for one in found}
        return self.regroup(texts, known, session, seen_by=at)

    def write(self, roots: Roots, number: int, session: ClientSession) -> int:
        """Write them down, each as a change with a number of its own; the last number."""
        numbered = enumerate(sorted(roots.items()), number + 1)
        changes = [
            UpdateOne({"_id": one}, {"$set": {"duplicate_of": root, SEQ: seq}})
            for seq, (one, root) in numbered
        ]
        if changes:
            self.articles.bulk_write(changes, ordered=False, session=session)
        return number + len(changes)

    def _loosen(self, known: Mapping[str, str | None], session: ClientSession) -> dict[str, Loose]:
        """The others of the groups of these articles: without them, they may hold no more."""
        loose: dict[str, Loose] = {}
        for roots in portions({root or one for one, root in known.items()}):
            of_groups = {"$or": [{"_id": {"$in": roots}}, {"duplicate_of": {"$in": roots}}]}
            found = self.articles.find(of_groups, BODY, session=session)
            for one in found:
                if one["_id"] not in known:
                    story = story_in(one)
                    told = (one["published_at"], story, signature_of(story), one["duplicate_of"])
                    loose[one["_id"]] = Loose(*told)
        return loose
