"""Finding words in 50,000 articles: recall and precision against a search by hand, milliseconds.

Compared in the same run: a regular expression on the articles themselves.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.articles import documents, fill
from bench.report import Table
from crawler.store.connection import Store
from crawler.store.reader import Reader
from crawler.store.selection import IN_ORDER, Selection

ARTICLES = int(os.environ.get("BENCH_ARTICLES", "50000"))
QUERIES = int(os.environ.get("BENCH_QUERIES", "40"))
PLACES = ("title", "digest", "content_text")
Search = Callable[[Store, Sequence[str]], set[str]]


@dataclass(frozen=True, slots=True)
class Turn:
    """One search: how long it took, and the shares of what it had to find and what it found."""

    seconds: float
    recall: float
    precision: float


def ours(store: Store, words: Sequence[str]) -> set[str]:
    """What `finews export --search` finds, articles and all."""
    with Reader(store) as reader:
        return {record["id"] for record in reader.records(Selection(search=tuple(words)))}


def by_regex(store: Store, words: Sequence[str]) -> set[str]:
    """A regular expression on each field of each article, in order."""
    query = {"$and": [{"$or": [_matches(place, word) for place in PLACES]} for word in words]}
    found = store.collection("articles").find(query, {"sources": 0}).sort(IN_ORDER).hint(IN_ORDER)
    return {document["_id"] for document in found}


def _matches(place: str, word: str) -> dict[str, Any]:
    return {place: {"$regex": re.escape(word), "$options": "i"}}


CONTENDERS: dict[str, Search] = {
    "ours": ours,
    "regular expression": by_regex,
}


def queries(texts: dict[str, str]) -> list[list[str]]:
    """Words of two to four characters cut out of texts, alone and in pairs, and one of none."""
    chance = random.Random(7)
    keys = list(texts)

    def word() -> str:
        text = texts[chance.choice(keys)]
        length = chance.choice((2, 2, 2, 3, 4))
        place = chance.randrange(len(text) - length)
        return "".join(text[place : place + length].split()) or "公司"

    pairs = [[word(), word()] for _ in range(QUERIES // 4)]
    return [[word()] for _ in range(QUERIES - len(pairs) - 1)] + pairs + [["绝无此词"]]


def tables() -> list[Table]:
    """Fill a store, and search."""
    texts = {one["_id"]: _text(one) for one in documents(ARTICLES)}
    asked = queries(texts)
    truth = [_by_hand(texts, words) for words in asked]
    told: dict[str, list[Turn]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder, Store.open(None, "bench", Path(folder)) as store:
        fill(store, ARTICLES)
        sizes = [_megabytes(store, name) for name in ("articles", "texts")]
        for words, right in zip(asked, truth, strict=True):
            for name, search in CONTENDERS.items():
                told[name].append(_turn(search, store, words, right))
    found = sorted(map(len, truth))
    middle = statistics.median(found)
    table = Table(
        "search",
        f"{ARTICLES:,} articles; {len(asked)} searches find {found[0]:,} to {found[-1]:,} of them, "
        f"the median {middle:,.0f}; on disk articles {sizes[0]:.0f} MB, texts {sizes[1]:.0f} MB",
        ["contender", "recall", "precision", "ms, median", "ms, most"],
    )
    for name, turns in told.items():
        recall = min(turn.recall for turn in turns)
        precision = min(turn.precision for turn in turns)
        times = [turn.seconds * 1000 for turn in turns]
        table.add(name, recall, precision, statistics.median(times), max(times))
    return [table]


def _turn(search: Search, store: Store, words: Sequence[str], right: set[str]) -> Turn:
    began = time.perf_counter()
    found = search(store, words)
    seconds = time.perf_counter() - began
    both = found & right
    return Turn(seconds, _share(both, right), _share(both, found))


def _by_hand(texts: dict[str, str], words: Sequence[str]) -> set[str]:
    return {key for key, text in texts.items() if all(word in text for word in words)}


def _text(document: dict[str, Any]) -> str:
    return "\n".join(document[place] or "" for place in PLACES)


def _share(part: set[str], whole: set[str]) -> float:
    return len(part) / len(whole) if whole else 1.0


def _megabytes(store: Store, name: str) -> float:
    size: float = store.database.command("collStats", name)["storageSize"]
    return size / 1e6


if __name__ == "__main__":
    for one in tables():
        print(f"\n{one}")
