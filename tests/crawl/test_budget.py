"""What a scheduled crawl costs, counted at the server: 300 categories, 5,000 posts stored."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crawler.sample_site.server import serve
from tests.large_site import LargeSite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.sample_site.server import SampleSite

CATEGORIES, POSTS = 300, 5000


def asked_since(site: SampleSite, already: int) -> Counter[str]:
    """The kinds of requests since so many."""
    return Counter(map(kind, site.requests()[already:]))


def kind(path: str) -> str:
    if path in ("/", "/feed.xml", "/robots.txt"):
        return {"/": "home"}.get(path, path.strip("/").partition(".")[0])
    if path.startswith("/category/"):
        return "category"
    return "share" if "GetNewsText" in path else "post"


def test_a_crawl_asks_for_as_little_as_shows_that_nothing_is_missed(
    finews: Any, at: Callable[..., Any], tmp_path: Path, store: Any
) -> None:
    large = LargeSite(tmp_path / "site", POSTS, CATEGORIES)
    with serve(large.folder) as site:

        def crawl() -> tuple[Counter[str], str]:
            already = len(site.requests())
            done = finews("crawl", "finews", "-s", "LOG_LEVEL=WARNING", **at(site))
            return asked_since(site, already), done.last

        full, last = crawl()
        assert f"{POSTS} seen; articles: {POSTS} new" in last
        assert full.pop("robots") == 1
        lists = {"feed": 1, "home": 1, "category": CATEGORIES}
        assert full == {**lists, "post": POSTS, "share": POSTS}
        assert full.total() == 10_302

        nothing_new, _ = crawl()
        assert nothing_new == {"feed": 1}

        large.add(range(POSTS, POSTS + 8))
        eight_new, last = crawl()
        assert "articles: 8 new" in last
        assert eight_new == {"feed": 1, "post": 8, "share": 8}

        first = (POSTS // CATEGORIES + 2) * CATEGORIES
        large.add(first + n % 40 + CATEGORIES * (n // 40) for n in range(200))
        many_new, last = crawl()
        assert "articles: 200 new" in last
        assert many_new == {"feed": 1, "home": 1, "category": 40, "post": 200, "share": 200}
        assert store.collection("articles").count_documents({}) == len(large.ids)
        print(f"full {full.total()}, nothing new {nothing_new.total()}, 8 new {eight_new.total()},")
        print(f"200 new in 40 categories {many_new.total()} requests, robots.txt aside")
