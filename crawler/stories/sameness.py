"""Whether two stories are the same, which is what ties their articles together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.stories.signature import shingles, signature_of

if TYPE_CHECKING:
    from crawler.stories.story import Story


def are_tied(one: Story, other: Story) -> bool:
    """Whether two say the same to the letter, or share a band and are reprints; by definition.

    What says too little to have a signature has no ties.
    """
    first, second = signature_of(one), signature_of(other)
    if first is None or second is None:
        return False
    if first.whole == second.whole:
        return True
    return not set(first.bands).isdisjoint(second.bands) and are_reprints(one, other)


def are_reprints(one: Story, other: Story) -> bool:
    """Whether one text is a reprint of the other, and published near it."""
    if not one.is_near(other):
        return False
    a, b = set(shingles(one.letters)), set(shingles(other.letters))
    return len(a & b) >= 0.5 * len(a | b)
