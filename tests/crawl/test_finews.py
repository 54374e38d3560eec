"""The whole job on the sample site: home to posts to share answers to the store."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from crawler.addresses import Site
from crawler.article import ARTICLE_FIELDS
from crawler.sample_site.server import serve
from crawler.spiders.finews import MOST_QUEUED
from crawler.store.links import Ledger
from crawler.store.rejects import Rejects

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.store.connection import Store

ROOT = Path(__file__).parents[2]
BROKEN_SHARE = "NW202112132212035597"
PLAIN = ("title", "category", "category_name", "tags", "source", "origin_url", "digest")


@pytest.fixture
def crawled(finews: Any, sample: Any, at: Any, exported: Any) -> list[dict[str, Any]]:
    """The articles of one crawl of the sample site."""
    done = finews("crawl", "finews", code=1, **at(sample))
    assert "1 rejected: 52 seen; articles: 52 new, 0 changed, 0 unchanged" in done.last
    assert BROKEN_SHARE in done.last
    articles: list[dict[str, Any]] = exported()
    return articles


def symbols(securities: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Symbol and via, and the code of what has no symbol."""
    return [(s["symbol"] or s["code"], s["via"]) for s in securities]


# Their pages show the day after the id's, which gives Jekyll's eight hours away.
NEXT_DAY = {"202112072205511407", "NW202112072205870319"}


def shown(article_id: str, values: dict[str, Any]) -> str:
    """The time on the page: without a zone in the source, Jekyll shows eight hours more."""
    if article_id in NEXT_DAY:
        return str(values["published_at"])
    told = datetime.fromisoformat(values["published_at"])
    return (told if values["zone_in_source"] else told + timedelta(hours=8)).isoformat()


def test_every_listed_post_is_stored_as_expected(
    crawled: list[dict[str, Any]], expected: dict[str, dict[str, Any]]
) -> None:
    listed = {key: values for key, values in expected.items() if values["listed"]}
    assert {article["id"] for article in crawled} == set(listed)
    for article in crawled:
        wanted = listed[article["id"]]
        assert tuple(article) == ARTICLE_FIELDS
        assert {name: article[name] for name in PLAIN} == {name: wanted[name] for name in PLAIN}
        told = (
            wanted["published_at"]
            if article["published_from"] == "share"
            else shown(article["id"], wanted)
        )
        assert article["published_at"] == told
        assert symbols(article["securities"]) == symbols(wanted["securities"])
        assert [b["code"] for b in article["boards"]] == wanted["boards"]
        assert article["stock_images_removed"] == wanted["stock_images_removed"]
        lines = article["content_text"].splitlines()
        assert lines[0] == wanted["first_paragraph"]
        if wanted["share"] != "longer":
            assert len(lines) == wanted["n_paragraphs"]
            assert lines[-1] == wanted["last_paragraph"]
        assert len(lines) == len(set(lines))


def test_every_exported_line_is_valid_by_the_published_schema(
    crawled: list[dict[str, Any]], finews: Any, exported: Any
) -> None:
    text = (ROOT / "docs" / "article.schema.json").read_text(encoding="utf-8")
    checker = Draft202012Validator.FORMAT_CHECKER
    validator = Draft202012Validator(json.loads(text), format_checker=checker)
    sources = ROOT / "crawler" / "sample_site" / "source" / "_posts"
    finews("crawl", "archive", "-a", f"path={sources}")
    articles = exported()
    assert len(articles) > len(crawled)
    for article in [*crawled, *articles]:
        validator.validate(article)


def test_they_come_out_by_time_and_id_with_nothing_of_the_layout(
    crawled: list[dict[str, Any]],
) -> None:
    keys = [(article["published_at"], article["id"]) for article in crawled]
    assert keys == sorted(keys)
    for article in crawled:
        for word in ("webquoteklinepic", "（文章来源", "返回首页", "NewsShare", "IMG#0"):
            assert word not in article["content_html"] + article["content_text"]
        assert "<!--" not in article["content_html"]


def test_a_share_answer_is_joined_and_the_reject_is_kept(
    crawled: list[dict[str, Any]], store: Store, expected: dict[str, dict[str, Any]]
) -> None:
    sources = {article["id"]: set(article["provenance"]) for article in crawled}
    assert sources[BROKEN_SHARE] == {"page"}
    filled = [key for key, has in sources.items() if has >= {"page", "share"}]
    assert len(filled) > 20
    assert all(expected[key]["share"] != "none" for key in filled)
    assert sum("feed" in has for has in sources.values()) == 10
    [reject] = Rejects(store).select()
    assert (reject.stage, reject.article_id) == ("page/share", BROKEN_SHARE)
    assert "not JSON" in reject.reason
    assert Ledger(store, "test").counts() == {"stored": 90, "owed": 2, "rejected": 1, "gone": 1}


def test_a_second_crawl_changes_nothing_and_asks_for_no_stored_post(
    crawled: list[dict[str, Any]], finews: Any, sample: Any, at: Any, exported: Any, store: Store
) -> None:
    # But for the times at which sources were looked at.
    before = list(store.collection("articles").find({}, {"sources": 0}))
    already = len(sample.requests())
    done = finews("crawl", "finews", **at(sample))
    assert "articles: 0 new, 0 changed, 0 unchanged" in done.last
    # What is owed is tried again; the feed tells that there is nothing new, robots.txt is known.
    asked = [path for path in sample.requests()[already:] if "GetNewsText" not in path]
    assert asked == ["/feed.xml"]
    assert list(store.collection("articles").find({}, {"sources": 0})) == before
    assert exported() == crawled


def test_a_full_crawl_asks_again_and_finds_every_article_unchanged(
    crawled: list[dict[str, Any]], finews: Any, sample: Any, at: Any, exported: Any
) -> None:
    done = finews("crawl", "finews", "-a", "full=1", code=1, **at(sample))
    assert "articles: 0 new, 0 changed, 52 unchanged" in done.last
    assert exported() == crawled


def test_each_address_is_asked_for_once_and_no_leftover_ever(
    finews: Any, at: Any, expected: dict[str, dict[str, Any]]
) -> None:
    with serve() as site:
        finews("crawl", "finews", code=1, **at(site))
        asked = Counter(site.requests())
    assert max(asked.values()) == 1
    assert not [
        path for path in asked if "{" in path or "%7B" in path or "/emnews/2021/12/em" in path
    ]
    assert {v["page"] for v in expected.values() if v["listed"]} < {*asked}
    categories = {path for path in asked if path.startswith("/category/")}
    assert {"/category/TechWeb.html", "/category/Wind(A).html"} <= categories


def test_only_the_wanted_categories(finews: Any, sample: Any, at: Any, exported: Any) -> None:
    done = finews("crawl", "finews", "-a", "category=techweb,Wind(A)", **at(sample))
    assert "4 seen; articles: 4 new" in done.last
    assert {a["category"] for a in exported()} == {"TechWeb", "Wind(A)"}


def test_only_the_wanted_range(finews: Any, sample: Any, at: Any, exported: Any) -> None:
    words = ["-a", "since=2021-12-29", "-a", "until=2021-12-30T10:26"]
    finews("crawl", "finews", *words, **at(sample))
    times = [article["published_at"] for article in exported()]
    assert len(times) == 6
    assert min(times) >= "2021-12-29T00:00:00+08:00"
    assert max(times) < "2021-12-30T10:27:00+08:00"


def test_without_share_links_none_is_asked_for(finews: Any, at: Any, exported: Any) -> None:
    with serve() as site:
        done = finews("crawl", "finews", **at(site), FOLLOW_SHARE_LINKS="False")
        assert not [path for path in site.requests() if "GetNewsText" in path]
    assert "52 new" in done.last
    assert all(set(article["provenance"]) <= {"page", "feed"} for article in exported())


def test_a_crawl_writes_the_same_lines_as_an_export(
    finews: Any, sample: Any, at: Any, exported: Any, tmp_path: Path
) -> None:
    finews("crawl", "finews", "-O", "out.jsonl", code=1, **at(sample))
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    by_id = {article["id"]: article for article in exported()}
    told = {row["id"]: row for row in map(json.loads, lines)}
    # When it was stored, the story of which it is a reprint may not have been.
    reprint = "NW202112292230816620"
    assert by_id[reprint]["duplicate_of"] == "NW202112292230771846"
    told[reprint]["duplicate_of"] = by_id[reprint]["duplicate_of"]
    assert told == by_id
    finews("export", "--include-duplicates", "-o", "export.jsonl")
    rows = (tmp_path / "export.jsonl").read_text("utf-8").splitlines()
    differing = set(rows).symmetric_difference(lines)
    assert {json.loads(line)["id"] for line in differing} <= {reprint}


def layout(content: str) -> str:
    return f"<html><body><header><h1>x</h1></header><section>{content}</section></body></html>"


def post(title: str, body: str = "<p>正文。</p>") -> str:
    date = "<small>(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45</small>"
    return layout(f"{date}<h1>{title}</h1>{body}<small>tags: <em>北方网新闻</em></small>")


def site_of(posts: dict[str, Any]) -> dict[str, Any]:
    """A site whose home page and category page list these posts."""
    path = "/beifangwang/2021/12/31/{}.html"
    items = "".join(f'<li><a href="{path.format(key)}">x</a></li>' for key in posts)
    pages = {path.format(key): page for key, page in posts.items()}
    lists = layout(f'<h2 id="北方网新闻">北方网新闻</h2><ul>{items}</ul>')
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"></feed>'
    return {"/": lists, "/feed.xml": feed, "/category/beifangwang.html": lists, **pages}


def test_a_broken_post_is_kept_in_rejects_and_stops_no_other(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any, store: Store
) -> None:
    site = serve_routes(site_of({"2021123101": "<html>nothing here", "2021123102": post("二")}))
    done = finews("crawl", "finews", code=1, **at(site))
    assert "1 rejected: 2 seen; articles: 1 new" in done.last
    assert "/beifangwang/2021/12/31/2021123101.html: PageError: no <section>" in done.last
    assert [article["id"] for article in exported()] == ["2021123102"]
    [reject] = Rejects(store).select()
    assert (reject.stage, reject.article_id) == ("page/post", "2021123101")
    assert Rejects(store).get(reject.id).raw == b"<html>nothing here"


def test_what_a_stage_cannot_take_is_kept_in_rejects(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any, store: Store
) -> None:
    huge = post("大", "<p>" + "字" * 9_000_000 + "</p>")
    site = serve_routes(site_of({"2021123101": huge, "2021123102": post("二")}))
    done = finews("crawl", "finews", code=1, **at(site))
    assert "2021123101: store: " in done.last
    assert "more than MongoDB takes" in done.last
    assert [article["id"] for article in exported()] == ["2021123102"]
    [reject] = Rejects(store).select()
    assert (reject.stage, reject.is_cut) == ("store", True)


def test_what_was_not_answered_is_owed_and_asked_for_by_the_next_crawl(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, exported: Any
) -> None:
    routes = site_of({"2021123101": answer("down", 503), "2021123102": post("二")})
    site = serve_routes(routes)
    done = finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1, **at(site))
    assert "1 not answered: 2 seen; articles: 1 new" in done.last
    assert "HTTP 503" in done.last
    site.routes.update(site_of({"2021123101": post("一"), "2021123102": post("二")}))
    assert "articles: 1 new" in finews("crawl", "finews", **at(site)).last
    assert len(exported()) == 2


@pytest.mark.parametrize("client", ["aiohttp", "twisted"])
def test_the_reason_of_what_took_too_long_is_the_same_for_all(
    finews: Any, at: Any, held_site: Any, store: Store, client: str
) -> None:
    words = ("-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_TIMEOUT=1", "-s", f"HTTP_CLIENT={client}")
    done = finews("crawl", "finews", *words, code=1, **at(held_site))
    link = store.collection("links").find_one({"kind": "post"}) or {}
    assert link["state"] == "owed"
    assert link["reason"].startswith("Getting it took longer than 1")
    assert held_site.path in done.last


def test_a_listed_post_that_is_missing_for_a_moment_is_owed(
    finews: Any,
    at: Any,
    serve_routes: Callable[..., Any],
    answer: Any,
    exported: Any,
    store: Store,
) -> None:
    site = serve_routes(site_of({"2021123101": answer("gone", 404), "2021123102": post("二")}))
    done = finews("crawl", "finews", code=1, **at(site))
    assert "1 not answered: 2 seen; articles: 1 new" in done.last
    assert "2021123101.html: HTTP 404 or 410" in done.last
    # Lists that do not change would not lead to it again.
    link = store.collection("links").find_one({"article": "2021123101"}) or {}
    assert (link["state"], link["reason"]) == ("owed", "HTTP 404 or 410")
    site.routes.update(site_of({"2021123101": post("一"), "2021123102": post("二")}))
    finews("crawl", "finews", **at(site))
    assert [article["title"] for article in exported()] == ["一", "二"]


def test_a_list_of_more_posts_than_are_queued_at_a_time_is_asked_for_to_its_end(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, store: Store
) -> None:
    """Whatever becomes of them, each makes room for another."""
    becomes = [answer("down", 500), "<html>nothing here", post("题")]
    ids = [f"20211231{number:04}" for number in range(MOST_QUEUED * 2 + 3)]
    site = serve_routes(site_of({key: becomes[int(key) % 3] for key in ids}))
    done = finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1, **at(site))
    assert f": {len(ids)} seen; " in done.last
    links = store.collection("links")
    states = {"owed": 0, "rejected": 1, "stored": 2}
    for state, rest in states.items():
        expected = [key for key in ids if int(key) % 3 == rest]
        assert sorted(links.distinct("article", {"kind": "post", "state": state})) == expected
    asked = Counter(path for path in site.requests if "20211231" in path)
    assert len(asked) == sum(asked.values()) == len(ids)


def test_a_missing_category_page_is_not_exit_0(
    finews: Any, at: Any, serve_routes: Callable[..., Any]
) -> None:
    home = "//finews.zning.me"
    body = f'<p>正文。</p><p><a href="{home}/category/beifangwang.html">返回北方网新闻</a></p>'
    routes = site_of({"2021123101": post("一", body)})
    del routes["/category/beifangwang.html"]
    done = finews("crawl", "finews", code=1, **at(serve_routes(routes)))
    assert "1 missing: 1 seen; articles: 1 new" in done.last
    assert "/category/beifangwang.html: HTTP 404" in done.last


def test_owed_share_answers_are_asked_for_by_the_next_crawl(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, exported: Any
) -> None:
    code = "NW202112310000000001"
    api = f"/NewsData/GetNewsText.do?id={code}"
    link = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={code}"
    page = post("一", f'<p>正文。</p><p><a href="{link}">{link}</a></p>')
    site = serve_routes({**site_of({code: page}), api: answer("down", 500)})
    finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1, **at(site))
    assert set(exported()[0]["provenance"]) == {"page"}
    site.routes[api] = json.dumps({"text": "<p>正文。</p>", "showtime": "2021-12-31 07:07:45"})
    finews("crawl", "finews", **at(site))
    [article] = exported()
    assert set(article["provenance"]) == {"page", "share"}
    assert article["published_at"] == "2021-12-31T07:07:45+08:00"
    assert article["revision"] == 1


def test_a_range_is_of_the_exact_date_and_of_every_category(
    finews: Any, sample: Any, at: Any, exported: Any
) -> None:
    # Their pages say the next day.
    finews("crawl", "finews", "-a", "since=2021-12-07", "-a", "until=2021-12-07", **at(sample))
    assert {article["id"] for article in exported()} == NEXT_DAY
    finews("crawl", "finews", "-a", "since=2021-12-08", "-a", "until=2021-12-08", **at(sample))
    late = {a["id"] for a in exported() if a["published_at"].startswith("2021-12-08")}
    assert "NW202112072205870319" not in late


def test_the_exact_slug_is_found_where_no_post_of_the_home_page_is_wanted(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any
) -> None:
    foot = '<p>正文。</p><p><a href="/category/TechWeb.html">返回TechWeb新闻</a></p>'
    new, old = "/techweb/2021/12/31/2021123101.html", "/techweb/2021/12/01/2021120101.html"
    listed = "<h2>TechWeb新闻</h2><ul><li><a href='{}'>x</a></li></ul>"
    site = serve_routes(
        {
            "/": layout(listed.format(new)),
            "/feed.xml": '<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
            "/category/TechWeb.html": layout(listed.format(new) + listed.format(old)),
            new: post("新", foot),
            old: post("旧", foot).replace("2021-12-31", "2021-12-01"),
        }
    )
    done = finews("crawl", "finews", "-a", "until=2021-12-05", **at(site))
    assert [article["title"] for article in exported()] == ["旧"]
    assert "1 seen" in done.last
    assert "/category/techweb.html" not in site.requests


def test_a_range_with_nothing_in_it_yet_is_no_empty_crawl(
    finews: Any, sample: Any, at: Any
) -> None:
    done = finews("crawl", "finews", "-a", "since=2030-01-01", **at(sample))
    assert done.last.startswith("finews: done: 0 seen")


def test_a_foreign_host_is_never_asked_not_even_by_a_redirect(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any
) -> None:
    other = serve_routes({"/x": "other"})
    moved = answer("", 302, {"Location": f"{other.url}x"})
    routes = site_of({"2021123101": moved, "2021123102": post("二")})
    routes["/"] = routes["/"].replace("<ul>", f'<ul><li><a href="{other.url}x">x</a></li>')
    site = serve_routes(routes)
    done = finews("crawl", "finews", code=1, **at(site))
    assert "is not a configured host" in done.last
    assert other.requests == []


def test_what_robots_txt_forbids_is_not_asked_for(
    finews: Any, at: Any, serve_routes: Callable[..., Any]
) -> None:
    routes = {**site_of({"2021123102": post("二")}), "/robots.txt": "User-agent: *\nDisallow: /\n"}
    site = serve_routes(routes)
    done = finews("crawl", "finews", code=1, **at(site))
    assert "robots.txt" in done.last
    assert set(site.requests) == {"/robots.txt"}


def test_a_missing_post_is_gone_or_if_older_than_all_that_is_listed_expired(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, store: Store
) -> None:
    base = "https://finews.withounder.com/"
    old = Site(base, base, "http://x/").link("/beifangwang/2021/12/01/2021120101.html")
    Ledger(store, "before").discover([old] if old else [])
    new = Site(base, base, "http://x/").link("/beifangwang/2021/12/31/2021123101.html")
    Ledger(store, "before").discover([new] if new else [])
    site = serve_routes(site_of({"2021123102": post("二")}))
    finews("crawl", "finews", **at(site))
    states = {d["article"]: d["state"] for d in store.collection("links").find({"kind": "post"})}
    assert states == {"2021120101": "expired", "2021123101": "gone", "2021123102": "stored"}
    assert site.requests.count("/beifangwang/2021/12/01/2021120101.html") == 1


@pytest.mark.parametrize("kill", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_stopped_crawl_says_so_and_the_same_command_goes_on(
    finews: Any,
    at: Any,
    serve_routes: Callable[..., Any],
    answer: Any,
    exported: Any,
    kill: str,
) -> None:
    held = answer(post("一"), hold=threading.Event())
    site = serve_routes(site_of({"2021123101": held, "2021123102": post("二")}))
    process = finews.start("crawl", "finews", **at(site))
    site.wait_for("/beifangwang/2021/12/31/2021123101.html")
    process.send_signal(getattr(signal, kill))
    err = ""
    with process:
        while "shutting down gracefully" not in err:
            err += process.stderr.readline()
            assert process.poll() is None, err
        held.hold.set()
        err += process.stderr.read()
    assert process.returncode == 1
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("finews: stopped: 2 seen")
    finews("crawl", "finews", **at(site))
    assert len(exported()) == 2


def test_a_killed_crawl_is_finished_by_the_next(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, exported: Any
) -> None:
    held = answer(post("一"), hold=threading.Event())
    site = serve_routes(site_of({"2021123101": held, "2021123102": post("二")}))
    process = finews.start("crawl", "finews", **at(site))
    site.wait_for("/beifangwang/2021/12/31/2021123101.html")
    process.kill()
    process.communicate()
    held.hold.set()
    finews("crawl", "finews", **at(site))
    assert [article["title"] for article in exported()] == ["一", "二"]


def test_a_header_may_hold_any_bytes(
    finews: Any, serve_routes: Any, at: Any, answer: Any, exported: Any
) -> None:
    path = "/beifangwang/2021/12/31/NW202112312233001257.html"
    section = "<html><body><header></header><section>{}</section></body></html>"
    page = section.format("<h1>标题</h1><p>正文。</p>")
    routes = {
        "/": section.format(f'<h2>北方网新闻</h2><ul><li><a href="{path}">题</a></li></ul>'),
        path: answer(page, headers={"X-Medium": "\xb1\xb1\xb7\xbd"}),
    }
    finews("crawl", "finews", **at(serve_routes(routes)))
    [article] = exported()
    assert article["title"] == "标题"
