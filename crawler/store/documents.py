"""Articles and observations as documents of the store, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from crawler.article import (
    ARTICLE_FIELDS,
    SHANGHAI,
    TRANSIENT,
    Article,
    Board,
    Carried,
    Observation,
    PublishedAt,
    Security,
    Witness,
    values_of,
)
from crawler.history import History, Replaced, Span, union

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# Written with every article, not fields of it: what its sources say, its number among all changes,
# and how many documents of `revisions` it has.
SOURCES, SEQ, REPLACED = "sources", "seq", "replaced"
INTERNAL = dict.fromkeys((SOURCES, SEQ, REPLACED), 0)
OBSERVED = tuple(
    f.name
    for f in fields(Observation)
    if f.name not in {*TRANSIENT, "published", "observed_at", "carried"}
)
BODY = ("content_html", "content_text")
SHANGHAI_OFFSET = SHANGHAI.utcoffset(None)
LISTS = {"securities": Security, "boards": Board}


def to_document(article: Article, history: History, seq: int, replaced: int) -> dict[str, Any]:
    """The document of an article in `articles`, with what each of its sources says now."""
    spans = {key: spans[-1] for key, spans in history.items()}
    return {
        "_id": article.id,
        **_fields(article, spans),
        SEQ: seq,
        REPLACED: replaced,
    }


def to_revision(old: Replaced, number: int) -> dict[str, Any]:
    """The document in `revisions` of an article as it was; `number` counts from 1."""
    return {
        "_id": f"{old.article.id} {number}",
        "article": old.article.id,
        "number": number,
        "until": old.until,
        "changed": list(old.changed),
        **_fields(old.article, old.spans),
    }


def to_article(document: dict[str, Any]) -> Article:
    """The article of a document; times in UTC but for published_at, which is in Shanghai's zone."""
    values: dict[str, Any] = {name: document.get(name) for name in ARTICLE_FIELDS[1:]}
    for name, kind in LISTS.items():
        values[name] = [kind(**entry) for entry in document.get(name) or []]
    values["provenance"] = {key: Witness(**value) for key, value in document["provenance"].items()}
    if values["published_at"] is not None:
        values["published_at"] = values["published_at"].astimezone(SHANGHAI)
    return Article(id=document.get("article", document["_id"]), **values)


def to_record(document: dict[str, Any]) -> dict[str, Any]:
    """The article of a document in contract form, whose times were read in UTC without their zone.

    The same as crawler.records makes of the article, at a fraction of the cost.
    """
    record = {"id": document.pop("_id"), **document}
    if tuple(record) != ARTICLE_FIELDS:
        record = {name: record[name] for name in ARTICLE_FIELDS}
    published_at: datetime | None = record["published_at"]
    if published_at is not None:
        record["published_at"] = f"{(published_at + SHANGHAI_OFFSET).isoformat()}+08:00"
    record["first_seen_at"] = _utc(record["first_seen_at"])
    record["updated_at"] = _utc(record["updated_at"])
    for witness in record["provenance"].values():
        witness["observed_at"] = _utc(witness["observed_at"])
    return record


def _utc(time: datetime) -> str:
    return f"{time.isoformat(timespec='milliseconds')}Z"


def to_history(document: dict[str, Any], revisions: Iterable[dict[str, Any]] = ()) -> History:
    """What each source of a stored article said, by its document and its revisions in order."""
    documents = [*revisions, document]
    return union(
        {key: _read_span(value, kept) for key, value in kept[SOURCES].items()} for kept in documents
    )


def _fields(article: Article, spans: dict[str, Span]) -> dict[str, Any]:
    document = _plain(article, ARTICLE_FIELDS[1:])
    document["provenance"] = {key: values_of(value) for key, value in article.provenance.items()}
    document[SOURCES] = {key: _span(span, article) for key, span in sorted(spans.items())}
    return document


def _plain(told: Article | Observation, names: Iterable[str]) -> dict[str, Any]:
    """The fields of these names, which hold securities and boards."""
    document = {name: getattr(told, name) for name in names}
    for name in LISTS:
        document[name] = [values_of(entry) for entry in document[name]]
    return document


def _span(span: Span, article: Article) -> dict[str, Any]:
    """One source; a body that is the article's own is not written twice."""
    observation = span.observation
    document = _plain(observation, OBSERVED)
    published = observation.published
    document["published_at"] = published.time if published else None
    document["published_precision"] = published.precision if published else None
    for name in BODY:
        if document[name] == getattr(article, name):
            del document[name]
    if observation.carried is not None:
        document["carried"] = values_of(observation.carried)
    document["looks"] = list(span.looks)
    return document


def _read_span(value: dict[str, Any], article: dict[str, Any]) -> Span:
    looks = tuple(value["looks"])
    return Span(read_observation(value, article, looks[0]), looks)


def read_observation(
    value: dict[str, Any], article: dict[str, Any], observed_at: datetime
) -> Observation:
    """What a source says, by its entry in the document of an article."""
    values = {name: value[name] if name in value else article[name] for name in OBSERVED}
    for name, kind in LISTS.items():
        values[name] = [kind(**entry) for entry in values[name]]
    observation = Observation(**values, observed_at=observed_at)
    if carried := value.get("carried"):
        observation.carried = Carried(**carried)
    if value["published_at"] is not None:
        time = value["published_at"].astimezone(SHANGHAI)
        observation.published = PublishedAt(time, value["published_precision"])
    return observation
