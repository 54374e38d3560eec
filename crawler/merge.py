"""One article from what its sources said of it, the same in any order of arrival."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.addresses import day_of_id, day_of_url
from crawler.article import SHANGHAI, Article, Observation, PublishedAt, Witness, note
from crawler.dates import ARTEFACT, normalise_date, without_artefact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from crawler.article import PublishedFrom, SourceKind

# Who is believed first.
RANK: dict[SourceKind, int] = {"share": 0, "front_matter": 1, "page": 2, "feed": 3}
# Sources whose dates Jekyll wrote.
SHOWN = frozenset({"page", "feed"})
PLAIN_FIELDS = (
    *("url", "share_url", "origin_url", "category_name", "tags", "title", "digest", "source"),
)
BODY_FIELDS = ("content_html", "content_text", "content_hash", "images")
# What a revision is a change of, and how a source tells it.
REVISED: dict[str, Callable[[Observation], Any]] = {
    "title": lambda o: o.title or None,
    "content_hash": lambda o: o.content_hash,
    "published_at": lambda o: o.published.time if o.published else o.published_raw or None,
}
DATE_FIELDS = ("published_at", "published_raw", "published_precision", "published_from")


@dataclass(frozen=True, slots=True)
class Version:
    """What one source said, and when: first of all, and first in the words it has now."""

    observation: Observation
    first_seen_at: datetime
    since: datetime


def published_of(observation: Observation) -> PublishedAt | None:
    """The time that a source tells; None when it tells none that can be read."""
    told = normalise_date(observation.published_raw)
    if told is None or observation.kind not in SHOWN:
        return told
    return without_artefact(told, day_of_id(observation.id))


def merge(versions: Iterable[Version]) -> Article:
    """The article that a set of sources tells, one version of each; raises ValueError on none.

    Field by field the first source in rank that tells it wins. The body is the first in rank that
    is not empty and not shorter than half of the longest. Securities and boards of all sources are
    united.
    """
    ranked = sorted(versions, key=_rank)
    if not ranked:
        raise ValueError("an article has at least one source")
    observations = [version.observation for version in ranked]
    gave: dict[str, list[str]] = {o.key: [] for o in observations}
    body = _body(observations)
    gave[body.key].extend(name for name in BODY_FIELDS if getattr(body, name))
    plain = {name: _first(observations, name, gave) for name in PLAIN_FIELDS}
    published, published_from, published_raw = _published(observations, gave)
    named = [body, *(o for o in observations if o is not body)]
    return Article(
        id=body.id,
        **plain,
        category=_category(observations, gave),
        published_at=published.time if published else None,
        published_raw=published_raw,
        published_precision=published.precision if published else None,
        published_from=published_from,
        **{name: getattr(body, name) for name in BODY_FIELDS},
        securities=_united(named, "securities", gave),
        boards=_united(named, "boards", gave),
        stock_images_removed=_most(observations, "stock_images_removed", gave),
        duplicate_of=None,
        revision=1,
        first_seen_at=min(version.first_seen_at for version in ranked),
        updated_at=max(version.since for version in ranked),
        provenance={
            version.observation.key: Witness(
                version.observation.address,
                version.since,
                version.observation.content_hash,
                sorted(gave[version.observation.key]),
            )
            for version in ranked
        },
    )


def is_revision(
    old: Article, new: Article, changed: Mapping[str, tuple[Observation, Observation]]
) -> bool:
    """Whether title, text or date really changed, as against markup, footers and the artefact.

    `changed`: what sources said and say now. A field counts when a source that gives or gave it
    had told it before, and tells it otherwise now.
    """
    for name, told in REVISED.items():
        if getattr(old, name) == getattr(new, name):
            continue
        if name == "published_at" and _is_artefact(old, new):
            continue
        for key, (before, after) in changed.items():
            gives = name in (*old.provenance[key].gave, *new.provenance[key].gave)
            was, is_now = told(before), told(after)
            if gives and was is not None and is_now is not None and was != is_now:
                return True
    return False


def _is_artefact(old: Article, new: Article) -> bool:
    """Whether two dates that the site shows differ by the eight hours that it adds."""
    if old.published_at is None or new.published_at is None:
        return False
    shown = {old.published_from, new.published_from} <= SHOWN
    return shown and abs(old.published_at - new.published_at) == ARTEFACT


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
    """Of those that have any body, be it one picture, the first that is not much too short."""
    filled = [o for o in observations if o.content_html] or observations
    longest = max(len(o.content_text) for o in filled)
    return next(o for o in filled if 2 * len(o.content_text) >= longest)


def _category(observations: Sequence[Observation], gave: dict[str, list[str]]) -> str | None:
    """The slug; one read off a post's address, in lower case, only where nobody knows better."""
    certain = sorted(observations, key=lambda o: not o.category_certain)
    category: str | None = _first(certain, "category", gave)
    return category


def _published(
    observations: Sequence[Observation], gave: dict[str, list[str]]
) -> tuple[PublishedAt | None, PublishedFrom | None, str | None]:
    """The time, which source told it, and in which words."""
    for observation in observations:
        if observation.published is not None:
            gave[observation.key].extend(DATE_FIELDS)
            return observation.published, observation.kind, observation.published_raw
    raw: str | None = _first(observations, "published_raw", gave)
    if day := day_of_id(observations[0].id):
        return _midnight(day), "id", raw
    if day := next((day for o in observations if (day := day_of_url(o.url))), None):
        return _midnight(day), "url", raw
    return None, None, raw


def _most(observations: Sequence[Observation], name: str, gave: dict[str, list[str]]) -> int:
    """The largest number, since every source counts the same blocks."""
    most = max(observations, key=lambda o: getattr(o, name))
    number: int = getattr(most, name)
    if number:
        gave[most.key].append(name)
    return number


def _midnight(day: date) -> PublishedAt:
    return PublishedAt(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI), "day")


def _united(
    observations: Sequence[Observation], name: str, gave: dict[str, list[str]]
) -> list[Any]:
    """The union of a list field, in the order of the first source, each code once.

    What a later source knows better of a known code is taken over.
    """
    found: dict[Any, Any] = {}
    for observation in observations:
        before = dict(found)
        for value in getattr(observation, name):
            note(found, value)
        if found != before:
            gave[observation.key].append(name)
    return list(found.values())
