"""Posts that the site withdrew, and those that came back: both are changes, and have numbers.

A link that becomes `gone` takes the number (`withdrawn_seq`) and the time of it, and has them until
its post is stored again, or found to be expired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.store.counter import Counter
from crawler.store.documents import SEQ

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pymongo.client_session import ClientSession

    from crawler.store.connection import Store

WITHDRAWN_SEQ, WITHDRAWN_AT = "withdrawn_seq", "withdrawn_at"
# What a link loses when its post is there again.
BACK = {WITHDRAWN_SEQ: "$$REMOVE", WITHDRAWN_AT: "$$REMOVE"}


class Withdrawals:
    """Numbers withdrawals and returns among all changes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.links = store.collection("links")
        self.articles = store.collection("articles")
        self.counter = Counter(store.database)

    def note(self, chosen: dict[str, Any], settled: dict[str, Any]) -> None:
        """Settle links as `gone`; the posts among them are withdrawn from now on."""
        self.store.transaction(lambda session: self._note(chosen, settled, session))

    def _note(
        self, chosen: dict[str, Any], settled: dict[str, Any], session: ClientSession
    ) -> None:
        before = self.counter.read(session)
        fresh = {**chosen, "kind": "post", WITHDRAWN_SEQ: {"$exists": False}}
        mark = {WITHDRAWN_SEQ: before + 1, WITHDRAWN_AT: "$$NOW"}
        if self.links.update_many(fresh, [{"$set": mark}], session=session).matched_count:
            self.counter.advance(before, before + 1, session)
        self.links.update_many(chosen, [{"$set": settled}], session=session)

    def among(self, urls: Iterable[str], session: ClientSession) -> set[str]:
        """Those of the links whose post was withdrawn."""
        chosen = {"_id": {"$in": list(urls)}, WITHDRAWN_SEQ: {"$exists": True}}
        return {link["_id"] for link in self.links.find(chosen, {"_id": 1}, session=session)}

    def take_back(self, url: str) -> None:
        """Note that a post which was withdrawn is there, and is what is stored of it."""
        self.store.transaction(lambda session: self._take_back(url, session))

    def _take_back(self, url: str, session: ClientSession) -> None:
        link = self.links.find_one_and_update(
            {"_id": url, WITHDRAWN_SEQ: {"$exists": True}}, [{"$set": BACK}], session=session
        )
        if link is None:
            return
        before = self.counter.read(session)
        article = {"_id": link["article"]}
        change = {"$set": {SEQ: before + 1}}
        if self.articles.update_one(article, change, session=session).matched_count:
            self.counter.advance(before, before + 1, session)


def withdrawn_posts(store: Store, after: int, session: ClientSession) -> dict[str, datetime]:
    """When posts were withdrawn, by the ids of their articles; only after a number, if given.

    Not those of an article that another post has still, for posts move.
    """
    links = store.collection("links")
    mark: dict[str, Any] = {WITHDRAWN_SEQ: {"$gt": after}, "state": {"$ne": "forgotten"}}
    # What was gone before withdrawals had numbers is told when everything is.
    marked = mark if after else {"$or": [mark, {"kind": "post", "state": "gone"}]}
    found = {
        link["article"]: link.get(WITHDRAWN_AT) or link["fetched_at"]
        for link in links.find(marked, session=session)
    }
    there = {"kind": "post", "state": "stored", "article": {"$in": list(found)}}
    for link in links.find(there, {"article": 1}, session=session):
        found.pop(link["article"], None)
    return found
