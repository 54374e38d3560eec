"""What looks harmless and lost something once."""

from __future__ import annotations

import json
import os
import signal
import threading
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.addresses import Link
from crawler.article import ArticleItem, Observation
from crawler.store.articles import Articles
from crawler.store.links import Ledger
from crawler.store.rejects import Reject, Rejects
from tests.crawl.test_capture import FOOT, HOME, PATHS, feed, layout, listing, post
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.store.connection import Store

SEEN = datetime(2022, 1, 1, tzinfo=UTC)
PATH, PAGE = PATHS[0], HOME + PATHS[0]
WHOLE = "NW202112312233001257"
SHARE = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={WHOLE}"


def capture(folder: Path, *pages: tuple[str, str, str]) -> None:
    """A file of captures: each an address, a time and a body."""
    folder.mkdir()
    with (folder / "captures.warc").open("wb") as out:
        writer = WARCWriter(out, gzip=False)
        for address, time, body in pages:
            raw = body.encode()
            writer.write_record(
                writer.create_warc_record(
                    address,
                    "response",
                    BytesIO(raw),
                    len(raw),
                    http_headers=StatusAndHeaders("200 OK", [], protocol="HTTP/1.1"),
                    warc_headers_dict={"WARC-Date": time},
                )
            )


def test_a_change_and_a_further_look_in_one_batch_keep_the_old_version(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    looks = [(PAGE, f"2021-12-31T0{7 + n}:00:00Z", post(text)) for n, text in enumerate("甲乙乙")]
    capture(tmp_path / "c", *looks)
    finews("crawl", "archive", "-a", "warc=c")
    key = PATH.rpartition("/")[2].removesuffix(".html")
    assert finews("show", key, "--revisions").last == "finews: revision 2"
    assert "甲" in finews("show", key, "--as-of", "2021-12-31T15:30:00").out
    assert store.collection("revisions").count_documents({}) == 1


def test_a_reject_that_is_newer_than_what_is_stored_stays(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    good = (PAGE, "2021-12-31T07:00:00Z", post("甲"))
    capture(tmp_path / "c", good, (PAGE, "2021-12-31T08:00:00Z", "<html>garbage"))
    finews("crawl", "archive", "-a", "warc=c", code=1)
    [kept] = Rejects(store).select()
    assert (kept.stage, kept.url) == ("page/post", PAGE)


def test_a_page_that_is_garbage_for_a_moment_is_asked_for_again(
    finews: Any, store: Store, serve_routes: Callable[..., Any], at: Any, exported: Any
) -> None:
    routes = {"/": layout(""), "/feed.xml": feed({PATH: "甲"})}
    routes |= {"/category/TechWeb.html": listing(PATH), PATH: "<html>maintenance"}
    site = serve_routes(routes)
    finews("crawl", "finews", code=1, **at(site))
    assert Rejects(store).count() == 1
    site.routes[PATH] = post("甲", FOOT)
    finews("crawl", "finews", **at(site))
    [article] = exported()
    assert set(article["provenance"]) == {"feed", "page"}
    assert Rejects(store).count() == 0


def test_an_empty_share_answer_that_is_tried_again_is_owed(
    finews: Any, store: Store, sample: Any, at: Any, exported: Any
) -> None:
    ledger = Ledger(store, "run")
    ledger.discover([Link(SHARE, "share", WHOLE)])
    ledger.settle([SHARE], "rejected", "old parser")
    raw = json.dumps({"title": "标题", "text": ""}).encode()
    Rejects(store).add(Reject("page/share", "old", "share", SHARE, WHOLE, raw, SEEN))
    finews("rejects", "retry")
    assert exported() == []
    assert Rejects(store).count() == 0
    assert "1 new" in finews("crawl", "newsshare", "-a", "missing=1", **at(sample)).last


def test_a_feed_whose_retry_is_killed_is_tried_again_as_a_whole(finews: Any, store: Store) -> None:
    entries = {f"/techweb/2021/12/31/20211231{n:03}.html": f"第{n}" for n in range(150)}
    raw, url = feed(entries).encode(), f"{HOME}/feed.xml"
    Rejects(store).add(Reject("page/feed", "old", "feed", url, None, raw, SEEN))
    process = finews.start("rejects", "retry", "-s", "STORE_BATCH_SIZE=1")
    wait_until(lambda: Articles(store).count() > 3)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert Articles(store).count() < 150
    assert finews("rejects", "retry").last.startswith("finews: 0 rejects are left; done: ")
    assert Articles(store).count() == 150


def test_what_is_forgotten_while_it_is_asked_for_leaves_nothing_behind(
    finews: Any, store: Store, serve_routes: Callable[..., Any], answer: Any, at: Any
) -> None:
    held = answer("<html>garbage", hold=threading.Event())
    site = serve_routes({"/": layout(""), "/feed.xml": feed({PATH: "甲"}), PATH: held})
    process = finews.start("crawl", "finews", **at(site))
    site.wait_for(PATH)
    key = PATH.rpartition("/")[2].removesuffix(".html")
    finews("forget", key)
    held.hold.set()
    process.communicate(timeout=60)
    assert [d["state"] for d in store.collection("links").find({"article": key})] == ["forgotten"]
    assert Rejects(store).count() == 0
    assert Articles(store).count() == 0


def test_an_article_that_the_server_refuses_by_now_does_not_fail_every_crawl(
    finews: Any, store: Store, sample: Any, at: Any
) -> None:
    seen = Observation("2021123100", "page", "x", SEEN, title="毒", category="techweb")
    Articles(store).write([ArticleItem(seen.id, [seen])])
    store.database.command("collMod", "articles", validator={"title": {"$ne": "毒"}})
    done = finews("crawl", "finews", code=1, **at(sample))
    assert "1 rejected: 52 seen; articles: 52 new" in done.last
    assert "keeps the category that its address tells" in done.err


def test_lists_and_files_that_can_be_read_void_their_rejects(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    url, time = f"{HOME}/category/TechWeb.html", datetime(2021, 12, 31, 7, tzinfo=UTC)
    rejects = Rejects(store)
    rejects.add(Reject("page/category", "old", "category", url, None, b"x", time))
    rejects.add(Reject("capture", "damaged", "capture", "c/captures.warc, byte 0", None, b"", SEEN))
    capture(tmp_path / "c", (url, "2021-12-31T07:00:00Z", listing(*PATHS)))
    finews("crawl", "archive", "-a", "warc=c")
    assert rejects.count() == 0


def test_entries_of_a_feed_are_not_void_when_the_feed_is_read(
    finews: Any, store: Store, sample: Any, at: Any
) -> None:
    url, gone = "https://finews.withounder.com/feed.xml", "NW202112010000000001"
    Rejects(store).add(Reject("store", "refused", "feed", url, gone, b"<entry/>", SEEN))
    finews("crawl", "finews", code=1, **at(sample))
    assert gone in [kept.article_id for kept in Rejects(store).select()]
