"""Articles and observations as documents of the store, and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from crawler.article import (
    ARTICLE_FIELDS,
    SHANGHAI,
    TRANSIENT,
    Article,
    Board,
    Observation,
    PublishedAt,
    Security,
    Witness,
)
from crawler.merge import Version

# Written with every article, for the next merge; not fields of the article.
SOURCES = "sources"
OBSERVED = tuple(f.name for f in fields(Observation) if f.name not in {*TRANSIENT, "published"})
BODY = ("content_html", "content_text")
TIMES = ("first_seen_at", "since")
LISTS = {"securities": Security, "boards": Board}


def to_document(article: Article, versions: dict[str, Version]) -> dict[str, Any]:
    """The document of an article, with what each of its sources said."""
    document: dict[str, Any] = {"_id": article.id}
    for name in ARTICLE_FIELDS[1:]:
        document[name] = _plain(name, getattr(article, name))
    document["provenance"] = {key: asdict(value) for key, value in article.provenance.items()}
    document[SOURCES] = {key: _version(version, article) for key, version in versions.items()}
    return document


def to_article(document: dict[str, Any]) -> Article:
    """The article of a document; times in UTC but for published_at, which is in Shanghai's zone."""
    values: dict[str, Any] = {name: document.get(name) for name in ARTICLE_FIELDS[1:]}
    for name, kind in LISTS.items():
        values[name] = [kind(**entry) for entry in document.get(name) or []]
    values["provenance"] = {key: Witness(**value) for key, value in document["provenance"].items()}
    if values["published_at"] is not None:
        values["published_at"] = values["published_at"].astimezone(SHANGHAI)
    return Article(id=document["_id"], **values)


def to_versions(document: dict[str, Any]) -> dict[str, Version]:
    """What each source of a stored article said."""
    return {key: _read_version(value, document) for key, value in document[SOURCES].items()}


def _plain(name: str, value: Any) -> Any:
    return [asdict(entry) for entry in value] if name in LISTS else value


def _version(version: Version, article: Article) -> dict[str, Any]:
    """One source; a body that is the article's own is not written twice."""
    observation = version.observation
    document = {name: _plain(name, getattr(observation, name)) for name in OBSERVED}
    published = observation.published
    document["published_at"] = published.time if published else None
    document["published_precision"] = published.precision if published else None
    for name in BODY:
        if document[name] == getattr(article, name):
            del document[name]
    for name in TIMES:
        document[name] = getattr(version, name)
    return document


def _read_version(value: dict[str, Any], article: dict[str, Any]) -> Version:
    values = {name: value[name] if name in value else article[name] for name in OBSERVED}
    for name, kind in LISTS.items():
        values[name] = [kind(**entry) for entry in values[name]]
    observation = Observation(**values)
    if value["published_at"] is not None:
        time = value["published_at"].astimezone(SHANGHAI)
        observation.published = PublishedAt(time, value["published_precision"])
    return Version(observation, *(value[name] for name in TIMES))
