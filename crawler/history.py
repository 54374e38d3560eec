"""What the sources of one article said over time, and the article as it was known at any time.

All of it is a pure function of the observations, so their order of arrival does not matter. Where
exports tell of sources (`carried`), which know less, it may matter for when a source began to say
what it says.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from crawler.article import ARTICLE_FIELDS, TRANSIENT, Article, Observation
from crawler.merge import Version, is_revision, merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

APART = frozenset({*TRANSIENT, "observed_at", "carried"})
COMPARED = tuple(f.name for f in fields(Observation) if f.name not in APART)
# Which of several sources gave them is not told by an export.
UNITED = frozenset({"securities", "boards"})
# These follow from the others, or from when a source was looked at.
BOOKKEEPING = frozenset({"revision", "first_seen_at", "updated_at", "provenance"})


@dataclass(frozen=True, slots=True)
class Span:
    """What one source said, unchanged, each time it was looked at from `since` on."""

    observation: Observation
    looks: tuple[datetime, ...]

    @property
    def since(self) -> datetime:
        return self.looks[0]


History = dict[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Replaced:
    """An article as it was until one or more of its sources said something else.

    `changed` are the article's fields that differ from then on; `spans` what is no longer said.
    """

    article: Article
    until: datetime
    changed: tuple[str, ...]
    spans: dict[str, Span]


def observe(history: History, new: Observation) -> History:
    """The history with one look at a source more, whenever it was.

    A look that is known already was read anew, by a better reader: what it says now holds for the
    looks after it that had said the same. Not so by an export, which tells less than the source.
    """
    # The tree and the raw input are of no use to what comes later.
    new = replace(new, tree=None, raw=b"")
    said: dict[datetime, Observation] = {}
    for span in history.get(new.key, ()):
        anew = new.observed_at in span.looks
        for look in span.looks:
            said[look] = new if anew and look > new.observed_at else span.observation
            if look == new.observed_at:
                if new.carried is not None:
                    return history
                new = replace(new, carried=span.observation.carried)
    said[new.observed_at] = new
    return {**history, new.key: tuple(_spans(said))}


def rename(history: History, change: Callable[[Observation], Observation]) -> History:
    """The history with every observation changed by a function."""
    return {
        key: tuple(Span(change(span.observation), span.looks) for span in spans)
        for key, spans in history.items()
    }


def article_of(history: History, at: datetime | None = None) -> Article | None:
    """The article as it is, or as it was known at a time; None when nothing was known then.

    The revision grows when title, text or date change at sources that had told them before; a
    further source joining is none.
    """
    versions = list(_versions(history, lambda since: at is None or since <= at))
    if not versions:
        return None
    article = merge(versions)
    article.revision = 1 + _revisions(history, lambda time: at is None or time <= at)
    return article


def replaced(history: History) -> Iterator[Replaced]:
    """The article before each change of what its sources said, the oldest first."""
    for time in _changes(history):
        before = _before(history, time)
        before.revision = 1 + _revisions(history, lambda since, time=time: since < time)  # type: ignore[misc]
        after = merge(_versions(history, lambda since, time=time: since <= time))  # type: ignore[misc]
        yield Replaced(
            before,
            time,
            changed_fields(before, after),
            {
                key: earlier
                for key, spans in history.items()
                for earlier, later in pairwise(spans)
                if later.since == time
            },
        )


def changed_fields(before: Article, after: Article) -> tuple[str, ...]:
    """The names of the fields in which two states of an article differ."""
    names = [name for name in ARTICLE_FIELDS if name not in BOOKKEEPING]
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _spans(said: Mapping[datetime, Observation]) -> Iterator[Span]:
    """Looks at one source, those that follow one another and say the same put together."""
    looks: list[datetime] = []
    told: Observation | None = None
    for time in sorted(said):
        if told is not None and told.carried is not None and _agree(told, said[time]):
            told = replace(said[time], observed_at=told.observed_at, carried=told.carried)
        elif told is not None and said[time].carried is not None and _agree(said[time], told):
            # An export of what is known better here.
            pass
        elif told is not None and not _same(told, said[time]):
            yield Span(told, tuple(looks))
            told, looks = None, []
        if told is None:
            told = said[time]
            if told.observed_at != time:
                told = replace(told, observed_at=time)
        looks.append(time)
    if told is not None:
        yield Span(told, tuple(looks))


def _same(one: Observation, other: Observation) -> bool:
    return all(_told(one, name) == _told(other, name) for name in COMPARED)


def _agree(carried: Observation, source: Observation) -> bool:
    """Whether a source says all that an export tells of it."""
    names = [name for name in COMPARED if name not in UNITED and getattr(carried, name)]
    return all(_told(carried, name) == _told(source, name) for name in names)


def _told(observation: Observation, name: str) -> Any:
    """A value to be compared: of a category that an address told, its letters in any case."""
    value = getattr(observation, name)
    if name == "category" and value and not observation.category_certain:
        return value.casefold()
    return value


def _changes(history: History) -> list[datetime]:
    """When a source first said something else than before, in order, each time once."""
    return sorted({span.since for spans in history.values() for span in spans[1:]})


def _versions(history: History, is_known: Callable[[datetime], bool]) -> Iterator[Version]:
    """What each source says by the last of its spans that is known."""
    for spans in history.values():
        known = [span for span in spans if is_known(span.since)]
        if known:
            carried = [c.first_seen_at for span in known if (c := span.observation.carried)]
            yield Version(known[-1].observation, min([known[0].since, *carried]), known[-1].since)


def _revisions(history: History, is_known: Callable[[datetime], bool]) -> int:
    """How many revisions there were up to a time; an export tells of those before it."""
    changes = set(_changes(history))
    carried: dict[datetime, int] = {}
    for spans in history.values():
        for span in spans:
            if told := span.observation.carried:
                carried[span.since] = max(carried.get(span.since, 0), told.revisions)
    number = 0
    for time in filter(is_known, sorted({*changes, *carried})):
        number += time in changes and _is_revision(history, time)
        number = max(number, carried.get(time, 0))
    return number


def _before(history: History, time: datetime) -> Article:
    return merge(_versions(history, lambda since: since < time))


def _is_revision(history: History, time: datetime) -> bool:
    """Whether the change at a time is a revision; sources that join then are left out of it."""
    old = {key: spans for key, spans in history.items() if spans[0].since < time}
    changed = {
        key: (earlier.observation, later.observation)
        for key, spans in old.items()
        for earlier, later in pairwise(spans)
        if later.since == time
    }
    after = merge(_versions(old, lambda since: since <= time))
    return is_revision(_before(history, time), after, changed)


def union(histories: Iterable[Mapping[str, Span]]) -> History:
    """The history of spans that are kept apart, the oldest first."""
    known: dict[str, tuple[Span, ...]] = {}
    for spans in histories:
        for key, span in spans.items():
            known[key] = (*known.get(key, ()), span)
    return known
