"""Whether two stories are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.stories.signature import shingles

if TYPE_CHECKING:
    from crawler.stories.story import Story


def is_same(one: Story, other: Story) -> bool:
    """Whether one text is a reprint of the other."""
    a, b = set(shingles(one.letters)), set(shingles(other.letters))
    return len(a & b) >= 0.5 * len(a | b)
