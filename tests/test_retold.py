"""What an article tells of its sources gives the same article again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.article import Article, Board, Observation, Security, Witness
from crawler.history import History, article_of, observe
from crawler.records import from_record, to_record
from crawler.retold import RetoldError, observations_of
from tests.articles import ENERGY, HOUR, NIO, PING_AN, SEEN, said

SOURCES = ("page", "share", "feed", "front_matter:a")

SOURCES = ("page", "share", "feed", "front_matter:a")


def told(*observations: Observation) -> tuple[History, Article]:
    history: History = {}
    for observation in observations:
        history = observe(history, observation)
    article = article_of(history)
    assert article is not None
    return history, article


def retold(article: Article) -> tuple[History, Article]:
    return told(*observations_of(article))


def test_a_record_is_the_article_again() -> None:
    _, article = told(said(securities=[PING_AN], boards=[ENERGY]))
    assert from_record(to_record(article)) == article


@pytest.mark.parametrize("of_share", [[PING_AN], [PING_AN, NIO], []])
def test_of_several_sources_each_gives_what_it_gave(of_share: list[Security]) -> None:
    bare = [replace(PING_AN, name=None, via="stock_image")]
    share = said(kind="share", title=None, securities=of_share, boards=[ENERGY])
    page = said(securities=bare, boards=[Board("BK0493", None)], observed_at=SEEN + HOUR)
    _, article = told(replace(share, address="s"), page)
    assert retold(article)[1] == article


def test_revisions_and_the_first_sight_are_carried() -> None:
    first = said()
    _, article = told(
        first,
        said(title="改", observed_at=SEEN + HOUR),
        said(title="又改", observed_at=SEEN + 2 * HOUR),
    )
    assert article.revision == 3
    history, again = retold(article)
    assert again == article
    # What comes later counts on.
    later = observe(history, said(title="再改", observed_at=SEEN + 3 * HOUR))
    assert article_of(later).revision == 4  # type: ignore[union-attr]
    # What is found out of the time before takes the place of what was carried.
    earlier = observe(history, first)
    assert article_of(earlier).revision == 3  # type: ignore[union-attr]
    assert article_of(earlier).first_seen_at == SEEN  # type: ignore[union-attr]


def test_a_source_that_says_all_that_is_told_of_it_is_no_change() -> None:
    share = replace(said(kind="share", title=None, category=None), address="s")
    page = said(tags=["x"], digest="摘要", observed_at=SEEN + HOUR)
    _, article = told(share, page)
    history, _ = retold(article)
    look = observe(history, replace(page, observed_at=SEEN + 3 * HOUR))
    assert article_of(look) == article
    # From now on it is known what the page itself says.
    assert look["page"][-1].observation.content_text == page.content_text
    # One that says something else is.
    other = observe(look, replace(page, digest="另", observed_at=SEEN + 4 * HOUR))
    assert article_of(other).updated_at == SEEN + 4 * HOUR  # type: ignore[union-attr]


def test_the_same_seen_elsewhere_later_is_no_change() -> None:
    elsewhere = said(digest="摘要", observed_at=SEEN + 2 * HOUR)
    share = replace(said(kind="share", title="上游"), address="s", observed_at=SEEN + 2 * HOUR)
    _, there = told(elsewhere, share)
    history, here = told(said(digest="摘要"), replace(share, observed_at=SEEN))
    for observation in observations_of(there):
        history = observe(history, observation)
    assert article_of(history) == here


def test_an_export_tells_less_than_what_is_known() -> None:
    share = replace(said(kind="share", title="上游"), address="s")
    history, article = told(share, said(digest="摘要"))
    for observation in observations_of(article):
        assert observe(history, observation) == history


def test_a_source_read_at_the_same_time_takes_the_place_of_what_an_export_told() -> None:
    _, article = told(said(), said(title="改", observed_at=SEEN + HOUR))
    history, _ = retold(article)
    again = observe(history, said(title="改", observed_at=SEEN + HOUR))
    assert article_of(again) == article


LESS = st.one_of(st.none(), st.just("x"))
SECURITIES = st.lists(
    st.builds(
        Security,
        symbol=st.just("601318.SH"),
        market=st.sampled_from([None, "1"]),
        code=st.just("601318"),
        name=LESS,
        via=st.sampled_from(["stock_image", "mention", "text"]),
    )
    | st.sampled_from([NIO, PING_AN]),
    max_size=3,
)
OBSERVATIONS = st.builds(
    lambda key, hour, text, **given: replace(
        said(text=text, observed_at=SEEN + hour * HOUR, **given),
        kind=key.partition(":")[0],
        variant="a" if ":" in key else None,
        address=key,
    ),
    key=st.sampled_from(SOURCES),
    hour=st.integers(0, 5),
    text=st.sampled_from(["正文", "另一篇正文", "短"]),
    title=st.sampled_from([None, "甲", "乙"]),
    digest=st.sampled_from([None, "摘要"]),
    tags=st.sampled_from([[], ["甲"]]),
    category=st.sampled_from([None, "x"]),
    url=st.sampled_from([None, "https://finews.withounder.com/x/2021/12/31/a.html"]),
    time=st.sampled_from([None, SEEN - timedelta(days=1)]),
    stock_images_removed=st.integers(0, 2),
    boards=st.sampled_from([[], [ENERGY], [Board("BK0493", None)]]),
)


@given(st.lists(OBSERVATIONS, min_size=1, max_size=6))
def test_whatever_the_sources_said(observations: list[Observation]) -> None:
    _, article = told(*observations)
    assert retold(article)[1] == article


@given(st.lists(st.tuples(OBSERVATIONS, SECURITIES), min_size=1, max_size=4))
def test_whatever_securities_they_named(said_of: list[tuple[Observation, list[Security]]]) -> None:
    _, article = told(*(replace(one, securities=named) for one, named in said_of))
    assert retold(article)[1] == article


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"provenance": {}}, "names no source"),
        (
            {"provenance": {"rumour": Witness("a", SEEN, None, [])}},
            "names rumour, which is no source",
        ),
        ({"title": "伪"}, None),
        ({"updated_at": SEEN + HOUR}, "do not give its updated_at"),
        ({"content_hash": "0" * 64}, "do not give its content_hash"),
        ({"tags": ["a"], "provenance": {"page": Witness("a", SEEN, None, [])}}, "tags, "),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_no_sources_told_is_refused(change: dict[str, Any], reason: str | None) -> None:
    _, article = told(said())
    changed = replace(article, **change)
    if reason is None:
        assert retold(changed)[1] == changed
        return
    with pytest.raises(RetoldError, match=reason):
        observations_of(changed)
