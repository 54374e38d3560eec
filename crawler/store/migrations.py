"""Bringing the documents of an older version up to date, when a store is opened.

`meta` holds the version of the schema that all documents have. A migration takes a store from one
version to the next, document by document; one that was interrupted is begun again, and finds what
is done already.
"""

from __future__ import annotations

import logging
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from pymongo import ReturnDocument
from pymongo.read_concern import ReadConcern

from crawler.article import SCHEMA_VERSION
from crawler.history import History, Span, article_of
from crawler.store.counter import CHANGES, COUNTERS, Counter
from crawler.store.documents import INTERNAL, read_observation, to_article, to_document
from crawler.store.duplicates import Duplicates
from crawler.store.errors import StoreError
from crawler.store.texts import TEXTS, drop_orphans, text_of, write_texts
from crawler.stories.signature import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymongo.client_session import ClientSession
    from pymongo.database import Database

    Document = dict[str, Any]
    Migration = Callable[[Database[Document]], None]

META, SCHEMA = "meta", "schema"
BATCH = 200
logger = logging.getLogger(__name__)


def migrate(
    database: Database[Document],
    migrations: Mapping[int, Migration] | None = None,
    newest: int = SCHEMA_VERSION,
) -> None:
    """Take a store to the newest version. Raises StoreError for one of a still newer version.

    `migrations`: by the version from which each leads to the next.
    """
    version = version_of(database)
    if version > newest:
        raise StoreError(
            f"the store was written by a newer finews (schema {version}, this one knows {newest}): "
            "update finews, or set MONGODB_DATABASE to another one"
        )
    steps = MIGRATIONS if migrations is None else migrations
    for step in range(version, newest):
        logger.info("bringing the store from schema %d to %d", step, step + 1)
        steps[step](database)
        _note(database, step + 1)
    _write_texts(database)


def version_of(database: Database[Document]) -> int:
    """The version that all documents have; a new store is of the newest at once."""
    known = database[META].find_one({"_id": SCHEMA})
    if known is None:
        if database["articles"].find_one({}, {"_id": 1}) is not None:
            return 0
        _note(database, SCHEMA_VERSION)
        return SCHEMA_VERSION
    return int(known["version"])


def _note(database: Database[Document], version: int) -> None:
    database[META].update_one({"_id": SCHEMA}, {"$max": {"version": version}}, upsert=True)


def _write_texts(database: Database[Document]) -> None:
    """Write what articles are found by, words and likeness, where another version wrote it.

    Those that are alike are grouped by it.
    """
    if database[META].find_one({"_id": SCHEMA, TEXTS: VERSION}) is not None:
        return
    ids = (one["_id"] for one in database["articles"].find({}, {"_id": 1}))
    with database.client.start_session() as session:
        while batch := list(islice(ids, BATCH)):
            session.with_transaction(
                partial(_write_batch, database, batch), read_concern=ReadConcern("snapshot")
            )
    # Some may have been forgotten while they were in hand.
    drop_orphans(database)
    database[META].update_one({"_id": SCHEMA}, {"$set": {TEXTS: VERSION}})


def _write_batch(database: Database[Document], ids: list[str], session: ClientSession) -> None:
    found = database["articles"].find({"_id": {"$in": ids}}, INTERNAL, session=session)
    articles = [to_article(document) for document in found]
    texts = [text_of(article) for article in articles]
    known = {article.id: article.duplicate_of for article in articles}
    counter, duplicates = Counter(database), Duplicates(database)
    before = counter.read(session)
    roots = duplicates.regroup(texts, known, session)
    write_texts(database, texts, session)
    counter.advance(before, duplicates.write(roots, before, session), session)
    # Whoever wrote meanwhile did not see these texts, nor was seen: one of the two is made again.
    counter.hold(session)


def number_changes(database: Database[Document]) -> None:
    """From 0, before changes had numbers: each source told when it was first and last new.

    What it said in between was not kept, so it counts as known from the later time on.
    """
    articles, counters = database["articles"], database[COUNTERS]
    old = {"seq": {"$exists": False}}
    for document in articles.find(old).sort("_id"):
        history: History = {
            key: (Span(read_observation(value, document, value["since"]), (value["since"],)),)
            for key, value in document["sources"].items()
        }
        article = article_of(history)
        assert article is not None
        one_more = {"$inc": {"seq": 1}}
        counter = counters.find_one_and_update(
            {"_id": CHANGES}, one_more, upsert=True, return_document=ReturnDocument.AFTER
        )
        assert counter is not None
        new = to_document(article, history, counter["seq"], 0)
        articles.replace_one({"_id": document["_id"], **old}, new)
    page = {"$regexFind": {"input": "$stage", "regex": "^page/(.*)$"}}
    kind = {"$ifNull": [{"$first": {"$getField": {"field": "captures", "input": page}}}, ""]}
    database["rejects"].update_many(
        {"kind": {"$exists": False}}, [{"$set": {"kind": kind, "observed_at": "$first_at"}}]
    )


MIGRATIONS: dict[int, Migration] = {0: number_changes}
