"""What of an article is compared with others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from crawler.article import SHANGHAI
from crawler.folding import fold

# Figures with their point, without the commas of thousands; what is left out is no letter.
TOKEN = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+")
# So few letters say nothing that others could not say of something else.
FEWEST_LETTERS = 8
# A text of fewer tells of no day: said again on another day, it tells of something else.
TIMELESS_LETTERS = 40


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
        """All its letters and figures."""
        return "".join(self.tokens)

    @property
    def is_comparable(self) -> bool:
        """Whether it says enough to be compared at all."""
        return len(self.letters) >= FEWEST_LETTERS

    @property
    def is_of_its_day(self) -> bool:
        """Whether it is compared with stories of the same day only."""
        return len(self.letters) < TIMELESS_LETTERS


def story_of(text: str, published_at: datetime | None) -> Story:
    """The story of a text, given as it is in an article."""
    day = published_at.astimezone(SHANGHAI).date() if published_at else None
    return Story(fold(text), day)
