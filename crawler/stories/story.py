"""What of an article is compared with others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from crawler.article import SHANGHAI
from crawler.folding import fold

# Letters and figures with their point.
LETTERS = re.compile(r"[^\W_]+(?:(?<=\d)\.(?=\d)[^\W_]+)*")
# What stands between them in folded text, but for brackets; the commas of thousands; signs.
BREAK = re.compile(r"(?:[^\w.【】()]|_|(?<!\d)\.|\.(?!\d))+")
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# Some media put spaces around figures and Latin letters.
SPACE = re.compile(r"(?<=[\da-z])\s+|\s+(?=[\da-z])")
MINUS = re.compile(r"(?<![\da-z)年月日元%])[-−](?=\d)")
NO_LETTERS = str.maketrans("", "", ",【】()")
# Words by which a text without a date tells of the day on which it is published.
TODAY = re.compile("[今昨]日|[今昨]天|今[早晨晚]|昨晚|日内|盘中|[早午开收尾]盘|午后|现报")
DATE = re.compile(r"\d日")
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
        """All its letters and figures."""
        return "".join(LETTERS.findall(self.text))

    @cached_property
    def told(self) -> str:
        """All that is compared of it: its letters, and of a brief where its clauses end.

        Stories of one day that have this in common have the same ties.
        """
        if not self.is_brief:
            return self.letters
        plain = SPACE.sub("", THOUSANDS.sub("", MINUS.sub("负", " ".join(self.text.split()))))
        return BREAK.sub(",", plain).strip(",")

    @cached_property
    def shingled(self) -> str:
        """The letters of what is told, of which shingles are made."""
        return self.told.translate(NO_LETTERS) if self.is_brief else self.told

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

    @cached_property
    def is_of_its_day(self) -> bool:
        """Whether it is compared with stories of the same day only."""
        if len(self.letters) < TIMELESS_LETTERS:
            return True
        return self.is_brief and bool(TODAY.search(self.told)) and not DATE.search(self.told)

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


def day_of(published_at: datetime | None) -> date | None:
    """The day of a time in Asia/Shanghai."""
    return published_at.astimezone(SHANGHAI).date() if published_at else None
