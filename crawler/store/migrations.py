"""Bringing the documents of an older version up to date, when a store is opened.

`meta` holds the version of the schema that all documents have. A migration takes a store from one
version to the next, document by document; one that was interrupted is begun again, and finds what
is done already.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING, Any

from pymongo import ReturnDocument

from crawler.article import SCHEMA_VERSION
from crawler.history import History, Span, article_of
from crawler.store.counter import CHANGES, COUNTERS
from crawler.store.documents import INTERNAL, read_observation, to_article, to_document
from crawler.store.errors import StoreError
from crawler.store.search import TEXTS, drop_orphans, make_searchable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    _make_searchable(database)


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


def _make_searchable(database: Database[Document]) -> None:
    """Write what words are looked for in, of a store that was written before there was a search."""
    if database[META].find_one({"_id": SCHEMA, TEXTS: True}) is not None:
        return
    articles = iter(database["articles"].find({}, INTERNAL))
    while batch := list(islice(articles, BATCH)):
        make_searchable(database, map(to_article, batch))
    # Some may have been forgotten while they were in hand.
    drop_orphans(database)
    database[META].update_one({"_id": SCHEMA}, {"$set": {TEXTS: True}})


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
