"""The history of an article: a pure function of what was observed, whenever it arrived."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.article import Observation
from crawler.history import History, Span, article_of, observe, rename, replaced
from crawler.merge import published_of

ID = "2021123101"
FIRST = datetime(2021, 12, 31, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def said(hour: int, text: str = "正文", kind: Any = "page", **given: Any) -> Observation:
    """What a source said at an hour."""
    observation = Observation(
        ID,
        kind,
        f"address of {kind}",
        FIRST + hour * HOUR,
        content_text=text,
        content_html=f"<p>{text}</p>",
        content_hash=f"hash of {text}",
        **given,
    )
    observation.published = published_of(observation)
    return observation


def told(*observations: Observation) -> History:
    """The history of observations in the order of their arrival."""
    history: History = {}
    for observation in observations:
        history = observe(history, observation)
    return history


def in_any_order(*observations: Observation) -> History:
    """The one history that all orders of arrival give."""
    histories = [told(*order) for order in permutations(observations)]
    states = [(article_of(history), list(replaced(history))) for history in histories]
    assert all(dict(history) == histories[0] for history in histories)
    assert all(state == states[0] for state in states)
    return histories[0]


def texts(history: History, key: str = "page") -> list[tuple[str, list[int]]]:
    """What a source said, and at which hours."""
    return [
        (span.observation.content_text, [(look - FIRST) // HOUR for look in span.looks])
        for span in history[key]
    ]


def test_the_same_words_are_one_span_with_every_look() -> None:
    history = in_any_order(said(1), said(2), said(5))
    assert texts(history) == [("正文", [1, 2, 5])]
    article = article_of(history)
    assert article is not None
    assert (article.revision, article.updated_at) == (1, FIRST + HOUR)
    assert list(replaced(history)) == []


def test_an_older_look_takes_its_place_and_never_overwrites() -> None:
    history = in_any_order(said(1, "甲"), said(3, "甲"), said(2, "乙"))
    assert texts(history) == [("甲", [1]), ("乙", [2]), ("甲", [3])]
    article = article_of(history)
    assert article is not None
    assert (article.content_text, article.revision) == ("甲", 3)
    assert [old.article.content_text for old in replaced(history)] == ["甲", "乙"]


def test_page_share_file_and_older_page_give_one_article_in_any_order() -> None:
    history = in_any_order(
        said(3, title="新标题"),
        said(4, kind="share", title=None),
        said(5, kind="front_matter", variant="a.md", title="新标题"),
        said(1, title="旧标题"),
    )
    article = article_of(history)
    assert article is not None
    assert (article.title, article.revision) == ("新标题", 2)
    assert article.first_seen_at == FIRST + HOUR
    [old] = replaced(history)
    assert (old.article.title, old.article.revision) == ("旧标题", 1)
    assert (old.until, old.changed) == (FIRST + 3 * HOUR, ("title",))
    assert set(old.spans) == {"page"}


def test_a_change_that_another_source_hides_is_no_revision() -> None:
    share = said(2, kind="share", title="上游的标题")
    history = in_any_order(said(1, title="甲"), share, said(3, title="乙"))
    article = article_of(history)
    assert article is not None
    assert article.revision == 1
    assert [old.changed for old in replaced(history)] == [()]


def test_a_source_that_joins_as_another_changes_adds_no_revision() -> None:
    history = in_any_order(
        said(1, title="甲", tags=["一"]),
        said(2, title="甲", tags=["二"]),
        said(2, kind="share", title="上游的标题"),
    )
    article = article_of(history)
    assert article is not None
    assert (article.title, article.revision) == ("上游的标题", 1)


@pytest.mark.parametrize(
    ("hour", "title", "revision"),
    [(0, None, None), (1, "甲", 1), (2, "甲", 1), (3, "乙", 2), (9, "丙", 3)],
)
def test_the_article_as_it_was_known_at_a_time(
    hour: int, title: str | None, revision: int | None
) -> None:
    history = told(
        said(1, title="甲"), said(3, title="乙"), said(5, title="丙"), said(5, kind="share")
    )
    article = article_of(history, FIRST + hour * HOUR)
    if title is None:
        assert article is None
    else:
        assert article is not None
        assert (article.title, article.revision) == (title, revision)
        assert set(article.provenance) == ({"page", "share"} if hour > 5 else {"page"})


def test_a_look_read_anew_holds_for_the_later_looks_that_said_the_same() -> None:
    read = told(said(1, "甲"), said(2, "甲"), said(3, "甲"))
    assert texts(observe(read, said(1, "甲，读得更好"))) == [("甲，读得更好", [1, 2, 3])]
    assert texts(observe(read, said(2, "乙"))) == [("甲", [1]), ("乙", [2, 3])]


@given(st.permutations(range(1, 5)))
def test_all_looks_read_anew_in_any_order_leave_nothing_of_the_old_reading(order: Any) -> None:
    words = {1: "甲", 2: "甲", 3: "乙", 4: "甲"}
    history = told(*(said(hour, text) for hour, text in words.items()))
    anew = {hour: f"新{text}" for hour, text in words.items()}
    again = told(*(said(hour, text) for hour, text in anew.items()))
    for hour in order:
        history = observe(history, said(hour, anew[hour]))
    assert history == again


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6),
            st.sampled_from(["page", "share", "feed", "front_matter"]),
            st.sampled_from(["甲", "乙", ""]),
            st.sampled_from(["2021-12-31 15:00:00", "2021-12-31 23:00:00", None]),
        ),
        min_size=1,
        max_size=7,
        unique_by=lambda look: look[:2],
    ),
    st.randoms(use_true_random=False),
)
def test_any_looks_in_any_order_give_one_history(looks: list[Any], random: Any) -> None:
    observations = [
        said(hour, kind=kind, title=title or None, published_raw=raw)
        for hour, kind, title, raw in looks
    ]
    shuffled = [*observations]
    random.shuffle(shuffled)
    one, other = told(*observations), told(*shuffled)
    assert one == other
    assert article_of(one) == article_of(other)
    last = article_of(one, max(o.observed_at for o in observations))
    assert last == article_of(one)
    past = list(replaced(one))
    assert past == list(replaced(other))
    for old in past:
        assert article_of(one, old.until - timedelta(milliseconds=1)) == old.article


def test_renaming_reaches_what_was_said_before() -> None:
    history = told(said(1, "甲", category="wind"), said(2, "乙", category="wind"))
    renamed = rename(history, lambda o: replace(o, category="Wind"))
    assert [span.observation.category for span in renamed["page"]] == ["Wind", "Wind"]
    assert [span.looks for span in renamed["page"]] == [span.looks for span in history["page"]]


def test_spans_know_since_when() -> None:
    assert Span(said(1), (FIRST, FIRST + HOUR)).since == FIRST
