"""The last stage: an item is answered when its batch is acknowledged."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import PyMongoError
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from crawler.article import ARTICLE_FIELDS, ArticleItem, Observation
from crawler.spiders.newsshare import NewsShareSpider
from crawler.store.articles import Articles
from pipelines.stage import Rejected
from pipelines.store_articles import StoreArticles

if TYPE_CHECKING:
    from crawler.store.connection import Store


SITE = dict.fromkeys(
    ("FINEWS_BASE_URL", "FINEWS_CANONICAL_URL", "NEWSSHARE_BASE_URL"), "http://127.0.0.1:9/"
)


class CountingArticles(Articles):
    """The real thing, which notes the size of each batch."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.batches: list[int] = []

    def write(self, batch: Any) -> Any:
        self.batches.append(len(batch))
        return super().write(batch)


def item(key: str, **values: Any) -> ArticleItem:
    page = Observation(key, "page", key, datetime(2022, 1, 1, tzinfo=UTC), title=key, **values)
    return ArticleItem(key, [page])


def stage(
    store: Store, size: int, seconds: float, **more: Any
) -> tuple[StoreArticles, CountingArticles]:
    """The stage in a crawler that was never started."""
    settings = {"STORE_BATCH_SIZE": size, "STORE_BATCH_SECONDS": seconds, **more}
    crawler = get_crawler(NewsShareSpider, {**SITE, **settings})
    crawler.spider = NewsShareSpider.from_crawler(crawler, store=store, missing="1")
    made = StoreArticles.from_crawler(crawler)
    made.articles = counting = CountingArticles(store)
    return made, counting


def process(made: StoreArticles, *items: ArticleItem) -> list[Any]:
    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*map(made.process_item, items), return_exceptions=True)

    return asyncio.run(all_at_once())


def test_a_full_batch_goes_at_once_and_the_rest_by_time(store: Store) -> None:
    made, articles = stage(store, size=3, seconds=0.05)
    answers = process(made, *(item(str(n)) for n in range(7)))
    assert articles.batches == [3, 3, 1]
    assert [answer.id for answer in answers] == [str(n) for n in range(7)]
    assert store.collection("articles").count_documents({}) == 7
    assert made.crawler.stats.get_value("finews/articles/new") == 7


def test_an_answer_means_that_it_is_stored(store: Store) -> None:
    made, _ = stage(store, size=100, seconds=0.01)

    async def one() -> int:
        await made.process_item(item("a"))
        return store.collection("articles").count_documents({"_id": "a"})

    assert asyncio.run(one()) == 1


def test_only_an_output_of_the_crawl_gets_records(store: Store) -> None:
    made, _ = stage(store, size=1, seconds=0.05, FEEDS={"x.jsonl": {"format": "jsonl"}})
    [answer] = process(made, item("a"))
    assert tuple(answer) == ARTICLE_FIELDS


def test_what_the_store_cannot_take_is_rejected_alone(store: Store) -> None:
    made, _ = stage(store, size=3, seconds=0.01)
    good, bad, other = process(made, item("a"), item("b", digest="\ud800"), item("c"))
    assert isinstance(bad, Rejected)
    assert (bad.stage, good.id, other.id) == ("store", "a", "c")


def test_what_was_forgotten_is_dropped_and_no_reject(store: Store) -> None:
    made, articles = stage(store, size=1, seconds=0.01)
    process(made, item("a"))
    articles.tombstones.forget("a")
    [answer] = process(made, item("a"))
    assert isinstance(answer, DropItem)
    assert not isinstance(answer, Rejected)
    assert made.crawler.stats.get_value("finews/articles/forgotten") == 1
    assert store.collection("articles").count_documents({}) == 0


@pytest.mark.parametrize("error", [PyMongoError("away"), RuntimeError("unforeseen")])
def test_a_failing_store_answers_every_item_of_the_batch(store: Store, error: Exception) -> None:
    made, articles = stage(store, size=2, seconds=0.01)

    def fail(batch: Any) -> Any:
        raise error

    articles.write = fail  # type: ignore[method-assign]
    answers = process(made, item("a"), item("b"), item("c"))
    assert all(isinstance(a, DropItem) and not isinstance(a, Rejected) for a in answers)
    assert made.crawler.stats.get_value("finews/store_error") == str(error)
    assert isinstance(process(made, item("d"))[0], DropItem)
