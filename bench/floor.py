"""The floor: a plain program for the same fields. No ledger, no cleaning, no second chance.

`python -m bench.floor` reads the environment of finews: FINEWS_BASE_URL, MONGODB_URI and
MONGODB_DATABASE.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import aiohttp
import pymongo
from parsel import Selector
from pymongo import ReplaceOne

if TYPE_CHECKING:
    from collections.abc import Iterable

CONNECTIONS, BATCH = 8, 100


def links_of(html: str) -> list[str]:
    """The posts that a page lists."""
    return Selector(html).css("section li a::attr(href)").getall()


def read_post(url: str, html: str) -> dict[str, Any]:
    """A post's fields, as they stand."""
    section = Selector(html).css("section")[-1]
    links = section.css("a::attr(href)").getall()
    return {
        "_id": url.rsplit("/", 1)[1].removesuffix(".html"),
        "url": url,
        "title": section.css("h1::text").get(),
        "published_at": (section.css("small::text").get() or "").rpartition(") ")[2],
        "category": url.split("/")[3],
        "tags": section.css("small em::text").getall(),
        "source": section.css("p.em_media::text").re_first("文章来源：(.*)）"),
        "share_url": next((href for href in links if "infoCode=" in href), None),
        "securities": section.css("a.keytip::attr(data-code)").getall(),
        "content_html": "".join(section.css("p").getall()),
        "content_text": "\n".join(section.css("p ::text").getall()),
    }


async def crawl(base: str, collection: Any) -> None:
    """Home, category pages, posts, by as many requests at a time as the others make."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    seen: set[str] = set()
    batch: list[ReplaceOne[dict[str, Any]]] = []

    def follow(urls: Iterable[str]) -> None:
        for url in urls:
            if url not in seen:
                seen.add(url)
                queue.put_nowait(url)

    async def work(session: aiohttp.ClientSession) -> None:
        while True:
            url = await queue.get()
            async with session.get(url) as response:
                html = (await response.read()).decode()
            if url == base or "/category/" in url:
                links = [urljoin(base, href) for href in links_of(html)]
                slugs = dict.fromkeys(link.split("/")[3] for link in links)
                follow(urljoin(base, f"/category/{slug}.html") for slug in slugs)
                follow(links)
            else:
                post = read_post(url, html)
                batch.append(ReplaceOne({"_id": post["_id"]}, post, upsert=True))
                if len(batch) >= BATCH:
                    collection.bulk_write(batch, ordered=False)
                    batch.clear()
            queue.task_done()

    async with aiohttp.ClientSession() as session:
        follow([base])
        workers = [asyncio.create_task(work(session)) for _ in range(CONNECTIONS)]
        joining = asyncio.create_task(queue.join())
        await asyncio.wait([joining, *workers], return_when=asyncio.FIRST_COMPLETED)
        for worker in workers:
            worker.cancel()
        if not joining.done():
            await asyncio.gather(*workers)
    if batch:
        collection.bulk_write(batch, ordered=False)


def main() -> None:
    """Crawl the site of the environment into its store."""
    with pymongo.MongoClient[dict[str, Any]](os.environ["MONGODB_URI"]) as client:
        posts = client[os.environ["MONGODB_DATABASE"]]["posts"]
        asyncio.run(crawl(os.environ["FINEWS_BASE_URL"], posts))


if __name__ == "__main__":
    main()
