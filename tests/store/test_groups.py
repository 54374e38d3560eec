"""Groups of articles: how many, which change was the last, what they are called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawler.article import PublishedAt, Security
from crawler.store.groups import Group
from crawler.store.reader import Reader
from crawler.store.selection import Selection
from tests.exports.web.made import SEEN, article, key, write

if TYPE_CHECKING:
    from crawler.store.connection import Store

A, B = "600000.SH", "NIO.US"


def groups(store: Store, selection: Selection | None = None) -> list[Group]:
    with Reader(store) as reader:
        return reader.groups(selection or Selection())


def minute(number: int) -> datetime:
    return datetime(2021, 12, 31, 7, number, tzinfo=UTC)


def test_an_empty_store_has_none(store: Store) -> None:
    assert groups(store) == []


def test_each_group_tells_of_its_articles(store: Store) -> None:
    unnamed = Security(A, "1", "600000", None, "text")
    no_symbol = Security(None, "8", "IF00", "股指", "mention")
    write(
        store,
        article(1, A, category_name="旧名"),
        article(3, B, category_name="新名"),
        article(2, A, category_name="中名"),
        article(4, securities=[unnamed, no_symbol], category_name=None),
        article(5, category=None, category_name=None, published=None),
        article(6, category_name="更旧", published=PublishedAt(minute(0), "second")),
    )
    assert groups(store) == [
        Group("all", "", None, 6, 6, minute(4), SEEN),
        Group("category", "beifangwang", "新名", 5, 6, minute(4), SEEN),
        Group("symbol", A, f"名{A}", 3, 4, minute(4), SEEN),
        Group("symbol", B, f"名{B}", 1, 2, minute(3), SEEN),
    ]


def test_a_selection_applies(store: Store) -> None:
    write(store, article(1, A), article(2, A, B), article(3, B, category="x"))
    found = {one.key: one.articles for one in groups(store, Selection(symbol=A))}
    assert found == {"": 2, "beifangwang": 2, A: 2, B: 1}
    found = {one.key: one.articles for one in groups(store, Selection(category="x"))}
    assert found == {"": 1, "x": 1, B: 1}
    with Reader(store) as reader:
        for group in reader.groups(Selection(symbol=A)):
            ids = [one["id"] for one in reader.records_of(Selection(symbol=A), group)]
            assert ids == ([key(2)] if group.key == B else [key(1), key(2)])


def test_all_is_of_one_moment(store: Store) -> None:
    write(store, article(1, A))
    with Reader(store) as reader:
        write(store, article(2, A))
        assert [one.articles for one in reader.groups(Selection())] == [1, 1, 1]
