"""What duplicates cost: one more article in stores of any size, and the writes of a crawl.

The first with made-up signatures, a thousand to a million of them; the second with and without
signatures and groups, in turns.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from bench.articles import Language
from bench.report import Table
from crawler.article import SHANGHAI, ArticleItem, Observation, PublishedAt
from crawler.history import article_of, observe
from crawler.store.articles import Articles
from crawler.store.connection import Store
from crawler.store.duplicates import Duplicates
from crawler.store.texts import TEXTS, Text, text_of, write_texts
from crawler.stories.signature import BAND_BYTES, BANDS, Signature
from crawler.stories.story import NEAR_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymongo.client_session import ClientSession

    from crawler.article import Article

SIZES = [int(one) for one in os.environ.get("BENCH_SIZES", "1000,10000,100000,1000000").split(",")]
ARTICLES = int(os.environ.get("BENCH_WRITES", "2000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CHARACTERS, BATCH = 4000, 100
# Articles come so far apart, three hundred a day.
APART = timedelta(minutes=5)
# One in so many is a reprint of the one before.
REPRINTS = 10
BEGIN = datetime(2021, 12, 5, tzinfo=SHANGHAI)


def items(number: int, seed: int, first: int = 0) -> Iterator[ArticleItem]:
    """Articles of 4,000 characters, five minutes apart, as a crawl gives them to the store."""
    language = Language(seed)
    text = ""
    for place in range(first, first + number):
        if place % REPRINTS or not text:
            text = language.text(CHARACTERS)
        else:
            text = f"{language.sentence(20)}\n{text}"
        time = BEGIN + place * APART
        key = f"NW{time:%Y%m%d}{seed:03}{place:07}"
        observation = Observation(
            key,
            "page",
            f"https://finews.withounder.com/x/{time:%Y/%m/%d}/{key}.html",
            time.astimezone(UTC),
            title=language.sentence(8),
            published=PublishedAt(time, "second"),
            published_raw=f"{time:%Y-%m-%d %H:%M:%S}",
            content_html="\n".join(f"<p>{line}</p>" for line in text.split("\n")),
            content_text=text,
            content_hash=f"{place:064x}",
        )
        yield ArticleItem(key, [observation])


def articles_of(told: Iterable[ArticleItem]) -> Iterator[Article]:
    """The articles that come of them."""
    for item in told:
        article = article_of(observe({}, item.observations[0]))
        assert article is not None
        yield article


def one_more(store: Store, texts: list[Text]) -> float:
    """Milliseconds for each of some new articles: their groups, and what they are found by."""

    def work(session: ClientSession) -> None:
        Duplicates(store.database).regroup(texts, {}, session)
        write_texts(store.database, texts, session)

    began = time.perf_counter()
    store.transaction(work)
    return (time.perf_counter() - began) * 1000 / len(texts)


def grow(store: Store, sizes: Iterable[int]) -> Iterator[tuple[int, float]]:
    """The cost of one more article once the store has so many."""
    chance = random.Random(1)
    collection = store.collection(TEXTS)
    count = 0
    turn = 0
    for size in sizes:
        while count < size:
            number = min(size - count, 5000)
            collection.insert_many(
                [_made_up(chance, count + place) for place in range(number)], ordered=False
            )
            count += number
        # What was just loaded is on the disk before anything is measured.
        store.client.admin.command("fsync")
        times = []
        for _ in range(20):
            turn += 1
            texts = list(map(text_of, articles_of(items(BATCH, turn, count))))
            times.append(one_more(store, texts))
            count += BATCH
        yield size, statistics.median(times)


def _made_up(chance: random.Random, place: int) -> dict[str, Any]:
    time = BEGIN + place * APART
    bands = tuple(chance.getrandbits(8 * BAND_BYTES) for _ in range(BANDS))
    signature = Signature(chance.getrandbits(64) - 2**63, bands, time.date(), NEAR_DAYS)
    return {
        **{"_id": f"made up {place}", "published_at": time, "text": "x"},
        **{"story": signature.whole, "bands": signature.kept},
    }


def write_all(folder: Path, name: str, told: list[ArticleItem], with_groups: bool) -> float:
    """Milliseconds an article, written in batches as a crawl does."""
    with Store.open(None, name, folder) as store:
        if not with_groups:
            for index in ("story_1", "bands_1"):
                store.collection(TEXTS).drop_index(index)
            store.collection("articles").drop_index("duplicate_of_1")
        articles = Articles(store)
        began = time.perf_counter()
        for place in range(0, len(told), BATCH):
            articles.write(told[place : place + BATCH])
        taken = (time.perf_counter() - began) * 1000 / len(told)
        store.client.drop_database(name)
    return taken


def _unsigned(article: Article) -> Text:
    with mock.patch("crawler.store.texts.signature_of", return_value=None):
        return text_of(article)


def tables() -> list[Table]:
    """What one more article costs by how many are stored, and what groups add to a write."""
    growth = Table(
        "duplicates, growth",
        "Signature and lookup of one more article, by how many are stored",
        ["stored articles", "one more, ms", "of the first"],
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store.open(None, "bench", folder) as store:
            first = 0.0
            for size, cost in grow(store, SIZES):
                first = first or cost
                growth.add(size, cost, cost / first)
            store.client.drop_database("bench")
            told: dict[bool, list[float]] = {True: [], False: []}
            for turn in range(ROUNDS):
                batch = list(items(ARTICLES, turn))
                told[True].append(write_all(folder, "with", batch, with_groups=True))
                with (
                    mock.patch("crawler.store.articles.text_of", _unsigned),
                    mock.patch.object(Duplicates, "regroup", return_value={}),
                ):
                    told[False].append(write_all(folder, "without", batch, with_groups=False))
    costs = {key: statistics.median(times) for key, times in told.items()}
    writes = Table(
        "duplicates, writes",
        f"{ARTICLES:,} articles of {CHARACTERS:,} characters, batches of {BATCH}",
        ["writes", "ms an article"],
    )
    writes.add("with signatures and groups", costs[True])
    writes.add("without", costs[False])
    writes.add("difference", costs[True] - costs[False])
    return [growth, writes]


if __name__ == "__main__":
    for one in tables():
        print(f"\n{one}")
