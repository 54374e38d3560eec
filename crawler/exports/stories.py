"""The articles that tell one story, a line or a record each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.article import SHANGHAI
from crawler.exports.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.store.duplicate_groups import Member


def lines_of(members: Iterable[Member]) -> Iterator[str]:
    """A group for people, its first article first."""
    yield "same story"
    for member in members:
        yield f"  {line_of(member)}"


def line_of(member: Member) -> str:
    """An article for people: id, time, medium, title."""
    time = _time(member) or "no date"
    source = one_line(member.source or member.category or "-")
    return f"{member.id:<20}  {time:<25}  {source:<10}  {one_line(member.title or '-')}"


def to_record(member: Member) -> dict[str, Any]:
    """An article for programs."""
    return {
        "id": member.id,
        "published_at": _time(member),
        "source": member.source,
        "category": member.category,
        "title": member.title,
    }


def _time(member: Member) -> str | None:
    time = member.published_at
    return time.astimezone(SHANGHAI).isoformat() if time else None
