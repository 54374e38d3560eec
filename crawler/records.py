"""An article in contract form: plain values in the order of the data dictionary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crawler.article import ARTICLE_FIELDS, SHANGHAI, Article, Board, Security, Witness, values_of


def to_record(article: Article) -> dict[str, Any]:
    """The article as values that JSON knows; published_at in its zone, observed times in UTC."""
    record = {name: getattr(article, name) for name in ARTICLE_FIELDS}
    if article.published_at is not None:
        record["published_at"] = article.published_at.isoformat()
    record["first_seen_at"] = utc(article.first_seen_at)
    record["updated_at"] = utc(article.updated_at)
    record["securities"] = [values_of(security) for security in article.securities]
    record["boards"] = [values_of(board) for board in article.boards]
    record["provenance"] = {
        key: {**values_of(witness), "observed_at": utc(witness.observed_at)}
        for key, witness in article.provenance.items()
    }
    return record


def from_record(record: dict[str, Any]) -> Article:
    """The article of a record in contract form. Raises ValueError, KeyError or TypeError."""
    values = {name: record[name] for name in ARTICLE_FIELDS}
    for name in ("first_seen_at", "updated_at"):
        values[name] = datetime.fromisoformat(record[name])
    if record["published_at"] is not None:
        values["published_at"] = datetime.fromisoformat(record["published_at"])
        values["published_at"] = values["published_at"].astimezone(SHANGHAI)
    values["securities"] = [Security(**one) for one in record["securities"]]
    values["boards"] = [Board(**one) for one in record["boards"]]
    values["provenance"] = {
        key: Witness(**{**one, "observed_at": datetime.fromisoformat(one["observed_at"])})
        for key, one in record["provenance"].items()
    }
    return Article(**values)


def utc(time: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: 2021-12-31T07:07:45.000Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
