"""One article from what its sources said of it, the same in any order of arrival."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.addresses import day_of_id, day_of_url
from crawler.article import SHANGHAI, Article, Observation, PublishedAt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from crawler.article import SourceKind

# Who is believed first.
RANK: dict[SourceKind, int] = {"share": 0, "front_matter": 1, "page": 2}
# The upstream's answer knows neither the site's address nor its categories, so it has no say there.
PLAIN_FIELDS = ("share_url", "origin_url", "url", "category_name", "tags", "digest", "source")


@dataclass(frozen=True, slots=True)
class Version:
    """What one source said, and when: first of all, and first in the words it has now."""

    observation: Observation
    first_seen_at: datetime
    since: datetime


def merge(versions: Iterable[Version]) -> Article:
    """The article that a set of sources tells, one version of each; raises ValueError on none.

    Field by field the first source in rank that tells it wins. The body is the first in rank that
    is not shorter than half of the longest. Securities and boards of all sources are united.
    """
    ranked = sorted(versions, key=_rank)
    if not ranked:
        raise ValueError("an article has at least one source")
    observations = [version.observation for version in ranked]
    gave: dict[str, list[str]] = {o.key: [] for o in observations}
    body = _body(observations)
    gave[body.key].append("content")
    plain = {name: _first(observations, name, gave) for name in PLAIN_FIELDS}
    published, published_from, published_raw = _published(observations, gave)
    named = [body, *(o for o in observations if o is not body)]
    return Article(
        id=body.id,
        **plain,
        title=_first(observations, "title", gave),
        category=_category(observations, gave),
        published_at=published.time if published else None,
        published_raw=published_raw,
        published_precision=published.precision if published else None,
        published_from=published_from,
        content_html=body.content_html,
        content_text=body.content_text,
        content_hash=body.content_hash,
        images=body.images,
        securities=_united(named, "securities"),
        boards=_united(named, "boards"),
        stock_images_removed=max(o.stock_images_removed for o in observations),
        duplicate_of=None,
        revision=1,
        first_seen_at=min(version.first_seen_at for version in ranked),
        updated_at=max(version.since for version in ranked),
        provenance={
            version.observation.key: {
                "address": version.observation.address,
                "observed_at": version.since,
                "content_hash": version.observation.content_hash,
                "gave": sorted(gave[version.observation.key]),
            }
            for version in ranked
        },
    )


def is_revision(old: Article, new: Article) -> bool:
    """Whether title, text or date really changed, as against markup and footers."""
    return (old.title, old.content_hash, old.published_at) != (
        new.title,
        new.content_hash,
        new.published_at,
    )


def _rank(version: Version) -> tuple[int, bool, timedelta, str]:
    """By kind; of several files of one id those that Jekyll publishes, and the newest, first."""
    observation = version.observation
    age = datetime.max.replace(tzinfo=UTC) - version.since
    return RANK[observation.kind], observation.url is None, age, observation.variant or ""


def _first(observations: Sequence[Observation], name: str, gave: dict[str, list[str]]) -> Any:
    """The first value told; empty lists are no value unless nobody tells more."""
    for observation in observations:
        value = getattr(observation, name)
        if value:
            gave[observation.key].append(name)
            return value
    return getattr(observations[0], name)


def _body(observations: Sequence[Observation]) -> Observation:
    longest = max(len(o.content_text) for o in observations)
    return next(o for o in observations if 2 * len(o.content_text) >= longest)


def _category(observations: Sequence[Observation], gave: dict[str, list[str]]) -> str | None:
    """The slug; one read off a post's address, in lower case, only where nobody knows better."""
    certain = sorted(observations, key=lambda o: not o.category_certain)
    category: str | None = _first(certain, "category", gave)
    return category


def _published(
    observations: Sequence[Observation], gave: dict[str, list[str]]
) -> tuple[PublishedAt | None, str | None, str | None]:
    """The time, which source told it, and in which words."""
    for observation in observations:
        if observation.published is not None:
            gave[observation.key].append("published_at")
            return observation.published, observation.kind, observation.published_raw
    raw = next((o.published_raw for o in observations if o.published_raw), None)
    if day := day_of_id(observations[0].id):
        return _midnight(day), "id", raw
    if day := next((day for o in observations if (day := day_of_url(o.url))), None):
        return _midnight(day), "url", raw
    return None, None, raw


def _midnight(day: date) -> PublishedAt:
    return PublishedAt(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI), "day")


def _united(observations: Sequence[Observation], name: str) -> list[Any]:
    """The union of a list field, in the order of the first source, each code once."""
    found: dict[Any, Any] = {}
    for observation in observations:
        for value in getattr(observation, name):
            key = getattr(value, "symbol", None) or (getattr(value, "market", None), value.code)
            found.setdefault(key, value)
    return list(found.values())
