"""Every source of an article, in any order of arrival: feed, page, share answer, post source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crawler.store.rejects import Rejects

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.store.connection import Store

PATH = "/techweb/2021/12/31/2021123101.html"
FOOT = '<p><a href="/category/TechWeb.html">返回TechWeb新闻</a></p>'
ENTRY = (
    '<entry><title type="html">{title}</title><link href="{path}"/>'
    "<published>2021-12-31T15:07:45+08:00</published>"
    '<content type="html">&lt;p&gt;正文。&lt;/p&gt;</content>'
    '<category term="TechWeb"/><category term="TechWeb新闻"/></entry>'
)


def layout(content: str) -> str:
    return f"<html><body><header></header><section>{content}</section></body></html>"


def post(title: str, foot: str = "") -> str:
    date = "<small>(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45</small>"
    tags = "<small>tags: <em>TechWeb新闻</em></small>"
    return layout(f"{date}<h1>{title}</h1><p>正文。</p>{foot}{tags}")


def feed(*entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'


def listing(*paths: str) -> str:
    items = "".join(f'<li><a href="{path}">x</a></li>' for path in paths)
    return layout(f"<h2>TechWeb新闻</h2><ul>{items}</ul>")


def test_an_entry_of_the_feed_joins_the_page_of_its_post_once(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any
) -> None:
    entry = ENTRY.format(title="订阅里的题", path=PATH)
    routes = {"/": listing(PATH), "/feed.xml": feed(entry), PATH: post("题", FOOT)}
    site = serve_routes({**routes, "/category/TechWeb.html": listing(PATH)})

    done = finews("crawl", "finews", "-O", "out.jsonl", **at(site))

    assert "1 seen; articles: 1 new, 0 changed, 0 unchanged" in done.last
    [article] = exported()
    assert (article["title"], article["published_from"]) == ("题", "page")
    assert set(article["provenance"]) == {"page", "feed"}
    assert article["provenance"]["feed"]["gave"] == []
    hashes = {source["content_hash"] for source in article["provenance"].values()}
    assert hashes == {article["content_hash"]}


def test_what_the_feed_says_anew_of_a_stored_post_is_seen(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any, store: Store
) -> None:
    entry = ENTRY.format(title="题", path=PATH)
    routes = {"/": listing(PATH), "/feed.xml": feed(entry), PATH: post("题", FOOT)}
    site = serve_routes({**routes, "/category/TechWeb.html": listing(PATH)})
    finews("crawl", "finews", **at(site))

    site.routes["/feed.xml"] = feed(ENTRY.format(title="新的题", path=PATH))
    out_of_range = finews("crawl", "finews", "-a", "until=2021-12-30", **at(site))
    done = finews("crawl", "finews", **at(site))

    assert "0 new, 0 changed, 0 unchanged" in out_of_range.last
    assert "0 new, 1 changed, 0 unchanged" in done.last
    assert site.requests.count(PATH) == 1
    document = store.collection("articles").find_one({"_id": "2021123101"})
    assert document is not None
    assert document["sources"]["feed"]["title"] == "新的题"
    [article] = exported()
    assert (article["title"], article["revision"]) == ("题", 1)


def test_an_entry_of_the_feed_that_cannot_be_read_is_kept_and_costs_no_other(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any, store: Store
) -> None:
    other = "/techweb/2021/12/31/2021123102.html"
    deep = ENTRY.format(title="深", path=other).replace("正文。", "&lt;b&gt;" * 3000)
    lists = {"/": listing(PATH, other), "/category/TechWeb.html": listing(PATH, other)}
    pages = {PATH: post("题", FOOT), other: post("二", FOOT)}
    entries = feed(deep, ENTRY.format(title="题", path=PATH))
    site = serve_routes({**lists, **pages, "/feed.xml": entries})

    done = finews("crawl", "finews", code=1, **at(site))

    assert "1 rejected: 2 seen; articles: 2 new" in done.last
    sources = {article["title"]: set(article["provenance"]) for article in exported()}
    assert sources == {"题": {"page", "feed"}, "二": {"page"}}
    assert [reject.stage for reject in Rejects(store).select()] == ["page/feed"]


@pytest.mark.parametrize("broken", [("down", 503), ("gone", 404), ("<p>nothing", 200)])
def test_a_post_whose_page_cannot_be_had_is_stored_by_the_feed_and_completed_later(
    finews: Any,
    at: Any,
    serve_routes: Callable[..., Any],
    answer: Any,
    exported: Any,
    store: Store,
    broken: tuple[str, int],
) -> None:
    entry = ENTRY.format(title="订阅里的题", path=PATH)
    lists = {"/": listing(PATH), "/feed.xml": feed(entry)}
    pages = {"/category/techweb.html": listing(PATH), PATH: answer(*broken)}
    site = serve_routes({**lists, **pages})

    done = finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1, **at(site))

    assert "1 seen; articles: 1 new" in done.last
    [article] = exported()
    assert (article["title"], article["published_from"]) == ("订阅里的题", "feed")
    link = store.collection("links").find_one({"kind": "post"})
    assert link is not None
    assert link["state"] == ("rejected" if broken[1] == 200 else "owed")
    site.routes.update({PATH: post("题")})
    finews("crawl", "finews", "-a", "full=1", **at(site))
    [whole] = exported()
    assert (whole["title"], whole["published_from"], whole["revision"]) == ("题", "page", 1)


SHARE = "/NewsData/GetNewsText.do?id=NW202112310000000001"
LINK = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202112310000000001"


def test_a_share_answer_without_a_body_gives_what_else_it_says_and_is_still_owed(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any, store: Store
) -> None:
    said = {"title": "上游的题", "showtime": "2021-12-31 15:07:46", "medianame": "新华社"}
    shared = f'<p><a href="{LINK}">{LINK}</a></p>{FOOT}'
    pages = {"/category/TechWeb.html": listing(PATH), PATH: post("题", shared)}
    answer = json.dumps({"text": None, "content": "", **said})
    site = serve_routes({"/": listing(PATH), "/feed.xml": feed(), **pages, SHARE: answer})

    finews("crawl", "finews", **at(site))

    [article] = exported()
    assert (article["title"], article["source"]) == ("上游的题", "新华社")
    assert article["published_at"] == "2021-12-31T15:07:46+08:00"
    assert article["content_text"] == "正文。"
    assert article["provenance"]["share"]["content_hash"] is None
    link = store.collection("links").find_one({"kind": "share"})
    assert link is not None
    assert (link["state"], link["reason"]) == ("owed", "the answer is empty")
    site.routes[SHARE] = json.dumps({"text": "<p>正文与更多。</p>", **said})
    finews("crawl", "finews", **at(site))
    # It tells its text for the first time, so nothing was revised.
    [whole] = exported()
    assert (whole["content_text"], whole["revision"]) == ("正文与更多。", 1)


def test_an_old_footer_in_lower_case_makes_no_second_category(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any
) -> None:
    old = '<p><a href="../techweb/">返回TechWeb新闻</a></p>'
    other = "/techweb/2021/12/31/2021123102.html"
    lists = {"/": listing(PATH, other), "/feed.xml": feed()}
    pages = {PATH: post("甲", old), other: post("乙", FOOT)}
    site = serve_routes({**lists, **pages, "/category/TechWeb.html": listing(PATH, other)})

    finews("crawl", "finews", **at(site))

    assert [article["category"] for article in exported()] == ["TechWeb", "TechWeb"]
    assert "/category/techweb.html" not in site.requests


def test_a_category_page_that_lists_nothing_proves_no_slug(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any
) -> None:
    site = serve_routes({"/": listing(PATH), "/feed.xml": feed(), PATH: post("甲")})
    site.routes["/category/techweb.html"] = listing()
    finews("crawl", "finews", **at(site))

    other = "/techweb/2021/12/31/2021123102.html"
    site.routes.update({"/": listing(PATH, other), other: post("乙", FOOT)})
    site.routes["/category/TechWeb.html"] = listing(PATH, other)
    finews("crawl", "finews", **at(site))

    assert [article["category"] for article in exported()] == ["TechWeb", "TechWeb"]


def test_without_a_feed_the_rest_is_crawled(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any
) -> None:
    pages = {"/": listing(PATH), "/category/TechWeb.html": listing(PATH), PATH: post("题", FOOT)}
    for broken in ({}, {"/feed.xml": "<p>no feed</p>"}):
        finews("crawl", "finews", code=1 if broken else 0, **at(serve_routes({**pages, **broken})))
        assert [article["title"] for article in exported()] == ["题"]


def test_a_category_is_one_whatever_the_case_of_its_letters_in_an_address(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any
) -> None:
    """The first post has no footer; the slug is known only when the other is read."""
    bare, other = PATH, "/techweb/2021/12/31/2021123102.html"
    routes = {"/": listing(bare, other), "/feed.xml": feed(), bare: post("甲")}
    site = serve_routes({**routes, "/category/techweb.html": listing(bare), other: ""})
    finews("crawl", "finews", code=1, **at(site))
    assert [article["category"] for article in exported()] == ["techweb"]

    pages = {other: post("乙", FOOT), "/category/TechWeb.html": listing(bare, other)}
    site.routes.update(pages)
    finews("crawl", "finews", "-a", "full=1", **at(site))

    assert [article["category"] for article in exported()] == ["TechWeb", "TechWeb"]
    assert [article["revision"] for article in exported()] == [1, 1]


def test_a_category_named_at_the_end_of_a_crawl_reaches_what_earlier_crawls_stored(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any, store: Store
) -> None:
    bare, other = PATH, "/techweb/2021/12/31/2021123102.html"
    lists = {"/": listing(bare), "/feed.xml": feed(), "/category/techweb.html": listing(bare)}
    site = serve_routes({**lists, bare: post("甲")})
    finews("crawl", "finews", **at(site))

    site.routes.update({"/": listing(other), other: post("乙", FOOT)})
    site.routes["/category/TechWeb.html"] = listing(other)
    finews("crawl", "finews", code=0, **at(site))

    assert [article["category"] for article in exported()] == ["TechWeb", "TechWeb"]
    document = store.collection("articles").find_one({"_id": "2021123101"})
    assert document is not None
    assert document["sources"]["page"]["category"] == "TechWeb"
