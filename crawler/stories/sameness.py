"""Whether two stories are the same, which is what ties their articles together.

A long text is a reprint when it shares most of its shingles, and figures, with the other. Briefs
are written on templates, so there wording says little: figures have to be the same, and whether
they tell of a rise or a fall. A brief without figures is a reprint of what says the same, clause by
clause.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from crawler.stories.signature import shingles, signature_of
from crawler.stories.story import FEWEST_LETTERS, letters_of

if TYPE_CHECKING:
    from collections.abc import Set

    from crawler.stories.story import Story

# The least share of what two texts say that both say (Jaccard): of shingles, and of figures.
SHARED, SHARED_FIGURES = 0.5, 0.6
# Fewer figures than these are no measure of a long text.
FEWEST_FIGURES = 3
# So many digits of figures that are no dates hardly agree by chance; of the letters with which both
# begin, so many are worth a digit.
TELLING_DIGITS, LETTERS_A_DIGIT = 3, 3
# The least part of a brief that has to be clauses of the other.
SHARED_CLAUSES = 0.6
FIGURE = re.compile(r"(\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)([年月日号时分]?)")
CLAUSE = re.compile(r"[^\W_]+(?:\.\d+[^\W_]*)*")
# Headline, who reports, and the medium at the end, in folded text.
MARKS = re.compile(
    r"^\s*【[^】]*】|^\s*[^,。:;\s]{2,20}(?:电|讯|消息|报道|获悉)[,:\s]+|\s*\([^()]{1,15}\)[\s。]*$"
)
MOST_MARKS = 4
# What tells two briefs of one template apart where figures do not.
UP, DOWN = re.compile("[涨升增买]|[流转]入"), re.compile("[跌降减卖]|[流转]出")


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
    if not one.is_near(other) or one.is_brief != other.is_brief:
        return False
    if one.is_brief:
        return _are_one_brief(one, other)
    if _jaccard(set(shingles(one)), set(shingles(other))) < SHARED:
        return False
    figures = _figures(one.text), _figures(other.text)
    fewer = min(map(len, figures))
    return fewer < FEWEST_FIGURES or len(figures[0] & figures[1]) >= SHARED_FIGURES * fewer


def _are_one_brief(one: Story, other: Story) -> bool:
    """Whether two briefs agree in every figure and direction, and for the rest mostly in words."""
    texts = _without_marks(one.text), _without_marks(other.text)
    figures = _figures(texts[0]), _figures(texts[1])
    if _differ(*figures) or _differ(*map(_ways, texts)):
        return False
    shared = {figure for figure, is_date in figures[0] & figures[1] if not is_date}
    digits = sum(len(figure.replace(".", "").strip("0")) for figure in shared)
    if shared and digits + _opening(*texts) // LETTERS_A_DIGIT >= TELLING_DIGITS:
        return _jaccard(set(shingles(one)), set(shingles(other))) >= SHARED
    return _says_all_of(*texts) or _says_all_of(*reversed(texts))


def _without_marks(text: str) -> str:
    """A brief without its headline, who reports, and its medium, if anything is left then."""
    text = " ".join(text.split())
    for _ in range(MOST_MARKS):
        shorter = MARKS.sub("", text)
        if len(letters_of(shorter)) < FEWEST_LETTERS:
            break
        text = shorter
    return text


def _opening(one: str, other: str) -> int:
    """With how many letters both begin."""
    letters = zip(letters_of(one), letters_of(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], letters))


def _says_all_of(longer: str, shorter: str) -> bool:
    """Whether one has every clause of the other, and little besides."""
    clauses, told = CLAUSE.findall(longer), CLAUSE.findall(shorter)
    least = SHARED_CLAUSES * sum(map(len, clauses))
    return set(clauses).issuperset(told) and sum(map(len, told)) >= least


def _ways(text: str) -> set[str]:
    """Whether a text tells of a rise, a fall, or both."""
    return {way.pattern for way in (UP, DOWN) if way.search(text)}


def _differ(one: Set[Any], other: Set[Any]) -> bool:
    """Whether each has what the other has not."""
    return bool(one - other and other - one)


def _figures(text: str) -> set[tuple[str, bool]]:
    """The figures of a text, and whether they are of a date."""
    return {(_plain(figure), bool(unit)) for figure, unit in FIGURE.findall(text)}


def _plain(figure: str) -> str:
    """A figure without the commas of thousands, and without zeros that say nothing."""
    plain = figure.replace(",", "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _jaccard(one: Set[bytes], other: Set[bytes]) -> float:
    return len(one & other) / len(one | other)
