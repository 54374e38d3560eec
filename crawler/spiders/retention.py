"""What became of a post that the site does not have: withdrawn, or dropped as all old ones are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date


def fate_of(day: date | None, oldest_listed: date | None) -> Literal["gone", "expired"]:
    """`expired` when a post is older than all that the site lists, and else `gone`."""
    is_older = day is not None and oldest_listed is not None and day < oldest_listed
    return "expired" if is_older else "gone"


def oldest_by_hearsay(listed: date | None, today: date, retention_days: float) -> date:
    """The day of the oldest post that a site lists, of which only older lists are at hand.

    It has dropped since then what is older than it keeps posts.
    """
    kept = today - timedelta(days=retention_days)
    return max(listed, kept) if listed else kept
