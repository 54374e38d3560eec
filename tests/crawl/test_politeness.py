"""What a host asks for it gets: robots.txt, Retry-After, and to be left alone when it is down."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.store.connection import Store

SECTION = "<html><body><header></header><section>{}</section></body></html>"
SHARE = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode={0}"
POST = (
    "<small>(GMT+8) 2021-12-31 15:07:45</small><h1>{0}</h1><p>正文。</p>"
    f'<p><a href="{SHARE}">{SHARE}</a></p>'
)
ANSWER = json.dumps({"text": "<p>全文。</p>", "showtime": "2021-12-31 15:07:45"})
ONE_AT_A_TIME = ("-s", "CONCURRENT_REQUESTS=1", "-s", "RETRY_TIMES=0")


class Slow(threading.Event):
    """Keeps each answer back for a moment."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(0.05)


SLOW = Slow()


def code(number: int) -> str:
    return f"NW20211231{number:010}"


def path(number: int) -> str:
    return f"/beifangwang/2021/12/31/{code(number)}.html"


def api(number: int) -> str:
    return f"/NewsData/GetNewsText.do?id={code(number)}"


def site_of(posts: int, share: Any = ANSWER) -> dict[str, Any]:
    items = "".join(f'<li><a href="{path(number)}">x</a></li>' for number in range(posts))
    lists = SECTION.format(f"<h2>北方网新闻</h2><ul>{items}</ul>")
    pages = {path(number): SECTION.format(POST.format(code(number))) for number in range(posts)}
    shares = {api(number): share for number in range(posts)}
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"></feed>'
    return {
        "/": lists,
        "/category/beifangwang.html": lists,
        "/feed.xml": feed,
        "/robots.txt": "User-agent: *\nDisallow: /private/\n",
        **pages,
        **shares,
    }


def of_shares(site: Any) -> list[str]:
    return [path for path in site.requests if "GetNewsText" in path]


def forget_pauses(store: Store) -> None:
    """Let all pauses be over."""
    store.collection("hosts").update_many({}, {"$unset": {"left_alone_until": 1}})
    store.collection("links").update_many({"state": "owed"}, [{"$set": {"next_try_at": "$$NOW"}}])


def test_robots_txt_is_asked_for_once_a_host_and_day(
    finews: Any, at: Any, serve_routes: Callable[..., Any], store: Store
) -> None:
    site = serve_routes(site_of(2))
    finews("crawl", "finews", **at(site))
    finews("crawl", "finews", **at(site))
    assert site.requests.count("/robots.txt") == 1
    earlier = [{"$set": {"robots_at": {"$subtract": ["$robots_at", 86_400_000]}}}]
    store.collection("hosts").update_many({"robots_at": {"$exists": True}}, earlier)
    finews("crawl", "finews", **at(site))
    assert site.requests.count("/robots.txt") == 2


def test_what_a_remembered_robots_txt_forbids_is_not_asked_for(
    finews: Any, at: Any, serve_routes: Callable[..., Any]
) -> None:
    site = serve_routes(site_of(1) | {"/robots.txt": "User-agent: *\nDisallow: /\n"})
    finews("crawl", "finews", code=1, **at(site))
    site.routes["/robots.txt"] = "User-agent: *\nAllow: /\n"
    assert "robots.txt" in finews("crawl", "finews", code=1, **at(site)).last
    assert site.requests == ["/robots.txt"]


def test_a_robots_txt_that_fails_is_asked_for_again_by_the_next_crawl(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any
) -> None:
    site = serve_routes(site_of(1) | {"/robots.txt": answer("down", 500)})
    finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1, **at(site))
    finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1, **at(site))
    assert site.requests.count("/robots.txt") == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_retry_after_is_waited_for(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, exported: Any, status: int
) -> None:
    site = serve_routes(site_of(3))
    busy = answer("busy", status, {"Retry-After": "2"})
    site.routes["/"] = busy
    site.once["/"] = site_of(3)["/"]
    finews("crawl", "finews", **at(site))
    asked = [when for where, _, when in site.log if where != "/robots.txt"]
    # The feed, the home page that asks for a pause, and nothing at all before it is over.
    assert [where for where, *_ in site.log[:4]] == ["/robots.txt", "/feed.xml", "/", "/"]
    assert asked[2] - asked[1] >= 1.9
    assert len(exported()) == 3


def test_a_host_that_asks_for_a_long_pause_is_left_alone_by_the_next_crawl_too(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, store: Store
) -> None:
    site = serve_routes(site_of(3))
    site.routes[path(1)] = answer("busy", 429, {"Retry-After": "3600"})
    done = finews(
        "crawl", "finews", *ONE_AT_A_TIME, "-s", "FOLLOW_SHARE_LINKS=0", code=1, **at(site)
    )
    assert "left alone until" in done.last
    assert "HTTP 429 with Retry-After" in done.last
    already = len(site.requests)
    done = finews("crawl", "finews", code=1, **at(site))
    assert done.last.startswith("finews: nothing crawled: ")
    assert "left alone until" in done.last
    assert len(site.requests) == already
    site.routes[path(1)] = site_of(3)[path(1)]
    forget_pauses(store)
    finews("crawl", "finews", **at(site))
    assert store.collection("articles").count_documents({}) == 3


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_is_asked_for_at_a_time_than_is_wanted(
    finews: Any, at: Any, serve_routes: Callable[..., Any], most: int
) -> None:
    """Share answers, which have no turn of their own among what is queued, are not apart."""
    answers = {api(number): Answer(ANSWER, hold=SLOW) for number in range(12)}
    site = serve_routes(site_of(12) | answers)
    finews("crawl", "finews", "-s", f"CONCURRENT_REQUESTS={most}", **at(site))
    assert len(of_shares(site)) == 12
    assert site.most_open <= most


def test_share_answers_that_fail_in_a_row_are_left_alone_and_the_site_is_crawled(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, store: Store
) -> None:
    site = serve_routes(site_of(8, answer("down", 500)))
    words = (*ONE_AT_A_TIME, "-s", "SHARE_FAILURES_IN_A_ROW=3")
    done = finews("crawl", "finews", *words, code=1, **at(site))
    assert "8 not answered: 8 seen; articles: 8 new" in done.last
    assert len(of_shares(site)) == 3
    links = store.collection("links")
    assert links.count_documents({"kind": "share", "state": "owed"}) == 8
    assert links.count_documents({"kind": "share", "attempts": 0}) == 5

    site.routes.update(site_of(10))
    done = finews("crawl", "finews", **at(site), code=1)
    assert "articles: 2 new" in done.last
    assert len(of_shares(site)) == 3

    forget_pauses(store)
    finews("crawl", "finews", **at(site))
    assert len(of_shares(site)) == 13
    assert links.count_documents({"kind": "share", "state": "stored"}) == 10


def test_failures_with_answers_between_them_are_none_in_a_row(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any
) -> None:
    site = serve_routes(site_of(8))
    for number in (1, 6):
        site.routes[api(number)] = answer("down", 500)
    words = (*ONE_AT_A_TIME, "-s", "SHARE_FAILURES_IN_A_ROW=2")
    finews("crawl", "finews", *words, code=1, **at(site))
    assert len(of_shares(site)) == 8


def test_the_crawler_says_who_it_is(finews: Any, at: Any, serve_routes: Callable[..., Any]) -> None:
    site = serve_routes(site_of(1))
    finews("crawl", "finews", **at(site), CONTACT="news@example.org")
    agents = {headers["User-Agent"] for _, headers, _ in site.log}
    assert agents == {"finews/0.1.0 (news crawler; news@example.org) Scrapy"}
