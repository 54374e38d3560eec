"""How many of a crawl's articles tell a field, held against the crawls before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.article import Article

if TYPE_CHECKING:
    from collections.abc import Sequence

# What most articles have, so that its loss means that a page changed.
FIELDS = ("url", "category", "title", "published_at", "source", "content_text", "securities")
# Few articles stray from the usual share by chance; hardly ever by more than this many deviations.
DEVIATIONS = 3.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many articles a crawl stored, and how many of them tell each field."""

    items: int
    told: Mapping[str, int]


def fields_told(item: Mapping[str, Any] | Article) -> list[str]:
    """The fields that an article tells, or its record: not null, not empty."""
    if isinstance(item, Article):
        return [field for field in FIELDS if getattr(item, field)]
    return [field for field in FIELDS if item.get(field)]


def coverage_of(stats: Mapping[str, Any]) -> Coverage:
    """What was counted of a crawl's articles."""
    told = {field: int(stats.get(f"finews/told/{field}", 0)) for field in FIELDS}
    return Coverage(int(stats.get("item_scraped_count", 0)), told)


def fallen(now: Coverage, before: Sequence[Coverage], tolerance: float, least: int) -> str | None:
    """The fields that are told by a smaller share than usual, beyond the tolerance.

    Usual is the mean of the crawls before, each article counting once. It takes `least` articles
    on both sides to say anything.
    """
    past = sum(one.items for one in before)
    if min(now.items, past) < max(least, 1):
        return None
    lost = []
    for field in FIELDS:
        usual = sum(one.told.get(field, 0) for one in before) / past
        share = now.told.get(field, 0) / now.items
        chance = DEVIATIONS * math.sqrt(usual * (1 - usual) / now.items)
        if share < usual - max(tolerance, chance):
            lost.append(f"{field} {share:.0%} (usually {usual:.0%})")
    return f"fewer of {now.items:,} articles tell {', '.join(lost)}" if lost else None
