"""The collection `texts`: of each article what it is found by, words and likeness.

Its text folded, title and all, in which words are looked for; and the bands of its story, one of
which it most likely shares with those that are alike. Both beside the articles, so that looking
for either reads little.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo import ReplaceOne

from crawler.folding import fold
from crawler.stories.signature import bands_of
from crawler.stories.story import Story, day_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.client_session import ClientSession
    from pymongo.database import Database

    from crawler.article import Article

TEXTS = "texts"
# What an article's text, its story, and its place in the order are made of.
TEXT_FIELDS = ("published_at", "title", "digest", "content_text")


@dataclass(frozen=True, slots=True)
class Text:
    """What an article is found by; it stands where the article does in the order."""

    id: str
    published_at: datetime | None
    words: str
    story: Story
    bands: list[int]

    def to_document(self) -> dict[str, Any]:
        """Its document in `texts`."""
        return {
            "_id": self.id,
            "published_at": self.published_at,
            "text": self.words,
            "bands": self.bands,
        }


def text_of(article: Article) -> Text:
    """What an article is found by."""
    story = Story(fold(article.content_text), day_of(article.published_at))
    heads = [fold(article.title or ""), fold(article.digest or "")]
    words = "\n".join([*heads, story.text])
    return Text(article.id, article.published_at, words, story, bands_of(story))


def write_texts(
    database: Database[dict[str, Any]], texts: Iterable[Text], session: ClientSession | None = None
) -> None:
    """Write down what articles are found by."""
    changes = [ReplaceOne({"_id": text.id}, text.to_document(), upsert=True) for text in texts]
    if changes:
        database[TEXTS].bulk_write(changes, ordered=False, session=session)


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
