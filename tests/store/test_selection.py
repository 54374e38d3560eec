"""Which articles a selection means: as a query, as a test of one article, and by which index."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from crawler import records
from crawler.records import from_record
from crawler.store.reader import Reader, changed_since
from crawler.store.selection import IN_ORDER, Selection
from tests.articles import BEGIN, ENERGY, HOUR, NIO, PING_AN, SEEN, id_of, put_many, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.store.connection import Store

EVERY_OPTION: dict[str, Any] = {
    "category": "emnews",
    "symbol": "601318.SH",
    "board": "BK0493",
    "source": "界面新闻",
    "tag": "东财滚动新闻",
    "since": BEGIN + timedelta(minutes=3),
    "until": BEGIN + timedelta(minutes=40),
    "updated_since": SEEN + HOUR,
    "search": ("贵州茅台", "etf"),
    "include_duplicates": True,
}


def various(number: int) -> Any:
    """Articles that differ in everything that is selected by."""
    text = "今日贵州茅台上涨，ETF成交" if number % 3 else "市场平稳"
    return said(
        number,
        text=f"{text}{number}",
        category="emnews" if number % 2 else "Wind(A)",
        source="界面新闻" if number % 5 else None,
        tags=["东财滚动新闻", "x"] if number % 7 else [],
        securities=[NIO, PING_AN][: number % 3],
        boards=[ENERGY] if number % 4 else [],
        time=None if number == 11 else BEGIN + timedelta(minutes=number),
        published_raw=None,
        observed_at=SEEN + (number % 3) * HOUR,
    )


@pytest.fixture
def filled(store: Store) -> Store:
    put_many(store, [various(number) for number in range(60)])
    duplicate = {"$set": {"duplicate_of": id_of(1)}}
    store.collection("articles").update_one({"_id": id_of(3)}, duplicate)
    return store


def every_selection() -> Iterator[Selection]:
    """Every combination of the options that are given."""
    for length in range(len(EVERY_OPTION) + 1):
        for names in combinations(EVERY_OPTION, length):
            yield Selection(**{name: EVERY_OPTION[name] for name in names})


def test_every_combination_means_the_same_to_the_store_and_to_an_article(filled: Store) -> None:
    with Reader(filled) as reader:
        everything = list(reader.records(Selection(include_duplicates=True)))
        assert len(everything) == 60
        articles = [from_record(record) for record in everything]
        sizes = set()
        for selection in every_selection():
            found = [record["id"] for record in reader.records(selection)]
            assert found == [article.id for article in articles if selection.holds(article)]
            counted = reader.count(selection)
            assert len(found) <= counted if selection.search else len(found) == counted
            sizes.add(len(found))
    assert len(sizes) > 10


def stages(plan: Any) -> Iterator[str]:
    """The stages of a plan."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan["stage"]
        for value in plan.values():
            yield from stages(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from stages(value)


def test_no_combination_scans_the_collection(filled: Store) -> None:
    articles, texts = filled.collection("articles"), filled.collection("texts")
    for after in (0, 30):
        for selection in every_selection():
            query = changed_since(selection, after)
            plans = []
            if selection.search:
                query["_id"] = {"$in": [id_of(number) for number in range(20)]}
                plans.append(texts.find(selection.as_search()).sort(IN_ORDER).hint(IN_ORDER))
            plans.append(articles.find(query).sort(IN_ORDER))
            for plan in plans:
                used = set(stages(plan.explain()["queryPlanner"]["winningPlan"]))
                assert "IXSCAN" in used, (selection, used)
                assert "COLLSCAN" not in used, (selection, used)


@pytest.mark.parametrize("name", ["category", "symbol", "board", "source", "tag"])
def test_what_is_asked_for_alone_comes_in_order_from_its_index(filled: Store, name: str) -> None:
    selection = Selection(**{name: EVERY_OPTION[name]}, include_duplicates=True)
    found = filled.collection("articles").find(selection.as_query()).sort(IN_ORDER)
    assert "SORT" not in set(stages(found.explain()["queryPlanner"]["winningPlan"]))


def test_articles_come_out_by_time_and_id(store: Store) -> None:
    put_many(store, [said(4), said(2), replace(said(3), published=None), said(1, time=BEGIN)])
    put_many(store, [said(5, time=BEGIN)])
    with Reader(store) as reader:
        found = [record["id"] for record in reader.records(Selection())]
    # What tells no time has the day of its id.
    assert found == [id_of(n) for n in (3, 1, 5, 2, 4)]


def test_duplicates_are_left_out_unless_asked_for(filled: Store) -> None:
    with Reader(filled) as reader:
        assert id_of(3) not in [one["id"] for one in reader.records(Selection())]


def test_a_record_is_what_records_makes_of_the_article(filled: Store) -> None:
    with Reader(filled) as reader:
        for record in reader.records(Selection()):
            assert list(record.items()) == list(records.to_record(from_record(record)).items())
