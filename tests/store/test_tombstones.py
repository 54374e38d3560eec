"""What is taken out for good is gone everywhere, and never comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawler.addresses import Link
from crawler.article import ArticleItem, Observation
from crawler.store.articles import Articles
from crawler.store.links import Ledger
from crawler.store.rejects import Reject, Rejects
from crawler.store.tombstones import Tombstones

if TYPE_CHECKING:
    from crawler.store.connection import Store

SEEN = datetime(2022, 1, 1, tzinfo=UTC)


def item(key: str, hour: int = 0, title: str = "标题") -> ArticleItem:
    time = SEEN + timedelta(hours=hour)
    return ArticleItem(key, [Observation(key, "page", f"p{key}", time, title=title)], [f"p{key}"])


def filled(store: Store) -> tuple[Articles, Ledger]:
    """Two articles with two versions each, their links, and what was rejected of them."""
    articles, ledger = Articles(store), Ledger(store, "run")
    for key in ("a", "b"):
        ledger.discover([Link(f"p{key}", "post", key), Link(f"s{key}", "share", key)])
        articles.write([item(key), item(key, 1, "新标题")])
        Rejects(store).add(Reject("page/share", "no", "share", f"s{key}", None, b"", SEEN))
        Rejects(store).add(Reject("clean", "no", "feed", f"f{key}", key, b"", SEEN))
    return articles, ledger


def of(store: Store, collection: str, key: str) -> int:
    names = ("_id", "article", "url")
    values = [key, f"p{key}", f"s{key}", f"f{key}"]
    return store.collection(collection).count_documents(
        {"$or": [{name: {"$in": values}} for name in names]}
    )


def test_everything_of_it_is_gone_and_nothing_of_others(store: Store) -> None:
    filled(store)
    forgotten = Tombstones(store).forget("a")
    assert (forgotten.articles, forgotten.revisions, forgotten.rejects, forgotten.links) == (
        *(1, 1, 2, 2),
    )
    for name in ("articles", "revisions", "rejects"):
        assert of(store, name, "a") == 0, name
        assert of(store, name, "b") > 0, name
    states = {d["_id"]: d["state"] for d in store.collection("links").find()}
    assert states == {"pa": "forgotten", "sa": "forgotten", "pb": "stored", "sb": "new"}


def test_it_does_not_come_back_and_is_not_asked_for(store: Store) -> None:
    articles, _ = filled(store)
    Tombstones(store).forget("a")
    Ledger(store, "next").discover([Link("other", "post", "a")])
    assert Ledger(store, "next").claim([Link("pa", "post", "a")], again=True) == []
    [written] = articles.write([ArticleItem("a", item("a").observations, ["pa", "other"])])
    assert written.outcome == "forgotten"
    assert of(store, "articles", "a") == 0
    assert store.collection("links").count_documents({"state": "forgotten"}) == 3


def test_it_takes_a_number_of_its_own_once(store: Store) -> None:
    articles, _ = filled(store)
    before = articles.counter.read()
    Tombstones(store).forget("a")
    Tombstones(store).forget("a")
    [tombstone] = store.collection("tombstones").find()
    assert (tombstone["_id"], tombstone["seq"]) == ("a", before + 1)
    assert isinstance(tombstone["forgotten_at"], datetime)
    assert articles.counter.read() == before + 1


def test_of_an_id_that_nobody_knows_nothing_is_written(store: Store) -> None:
    assert not Tombstones(store).forget("a").anything
    assert Tombstones(store).among(["a"]) == set()


def test_what_is_only_known_by_a_link_is_forgotten_before_it_comes(store: Store) -> None:
    Ledger(store, "run").discover([Link("pa", "post", "a")])
    assert Tombstones(store).forget("a").links == 1
    assert [w.outcome for w in Articles(store).write([item("a")])] == ["forgotten"]
