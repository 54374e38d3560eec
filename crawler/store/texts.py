"""The collection `texts`: of each article what it is found by, words and likeness.

Its text folded, title and all, in which words are looked for; and the signature of its story, which
shares a band most likely with those of stories that are alike. Both beside the articles, so that
looking for either reads little.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo import ReplaceOne

from crawler.store.search import PLACES, searched
from crawler.stories.signature import Signature, signature_of
from crawler.stories.story import Story, story_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.client_session import ClientSession
    from pymongo.database import Database

    from crawler.article import Article

TEXTS = "texts"
# What a story is made of; and what all that an article is found by, and its place in the order.
STORY_FIELDS = ("published_at", "content_text")
TEXT_FIELDS = ("published_at", *PLACES)


@dataclass(frozen=True, slots=True)
class Text:
    """What an article is found by; it stands where the article does in the order."""

    id: str
    published_at: datetime | None
    words: str
    story: Story
    signature: Signature | None

    def to_document(self) -> dict[str, Any]:
        """Its document in `texts`."""
        document: dict[str, Any] = {
            "_id": self.id,
            "published_at": self.published_at,
            "text": self.words,
        }
        if self.signature is not None:
            document |= {"story": self.signature.whole, "bands": self.signature.kept}
        return document


def text_of(article: Article) -> Text:
    """What an article is found by."""
    story = story_of(article.content_text, article.published_at)
    words = searched(article, story.text)
    return Text(article.id, article.published_at, words, story, signature_of(story))


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
