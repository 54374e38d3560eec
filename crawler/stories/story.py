"""What of an article is compared with others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from crawler.article import SHANGHAI
from crawler.folding import fold

LETTERS = re.compile(r"[^\W_]+")
# Figures with their point, and what stands between them.
TOKEN = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+")
# So few letters say nothing that others could not say of something else.
FEWEST_LETTERS = 8
# A text of fewer tells of no day: said again on another day, it tells of something else.
TIMELESS_LETTERS = 40
# Reprints that were edited are looked for within so many days.
NEAR_DAYS = 15


@dataclass(frozen=True)
class Story:
    """A text, folded, and the day on which it was published, in Asia/Shanghai."""

    text: str
    day: date | None

    @cached_property
    def tokens(self) -> list[str]:
        """Its figures and what stands between them, without punctuation and spaces."""
        return [token.replace(",", "") for token in TOKEN.findall(self.text)]

    @cached_property
    def letters(self) -> str:
        """All its letters and digits."""
        return "".join(LETTERS.findall(self.text))

    @property
    def is_comparable(self) -> bool:
        """Whether it says enough to be compared at all."""
        return len(self.letters) >= FEWEST_LETTERS

    @property
    def is_of_its_day(self) -> bool:
        """Whether it is compared with stories of the same day only."""
        return len(self.letters) < TIMELESS_LETTERS

    def is_near(self, other: Story) -> bool:
        """Whether both were published within so many days that one may be a reprint."""
        if self.day is None or other.day is None:
            return self.day == other.day
        days = abs((self.day - other.day).days)
        return days <= (0 if self.is_of_its_day or other.is_of_its_day else NEAR_DAYS)


def story_of(text: str, published_at: datetime | None) -> Story:
    """The story of a text, given as it is in an article."""
    return Story(fold(text), day_of(published_at))


def day_of(published_at: datetime | None) -> date | None:
    """The day of a time in Asia/Shanghai."""
    return published_at.astimezone(SHANGHAI).date() if published_at else None
