"""Reading articles out: of one moment, as of a time, and what was withdrawn."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crawler.addresses import Link
from crawler.article import ARTICLE_FIELDS, ArticleItem
from crawler.records import to_record
from crawler.store.articles import Articles
from crawler.store.errors import StoreError
from crawler.store.links import Ledger
from crawler.store.reader import Reader
from crawler.store.selection import Selection
from crawler.store.tombstones import Tombstones
from tests.articles import BEGIN, HOUR, NIO, SEEN, id_of, put, put_many, said, url_of

if TYPE_CHECKING:
    from crawler.store.connection import Store

EVERYTHING = Selection()


def read(store: Store, selection: Selection = EVERYTHING, after: int = 0) -> list[dict[str, Any]]:
    with Reader(store) as reader:
        return list(reader.records(selection, after))


def as_of(store: Store, at: Any, selection: Selection = EVERYTHING) -> list[dict[str, Any]]:
    with Reader(store) as reader:
        return list(reader.records_as_of(selection, at))


def withdrawn(store: Store, after: int = 0) -> list[str]:
    with Reader(store) as reader:
        return [record["id"] for record in reader.withdrawn(after)]


def last_change(store: Store) -> int:
    with Reader(store) as reader:
        return reader.last_change()


def test_what_is_read_is_of_one_moment(store: Store) -> None:
    put_many(store, map(said, range(1000)))
    with Reader(store) as reader:
        coming = reader.records(EVERYTHING)
        first = next(coming)
        # All that is still to come moves to where the reader was already, or would come again.
        later = SEEN + HOUR
        moved = [said(n, time=BEGIN - HOUR, observed_at=later) for n in range(500, 1000)]
        put_many(store, [*moved, said(2000)])
        ids = [first["id"], *(record["id"] for record in coming)]
        assert ids == [id_of(number) for number in range(1000)]
        assert reader.last_change() == 1000
    assert len(read(store)) == 1001


def test_a_record_is_the_article_in_contract_form(store: Store) -> None:
    put(store, said(securities=[NIO], time=BEGIN + timedelta(milliseconds=5)), said(2, time=None))
    articles = Articles(store)
    for record in read(store):
        article = articles.get(record["id"])
        assert article is not None
        assert list(record.items()) == list(to_record(article).items())


def test_fields_are_in_the_dictionarys_order_whatever_the_documents(store: Store) -> None:
    put(store, said())
    for change in ({"$unset": {"title": ""}}, {"$set": {"title": "后"}}):
        store.collection("articles").update_one({}, change)
    [record] = read(store)
    assert tuple(record) == ARTICLE_FIELDS


def test_only_what_changed_after_a_number(store: Store) -> None:
    put(store, said(1), said(2), said(3))
    put(store, said(1, title="新", observed_at=SEEN + HOUR))
    assert [record["id"] for record in read(store, after=2)] == [id_of(1), id_of(3)]


def test_as_of_a_time_is_what_the_same_export_gave_then(store: Store) -> None:
    """Articles come, change, get another time, category or security, and further sources."""
    steps = [
        [said(n) for n in range(20)],
        [said(n, title="改", observed_at=SEEN + HOUR) for n in range(5)],
        [said(n, time=BEGIN - n * HOUR, observed_at=SEEN + 2 * HOUR) for n in range(3, 8)],
        [said(n, securities=[NIO], observed_at=SEEN + 3 * HOUR) for n in range(9, 12)],
        [said(n, category="emnews", observed_at=SEEN + 4 * HOUR) for n in range(4, 10)],
        [
            replace(said(n, observed_at=SEEN + 5 * HOUR), kind="share", title="上游", category=None)
            for n in range(0, 20, 3)
        ],
        [said(n, observed_at=SEEN + 6 * HOUR) for n in range(30, 35)],
    ]
    selections = [
        EVERYTHING,
        Selection(category="beifangwang"),
        Selection(symbol="NIO.US"),
        Selection(since=BEGIN, until=BEGIN + timedelta(minutes=9)),
        Selection(updated_since=SEEN + HOUR),
        Selection(search=("改",)),
    ]
    gave: list[list[Any]] = []
    for step in steps:
        put_many(store, step)
        gave.append([read(store, selection) for selection in selections])
    assert all(one != other for one, other in itertools.pairwise(gave))
    for number, exports in enumerate(gave):
        # From the moment on at which it was seen, until the next.
        for minutes in (0, 30, 59):
            at = SEEN + number * HOUR + timedelta(minutes=minutes)
            assert [as_of(store, at, selection) for selection in selections] == exports
    assert as_of(store, SEEN - timedelta(milliseconds=1)) == []


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, "one")


def link(number: int = 1) -> Link:
    return Link(url_of(number), "post", id_of(number), "beifangwang")


def withdraw(ledger: Ledger, number: int = 1) -> None:
    """The site does not have a post any more."""
    ledger.claim([link(number)], again=True)
    ledger.settle([url_of(number)], "gone", "HTTP 404")


def test_what_was_withdrawn_or_forgotten_is_told_once_by_its_number(
    store: Store, ledger: Ledger
) -> None:
    ledger.discover(map(link, range(4)))
    put(store, *map(said, range(4)))
    before = last_change(store)
    withdraw(ledger, 1)
    assert withdrawn(store) == withdrawn(store, before) == [id_of(1)]
    between = last_change(store)
    assert between == before + 1
    Tombstones(store).forget(id_of(2))
    assert withdrawn(store) == [id_of(1), id_of(2)]
    assert withdrawn(store, between) == [id_of(2)]
    assert withdrawn(store, last_change(store)) == []


def test_what_is_gone_and_forgotten_is_told_once(store: Store, ledger: Ledger) -> None:
    ledger.discover([link()])
    put(store, said())
    withdraw(ledger)
    before = last_change(store)
    Tombstones(store).forget(id_of(1))
    assert withdrawn(store) == withdrawn(store, before) == [id_of(1)]


def test_expired_posts_and_share_answers_that_are_gone_are_not_withdrawn(
    store: Store, ledger: Ledger
) -> None:
    share = Link("s", "share", id_of(2))
    ledger.discover([link(1), share])
    put(store, said(1), said(2))
    ledger.claim([share])
    ledger.settle([share.url], "gone", "HTTP 404")
    ledger.claim([link(1)], again=True)
    ledger.settle([url_of(1)], "expired", "HTTP 404")
    assert withdrawn(store) == []
    assert last_change(store) == 2


def test_gone_once_more_is_no_second_withdrawal(store: Store, ledger: Ledger) -> None:
    ledger.discover([link()])
    put(store, said())
    withdraw(ledger)
    before = last_change(store)
    ledger.reopen([link()])
    withdraw(Ledger(store, "two"))
    assert last_change(store) == before
    assert withdrawn(store) == [id_of(1)]


def test_what_is_asked_for_again_is_withdrawn_until_it_is_there(
    store: Store, ledger: Ledger
) -> None:
    ledger.discover([link()])
    put(store, said())
    before = last_change(store)
    withdraw(ledger)
    Ledger(store, "two").claim([link()])
    assert withdrawn(store) == withdrawn(store, before) == [id_of(1)]
    # It grew old meanwhile: what the site drops for its age is not withdrawn.
    Ledger(store, "two").settle([url_of(1)], "expired", "HTTP 404", whoever_holds=True)
    assert withdrawn(store) == []


def test_a_post_that_moved_is_not_withdrawn(store: Store, ledger: Ledger) -> None:
    moved = Link(url_of(1, "emnews"), "post", id_of(1), "emnews")
    ledger.discover([link(), moved])
    put(store, said(), said(category="emnews"))
    withdraw(ledger)
    assert withdrawn(store) == []
    ledger.claim([moved], again=True)
    ledger.settle([moved.url], "gone", "HTTP 404")
    assert withdrawn(store) == [id_of(1)]


def test_a_post_that_comes_back_as_it_was_is_a_change(store: Store, ledger: Ledger) -> None:
    ledger.discover([link()])
    put(store, said())
    withdraw(ledger)
    before = last_change(store)
    ledger.reopen([link()])
    again = ArticleItem(id_of(1), [said(observed_at=SEEN + HOUR)], [url_of(1)])
    [written] = Articles(store).write([again])
    assert written.outcome == "unchanged"
    assert [record["id"] for record in read(store, after=before)] == [id_of(1)]
    assert withdrawn(store) == []
    later = last_change(store)
    put(store, said(observed_at=SEEN + 2 * HOUR))
    assert last_change(store) == later


def test_so_is_one_that_comes_back_not_modified(store: Store, ledger: Ledger) -> None:
    ledger.discover([link()])
    put(store, said())
    withdraw(ledger)
    before = last_change(store)
    again = Ledger(store, "two")
    again.reopen([link()])
    again.claim([link()])
    again.unchanged(link())
    assert [record["id"] for record in read(store, after=before)] == [id_of(1)]
    assert withdrawn(store) == []
    again.unchanged(link())
    assert last_change(store) == before + 1


def test_what_was_gone_before_withdrawals_had_numbers_is_told_in_full_exports(
    store: Store, ledger: Ledger
) -> None:
    ledger.discover([link()])
    withdraw(ledger)
    bare = {"$unset": {"withdrawn_seq": "", "withdrawn_at": ""}}
    store.collection("links").update_one({}, bare)
    assert withdrawn(store) == [id_of(1)]
    assert withdrawn(store, 1) == []


def test_what_comes_first_of_all_is_after_the_moment_that_is_read(store: Store) -> None:
    with Reader(store) as reader:
        put(store, said(1), said(2))
        Tombstones(store).forget(id_of(2))
        assert reader.last_change() == 0
        assert reader.count(EVERYTHING) == 0
        assert list(reader.records(EVERYTHING)) == list(reader.withdrawn(0)) == []
    assert last_change(store) == 3


def read_while_it_is_made_anew(store: Store, name: str) -> None:
    with Reader(store) as reader:
        store.database.drop_collection(name)
        store.collection(name).insert_one({"_id": "another"})
        reader.last_change()
        list(reader.withdrawn())
        reader.count(Selection(search="x"))
        list(reader.records(EVERYTHING))


@pytest.mark.parametrize("name", ["articles", "tombstones", "counters", "texts"])
def test_a_collection_that_is_made_anew_meanwhile_is_one_line(store: Store, name: str) -> None:
    put(store, said())
    with pytest.raises(StoreError, match="made anew while it was read; run it again"):
        read_while_it_is_made_anew(store, name)
