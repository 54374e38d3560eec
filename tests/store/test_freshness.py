"""When articles were published, category by category."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawler.store.freshness import Fresh, freshness, published_lately

if TYPE_CHECKING:
    from crawler.store.connection import Store

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def hours_ago(hours: int) -> datetime:
    return NOON - timedelta(hours=hours)


def keep(store: Store, *articles: tuple[str | None, int | None]) -> None:
    """Articles by their category and how many hours ago they were published."""
    store.collection("articles").insert_many(
        {
            "_id": str(number),
            "category": category,
            "published_at": hours_ago(hours) if hours is not None else None,
        }
        for number, (category, hours) in enumerate(articles)
    )


def test_times_of_a_range_come_in_order_by_category(store: Store) -> None:
    keep(store, ("b", 3), ("a", 1), ("b", 5), ("b", 99), ("b", -1), (None, 2), ("a", None))
    lately = published_lately(store, hours_ago(5), NOON)
    assert lately == {"a": [hours_ago(1)], "b": [hours_ago(5), hours_ago(3)]}


def test_the_freshest_category_comes_first_and_none_is_left_out(store: Store) -> None:
    keep(store, ("b", 3), ("a", 1), ("b", 5), (None, 2), ("c", None))
    assert freshness(store) == [
        Fresh("a", 1, hours_ago(1)),
        Fresh(None, 1, hours_ago(2)),
        Fresh("b", 2, hours_ago(3)),
        Fresh("c", 1, None),
    ]


def test_no_article_is_read_for_it(store: Store) -> None:
    keep(store, *(("a", hours) for hours in range(50)))
    store.database.command("profile", 2)
    published_lately(store, hours_ago(20), NOON)
    freshness(store)
    store.database.command("profile", 0)
    asked = list(store.collection("system.profile").find({"command.aggregate": "articles"}))
    assert len(asked) == 2
    assert [one["docsExamined"] for one in asked] == [0, 0]
