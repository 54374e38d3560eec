"""Reading articles out, as they all were at one moment, while crawls write."""

from __future__ import annotations

from dataclasses import replace
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

import bson
from bson.codec_options import CodecOptions

from crawler import records
from crawler.history import article_of
from crawler.spool import Spool
from crawler.store.ahead import read_ahead
from crawler.store.counter import COUNTERS, Counter
from crawler.store.documents import INTERNAL, REPLACED, SEQ, to_history, to_record
from crawler.store.duplicates import Duplicates
from crawler.store.groups import members, steps, to_group
from crawler.store.selection import IN_ORDER
from crawler.store.snapshot import snapshot, why_lost
from crawler.store.texts import STORY_FIELDS, TEXTS, text_of
from crawler.store.withdrawals import withdrawn_posts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import TracebackType

    from crawler.article import Article
    from crawler.history import History
    from crawler.store.connection import Store
    from crawler.store.groups import Group
    from crawler.store.regrouping import Roots
    from crawler.store.selection import Selection
    from crawler.store.texts import Text

    Record = dict[str, Any]

# As many articles are read at a time; the next are on their way while these are written.
BATCH = 400
COLLECTIONS = ("articles", "revisions", "links", "tombstones", COUNTERS, TEXTS)
UTC_WITHOUT_ZONE = CodecOptions[dict[str, Any]](tz_aware=False)


class Reader:
    """A view of the articles at one moment. Use as a context manager; not by two threads at once.

    Raises StoreError when the server does not keep its history for as long as is read.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.session = snapshot(store, COLLECTIONS)
        self.collection = store.collection("articles")
        self.texts = store.collection(TEXTS)

    def last_change(self) -> int:
        """The number of the last change that is seen; 0 when there is none."""
        return Counter(self.store.database).read(self.session)

    def count(self, selection: Selection, after: int = 0) -> int:
        """How many articles there are to be read; with words to be searched, that many at most."""
        if selection.search:
            query = selection.as_search()
            return self.texts.count_documents(query, session=self.session, hint=IN_ORDER)
        query = changed_since(selection, after)
        return self.collection.count_documents(query, session=self.session)

    def records(self, selection: Selection, after: int = 0) -> Iterator[Record]:
        """Articles in contract form, by (published_at, id); only those changed after a number."""
        return self._select(selection, changed_since(selection, after))

    def _select(self, selection: Selection, query: dict[str, Any]) -> Iterator[Record]:
        if not selection.search:
            yield from self._find(query)
            return
        found = self.texts.find(selection.as_search(), {"_id": 1}, session=self.session)
        # As many at a time as are read at once: the order of the whole is that of the texts.
        ids = (text["_id"] for text in found.sort(IN_ORDER).hint(IN_ORDER))
        while batch := list(islice(ids, BATCH)):
            yield from self._find({**query, "_id": {"$in": batch}})

    def groups(self, selection: Selection) -> list[Group]:
        """The selected articles as a whole, then by category and by symbol, in the keys' order."""
        articles = self.store.collection("articles")
        found = articles.aggregate(steps(selection), session=self.session, allowDiskUse=True)
        return [to_group(document) for document in found]

    def records_of(self, selection: Selection, group: Group) -> Iterator[Record]:
        """The selected articles of a group in contract form, by (published_at, id)."""
        return self._find(members(selection, group))

    def _find(self, query: dict[str, Any]) -> Iterator[Record]:
        articles = self.store.collection("articles")
        # As bytes: two threads cannot make Python objects at once.
        cursor: Any = articles.find_raw_batches(
            query, INTERNAL, session=self.session, batch_size=BATCH
        )
        for batch in read_ahead(cursor.sort(IN_ORDER)):
            yield from map(to_record, bson.decode_iter(batch, UTC_WITHOUT_ZONE))

    def records_as_of(self, selection: Selection, at: datetime) -> Iterator[Record]:
        """Articles as they were known at a time, selected by what they were then, in order.

        What has not changed since then is read as it is; the others are made of their history.
        """
        # Whether one was a duplicate then is told by all of them together.
        every = replace(selection, include_duplicates=True)
        query = every.as_query()
        known = query.get("updated_at", {}) | {"$lte": at}
        with Spool() as spool:
            roots = self._roots_as_of(at, every, spool)
            unchanged = self._select(every, {**query, "updated_at": known})
            for record in merge(unchanged, spool.sorted(in_order), key=in_order):
                record["duplicate_of"] = roots.get(record["id"], record["duplicate_of"])
                if selection.include_duplicates or record["duplicate_of"] is None:
                    yield record

    def article_as_of(self, article_id: str, at: datetime) -> Article | None:
        """One article as it was known at a time; None when it was not."""
        document = self.collection.find_one({"_id": article_id}, session=self.session)
        article = article_of(self._history(document), at) if document else None
        if document and article:
            root = self._roots_as_of(at).get(article_id, document["duplicate_of"])
            article = replace(article, duplicate_of=root)
        return article

    def _roots_as_of(
        self, at: datetime, selection: Selection | None = None, spool: Spool | None = None
    ) -> Roots:
        """What was a duplicate of something else then.

        Articles that have changed since go into the spool, if they were among the selected.
        """

        def changed() -> Iterator[Text]:
            for document in self._changed_after(at):
                article = article_of(self._history(document), at)
                if article is None:
                    continue
                if any(getattr(article, name) != document[name] for name in STORY_FIELDS):
                    yield text_of(article)
                if spool is not None and selection is not None and selection.holds(article):
                    now = {"duplicate_of": document["duplicate_of"]}
                    spool.add(records.to_record(article) | now)

        return Duplicates(self.store.database).as_of(at, changed(), self.session)

    def withdrawn(self, after: int = 0) -> Iterator[Record]:
        """Ids of articles that the site withdrew or that were forgotten, in order of their time.

        Only what came about after a number, if one is given.
        """
        since: dict[str, Any] = {"$gt": after}
        tombs = self.store.collection("tombstones").find({"seq": since}, session=self.session)
        found = {tomb["_id"]: tomb["forgotten_at"] for tomb in tombs}
        found |= withdrawn_posts(self.store, after, self.session)
        for article_id, time in sorted(found.items(), key=lambda one: (one[1], one[0])):
            yield {"id": article_id, "withdrawn_at": records.utc(time)}

    def _changed_after(self, at: datetime) -> Iterator[dict[str, Any]]:
        query = {"first_seen_at": {"$lte": at}, "updated_at": {"$gt": at}}
        articles = self.store.collection("articles")
        return articles.find(query, session=self.session, batch_size=BATCH)

    def _history(self, document: dict[str, Any]) -> History:
        if not document[REPLACED]:
            return to_history(document)
        of_article = {"article": document["_id"]}
        revisions = self.store.collection("revisions").find(of_article, session=self.session)
        return to_history(document, revisions.sort("number"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.session.end_session()
        if why := why_lost(error):
            raise why from None


def in_order(record: Record) -> tuple[str, str]:
    """What records are sorted by: times in one zone stand in the order of their letters."""
    return record["published_at"] or "", record["id"]


def changed_since(selection: Selection, after: int) -> dict[str, Any]:
    """The filter of the selected articles whose last change has a number after this one.

    Duplicates are among changes: whoever has an article has to learn that it is one.
    """
    if not after:
        return selection.as_query()
    return {**replace(selection, include_duplicates=True).as_query(), SEQ: {"$gt": after}}
