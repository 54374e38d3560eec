"""What a backfill still has to get, and what came of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.addresses import Link
from crawler.article import ArticleItem, Observation, PublishedAt
from crawler.store.articles import Articles
from crawler.store.backlog import Answerable, Backlog, Day, Missing, Scope
from crawler.store.links import Ledger

if TYPE_CHECKING:
    from crawler.store.connection import Store

SEEN = datetime(2021, 12, 31, 8, tzinfo=UTC)


def post(name: str, day: int | None = 30, category: str = "techweb") -> Link:
    return Link(f"p/{name}", "post", name, category, date(2021, 12, day) if day else None)


def share(name: str) -> Link:
    return Link(f"s/{name}", "share", name)


def store_article(store: Store, link: Link, kind: str = "page", day: int = 30) -> None:
    told = PublishedAt(datetime(2021, 12, day, 23, tzinfo=UTC), "second")
    observation = Observation(
        *(link.article_id or "", kind, f"{kind}/{link.article_id}", SEEN),  # type: ignore[arg-type]
        title=link.article_id,
        category=link.category,
        published=told,
    )
    Articles(store).write([ArticleItem(link.article_id or "", [observation], [link.url])])


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, "one")


def test_posts_come_by_day_each_once_a_backfill(store: Store, ledger: Ledger) -> None:
    new, old, undated, other = post("new", 30), post("old", 1), post("undated", None), post("o", 2)
    ledger.discover([new, old, undated, other])
    backlog = Backlog(store, Scope(), store.now())
    assert backlog.posts() == [new, other, old, undated]
    assert backlog.posts(oldest_first=True) == [undated, old, other, new]
    ledger.claim([new])
    assert (backlog.count_posts(), backlog.count_turns()) == (3, (0, 4))
    ledger.settle([new.url, old.url], "owed", "HTTP 500")
    assert backlog.count_turns() == (2, 4)
    assert backlog.posts() == [other, undated]
    assert Backlog(store, Scope(), store.now() + timedelta(1)).count_posts() == 4


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (Scope(), "abcde"),
        (Scope(("TechWeb",)), "abce"),
        (Scope(("TechWeb", "Wind(A)")), "abcde"),
        (Scope((), date(2021, 12, 10)), "bcde"),
        (Scope((), None, date(2021, 12, 19)), "abe"),
        # A page without a zone can be a day late.
        (Scope((), date(2021, 12, 10), date(2021, 12, 10)), "e"),
        (Scope((), date(2021, 12, 19), date(2021, 12, 19)), "be"),
    ],
)
def test_a_scope_chooses_by_category_and_day(
    store: Store, ledger: Ledger, scope: Scope, names: str
) -> None:
    posts = [post("a", 5), post("b", 20), post("c", 30), post("d", 30, "wind(a)"), post("e", None)]
    forgotten = post("f", 20)
    ledger.discover([*posts, forgotten])
    ledger.settle([forgotten.url], "forgotten")
    backlog = Backlog(store, scope, store.now())
    assert "".join(sorted(link.article_id or "" for link in backlog.posts())) == names
    assert "".join(link.article_id or "" for page in backlog.pages() for link in page) == names
    assert backlog.count_known() == len(names)


def test_share_answers_complete_what_is_stored_and_replace_what_is_lost(
    store: Store, ledger: Ledger
) -> None:
    stored, complete, lost, tried = (post(name) for name in ("stored", "full", "lost", "tried"))
    posts = [stored, complete, lost, tried]
    ledger.discover([*posts, *(share(name) for name in ("stored", "full", "tried"))])
    store_article(store, stored)
    store_article(store, complete)
    ledger.settle([share("full").url], "stored")
    ledger.settle([lost.url], "gone", "HTTP 404")
    backlog = Backlog(store, Scope(), store.now())
    ledger.settle([share("tried").url], "owed", "HTTP 500")
    assert backlog.shares(posts) == [
        Answerable(stored, share("stored"), is_stored=True),
        Answerable(lost, None, is_stored=False),
    ]
    assert backlog.shares_alone() == [share("stored")]
    assert backlog.count_answered() == 1


def test_the_report_counts_by_day_source_and_reason(store: Store, ledger: Ledger) -> None:
    posts = [
        post(name, day) for name, day in (("a", 30), ("b", 30), ("c", 29), ("d", 29), ("e", 2))
    ]
    ledger.discover(posts)
    a, b, c, d, _e = posts
    # 23:00 in UTC is the next day in Shanghai.
    store_article(store, a, day=29)
    store_article(store, a, "share", day=29)
    store_article(store, Link("", "post", "z", "techweb"), "front_matter", day=29)
    ledger.settle([b.url], "owed", "HTTP 500")
    ledger.settle([c.url, d.url], "expired", "HTTP 404")
    backlog = Backlog(store, Scope(("TechWeb",)), store.now())
    days, missing = backlog.gaps()
    assert days == [
        Day(date(2021, 12, 2), 1, 0, 1, {}),
        Day(date(2021, 12, 29), 2, 0, 2, {}),
        Day(date(2021, 12, 30), 2, 2, 1, {"page": 1, "share": 1, "front_matter": 1}),
    ]
    assert missing == [
        Missing("expired", "HTTP 404", 2, ["c", "d"]),
        Missing("new", None, 1, ["e"]),
        Missing("owed", "HTTP 500", 1, ["b"]),
    ]
    assert backlog.count_stored() == 2
    assert Backlog(store, Scope(("other",)), store.now()).gaps() == ([], [])


def test_a_reason_counts_the_posts_of_all_days_and_names_the_first(
    store: Store, ledger: Ledger
) -> None:
    posts = [post(name, day) for day, name in enumerate("gfedcba", 10)]
    ledger.discover(posts)
    ledger.settle([one.url for one in posts], "owed", "HTTP 500")
    _, missing = Backlog(store, Scope(), store.now()).gaps()
    assert missing == [Missing("owed", "HTTP 500", 7, ["a", "b", "c", "d", "e"])]


def test_answers_that_did_not_come_are_told_by_reason(store: Store, ledger: Ledger) -> None:
    posts = [post(str(number), 30) for number in range(300)]
    other = Link("https://x/other", "post", "other", "elsewhere")
    answers = [share(one.article_id or "") for one in [*posts, other]]
    ledger.discover([*posts, other, *answers])
    urls = [one.url for one in answers]
    ledger.settle(urls[:7], "stored")
    ledger.settle(urls[7:290], "owed", "the answer is empty")
    ledger.settle(urls[290:], "rejected", "page/share: x")
    first, second = Backlog(store, Scope(("TechWeb",)), store.now()).missing_answers()
    assert (first.state, first.reason, first.number) == ("owed", "the answer is empty", 283)
    assert len(first.ids) == 5
    assert (second.state, second.number, len(second.ids)) == ("rejected", 10, 5)


def test_what_the_site_shows_again_is_to_be_had_again(store: Store, ledger: Ledger) -> None:
    gone, stored = post("gone"), post("stored")
    ledger.discover([gone, stored])
    ledger.settle([gone.url], "gone", "HTTP 404")
    ledger.settle([stored.url], "stored")
    backlog = Backlog(store, Scope(), store.now())
    assert backlog.posts() == []
    ledger.reopen([gone, stored])
    assert backlog.posts() == [gone]
