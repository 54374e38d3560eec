"""Who is a duplicate of whom: the same in any order, by any number of writers."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crawler.article import ArticleItem, PublishedAt
from crawler.store import migrations, regrouping
from crawler.store.articles import Articles
from crawler.store.connection import Store
from crawler.store.documents import INTERNAL, to_article
from crawler.store.reader import Reader
from crawler.store.selection import Selection
from crawler.store.tombstones import Tombstones
from tests.articles import SEEN, id_of, put, put_many, said
from tests.conftest import ROOT
from tests.reprints import BEGIN, a_set, expected, passage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from crawler.article import Article, Observation

HOUR = timedelta(hours=1)


def stored(store: Store) -> list[Article]:
    return [to_article(one) for one in store.collection("articles").find({}, INTERNAL)]


def roots(store: Store) -> dict[str, str | None]:
    return {article.id: article.duplicate_of for article in stored(store)}


def hold(store: Store) -> bool:
    return roots(store) == expected(stored(store))


def empty(store: Store) -> None:
    for name in ("articles", "texts", "revisions"):
        store.collection(name).delete_many({})


def write(store: Store, told: Iterable[Observation], sizes: random.Random) -> None:
    """Store what was said in batches of any size."""
    rest = list(told)
    while rest:
        size = sizes.choice((1, 1, 2, 5, 17))
        put_many(store, rest[:size])
        rest = rest[size:]


def test_the_set_holds_groups_of_all_kinds(store: Store) -> None:
    put_many(store, a_set())
    known = roots(store)
    groups: dict[str, set[str]] = {}
    for one, root in known.items():
        groups.setdefault(root or one, set()).add(one)
    sizes = sorted(len(group) for group in groups.values())
    assert sizes == [1] * 10 + [2] * 6 + [3] + [4] * 3 + [6, 7]
    # Undated ones, which are first by nothing, are in a group and not its root.
    assert known["word0"] == known["word1"] == id_of(6)


@pytest.fixture(params=["whole", "portions"])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries that take all there is, and such that take little."""
    if request.param == "portions":
        monkeypatch.setattr(regrouping, "MOST_STORIES", 2)
        monkeypatch.setattr(regrouping, "MOST_SOUGHT", 2)
        monkeypatch.setattr(regrouping.portions, "__defaults__", (3,))


@pytest.mark.parametrize("seed", range(20))
def test_any_order_ends_alike(store: Store, asked: None, seed: int) -> None:
    told = a_set()
    sizes = random.Random(seed)
    sizes.shuffle(told)
    write(store, told, sizes)
    assert hold(store)
    assert sum(root is not None for root in roots(store).values()) == 28


WRITER = """
import random, sys
from crawler.store.connection import Store
from tests.articles import put_many
from tests.reprints import a_set

folder, database, half = sys.argv[1:]
told = a_set()
random.Random(half).shuffle(told)
with Store.open(None, database, folder) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    # All of them by both: who comes second finds most of them there.
    for place in range(0, len(told), 3):
        put_many(store, told[place : place + 3])
"""


def test_two_processes_at_once_end_alike(store: Store, data_dir: Path) -> None:
    words = [sys.executable, "-c", WRITER, str(data_dir), store.database.name]
    for turn in range(3):
        empty(store)
        writers = [
            subprocess.Popen(
                [*words, f"{turn} {half}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
            )
            for half in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
        for writer in writers:
            writer.communicate(b"go\n")
            assert writer.returncode == 0
        assert len(stored(store)) == len(a_set())
        assert hold(store)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_changes_groups_hold(store: Store, asked: None, seed: int) -> None:
    chance = random.Random(seed)
    told = a_set()
    write(store, told, chance)
    for step in range(25):
        one = chance.choice(told)
        what = chance.choice(("text", "time", "both", "forget"))
        if what == "forget":
            Tombstones(store).forget(one.id)
            told = [other for other in told if other.id != one.id]
        else:
            other = chance.choice(told)
            new = replace(one, observed_at=one.observed_at + (step + 1) * HOUR)
            if what != "time":
                new.content_text, new.content_hash = other.content_text, other.content_hash
            if what != "text":
                time = BEGIN + chance.randrange(40) * HOUR
                new.published = PublishedAt(time, "second")
                new.published_raw = f"{time:%Y-%m-%d %H:%M:%S}"
            told = [new if kept.id == one.id else kept for kept in told]
            put(store, new)
        assert hold(store), (step, what)


@pytest.mark.parametrize("seed", range(4))
def test_as_of_a_time_it_is_what_it_was_then(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    told = a_set()
    chance.shuffle(told)
    times = [SEEN + step * HOUR for step in range(30)]
    then = []
    for step, time in enumerate(times):
        batch = [replace(one, observed_at=time) for one in told[2 * step : 2 * step + 2]]
        if step % 2:
            # One that is stored says what another says, or is dated anew.
            one, other = (chance.choice(told[: 2 * step]) for _ in range(2))
            day = BEGIN + chance.randrange(40) * HOUR
            new = {"content_text": other.content_text, "content_hash": other.content_hash}
            dated = {"published": PublishedAt(day, "second"), "published_raw": f"{day}"}
            batch.append(replace(one, observed_at=time, **chance.choice((new, dated, new | dated))))
        put_many(store, batch)
        then.append({article.id: article.duplicate_of for article in stored(store)})
    assert hold(store)
    with Reader(store) as reader:
        for time, known in zip(times, then, strict=True):
            everything = list(reader.records_as_of(Selection(include_duplicates=True), time))
            assert {record["id"]: record["duplicate_of"] for record in everything} == known
            firsts = [record["id"] for record in reader.records_as_of(Selection(), time)]
            assert firsts == [one["id"] for one in everything if one["duplicate_of"] is None]
            one = chance.choice(list(known))
            article = reader.article_as_of(one, time)
            assert article is not None
            assert article.duplicate_of == known[one]
        assert reader.article_as_of(told[-1].id, times[0]) is None


def test_an_earlier_one_becomes_the_root(store: Store) -> None:
    put_many(store, [said(n, text=passage("a")) for n in (5, 7, 6)])
    assert roots(store) == {id_of(5): None, id_of(6): id_of(5), id_of(7): id_of(5)}
    put(store, said(2, text=passage("a", 1)))
    assert roots(store) == {id_of(2): None} | {id_of(n): id_of(2) for n in (5, 6, 7)}


def test_one_minute_and_the_smallest_id_is_the_root(store: Store) -> None:
    put_many(store, [said(n, text=passage("a"), time=BEGIN) for n in (3, 2, 4)])
    assert roots(store) == {id_of(2): None, id_of(3): id_of(2), id_of(4): id_of(2)}


def test_who_ties_two_groups_makes_them_one(store: Store) -> None:
    left, middle, right = (passage("a", first) for first in (0, 2, 4))
    put_many(store, [said(1, text=left), said(2, text=left), said(4, text=right)])
    put(store, said(3, text=right))
    assert roots(store) == {
        **{id_of(1): None, id_of(2): id_of(1)},
        **{id_of(3): None, id_of(4): id_of(3)},
    }
    put(store, said(5, text=middle))
    assert roots(store) == {id_of(1): None} | {id_of(n): id_of(1) for n in (2, 3, 4, 5)}
    Tombstones(store).forget(id_of(5))
    assert roots(store) == {
        **{id_of(1): None, id_of(2): id_of(1)},
        **{id_of(3): None, id_of(4): id_of(3)},
    }


def test_it_is_a_change_and_no_revision(store: Store) -> None:
    put_many(store, [said(5, text=passage("a")), said(6, text=passage("a")), said(7)])
    articles = Articles(store)
    before = {one["_id"]: one for one in store.collection("articles").find()}
    last = articles.counter.read()
    put(store, said(2, text=passage("a")))
    after = {one["_id"]: one for one in store.collection("articles").find()}
    for number in (5, 6):
        old, new = before[id_of(number)], after[id_of(number)]
        assert new["seq"] > last
        assert {name for name in new if new[name] != old[name]} == {"duplicate_of", "seq"}
    assert after[id_of(7)] == before[id_of(7)]
    numbers = [one["seq"] for one in after.values()]
    assert len(set(numbers)) == len(numbers)
    assert articles.counter.read() == max(numbers)


def test_so_it_is_of_one_that_is_only_looked_at_again(store: Store) -> None:
    put(store, said(5, text=passage("a")))
    last = Articles(store).counter.read()
    again = said(5, text=passage("a"), observed_at=SEEN + HOUR)
    put_many(store, [again, said(2, text=passage("a"))])
    numbers = {one["_id"]: one["seq"] for one in store.collection("articles").find()}
    assert roots(store) == {id_of(2): None, id_of(5): id_of(2)}
    assert sorted(numbers.values()) == [last + 1, last + 2]
    assert Articles(store).counter.read() == last + 2


def test_nothing_new_takes_no_number(store: Store) -> None:
    told = [said(n, text=passage("a")) for n in (5, 6)]
    put_many(store, told)
    before = list(store.collection("articles").find())
    put_many(store, [replace(one, observed_at=one.observed_at + HOUR) for one in told])
    after = list(store.collection("articles").find())
    assert [one["seq"] for one in after] == [one["seq"] for one in before]
    assert [one["duplicate_of"] for one in after] == [None, id_of(5)]


def test_a_revision_of_a_duplicate_knows_whose_it_is(store: Store) -> None:
    put_many(store, [said(n, text=passage("a")) for n in (5, 6)])
    put(store, said(6, text=passage("a"), title="新标题", observed_at=BEGIN + 1000 * HOUR))
    new = Articles(store).get(id_of(6))
    assert new is not None
    assert (new.title, new.revision, new.duplicate_of) == ("新标题", 2, id_of(5))


def test_what_is_written_is_answered(store: Store) -> None:
    told = [said(n, text=passage("a")) for n in (6, 5)]
    written = Articles(store).write([ArticleItem(one.id, [one]) for one in told])
    assert [one.article and one.article.duplicate_of for one in written] == [id_of(5), None]


def test_groups_are_found_by_indexes(store: Store) -> None:
    put_many(store, a_set())
    texts, articles = store.collection("texts"), store.collection("articles")
    bands = [band for text in texts.find() for band in text.get("bands", ())][:50]
    members = {"$or": [{"_id": {"$in": ["x"]}}, {"duplicate_of": {"$in": ["x", "y"]}}]}
    for collection, query in (
        (texts, {"bands": {"$in": bands}}),
        (articles, {"duplicate_of": {"$in": ["x", "y"]}}),
        (articles, members),
    ):
        plan = json.dumps(collection.find(query).explain()["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in plan
        assert "COLLSCAN" not in plan


def reopen(data_dir: Path, store: Store) -> None:
    Store.open(None, store.database.name, data_dir).close()


def test_a_store_of_before_there_were_groups_gets_them(store: Store, data_dir: Path) -> None:
    told = a_set()
    put_many(store, told)
    right = roots(store)
    last = Articles(store).counter.read()
    # As it was: no signatures, no groups, texts of some.
    store.collection("articles").update_many({}, {"$set": {"duplicate_of": None}})
    store.collection("texts").update_many({}, {"$unset": {"story": "", "bands": ""}})
    store.collection("texts").delete_one({"_id": told[0].id})
    store.collection("meta").update_one({"_id": "schema"}, {"$set": {"texts": True}})
    reopen(data_dir, store)
    assert roots(store) == right
    assert Articles(store).counter.read() >= last + sum(map(bool, right.values()))
    before = list(store.collection("articles").find())
    reopen(data_dir, store)
    assert list(store.collection("articles").find()) == before


def test_signatures_of_another_version_are_made_anew(store: Store, data_dir: Path) -> None:
    put_many(store, a_set())
    right = roots(store)
    # Another rule held these together, and knew nothing of those.
    for text in store.collection("texts").find({"bands": {"$exists": True}}):
        other = {"story": text["story"] + 1, "bands": [band ^ 1 for band in text["bands"]]}
        store.collection("texts").update_one({"_id": text["_id"]}, {"$set": other})
    articles = store.collection("articles")
    articles.update_many({}, {"$set": {"duplicate_of": None}})
    wrong = {"duplicate_of": id_of(0)}
    articles.update_many({"_id": {"$in": [id_of(n) for n in (7, 24, 25)]}}, {"$set": wrong})
    store.collection("meta").update_one({"_id": "schema"}, {"$set": {"texts": "0"}})
    reopen(data_dir, store)
    assert roots(store) == right


def test_who_writes_while_signatures_are_made_is_seen(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, said(5, text=passage("a")))
    store.collection("texts").update_many({}, {"$unset": {"story": "", "bands": ""}})
    store.collection("meta").update_one({"_id": "schema"}, {"$unset": {"texts": ""}})
    write_texts = migrations.write_texts
    waiting = [said(6, text=passage("a"))]

    def meanwhile(*args: Any) -> None:
        if waiting:
            put(store, waiting.pop())
        write_texts(*args)

    monkeypatch.setattr(migrations, "write_texts", meanwhile)
    reopen(data_dir, store)
    assert roots(store) == {id_of(5): None, id_of(6): id_of(5)}


def test_a_text_without_an_article_hides_no_twin(store: Store) -> None:
    put_many(store, [said(5, text=passage("a"), time=BEGIN), said(6, text=passage("a"))])
    store.collection("articles").delete_one({"_id": id_of(5)})
    store.collection("articles").update_one({"_id": id_of(6)}, {"$set": {"duplicate_of": None}})
    put(store, said(7, text=passage("a"), time=BEGIN + timedelta(days=99)))
    assert roots(store) == {id_of(6): None, id_of(7): id_of(6)}
