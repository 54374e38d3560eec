"""Records as rows of typed columns, and back: what Parquet holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crawler.article import ARTICLE_FIELDS, SHANGHAI
from crawler.records import utc

Record = dict[str, Any]
TIMES = ("published_at", "first_seen_at", "updated_at")


def schema(arrow: Any) -> Any:
    """The types of the columns."""
    text, number = arrow.string(), arrow.int32()
    shanghai, utc = arrow.timestamp("ms", "Asia/Shanghai"), arrow.timestamp("ms", "UTC")

    def struct(*names: str, **others: Any) -> Any:
        return arrow.struct([*((name, text) for name in names), *others.items()])

    texts = arrow.list_(text)
    witness = struct("source", "address", observed_at=utc, content_hash=text, gave=texts)
    typed = {
        "tags": texts,
        "images": texts,
        "published_at": shanghai,
        "first_seen_at": utc,
        "updated_at": utc,
        "securities": arrow.list_(struct("symbol", "market", "code", "name", "via")),
        "boards": arrow.list_(struct("code", "name")),
        "provenance": arrow.list_(witness),
        "stock_images_removed": number,
        "revision": number,
        "schema": number,
    }
    return arrow.schema([(name, typed.get(name, text)) for name in ARTICLE_FIELDS])


def to_row(record: Record) -> Record:
    """The values of an article: times as such, provenance as a list whose `source` is the key."""
    times = {name: _time(record[name]) for name in TIMES}
    provenance = [
        {"source": key, **witness, "observed_at": _time(witness["observed_at"])}
        for key, witness in record["provenance"].items()
    ]
    return {**record, **times, "provenance": provenance}


def from_row(row: Record) -> Record:
    """The record of a row; the same that the row was made of."""
    published_at = row["published_at"]
    observed = [{**one, "observed_at": utc(one["observed_at"])} for one in row["provenance"]]
    return {
        **row,
        "published_at": published_at and published_at.astimezone(SHANGHAI).isoformat(),
        "first_seen_at": utc(row["first_seen_at"]),
        "updated_at": utc(row["updated_at"]),
        "provenance": {one.pop("source"): one for one in observed},
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
