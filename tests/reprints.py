"""Made-up stories and their reprints, and who is a duplicate of whom by trying every pair."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

from crawler.article import SHANGHAI
from crawler.stories.sameness import are_tied
from crawler.stories.story import story_of
from tests.articles import said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.article import Article, Observation

BEGIN = datetime(2021, 12, 8, 9, tzinfo=SHANGHAI)
LATEST = datetime.max.replace(tzinfo=UTC)
LETTERS = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工"


def sentence(name: str, length: int = 40) -> str:
    """A sentence like no other; of one name always the same."""
    return "".join(random.Random(name).choices(LETTERS, k=length - 1)) + "。"


def passage(name: str, first: int = 0, sentences: int = 10) -> str:
    """A text that goes on for ever, from one of its sentences on.

    Two that begin with the same sentence, or with one of those beside it, are the same story.
    """
    return "\n".join(sentence(f"{name} {first + n}") for n in range(sentences))


def a_set() -> list[Observation]:
    """Forty articles: reprints, chains of reprints, twins of one minute, briefs, undated ones."""
    told = []
    for name in range(4):
        # Each is the same as the ones beside it, the first and the last have little in common.
        told += [(passage(f"chain {name}", 2 * n), 7 * n % 5) for n in range(4)]
        told += [(passage(f"twins {name}"), 3), (passage(f"twins {name}"), 3)]
    told += [(passage(f"alone {n}"), n) for n in range(6)]
    told += [("沪指翻红，深成指涨逾百分之一。", hour) for hour in (1, 2, 26, 27)]
    told += [("今日无要闻", 1)] * 2
    # The same letters in other clauses, of which one alone is tied to the last.
    brief = "发改委约谈三家企业，要求不得囤积居奇"
    told += [(brief, 3), (brief.replace("，", ""), 4), (f"{brief}，维护市场。", 5)]
    # The same to the letter after a month, and reprints a week, two weeks and a month apart.
    told += [(passage("far"), 24 * day) for day in (0, 30, 90)]
    told += [(passage("far", 1), 24 * day) for day in (7, 14, 46, 61)]
    dated = [
        said(n, text=text, time=BEGIN + timedelta(hours=hours))
        for n, (text, hours) in enumerate(told)
    ]
    undated = [
        said(
            **{"number": 100 + n, "id": f"word{n}", "text": passage("chain 1", 2 * n)},
            **{"time": None, "published_raw": "?", "url": None},
        )
        for n in range(2)
    ]
    return [*dated, *undated, *(said(200 + n, text="") for n in range(2))]


def expected(articles: Iterable[Article]) -> dict[str, str | None]:
    """The `duplicate_of` of each article, found by trying every pair."""
    known = list(articles)
    stories = {one.id: story_of(one.content_text, one.published_at) for one in known}
    published = {article.id: article.published_at or LATEST for article in known}
    groups = {article.id: {article.id} for article in known}
    for one, other in combinations(stories, 2):
        if are_tied(stories[one], stories[other]):
            joined = groups[one] | groups[other]
            groups |= dict.fromkeys(joined, joined)
    roots = {one: min(group, key=lambda o: (published[o], o)) for one, group in groups.items()}
    return {one: None if root == one else root for one, root in roots.items()}
