"""Where crawls are compared: a site, its server, a MongoDB, and the contenders."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pymongo

from bench.nginx import serve
from bench.processes import FINEWS, ROOT, Took, run
from bench.site import Site
from crawler.store.connection import Store
from crawler.store.embedded import EmbeddedServer
from crawler.store.reader import Reader
from crawler.store.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASE = "bench"
# As many requests at a time as Scrapy makes by default, and none of the pauses for others' sites.
ALIKE = {"CONCURRENT_REQUESTS_PER_DOMAIN": 8, "DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False}


class WrongError(Exception):
    """What was stored is not what the site shows."""


@dataclass(slots=True)
class Arena:
    """A running site and a MongoDB; each contender begins with an empty database.

    `mongod`: the number of its process.
    """

    site: Site
    url: str
    share_url: str
    uri: str
    client: pymongo.MongoClient[dict[str, Any]]
    mongod: int

    @property
    def environment(self) -> dict[str, str]:
        """What every contender is told."""
        return {
            "FINEWS_BASE_URL": self.url,
            "NEWSSHARE_BASE_URL": self.share_url,
            "MONGODB_URI": self.uri,
            "MONGODB_DATABASE": DATABASE,
            "DATA_DIR": str(self.site.folder / "data"),
            "PYTHONPATH": str(ROOT),
        }

    def empty(self) -> None:
        """Drop all that the one before stored."""
        self.client.drop_database(DATABASE)

    def finews(self, *words: str, **settings: Any) -> Took:
        """One run of ours, on what is stored already."""
        options = [f"{name}={value}" for name, value in {**ALIKE, **settings}.items()]
        given = [word for option in options for word in ("-s", option)]
        return run([*FINEWS, *words, *given], self.environment, self.mongod)

    def ours(self, *words: str, **settings: Any) -> Took:
        """One run of ours from nothing, whose articles are then held against the site's."""
        self.empty()
        took = self.finews(*(words or ("crawl", "finews")), **settings)
        self.check()
        return took

    def vanilla(self) -> Took:
        """One run of a Scrapy project as people write it."""
        self.empty()
        words = [sys.executable, "-m", "scrapy", "crawl", "finews"]
        took = run(words, self.environment, self.mongod, ROOT / "bench" / "vanilla")
        self._count("posts")
        return took

    def floor(self) -> Took:
        """One run of a plain program."""
        self.empty()
        took = run([sys.executable, "-m", "bench.floor"], self.environment, self.mongod)
        self._count("posts")
        return took

    def check(self) -> None:
        """Hold each article against its post. Raises WrongError."""
        numbers = {self.site.posts[number].id: number for number in self.site.numbers}
        with Store.open(self.uri, DATABASE, self.site.folder) as store, Reader(store) as reader:
            for record in reader.records(Selection(include_duplicates=True)):
                number = numbers.pop(record["id"], None)
                if number is None:
                    raise WrongError(f"{record['id']} is no post of the site, or stored twice")
                for name, value in self.site.posts[number].expected().items():
                    if (told := record[name]) != value:
                        raise WrongError(f"{record['id']}: {name} is {told!r}, not {value!r}")
        if numbers:
            raise WrongError(f"{len(numbers):,} posts are not stored, {next(iter(numbers))} is one")

    def _count(self, collection: str) -> None:
        stored = self.client[DATABASE][collection].estimated_document_count()
        if stored != len(self.site.numbers):
            raise WrongError(f"{stored:,} posts are stored of {len(self.site.numbers):,}")


@contextmanager
def arena(folder: Path, posts: int, *, with_sources: bool = False) -> Iterator[Arena]:
    """A site of so many posts, and all that is needed to crawl it; it ends with the block."""
    print(f"a site of {posts:,} posts is written", file=sys.stderr, flush=True)
    site = Site(folder / "site")
    site.publish(posts, with_sources=with_sources)
    server = EmbeddedServer(folder / "data")
    server.start()
    try:
        with (
            serve(site.folder, folder / "nginx") as (url, share_url),
            pymongo.MongoClient[dict[str, Any]](server.uri) as client,
        ):
            mongod = client.admin.command("serverStatus")["pid"]
            yield Arena(site, url, share_url, server.uri, client, mongod)
    finally:
        server.stop()
