"""Made-up articles in the store, for tests of what reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.article import SHANGHAI, ArticleItem, Board, Observation, PublishedAt, Security
from crawler.store.articles import Articles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.store.connection import Store

BEGIN = datetime(2021, 12, 31, 8, tzinfo=SHANGHAI)
# When everything is first seen, unless a test says otherwise.
SEEN = datetime(2022, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PING_AN = Security("601318.SH", "1", "601318", "中国平安", "mention")
NIO = Security("NIO.US", "106", "NIO", "蔚来", "text")
ENERGY = Board("BK0493", "新能源")


def id_of(number: int) -> str:
    """The id of an article by its number."""
    return f"NW20211231{number:010}"


def url_of(number: int, category: str = "beifangwang") -> str:
    """The address of its page."""
    return f"https://finews.withounder.com/{category}/2021/12/31/{id_of(number)}.html"


def said(number: int = 1, **values: Any) -> Observation:
    """What the page of an article says: published in the order of the numbers, a minute apart."""
    time = values.pop("time", BEGIN + timedelta(minutes=number))
    text = values.pop("text", f"第{number}篇正文")
    category = values.get("category", "beifangwang")
    plain: dict[str, Any] = {
        "id": id_of(number),
        "kind": "page",
        "address": url_of(number, category or "x"),
        "url": url_of(number, category or "x"),
        "observed_at": SEEN,
        "title": f"第{number}号",
        "category": category,
        "category_certain": True,
        "category_name": "北方网",
        "tags": ["北方网新闻"],
        "source": "北方网",
        "published": time and PublishedAt(time, "second"),
        "published_raw": time and f"{time:%Y-%m-%d %H:%M:%S}",
        "content_html": f"<p>{text}</p>",
        "content_text": text,
        "content_hash": f"{abs(hash(text)):064x}",
    }
    return Observation(**{**plain, **values})


def put(store: Store, *observations: Observation) -> None:
    """Store what was said, each by itself, in this order."""
    articles = Articles(store)
    for observation in observations:
        links = [observation.address] if observation.kind == "page" else []
        [written] = articles.write([ArticleItem(observation.id, [observation], links)])
        assert written.article is not None, written.reason


def put_many(store: Store, observations: Iterable[Observation]) -> None:
    """Store what was said, all at once."""
    Articles(store).write([ArticleItem(one.id, [one]) for one in observations])
