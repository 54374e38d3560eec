"""Whether two stories are the same, which is what ties their articles together.

A long text is a reprint when it shares most of its shingles, and figures, with the other. Briefs
are written on templates, so there wording says little: figures have to be the same, and whether
they tell of a rise or a fall. A brief without figures is a reprint of what says the same, clause by
clause.

All of it reads what `Story.told` holds and nothing else. Whatever changes the answer here is to
raise `VERSION` of signature.py, or stores would hold groups of two rules.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.stories.signature import shingles, signature_of
from crawler.stories.story import FEWEST_LETTERS, NO_LETTERS

if TYPE_CHECKING:
    from collections.abc import Set

    from crawler.stories.story import Story

# A figure, and its unit where that tells something else: of a date, or of money.
Figure = tuple[str, str]

# The least share of what two texts say that both say (Jaccard): of shingles, and of figures; of
# pairs of letters of briefs with telling figures.
SHARED, SHARED_FIGURES, SHARED_PAIRS = 0.5, 0.6, 0.35
# Where the securities are other ones, a code was corrected, or it is another company.
SHARED_BESIDE_CODES = 0.8
# Fewer figures than these are no measure of a long text.
FEWEST_FIGURES = 3
# So many digits of figures that are no dates hardly agree by chance; of the letters with which both
# begin, so many are worth a digit. Where not even the first two are the same, it takes more.
TELLING_DIGITS, LETTERS_A_DIGIT, SUBJECT_LETTERS, MORE_TELLING_DIGITS = 3, 3, 2, 6
# The least part of a brief that has to be clauses of the other.
SHARED_CLAUSES = 0.6
FIGURE = re.compile(
    r"(负?\d+(?:\.\d+)?)(?:([年月日号时分])|[亿万千百]*(美元|港元|欧元|日元|英镑))?"
)
CODE = re.compile(r"(?<!\d)\d{6}(?=[.,]?(?:sh|sz|bj)(?![a-z]))|(?<!\d)\d{4,5}(?=[.,]?hk(?![a-z]))")
# Headline, who reports and when, and the medium at the end.
MARKS = re.compile(
    r"^【[^】]*】,?"
    r"|^[^,【】()]{2,20}(?:电|讯|消息|报道|获悉),"
    r"|^[^,【】()]{2,12},(?:\d+月)?\d+日[^,【】()]{0,4}(?:电|讯|消息|报道),"
    r"|,?\([^()]{1,15}\),?$"
)
MOST_MARKS = 4
DATES = frozenset("年月日号时分")
# A reprint may name a place or a title before the subject.
FARTHEST_SUBJECT = 8
# When something was said is left out of some reprints, and not of others.
WHEN = re.compile(r"(?:\d+月)?\d+日|[近今昨]日|[今昨]天|当地时间")
NO_SUBJECT = re.compile(rf"{WHEN.pattern}|[\d.,]+[年月日时分]?")
# What tells two briefs of one template apart where figures do not.
UP, DOWN = re.compile("[涨升增买]|[流转]入"), re.compile("[跌降减卖]|[流转]出")


class _Facts(NamedTuple):
    """What a brief says: its text without marks, and what is compared of it."""

    text: str
    pairs: frozenset[str]
    figures: frozenset[Figure]
    ways: frozenset[str]


def are_tied(one: Story, other: Story) -> bool:
    """Whether two tell the same to the letter, or share a band and are reprints; by definition.

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
    return _are_one_brief(one, other) if one.is_brief else _are_one_article(one, other)


def _are_one_article(one: Story, other: Story) -> bool:
    """Whether two long texts share half of what they say, and most of their figures.

    Announcements of two companies on one template have few figures but the security's code.
    """
    if _jaccard(set(shingles(one)), set(shingles(other))) < SHARED:
        return False
    figures = _telling(_figures(one.told)), _telling(_figures(other.told))
    codes = _codes(one.told, figures[0]), _codes(other.told, figures[1])
    first, second = (
        {figure for figure in told if figure[0] not in known}
        for told, known in zip(figures, codes, strict=True)
    )
    fewer = min(len(first), len(second))
    others = all(codes) and codes[0].isdisjoint(codes[1])
    if fewer < FEWEST_FIGURES:
        return not others
    least = SHARED_BESIDE_CODES if others else SHARED_FIGURES
    return len(first & second) >= least * fewer


def _are_one_brief(one: Story, other: Story) -> bool:
    """Whether two briefs agree in every figure and direction, and for the rest mostly in words."""
    first, second = _facts(one.told), _facts(other.told)
    if _differ(first.figures, second.figures) or _differ(first.ways, second.ways):
        return False
    if one.shingled == other.shingled:
        return True
    shared = _telling(first.figures & second.figures)
    digits = sum(len(figure.strip("负0.").replace(".", "")) for figure, _ in shared)
    opening = _opening(first.text, second.text)
    if opening < SUBJECT_LETTERS:
        is_telling = digits >= MORE_TELLING_DIGITS
    else:
        is_telling = bool(shared) and digits + opening // LETTERS_A_DIGIT >= TELLING_DIGITS
    if is_telling:
        return _jaccard(first.pairs, second.pairs) >= SHARED_PAIRS
    return _tells_all_of(first.text, second.text) or _tells_all_of(second.text, first.text)


# In one transaction a brief is compared with many.
@lru_cache(1024)
def _facts(told: str) -> _Facts:
    text = _without_marks(told)
    letters = text.translate(NO_LETTERS)
    pairs = frozenset(map(str.__add__, letters, letters[1:]))
    ways = frozenset(way.pattern for way in (UP, DOWN) if way.search(text))
    return _Facts(text, pairs, _figures(text), ways)


def _without_marks(text: str) -> str:
    """A brief without its headline, who reports, and its medium, if anything is left then."""
    for _ in range(MOST_MARKS):
        shorter = MARKS.sub("", text)
        if len(shorter) < FEWEST_LETTERS:
            break
        text = shorter
    return text


def _opening(one: str, other: str) -> int:
    """With how many letters both begin, figures and dates apart; one may have a word before."""
    first, second = (NO_SUBJECT.sub("", text).removeprefix("据") for text in (one, other))
    return max(_common(first, second), _common(second, first))


def _common(opening: str, other: str) -> int:
    place = other[:FARTHEST_SUBJECT].find(opening[:SUBJECT_LETTERS])
    pairs = zip(opening, other[max(place, 0) :], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _tells_all_of(longer: str, shorter: str) -> bool:
    """Whether one has every clause of the other, and little besides."""
    clauses, told = _clauses(longer), _clauses(shorter)
    least = SHARED_CLAUSES * sum(map(len, clauses))
    return set(clauses).issuperset(told) and sum(map(len, told)) >= least


def _clauses(text: str) -> list[str]:
    return [clause for clause in re.split("[,【】()]+", WHEN.sub("", text)) if clause]


def _differ(one: Set[Any], other: Set[Any]) -> bool:
    """Whether each has what the other has not."""
    return bool(one - other and other - one)


def _figures(text: str) -> frozenset[Figure]:
    """The figures of a text."""
    return frozenset(
        (_plain(figure), date or money) for figure, date, money in FIGURE.findall(text)
    )


def _telling(figures: Set[Figure]) -> set[Figure]:
    """Those that are no dates."""
    return {figure for figure in figures if figure[1] not in DATES}


def _codes(text: str, figures: Set[Figure]) -> set[str]:
    """The codes of securities that a text names with their exchange."""
    # Most texts have no figure of so many digits, and looking for codes takes its time.
    is_likely = any(4 <= len(figure) <= 6 for figure, _ in figures)
    return set(CODE.findall(text)) if is_likely else set()


def _plain(figure: str) -> str:
    """A figure without the zeros that say nothing."""
    return figure.rstrip("0").rstrip(".") if "." in figure else figure


def _jaccard(one: Set[Any], other: Set[Any]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both or 1)
