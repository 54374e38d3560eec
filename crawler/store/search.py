"""Finding words inside the sentences of articles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.article import Article

PLACES = ("title", "digest", "content_text")


def search_query(words: Sequence[str]) -> dict[str, Any]:
    """The filter of articles that hold every word, in any case."""
    if not words:
        return {}
    return {
        "$and": [
            {"$or": [{place: {"$regex": re.escape(word), "$options": "i"}} for place in PLACES]}
            for word in words
        ]
    }


def found_in(article: Article, words: Sequence[str]) -> bool:
    """Whether an article holds every word."""
    texts = [(getattr(article, place) or "").casefold() for place in PLACES]
    return all(any(word.casefold() in text for text in texts) for word in words)
