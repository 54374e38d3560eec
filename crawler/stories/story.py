"""What of an article is compared with others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from crawler.article import SHANGHAI
from crawler.folding import fold

LETTERS = re.compile(r"[^\W_]+")
# So few letters say nothing that others could not say of something else.
FEWEST_LETTERS = 8
# A text of fewer tells of no day: said again on another day, it tells of something else.
TIMELESS_LETTERS = 40
# A text of fewer is a brief.
BRIEF_LETTERS = 150
# Reprints that were edited are looked for within so many days.
NEAR_DAYS, NEAR_DAYS_OF_BRIEFS = 15, 1


@dataclass(frozen=True)
class Story:
    """A text, folded, and the day on which it was published, in Asia/Shanghai."""

    text: str
    day: date | None

    @cached_property
    def letters(self) -> str:
        """All its letters and digits."""
        return letters_of(self.text)

    @property
    def is_comparable(self) -> bool:
        """Whether it says enough to be compared at all."""
        return len(self.letters) >= FEWEST_LETTERS

    @property
    def is_brief(self) -> bool:
        """Whether it is one of the texts that are written on templates."""
        return len(self.letters) < BRIEF_LETTERS

    @property
    def near_days(self) -> int:
        """Within how many days reprints are looked for that were edited."""
        return NEAR_DAYS_OF_BRIEFS if self.is_brief else NEAR_DAYS

    @property
    def is_of_its_day(self) -> bool:
        """Whether it is compared with stories of the same day only."""
        return len(self.letters) < TIMELESS_LETTERS

    def is_near(self, other: Story) -> bool:
        """Whether both were published within so many days that one may be a reprint."""
        if self.day is None or other.day is None:
            return self.day == other.day
        days = abs((self.day - other.day).days)
        is_of_its_day = self.is_of_its_day or other.is_of_its_day
        return days <= (0 if is_of_its_day else min(self.near_days, other.near_days))


def story_of(text: str, published_at: datetime | None) -> Story:
    """The story of a text, given as it is in an article."""
    return Story(fold(text), day_of(published_at))


def letters_of(text: str) -> str:
    """All letters and digits of a text."""
    return "".join(LETTERS.findall(text))


def day_of(published_at: datetime | None) -> date | None:
    """The day of a time in Asia/Shanghai."""
    return published_at.astimezone(SHANGHAI).date() if published_at else None
