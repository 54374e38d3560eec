"""Finding words inside the sentences of articles.

Chinese has no spaces between words, and MongoDB's text index does not part them. So a word is
looked for as it stands, in a collection (`texts`) that holds nothing but the folded text of each
article, and is read through in the order of the exports: nothing is missed, nothing is found too
much.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from pymongo import ReplaceOne, UpdateOne

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymongo.client_session import ClientSession
    from pymongo.database import Database

    from crawler.article import Article

TEXTS = "texts"
PLACES = ("title", "digest", "content_text")
# What an article's text, and its place in the order, are made of.
TEXT_FIELDS = ("published_at", *PLACES)


def fold(text: str) -> str:
    """A text without what does not matter to a search: case, full width."""
    return unicodedata.normalize("NFKC", text).casefold()


def searched(article: Article) -> str:
    """The text of an article in which words are looked for."""
    return fold("\n".join(getattr(article, place) or "" for place in PLACES))


def found_in(article: Article, words: Sequence[str]) -> bool:
    """Whether an article holds every word."""
    text = searched(article) if words else ""
    return all(fold(word) in text for word in words)


def search_query(words: Sequence[str]) -> dict[str, Any]:
    """The filter of the texts that hold every word."""
    places = ({"$indexOfBytes": ["$text", {"$literal": fold(word)}]} for word in words)
    return {"$expr": {"$and": [{"$gte": [place, 0]} for place in places]}}


def text_document(article: Article, text: str) -> dict[str, Any]:
    """The document of an article's text; it stands where the article does in the order."""
    return {"_id": article.id, "published_at": article.published_at, "text": text}


def write_texts(
    database: Database[dict[str, Any]],
    documents: Iterable[dict[str, Any]],
    session: ClientSession | None = None,
) -> None:
    """Write down what words are looked for in."""
    changes = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in documents]
    if changes:
        database[TEXTS].bulk_write(changes, ordered=False, session=session)


def make_searchable(database: Database[dict[str, Any]], articles: Iterable[Article]) -> None:
    """Write down the texts of articles that have none yet."""
    documents = [text_document(article, searched(article)) for article in articles]
    changes = [UpdateOne({"_id": one.pop("_id")}, {"$setOnInsert": one}, True) for one in documents]
    if changes:
        database[TEXTS].bulk_write(changes, ordered=False)


def drop_orphans(database: Database[dict[str, Any]]) -> None:
    """Take out the texts of articles that are not there any more."""
    found = {"from": "articles", "localField": "_id", "foreignField": "_id", "as": "found"}
    orphans = database[TEXTS].aggregate(
        [
            {"$project": {"_id": 1}},
            {"$lookup": {**found, "pipeline": [{"$project": {"_id": 1}}]}},
            {"$match": {"found": []}},
        ]
    )
    for orphan in orphans:
        database[TEXTS].delete_one({"_id": orphan["_id"]})
