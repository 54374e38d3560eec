"""Which lists are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crawler.addresses import Link
from crawler.fetched import Fetched
from crawler.pages.home import TagList
from crawler.spiders.agenda import Agenda, may_have_more
from crawler.store.links import ListSeen

NOON = datetime(2021, 12, 31, 12, tzinfo=UTC)
HOME, FEED = Link("h", "home"), Link("f", "feed")
CATEGORY, OTHER = (Link(slug, "category", None, slug) for slug in "ab")
HOUR, DAY = 3600.0, 86400.0


def seen(link: Link, age: float | None, state: str = "stored", oldest: int = 30) -> ListSeen:
    read_at = None if age is None else NOON - timedelta(seconds=age)
    day = date(2021, 12, oldest)
    return ListSeen(link, state, read_at, age, day, Fetched("e"))  # type: ignore[arg-type]


def agenda(*lists: ListSeen, everything: bool = False, afresh: bool = False) -> Agenda:
    return Agenda({one.link.url: one for one in lists}, HOUR, DAY, everything, afresh)


@pytest.mark.parametrize(
    ("state", "age", "expected"),
    [
        ("stored", 0, False),
        ("stored", HOUR - 1, False),
        ("stored", HOUR, True),
        ("stored", None, True),
        ("owed", 0, True),
        ("new", None, True),
        ("gone", 0, True),
        ("expired", 0, True),
        ("rejected", 0, False),
        ("rejected", HOUR, True),
    ],
)
def test_a_list_is_due_by_its_state_and_age(state: str, age: float | None, expected: bool) -> None:
    assert agenda(seen(HOME, age, state)).is_due(HOME) is expected


def test_a_list_is_due_when_it_is_unknown_needed_or_everything_is() -> None:
    young = agenda(seen(HOME, 0), seen(CATEGORY, HOUR))
    assert young.is_due(OTHER)
    assert not young.is_due(CATEGORY)
    young.need([CATEGORY])
    assert young.is_due(CATEGORY)
    assert agenda(seen(HOME, 0), everything=True).is_due(HOME)


def test_what_is_stored_of_a_list_is_known_unless_it_is_to_be_had_afresh() -> None:
    assert agenda(seen(HOME, 0)).known(HOME) == Fetched("e")
    assert agenda().known(HOME) is None
    assert agenda(seen(HOME, 0), afresh=True).known(HOME) is None


def test_the_categories_that_are_there_and_those_that_are_due() -> None:
    gone = seen(Link("c", "category", None, "c"), 2 * DAY, "gone")
    told = agenda(seen(HOME, 2 * DAY), seen(CATEGORY, DAY), seen(OTHER, 0), gone)
    assert list(told.categories()) == [CATEGORY, OTHER]
    assert list(told.due_categories()) == [CATEGORY]
    assert [one.link for one in told.others({"a"})] == [OTHER]


def test_what_came_after_the_last_list_that_covers_the_site_is_new() -> None:
    posts = [Link(url, "post") for url in "pqr"]
    first_seen = {"p": NOON - timedelta(hours=2), "q": NOON - timedelta(minutes=30)}
    told = agenda(seen(HOME, HOUR), seen(FEED, 2 * HOUR), seen(CATEGORY, 0))
    assert told.covered_until == NOON - timedelta(hours=1)
    assert told.new_among(posts, first_seen) == {posts[1], posts[2]}
    unread = agenda(seen(HOME, HOUR, "rejected"), seen(FEED, None))
    assert unread.covered_until is None
    assert unread.new_among(posts, first_seen) == {*posts}


@pytest.mark.parametrize(
    ("shown", "new", "expected"),
    [("abcde", "abcdef", True), ("abcde", "abcd", False), ("abcd", "abcd", False), ("", "", False)],
)
def test_a_tag_may_have_more_when_all_of_its_five_are_new(
    shown: str, new: str, expected: bool
) -> None:
    tag = TagList("x", [Link(url, "post") for url in shown])
    assert may_have_more(tag, {Link(url, "post") for url in new}) is expected


TODAY = date(2021, 12, 31)


@pytest.mark.parametrize(
    ("lists", "asked", "oldest"),
    [
        # All that this run asked for: they tell the truth.
        ([seen(CATEGORY, DAY, oldest=5)], {"a": date(2021, 12, 7)}, 7),
        ([seen(CATEGORY, DAY)], {"a": date(2021, 12, 7), "b": date(2021, 12, 6)}, 6),
        # Others were read a moment ago, or so long ago that the site has dropped posts since.
        ([seen(CATEGORY, 0), seen(OTHER, HOUR - 1, oldest=5)], {"a": date(2021, 12, 7)}, 5),
        ([seen(CATEGORY, 0), seen(OTHER, HOUR, oldest=5)], {"a": date(2021, 12, 30)}, 28),
        ([seen(OTHER, HOUR, oldest=5)], {}, 28),
        ([seen(OTHER, HOUR, oldest=29)], {}, 29),
        ([], {}, 28),
    ],
)
def test_the_oldest_post_that_the_site_lists(
    lists: list[ListSeen], asked: dict[str, date | None], oldest: int
) -> None:
    told = agenda(*lists).oldest_listed(asked, TODAY, retention_days=3)
    assert told == date(2021, 12, oldest)


def test_lists_without_posts_tell_nothing_of_the_oldest() -> None:
    assert agenda(seen(CATEGORY, 0)).oldest_listed({"a": None}, TODAY, retention_days=3) is None
