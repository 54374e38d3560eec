"""Words inside sentences: every one is found, and nothing else."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from bench.articles import documents, fill
from crawler.store.articles import Articles
from crawler.store.connection import Store
from crawler.store.reader import Reader
from crawler.store.selection import Selection
from crawler.store.tombstones import Tombstones
from tests.articles import HOUR, SEEN, id_of, put, said

if TYPE_CHECKING:
    from pathlib import Path


def search(store: Store, *words: str) -> list[str]:
    with Reader(store) as reader:
        return [record["id"] for record in reader.records(Selection(search=words))]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["台酒"], True),
        (["贵州茅台"], True),
        (["贵州", "上证50ETF"], True),
        (["上证50etf"], True),
        (["ＥＴＦ"], True),
        (["600519"], True),
        (["要闻"], True),
        (["摘要"], True),
        (["$text"], True),
        (["[A-Z]"], True),
        (["州贵"], False),
        (["贵州", "五粮液"], False),
        ([".*"], False),
    ],
    ids=str,
)
def test_a_word_is_found_as_it_stands(store: Store, words: list[str], found: bool) -> None:
    text = "贵州茅台酒股份（６００５１９）与上证50ETF：$text [A-Z]"
    put(store, said(1, title="要闻标题", digest="一条摘要", text=text), said(2, text="另一篇"))
    assert search(store, *words) == ([id_of(1)] if found else [])


def test_what_changed_or_was_forgotten_is_found_no_more(store: Store) -> None:
    put(store, said(1, text="旧文"), said(2, text="旧文"))
    put(store, said(1, text="新文", observed_at=SEEN + HOUR))
    assert (search(store, "旧文"), search(store, "新文")) == ([id_of(2)], [id_of(1)])
    Tombstones(store).forget(id_of(2))
    assert search(store, "旧文") == []
    assert store.collection("texts").count_documents({}) == 1


def test_a_text_that_stays_is_not_written_again(store: Store) -> None:
    put(store, said(1))
    store.collection("texts").update_one({}, {"$set": {"mark": True}})
    put(store, said(1, tags=["x"], observed_at=SEEN + HOUR))
    assert store.collection("texts").count_documents({"mark": True}) == 1


def test_recall_and_precision_are_whole(store: Store) -> None:
    """Words cut out of texts at random places, held against a search by hand."""
    fill(store, 2000)
    texts = {one["_id"]: one["content_text"] + one["title"] for one in documents(2000)}
    chance = random.Random(2)
    for length in (2, 2, 2, 3, 4, 6):
        text = chance.choice(list(texts.values()))
        place = chance.randrange(len(text) - length)
        word = text[place : place + length].strip()
        found = [key for key, one in texts.items() if all(part in one for part in word.split())]
        assert sorted(search(store, *word.split())) == sorted(found)


def test_a_store_from_before_there_was_a_search_becomes_searchable(
    store: Store, database: str, data_dir: Path
) -> None:
    put(store, said(1, text="贵州茅台"))
    store.collection("texts").drop()
    # One that was forgotten while an earlier try had it in hand.
    store.collection("texts").insert_one({"_id": "gone", "published_at": None, "text": "茅台"})
    store.collection("meta").update_one({}, {"$unset": {"texts": ""}})
    with Store.open(None, database, data_dir) as again:
        assert search(again, "茅台") == [id_of(1)]
        assert again.collection("texts").count_documents({}) == 1
        assert Articles(again).count() == 1
