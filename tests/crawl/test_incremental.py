"""Crawl after crawl: what is asked for again, and what a crawl that died leaves to the next."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from crawler.sample_site.server import serve
from tests.large_site import LargeSite
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crawler.sample_site.server import SampleSite
    from crawler.store.connection import Store

POSTS, CATEGORIES = 24, 2
LISTS = ("/", "/feed.xml", "/category/category0.html", "/category/category1.html")


@pytest.fixture
def large(tmp_path: Path) -> LargeSite:
    return LargeSite(tmp_path / "site", POSTS, CATEGORIES)


@pytest.fixture
def site(large: LargeSite) -> Iterator[SampleSite]:
    with serve(large.folder) as site:
        yield site


class Crawls:
    """Crawls of a site, each telling what it asked for and how it ended."""

    def __init__(self, finews: Any, site: SampleSite, variables: dict[str, str]) -> None:
        self.finews, self.site, self.variables = finews, site, variables
        self.err = ""

    def __call__(self, *words: str, code: int = 0) -> list[str]:
        already = len(self.site.requests())
        done = self.finews("crawl", "finews", *words, code=code, **self.variables)
        self.last, self.err = done.last, done.err
        return sorted(self.site.requests()[already:])


@pytest.fixture
def crawl(finews: Any, site: SampleSite, at: Callable[..., dict[str, str]]) -> Crawls:
    """A crawl of the site that is stored as it is now."""
    crawl = Crawls(finews, site, at(site))
    crawl()
    assert f"{POSTS} new" in crawl.last
    return crawl


def age(store: Store, kind: str, hours: float) -> None:
    """Let lists have been read some hours earlier."""
    earlier = {"$subtract": ["$read_at", int(hours * 3_600_000)]}
    store.collection("links").update_many({"kind": kind}, [{"$set": {"read_at": earlier}}])


def look_now(store: Store) -> int:
    """Let all posts be due for another look; how many these are."""
    due = {"kind": "post", "next_look_at": {"$ne": None}}
    changed = store.collection("links").update_many(due, [{"$set": {"next_look_at": "$$NOW"}}])
    return changed.modified_count


def states(store: Store, kind: str = "post") -> dict[str, int]:
    groups = [{"$match": {"kind": kind}}, {"$group": {"_id": "$state", "n": {"$sum": 1}}}]
    return {one["_id"]: one["n"] for one in store.collection("links").aggregate(groups)}


def test_home_comes_every_hour_and_every_category_once_a_day(crawl: Crawls, store: Store) -> None:
    assert crawl() == ["/feed.xml"]
    assert crawl.last.startswith("finews: done: ")
    age(store, "home", 1)
    assert crawl() == ["/", "/feed.xml"]
    assert "'downloader/response_status_count/304': 2" in crawl.err
    age(store, "category", 23)
    assert crawl() == ["/feed.xml"]
    age(store, "category", 1)
    assert crawl() == sorted(LISTS[1:])
    assert crawl() == ["/feed.xml"]
    age(store, "home", 1)
    assert crawl("-s", "HOME_EVERY_MINUTES=120") == ["/feed.xml"]


def test_a_back_dated_post_is_found_by_its_category_page(
    crawl: Crawls, store: Store, large: LargeSite
) -> None:
    large.numbers.insert(0, 100)
    large.write(100)
    large.add([])
    assert crawl() == ["/feed.xml"]
    age(store, "category", 24)
    asked = crawl()
    assert large.path(100) in asked
    assert "1 new" in crawl.last


def test_a_full_crawl_asks_for_everything_whether_it_has_changed_or_not(
    crawl: Crawls, large: LargeSite
) -> None:
    asked = crawl("-a", "full=1")
    assert len(asked) == len(LISTS) + 2 * POSTS
    assert "response_status_count/304" not in crawl.err
    assert f"{POSTS} unchanged" in crawl.last


def test_a_crawl_of_one_category_asks_for_its_page_and_hides_nothing_from_the_next(
    crawl: Crawls, store: Store, large: LargeSite
) -> None:
    large.add([24, 25])
    asked = crawl("-a", "category=category0", "-a", "since=2022-01-01")
    assert asked == ["/category/category0.html"]
    asked = crawl()
    assert {large.path(24), large.path(25)} < {*asked}
    assert states(store) == {"stored": POSTS + 2}


def test_posts_are_looked_at_again_and_what_has_not_changed_costs_one_request(
    crawl: Crawls, store: Store, large: LargeSite
) -> None:
    assert look_now(store) == POSTS
    posts = store.collection("links").distinct("last_seen_at", {"kind": "post"})
    asked = crawl()
    assert asked == sorted(["/feed.xml", *map(large.path, range(POSTS))])
    assert f"'downloader/response_status_count/304': {POSTS + 1}" in crawl.err
    # No list has shown them since.
    assert store.collection("links").distinct("last_seen_at", {"kind": "post"}) == posts
    assert crawl() == ["/feed.xml"]


def test_a_post_that_was_written_again_is_a_revision_by_both_its_sources(
    crawl: Crawls, store: Store, large: LargeSite
) -> None:
    large.write(3, "写过两遍的题")
    # The whole site is built again: other bytes, and nothing new in them.
    page = large.folder / "www" / large.path(4)[1:]
    page.write_text(
        page.read_text("utf-8").replace("<head>", "<head><!-- built again -->"), "utf-8"
    )
    look_now(store)
    asked = crawl()
    shares = [path for path in asked if "GetNewsText" in path]
    assert shares == ["/NewsData/GetNewsText.do?id=NW202112310000000003"]
    assert "articles: 0 new, 1 changed, 0 unchanged" in crawl.last
    document = store.collection("articles").find_one({"_id": "NW202112310000000003"})
    assert document is not None
    assert (document["title"], document["revision"]) == ("写过两遍的题", 2)


def test_looks_end_when_the_site_drops_a_post(
    crawl: Crawls, store: Store, large: LargeSite
) -> None:
    large.numbers.remove(5)
    (large.folder / "www" / large.path(5)[1:]).unlink()
    large.add([])
    look_now(store)
    age(store, "category", 2)
    crawl()
    assert crawl.last.startswith("finews: done: ")
    links = store.collection("links")
    link = links.find_one({"article": "NW202112310000000005", "kind": "post"})
    assert link is not None
    # Lists of two hours ago tell little of what the site still shows of three days.
    assert (link["state"], link["next_look_at"]) == ("expired", None)
    assert store.collection("articles").count_documents({}) == POSTS
    assert look_now(store) == POSTS - 1


def test_a_category_that_the_home_page_shows_no_more_is_not_asked_for(
    crawl: Crawls, store: Store, large: LargeSite
) -> None:
    large.numbers = [number for number in large.numbers if number % 2 == 0]
    (large.folder / "www" / "category" / "category1.html").unlink()
    large.add([])
    age(store, "home", 1)
    age(store, "category", 24)
    assert crawl() == ["/", "/category/category0.html", "/feed.xml"]
    assert states(store, "category") == {"stored": 1, "expired": 1}
    age(store, "category", 24)
    age(store, "home", 1)
    assert crawl() == ["/", "/category/category0.html", "/feed.xml"]


@pytest.mark.parametrize("died_at", ["/", "/category/beifangwang.html"])
@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_a_crawl_that_died_before_it_came_to_a_list_hides_no_post_from_the_next(
    finews: Any,
    at: Any,
    serve_routes: Callable[..., Any],
    answer: Any,
    store: Store,
    died_at: str,
    how: str,
) -> None:
    old, new = range(1, 3), range(3, 20)
    site = serve_routes(routes_of(old))
    finews("crawl", "finews", **at(site))

    held = answer("", hold=threading.Event())
    site.routes.update(routes_of([*old, *new]) | {died_at: held})
    process = finews.start("crawl", "finews", **at(site))
    site.wait_for(path_of(max(new)))
    site.wait_for(died_at)
    wait_for_articles(store, len(old) + 10)
    getattr(process, how)()
    if how == "terminate":
        assert any("shutdown" in line for line in iter(process.stderr.readline, ""))
    held.hold.set()
    process.communicate(timeout=60)

    site.routes.update(routes_of([*old, *new]))
    finews("crawl", "finews", **at(site))
    assert store.collection("articles").count_documents({}) == len([*old, *new])


def path_of(number: int) -> str:
    return f"/beifangwang/2021/12/31/20211231{number:02}.html"


def routes_of(numbers: Any) -> dict[str, Any]:
    """A site that lists posts as the real one does: ten in the feed, five on the home page."""
    section = "<html><body><header></header><section>{}</section></body></html>"
    newest_first = sorted(numbers, reverse=True)
    items = [f'<li><a href="{path_of(number)}">x</a></li>' for number in newest_first]
    heading = "<h2>北方网新闻</h2><ul>{}</ul>"
    entry = '<entry><title>{0}</title><link href="{1}"/></entry>'
    entries = "".join(entry.format(number, path_of(number)) for number in newest_first[:10])
    post = "<small>(GMT+8) 2021-12-31 15:07:45</small><h1>{}</h1><p>正文。</p>"
    pages = {path_of(number): section.format(post.format(number)) for number in numbers}
    return {
        "/": section.format(heading.format("".join(items[:5]))),
        "/category/beifangwang.html": section.format(heading.format("".join(items))),
        "/feed.xml": f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>',
        **pages,
    }


def wait_for_articles(store: Store, number: int) -> None:
    articles = store.collection("articles")
    wait_until(lambda: articles.count_documents({}) >= number)
