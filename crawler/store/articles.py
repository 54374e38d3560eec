"""The collection `articles`: each article once, merged from all its sources."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteMany, ReplaceOne, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from crawler.article import Article
from crawler.fetched import Fetched
from crawler.history import History, article_of, observe, rename, replaced
from crawler.store.counter import Counter
from crawler.store.documents import (
    INTERNAL,
    REPLACED,
    SEQ,
    to_article,
    to_document,
    to_history,
    to_revision,
)
from crawler.store.duplicates import Duplicates
from crawler.store.link_changes import settled
from crawler.store.patience import is_transient, line_of
from crawler.store.texts import STORY_FIELDS, TEXT_FIELDS, Text, text_of, write_texts
from crawler.store.tombstones import Tombstones
from crawler.store.withdrawals import BACK, Withdrawals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pymongo.client_session import ClientSession

    from crawler.article import ArticleItem, Observation
    from crawler.store.connection import Store
    from crawler.store.link_changes import State
    from crawler.store.regrouping import Roots

Outcome = Literal["new", "changed", "unchanged", "rejected", "forgotten"]
# MongoDB takes documents of 16 MiB; the rest is room for the command around it.
LARGEST_DOCUMENT = 16 * 1024 * 1024 - 64 * 1024
# A transaction has to fit into the part of the server's cache that may be changed at a time.
LARGEST_TRANSACTION = 12 * 1024 * 1024
# Errors of the store as a whole (not allowed, out of disk space): no article is to blame.
NOBODYS_FAULT = frozenset({13, 18, 20, 64, 79, 100, 8000, 14031})
logger = logging.getLogger(__name__)
BY_NUMBER = [("article", 1), ("number", 1)]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one item of a batch; `reason` tells why it was rejected."""

    outcome: Outcome
    article: Article | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """An article with all that its sources ever said.

    `document` and `revisions` are what is to be written of it, None when nothing is.
    `text`: the same for what it is found by.
    """

    article: Article | None = None
    history: History = field(default_factory=dict)
    seq: int = 0
    replaced: int = 0
    document: RawBSONDocument | None = None
    revisions: tuple[RawBSONDocument, ...] | None = None
    text: Text | None = None

    @property
    def size(self) -> int:
        """Bytes to be written."""
        documents = sum(len(raw.raw) for raw in (self.document, *(self.revisions or ())) if raw)
        return documents + (len(self.text.words.encode()) if self.text else 0)


class _TooMuchError(Exception):
    """A batch is too large for one transaction."""


class Articles:
    """Writes batches of items and reads articles back.

    `looks`: seconds after its first sight at which a stored post is looked at again.
    """

    def __init__(self, store: Store, looks: Sequence[float] = ()) -> None:
        self.store = store
        self.looks = looks
        self.collection = store.collection("articles")
        self.revisions = store.collection("revisions")
        self.links = store.collection("links")
        self.rejects = store.collection("rejects")
        self.tombstones = Tombstones(store)
        self.withdrawals = Withdrawals(store)
        self.counter = Counter(store.database)
        self.duplicates = Duplicates(store.database)

    def write(self, batch: Sequence[ArticleItem]) -> list[Written]:
        """Store a batch, and mark its links `stored`, in one transaction; one answer an item.

        Items of one id are merged one after the other. An item that MongoDB cannot take is
        `rejected` and holds up no other: what aborts a transaction is looked for by halves.
        Raises StoreFailure when the store itself is to blame.
        """
        try:
            return self.store.transaction(lambda session: self._write(batch, session))
        except Exception as error:
            if isinstance(error, PyMongoError) and not _is_refused(error):
                raise
            if len(batch) == 1:
                return [Written("rejected", None, _reason(error))]
        middle = len(batch) // 2
        return [*self.write(batch[:middle]), *self.write(batch[middle:])]

    def _write(self, batch: Sequence[ArticleItem], session: ClientSession) -> list[Written]:
        ids = list({item.id for item in batch})
        states = self._read(ids, session)
        known = {key: state.article for key, state in states.items() if state.article}
        forgotten = self.tombstones.among(ids, session)
        withdrawn = self.withdrawals.among((url for item in batch for url in item.links), session)
        # New articles are certain to take numbers: whoever has to wait for that waits from here on.
        is_sure = any(state.article is None for state in states.values())
        before = seq = self.counter.hold(session) if is_sure else self.counter.read(session)
        answers: list[Written] = []
        stored: list[ArticleItem] = []
        changes: dict[str, _State] = {}
        for item in batch:
            old = states[item.id]
            if item.id in forgotten:
                answers.append(Written("forgotten", None))
                continue
            try:
                history = old.history
                for observation in item.observations:
                    history = observe(history, observation)
                is_back = not withdrawn.isdisjoint(item.links)
                new = _next(old, history, old.seq if old.seq > before else seq + 1, is_back)
            except Exception as error:
                answers.append(Written("rejected", None, _reason(error)))
                continue
            answers.append(Written(_outcome(old, new), new.article))
            stored.append(item)
            seq = max(seq, new.seq)
            if new is not old:
                states[item.id] = changes[item.id] = new
        if len(changes) > 1 and sum(state.size for state in changes.values()) > LARGEST_TRANSACTION:
            raise _TooMuchError
        roots = self._regroup(changes, known, session)
        for key in sorted(roots.keys() & changes.keys()):
            # What changes in nothing else has no number of its own yet.
            number = changes[key].seq if changes[key].seq > before else seq + 1
            changes[key] = _rooted(changes[key], roots[key], number)
            seq = max(seq, number)
        self._save(changes, session)
        others = {key: root for key, root in roots.items() if key not in changes}
        seq = self.duplicates.write(others, seq, session)
        self.counter.advance(before, seq, session)
        answers = [_with_root(answer, roots) for answer in answers]
        self._settle(stored, "stored", session)
        self._settle([item for item in batch if item.id in forgotten], "forgotten", session)
        return answers

    def _read(self, ids: Sequence[str], session: ClientSession) -> dict[str, _State]:
        """The stored articles of these ids, with all that their sources ever said."""
        documents = list(self.collection.find({"_id": {"$in": ids}}, session=session))
        revised = [document["_id"] for document in documents if document[REPLACED]]
        revisions: dict[str, list[dict[str, Any]]] = {}
        if revised:
            found = self.revisions.find({"article": {"$in": revised}}, session=session)
            for document in found.sort(BY_NUMBER):
                revisions.setdefault(document["article"], []).append(document)
        states = dict.fromkeys(ids, _State())
        for document in documents:
            history = to_history(document, revisions.get(document["_id"], ()))
            states[document["_id"]] = _State(
                to_article(document), history, document[SEQ], document[REPLACED]
            )
        return states

    def _regroup(
        self, changes: Mapping[str, _State], known: Mapping[str, Article], session: ClientSession
    ) -> Roots:
        """The articles that get another `duplicate_of` by changes.

        `known`: those that are stored, as they are.
        """
        told = [
            state.text
            for key, state in changes.items()
            if state.text is not None and not _tells_the_same(known.get(key), state)
        ]
        so_far = {text.id: known[text.id].duplicate_of for text in told if text.id in known}
        return self.duplicates.regroup(told, so_far, session)

    def _save(self, changes: Mapping[str, _State], session: ClientSession) -> None:
        """Write what changed."""
        documents: list[ReplaceOne[dict[str, Any]]] = [
            ReplaceOne({"_id": key}, state.document, upsert=True)
            for key, state in changes.items()
            if state.document is not None
        ]
        if documents:
            self.collection.bulk_write(documents, ordered=False, session=session)
        texts = [state.text for state in changes.values() if state.text is not None]
        write_texts(self.store.database, texts, session)
        for key, state in changes.items():
            if state.revisions is not None:
                self._save_revisions(key, state.revisions, session)

    def _save_revisions(
        self, key: str, revisions: Sequence[RawBSONDocument], session: ClientSession
    ) -> None:
        """All of an article's revisions, since an old look may have joined in their midst."""
        surplus = {"article": key, "number": {"$gt": len(revisions)}}
        self.revisions.bulk_write(
            [
                *(ReplaceOne({"_id": raw["_id"]}, raw, upsert=True) for raw in revisions),
                DeleteMany(surplus),
            ],
            session=session,
        )

    def _settle(self, items: Sequence[ArticleItem], state: State, session: ClientSession) -> None:
        """What becomes of the links of items, and of what was rejected of the same inputs."""
        links = {url: item.fetched.get(url, Fetched()) for item in items for url in item.links}
        if links:
            done = [{"$set": settled(state, None, self.looks) | BACK}]
            of_all = UpdateMany({"_id": {"$in": list(links)}}, done)
            of_each = (
                UpdateOne({"_id": url}, {"$set": fetched.fields}) for url, fetched in links.items()
            )
            self.links.bulk_write([of_all, *of_each], session=session)
        void = [reject for item in items for reject in item.mends]
        void += self._void(_read_at(items), session)
        if void:
            self.rejects.delete_many({"_id": {"$in": void}}, session=session)

    def _void(self, read_at: dict[str, datetime], session: ClientSession) -> list[str]:
        """The rejects of inputs that were read at these times or earlier."""
        found = self.rejects.find(
            {"url": {"$in": list(read_at)}}, {"url": 1, "observed_at": 1}, session=session
        )
        return [r["_id"] for r in found if r["observed_at"] <= read_at[r["url"]]]

    def with_categories(self, slugs: Iterable[str]) -> list[str]:
        """The ids of the articles whose category is one of these."""
        found = self.collection.find({"category": {"$in": list(slugs)}}, {"_id": 1})
        return [document["_id"] for document in found]

    def categories(self) -> list[str]:
        """The categories of all articles, sorted."""
        return sorted(slug for slug in self.collection.distinct("category") if slug)

    def name_category(self, article_id: str, named: dict[str, str]) -> bool:
        """Give its slug to a category that an article knows by a post's address only.

        `named`: slugs by how they are in lower case. Whether anything changed.
        """
        try:
            return self.store.transaction(partial(self._name, article_id, named))
        except Exception as error:
            if isinstance(error, PyMongoError) and not _is_refused(error):
                raise
            logger.warning("%s keeps the category that its address tells: %s", article_id, error)
            return False

    def _name(self, article_id: str, named: dict[str, str], session: ClientSession) -> bool:
        def exact(observation: Observation) -> Observation:
            if observation.category_certain or observation.category is None:
                return observation
            slug = named.get(observation.category, observation.category)
            return replace(observation, category=slug)

        old = self._read([article_id], session)[article_id]
        if old.article is None:
            return False
        before = self.counter.read(session)
        new = _next(old, rename(old.history, exact), before + 1)
        if new is old:
            return False
        self._save({article_id: new}, session)
        self.counter.advance(before, new.seq, session)
        return True

    def get(self, article_id: str) -> Article | None:
        """One article as it is; None when there is none."""
        document = self.collection.find_one({"_id": article_id}, INTERNAL)
        return to_article(document) if document else None

    def history(self, article_id: str) -> History:
        """What the sources of an article ever said; empty when it is not stored."""
        states = self.store.transaction(lambda session: self._read([article_id], session))
        return states[article_id].history

    def count(self) -> int:
        """How many articles there are."""
        return self.collection.count_documents({})


def _next(old: _State, history: History, number: int, is_back: bool = False) -> _State:
    """The state of an article with this history, and its documents; the old one if nothing changed.

    A change takes the number, and so does the return of a post that was withdrawn; a further look
    that tells nothing new takes none. Raises whatever keeps a document from being written.
    """
    if history == old.history and not is_back:
        return old
    article = article_of(history)
    assert article is not None
    if old.article is not None:
        article.duplicate_of = old.article.duplicate_of
    past = list(replaced(history))
    seq = old.seq if article == old.article and not is_back else number
    # What an earlier item of the batch is about to write counts as written.
    revised = past or old.replaced or old.revisions is not None
    revisions = tuple(_encode(to_revision(one, n)) for n, one in enumerate(past, 1))
    document = _encode(to_document(article, history, seq, len(past)))
    written = revisions if revised else None
    return _State(article, history, seq, len(past), document, written, _text_to_write(old, article))


def _text_to_write(old: _State, article: Article) -> Text | None:
    """What an article is found by, if that or its place in the order has changed."""
    is_stored = old.article is not None and old.text is None
    if is_stored and all(getattr(old.article, n) == getattr(article, n) for n in TEXT_FIELDS):
        return None
    return text_of(article)


def _tells_the_same(old: Article | None, new: _State) -> bool:
    """Whether the group of an article can be no other than it was."""
    return old is not None and all(getattr(old, n) == getattr(new.article, n) for n in STORY_FIELDS)


def _encode(document: dict[str, Any]) -> RawBSONDocument:
    """Raises ValueError for what MongoDB does not take."""
    raw = bson.encode(document)
    if len(raw) > LARGEST_DOCUMENT:
        raise ValueError(f"{len(raw):,} bytes, more than MongoDB takes")
    return RawBSONDocument(raw)


def _read_at(items: Iterable[ArticleItem]) -> dict[str, datetime]:
    """When the addresses of items were last read; the feed's is not one of them.

    One of its entries says nothing of the others.
    """
    read_at: dict[str, datetime] = {}
    for item in items:
        for observation in item.observations:
            if observation.kind != "feed":
                before = read_at.get(observation.address, observation.observed_at)
                read_at[observation.address] = max(before, observation.observed_at)
    return read_at


def _rooted(state: _State, root: str | None, number: int) -> _State:
    """The state of an article that is a duplicate of another one from now on, or of none."""
    assert state.article is not None
    article = replace(state.article, duplicate_of=root)
    document = _encode(to_document(article, state.history, number, state.replaced))
    return replace(state, article=article, seq=number, document=document)


def _with_root(written: Written, roots: Roots) -> Written:
    if written.article is None or written.article.id not in roots:
        return written
    root = roots[written.article.id]
    return replace(written, article=replace(written.article, duplicate_of=root))


def _outcome(old: _State, new: _State) -> Outcome:
    if old.article is None:
        return "new"
    return "unchanged" if new.article == old.article else "changed"


def _is_refused(error: PyMongoError) -> bool:
    """Whether one of the documents is to blame, and not the store or the way to it."""
    if is_transient(error) or not isinstance(error, OperationFailure):
        return False
    return _code(error) not in NOBODYS_FAULT


def _code(error: OperationFailure) -> int | None:
    if isinstance(error, BulkWriteError) and error.details.get("writeErrors"):
        code: int = error.details["writeErrors"][0]["code"]
        return code
    return error.code


def _reason(error: Exception) -> str:
    if isinstance(error, BulkWriteError) and error.details.get("writeErrors"):
        return f"MongoDB refuses it: {line_of(error)} (code {_code(error)})"
    if isinstance(error, PyMongoError):
        return f"MongoDB refuses it: {line_of(error)}"
    return f"{type(error).__name__}: {error}"
