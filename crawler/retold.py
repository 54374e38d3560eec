"""What the sources of an article said, as far as the article itself tells it: for imports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crawler.article import VIAS, Carried, Observation, PublishedAt, Security
from crawler.history import article_of, observe
from crawler.merge import BODY_FIELDS, RANK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.article import Article, Board
    from crawler.history import History

AS_GIVEN = (
    *("url", "share_url", "origin_url", "category", "category_name", "tags", "title", "digest"),
    *("source", "content_html", "content_text", "images", "stock_images_removed"),
    "published_raw",
)


class RetoldError(ValueError):
    """No sources could have told an article; the message says what of it."""


def observations_of(article: Article) -> list[Observation]:
    """What each source said, so that the same article comes of it.

    Raises RetoldError for an article that comes of no sources.
    """
    observations = [_observation(article, key) for key in article.provenance]
    if not observations:
        raise RetoldError("provenance names no source")
    for name in ("securities", "boards"):
        _share_out(article, observations, name)
    oldest = min(observations, key=lambda o: o.observed_at)
    if article.revision > 1 or article.first_seen_at < oldest.observed_at:
        oldest.carried = Carried(article.first_seen_at, article.revision - 1)
    _check(article, observations)
    return observations


def _observation(article: Article, key: str) -> Observation:
    kind, _, variant = key.partition(":")
    if kind not in RANK:
        raise RetoldError(f"provenance names {key}, which is no source")
    witness = article.provenance[key]
    given = {name: getattr(article, name) for name in AS_GIVEN if name in witness.gave}
    observation = Observation(
        article.id,
        kind,
        witness.address,
        witness.observed_at,
        variant=variant or None,
        content_hash=witness.content_hash,
        category_certain="category" in witness.gave,
        carried=Carried(witness.observed_at, 0),
        **given,
    )
    if "published_at" in witness.gave and article.published_at and article.published_precision:
        observation.published = PublishedAt(article.published_at, article.published_precision)
    return observation


def _share_out(article: Article, observations: Sequence[Observation], name: str) -> None:
    """Share the entries of a list out among the sources that gave some, each at least one.

    Where there are fewer entries than sources, all but the last knew less of the first entry.
    """
    entries: list[Any] = list(getattr(article, name))
    gave = [o for o in observations if name in article.provenance[o.key].gave]
    givers = sorted(gave, key=lambda o: (not _gives_body(article, o), RANK[o.kind]))
    for place, giver in enumerate(givers):
        left = len(givers) - place - 1
        if left >= len(entries):
            setattr(giver, name, [_less(entry, left) for entry in entries[:1]])
        else:
            setattr(giver, name, entries[: len(entries) - left])
            entries = entries[len(entries) - left :] or entries[-1:]


def _gives_body(article: Article, observation: Observation) -> bool:
    return not set(BODY_FIELDS).isdisjoint(article.provenance[observation.key].gave)


def _less(entry: Security | Board, steps: int) -> Security | Board:
    """An entry as a source knew it that told so many things less of it."""
    for _ in range(steps):
        entry = _weaker(entry)
    return entry


def _weaker(entry: Security | Board) -> Security | Board:
    """An entry without its name, or named in a weaker way, or without its market."""
    if entry.name is not None:
        return replace(entry, name=None)
    if isinstance(entry, Security) and entry.via != VIAS[-1]:
        return replace(entry, via=VIAS[VIAS.index(entry.via) + 1])
    if isinstance(entry, Security) and entry.symbol is not None:
        return replace(entry, market=None)
    return entry


def _check(article: Article, observations: Sequence[Observation]) -> None:
    """Raises RetoldError naming the fields that would come out otherwise."""
    history: History = {}
    for observation in observations:
        history = observe(history, observation)
    again = article_of(history)
    assert again is not None
    names = [
        name
        for name in type(article).__dataclass_fields__
        if name != "duplicate_of" and getattr(article, name) != getattr(again, name)
    ]
    if names:
        raise RetoldError(f"its sources do not give its {', '.join(names)}")
