"""Finding words inside the sentences of articles.

Chinese has no spaces between words, and MongoDB's text index does not part them. So a word is
looked for as it stands, in the folded texts, which are read through in the order of the exports:
nothing is missed, nothing is found too much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.folding import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.article import Article

PLACES = ("title", "digest", "content_text")


def searched(article: Article, body: str | None = None) -> str:
    """The text in which words are looked for; `body`: its last part, where it is folded already."""
    heads = [fold(getattr(article, place) or "") for place in PLACES[:-1]]
    return "\n".join([*heads, fold(article.content_text) if body is None else body])


def found_in(article: Article, words: Sequence[str]) -> bool:
    """Whether title, digest or text of an article hold every word."""
    text = searched(article) if words else ""
    return all(fold(word) in text for word in words)


def search_query(words: Sequence[str]) -> dict[str, Any]:
    """The filter of the texts that hold every word."""
    places = ({"$indexOfBytes": ["$text", {"$literal": fold(word)}]} for word in words)
    return {"$expr": {"$and": [{"$gte": [place, 0]} for place in places]}}
