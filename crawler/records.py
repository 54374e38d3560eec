"""An article in contract form: plain values in the order of the data dictionary."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crawler.article import ARTICLE_FIELDS

if TYPE_CHECKING:
    from crawler.article import Article


def to_record(article: Article) -> dict[str, Any]:
    """The article as values that JSON knows; published_at in its zone, observed times in UTC."""
    record = {name: getattr(article, name) for name in ARTICLE_FIELDS}
    if article.published_at is not None:
        record["published_at"] = article.published_at.isoformat()
    record["first_seen_at"] = utc(article.first_seen_at)
    record["updated_at"] = utc(article.updated_at)
    record["securities"] = [asdict(security) for security in article.securities]
    record["boards"] = [asdict(board) for board in article.boards]
    record["provenance"] = {
        key: {**asdict(witness), "observed_at": utc(witness.observed_at)}
        for key, witness in article.provenance.items()
    }
    return record


def utc(time: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: 2021-12-31T07:07:45.000Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
