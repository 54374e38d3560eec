"""Categories that went quiet: by their own habit, not by a number for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Fewer articles than these make no habit.
LEAST_ARTICLES = 10
# Who is known for less has not been seen over a weekend.
LEAST_DAYS = timedelta(days=7)
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Quiet:
    """A category without news since `newest`; `usual` is its longest pause before that."""

    category: str
    newest: datetime
    usual: timedelta
    age: timedelta


def quiet_ones(
    times: Mapping[str, Sequence[datetime]], now: datetime, hours: float, tolerance: float
) -> list[Quiet]:
    """The categories whose newest article is older than they ever paused, times the tolerance.

    `times`: when each category published lately, in order. One that is younger than `hours` is
    never quiet.
    """
    found = []
    for category, published in sorted(times.items()):
        if len(published) < LEAST_ARTICLES or published[-1] - published[0] < LEAST_DAYS:
            continue
        usual = max(later - earlier for earlier, later in pairwise(published))
        age = now - published[-1]
        if age > max(timedelta(hours=hours), tolerance * usual):
            found.append(Quiet(category, published[-1], usual, age))
    return found


def line_of(quiet: Iterable[Quiet]) -> str | None:
    """All of them in one line, the first few by name."""
    told = [
        f"{one.category} for {_hours(one.age)} (at most {_hours(one.usual)} before)"
        for one in quiet
    ]
    if not told:
        return None
    more = f" and {len(told) - MOST_NAMED:,} others" if len(told) > MOST_NAMED else ""
    return f"nothing new in {', '.join(told[:MOST_NAMED])}{more}"


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):,.0f} h"
