"""What each step of an article costs, without the engine: microseconds."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.report import Table
from bench.site import HOME, Post, Posts
from crawler.addresses import Link, Site
from crawler.article import ArticleItem, Observation
from crawler.merge import published_of
from crawler.pages.post import PostPage
from crawler.pages.share import ShareAnswer
from crawler.pages.source_post import SourcePost
from crawler.store.articles import Articles
from crawler.store.connection import Store
from pipelines.clean_content import clean_content, content_hash
from pipelines.strip_stock_images import strip_stock_images
from pipelines.tag_securities import tag_securities

if TYPE_CHECKING:
    from collections.abc import Callable

ARTICLES = int(os.environ.get("BENCH_STAGES", "1000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
BATCH = 100
SEEN_AT = datetime(2022, 6, 1, tzinfo=UTC)
SITE = Site(f"{HOME}/", f"{HOME}/", "http://finews.zning.xyz/")
# The steps of a post's page; the others read the same article from other sources.
PARSE, DATE, IMAGES, SECURITIES, CONTENT, STORE = (
    *("the page", "1 date", "2 stock images", "3 securities", "4 content", "5 store"),
)


@dataclass(frozen=True, slots=True)
class Given:
    """A post as it is received in each form."""

    post: Post
    id: str
    link: Link
    page: bytes
    answer: bytes
    source: str


def page(given: Given) -> Observation:
    """What the page says, and the digest by which it is known again."""
    text = given.page.decode("utf-8", "replace")
    read = PostPage(text, given.link)
    assert read.digest
    return read.observation(SEEN_AT)


def answer(given: Given) -> Observation:
    """What the share answer says."""
    return ShareAnswer(given.answer, given.id).observation(given.id, SEEN_AT)


def source(given: Given) -> Observation:
    """What the source says."""
    name = f"{given.post.time:%Y-%m-%d}-{given.id}.md"
    return SourcePost(given.source, name, SITE).observation(SEEN_AT)


def date(observation: Observation) -> None:
    """Stage 1."""
    observation.published = published_of(observation)


def images(observation: Observation) -> None:
    """Stage 2."""
    observation.stock_images_removed = strip_stock_images(observation.tree)


def securities(observation: Observation) -> None:
    """Stage 3."""
    texts = (observation.title, observation.digest)
    observation.securities, observation.boards = tag_securities(observation.tree, *texts)


def content(observation: Observation) -> None:
    """Stage 4."""
    told = clean_content(observation.tree, observation.url or observation.address)
    observation.tree = None
    observation.content_html, observation.content_text = told.html, told.text
    observation.content_hash, observation.images = content_hash(told.text), told.images


STAGES: dict[str, Callable[[Observation], None]] = {
    DATE: date,
    IMAGES: images,
    SECURITIES: securities,
    CONTENT: content,
}


def one_round(given: list[Given], articles: Articles) -> dict[str, float]:
    """Seconds of the processor for each step of all articles, which are new to the store."""
    took: dict[str, float] = {}

    def timed(name: str, call: Callable[[Any], Any], inputs: list[Any]) -> list[Any]:
        began = time.process_time()
        told = [call(one) for one in inputs]
        took[name] = time.process_time() - began
        return told

    timed("a share answer", answer, given)
    timed("a post source", source, given)
    observations = timed(PARSE, page, given)
    for name, stage in STAGES.items():
        timed(name, stage, observations)
    items = [ArticleItem(one.id, [one], [one.address]) for one in observations]
    timed(STORE, articles.write, [items[n : n + BATCH] for n in range(0, len(items), BATCH)])
    return took


def measure(articles: int, rounds: int) -> dict[str, float]:
    """Microseconds of the processor an article for each step, the medians of rounds."""
    posts = Posts()
    given = []
    for number in range(articles):
        post = posts[number]
        link = SITE.link(post.path)
        assert link is not None
        texts = post.page().encode(), post.answer().encode(), post.source()
        given.append(Given(post, post.id, link, *texts))
    told: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            with Store.open(None, f"bench{number}", Path(folder)) as store:
                told.append(one_round(given, Articles(store, (3600.0,))))
    # The first one warms up.
    return {
        name: statistics.median(one[name] for one in told[1:]) / articles * 1e6 for name in told[0]
    }


def tables() -> list[Table]:
    """A row for each step, and their sum."""
    costs = measure(ARTICLES, ROUNDS)
    table = Table(
        "stages",
        f"Each step alone, {ARTICLES:,} articles, medians of {ROUNDS} rounds",
        ["step", "µs an article"],
    )
    for name, cost in costs.items():
        table.add(name, cost)
    steps = (PARSE, *STAGES, STORE)
    table.add("page and stages, at most 1,000, aim 400", sum(costs[name] for name in steps))
    return [table]


if __name__ == "__main__":
    for one in tables():
        print(f"\n{one}")
