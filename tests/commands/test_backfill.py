"""finews backfill: all sources in order, through any kill, with a report of what is missing."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.sample_site.server import serve
from tests.large_site import LargeSite
from tests.servers import wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from crawler.sample_site.server import SampleSite
    from crawler.store.connection import Store

SOURCES = Path(__file__).parents[2] / "crawler" / "sample_site" / "source" / "_posts"
POSTS = 300


def rows(out: str) -> dict[str, list[str]]:
    """The rows of a report or plan, by their first word."""
    return {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}


def test_two_categories_of_a_range(
    finews: Any, sample: Any, at: Any, exported: Callable[[], list[dict[str, Any]]]
) -> None:
    words = ("backfill", "beifangwang", "TechWeb", "--since", "2021-12-20", "--until", "2021-12-29")
    done = finews(*words, **at(sample))
    articles = exported()
    assert {article["category"] for article in articles} <= {"beifangwang", "TechWeb"}
    days = Counter(article["published_at"][:10] for article in articles)
    table = rows(done.out)
    assert {day: int(cells[1]) for day, cells in table.items() if day[:2] == "20"} == days
    assert {min(days) >= "2021-12-20", max(days) <= "2021-12-29"} == {True}
    assert done.last == f"finews: done: {len(articles)} articles stored, 0 still missing"
    again = finews(*words, **at(sample))
    assert again.out == done.out


def test_everything_and_what_only_an_archive_has(
    finews: Any, sample: Any, at: Any, exported: Callable[[], list[dict[str, Any]]]
) -> None:
    words = ("backfill", "--all", "--archive", str(SOURCES), "--oldest-first", "--workers", "2")
    done = finews(*words, code=1, **at(sample))
    # One share answer of the sample site is broken.
    assert "1 rejected" in done.last
    assert done.err.splitlines()[-2].startswith("backfill: archive: 53 articles")
    articles = exported()
    kinds = Counter(
        name.partition(":")[0]
        for one in articles
        for name in {kind.partition(":")[0] for kind in one["provenance"]}
    )
    total = [int(cell.replace(",", "")) for cell in rows(done.out)["total"]]
    columns = ("page", "share", "feed", "front_matter")
    assert total == [52, len(articles), *(kinds[kind] for kind in columns), 0]
    assert kinds["front_matter"] == len(articles) == 53


def test_a_dry_run_tells_what_is_known_and_asks_for_nothing(
    finews: Any, sample: Any, at: Any, store: Store
) -> None:
    finews("crawl", "finews", "-a", "category=beifangwang", **at(sample))
    already = len(sample.requests())
    done = finews("backfill", "beifangwang", "--dry-run", "--archive", str(SOURCES), **at(sample))
    numbers = {line[:32].strip(): int(line[32:]) for line in done.out.splitlines()}
    assert numbers == {
        "category pages to be asked for": 1,
        "posts known": 3,
        "articles stored": 3,
        "posts to be asked for": 0,
        "share answers to be asked for": 0,
        "files in the archive": 54,
    }
    assert len(sample.requests()) == already


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "say finews backfill SLUG... for some categories, or --all for every one"),
        (["a", "--all"], "say finews backfill SLUG..."),
        (["a", "--since", "soon"], "--since: 'soon' is no date"),
        (["a", "--since", "2021-12-31", "--until", "2021-12-01"], "--since 2021-12-31 is after"),
        (["a", "--workers", "0"], "--workers 0 is not a number from 1 to 64"),
        (["a", "--workers", "two"], "--workers two is not a number"),
        (["a", "--archive", "nowhere"], "--archive: nowhere is no folder"),
        (["a", "--al"], ""),
    ],
)
def test_what_cannot_be_is_exit_2(finews: Any, words: list[str], told: str) -> None:
    assert told in finews("backfill", *words, code=2).last


def test_a_category_that_is_not_there_is_exit_2_and_names_the_nearest(
    finews: Any, sample: Any, at: Any
) -> None:
    done = finews("backfill", "beifangwan", code=2, **at(sample))
    assert done.last.endswith("no category beifangwan. Did you mean beifangwang?")


def test_without_the_site_other_sources_are_asked(
    finews: Any, at: Any, exported: Callable[[], list[dict[str, Any]]]
) -> None:
    done = finews("backfill", "--all", "--archive", str(SOURCES), code=1)
    assert "nothing crawled" in done.last
    assert len(exported()) == 53


SECTION = "<html><body><header></header><section>{}</section></body></html>"
CODE = "NW202112310000000001"


def test_a_post_that_the_site_dropped_is_had_from_its_share_answer(
    finews: Any,
    at: Any,
    serve_routes: Callable[..., Any],
    answer: Any,
    exported: Callable[[], list[dict[str, Any]]],
    store: Store,
) -> None:
    path = f"/techweb/2021/12/31/{CODE}.html"
    lost = "/techweb/2021/12/30/202112300000000002.html"
    items = "".join(f'<li><a href="{one}">x</a></li>' for one in (path, lost))
    lists = SECTION.format(f"<h2>TechWeb新闻</h2><ul>{items}</ul>")
    told = json.dumps({"text": "<p>全文。</p>", "title": "题", "showtime": "2021-12-31 15:07:45"})
    routes = {"/": lists, "/category/TechWeb.html": lists, path: answer("", 404)}
    site = serve_routes({**routes, f"/NewsData/GetNewsText.do?id={CODE}": told})
    done = finews("backfill", "TechWeb", **at(site))
    [article] = exported()
    assert (article["id"], article["category"], article["title"]) == (CODE, "TechWeb", "题")
    assert article["url"] == f"https://finews.withounder.com{path}"
    assert "1  gone      no source has it any more: HTTP 404  (202112300000000002)" in done.out
    assert done.last == "finews: done: 1 articles stored, 0 still missing"


@pytest.fixture
def large(tmp_path: Path) -> Iterator[tuple[SampleSite, LargeSite]]:
    """A site of 300 posts in two categories."""
    large = LargeSite(tmp_path / "site", POSTS, 2)
    with serve(large.folder) as site:
        yield site, large


def children_of(pid: int) -> list[int]:
    """The processes that a process started, by number."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def workers_of(pid: int) -> list[int]:
    """Those of them that do a stage of posts."""
    return [child for child in children_of(pid) if b"began=" in command(child)]


def command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def end(process: subprocess.Popen[str]) -> None:
    """Wait for a process, and for what it printed."""
    process.communicate(timeout=60)


@pytest.mark.parametrize("oldest_first", [False, True])
def test_posts_are_asked_for_by_their_days(
    finews: Any, at: Any, serve_routes: Callable[..., Any], oldest_first: bool
) -> None:
    paths = [f"/techweb/2021/12/{day}/202112{day}01.html" for day in range(10, 30)]
    items = "".join(f'<li><a href="{path}">x</a></li>' for path in paths[7:] + paths[:7])
    lists = SECTION.format(f"<h2>TechWeb新闻</h2><ul>{items}</ul>")
    post = SECTION.format("<small>(GMT+8) 2021-12-31 15:07:45</small><h1>一</h1><p>正文。</p>")
    routes = {"/": lists, "/category/TechWeb.html": lists, **dict.fromkeys(paths, post)}
    site = serve_routes(routes)
    words = ["--oldest-first"] if oldest_first else []
    finews("backfill", "TechWeb", *words, "-s", "CONCURRENT_REQUESTS=1", **at(site))
    # The lists' first comes before them, for its footer tells the category's exact slug.
    first, *others = [path for path in site.requests if path in paths]
    assert first == paths[7]
    asked = [path for path in paths if path != first]
    assert others == (asked if oldest_first else asked[::-1])


def test_a_backfill_killed_ten_times_has_every_article_once(
    finews: Any, at: Any, large: Any, store: Store
) -> None:
    site, made = large
    articles = store.collection("articles")
    words = (
        "backfill",
        "--all",
        "-s",
        "CONCURRENT_REQUESTS_PER_DOMAIN=2",
        "-s",
        "STORE_BATCH_SIZE=4",
    )
    for kill in range(10):
        stored = articles.count_documents({})
        process = finews.start(*words, **at(site))
        wait_until(lambda: articles.count_documents({}) > stored)  # noqa: B023
        killed = [process.pid, *(children_of(process.pid) if kill % 2 else [])]
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        end(process)
        assert process.returncode == -signal.SIGKILL
    assert articles.count_documents({}) < POSTS
    done = finews(*words, **at(site))
    assert done.last == f"finews: done: {POSTS} articles stored, 0 still missing"
    assert sorted(articles.distinct("_id")) == sorted(made.ids)
    assert articles.count_documents({"revision": {"$ne": 1}}) == 0
    asked = Counter(path for path in site.requests() if "NW2021" in path)
    # What was in flight when a process was killed is asked for again, and no more.
    print(f"{sum(asked.values()) - len(asked)} of {len(asked)} requests were made again")
    assert sum(asked.values()) - len(asked) <= 10 * 16


def test_of_two_workers_one_is_killed_and_the_other_does_all(
    finews: Any, at: Any, large: Any, store: Store
) -> None:
    site, made = large
    articles = store.collection("articles")
    # Else one of them has done all before the other is there.
    words = ("backfill", "--all", "--workers", "2", "-s", "DOWNLOAD_DELAY=0.02")
    process = finews.start(*words, **at(site))
    links = store.collection("links")
    stored = {"kind": "post", "state": "stored"}
    wait_until(lambda: len(workers_of(process.pid)) == 2)
    one, two = workers_of(process.pid)
    wait_until(lambda: {one, two} <= {*links.distinct("owner.pid", stored)})
    os.kill(one, signal.SIGKILL)
    _out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert sorted(articles.distinct("_id")) == sorted(made.ids)
    asked = Counter(path for path in site.requests() if "NW2021" in path)
    print(f"{sum(asked.values()) - len(asked)} of {len(asked)} requests were made again")
    assert sum(asked.values()) - len(asked) <= 200


def test_a_stopped_backfill_says_so_and_its_workers_end_in_order(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, store: Store
) -> None:
    paths = [f"/techweb/2021/12/31/20211231{number:02}.html" for number in range(1, 4)]
    items = "".join(f'<li><a href="{path}">x</a></li>' for path in paths)
    lists = SECTION.format(f"<h2>TechWeb新闻</h2><ul>{items}</ul>")
    post = SECTION.format("<small>(GMT+8) 2021-12-31 15:07:45</small><h1>一</h1><p>正文。</p>")
    held = answer(post, hold=threading.Event())
    routes = {"/": lists, "/category/TechWeb.html": lists, paths[0]: post, paths[2]: post}
    site = serve_routes({**routes, paths[1]: held})
    process = finews.start("backfill", "TechWeb", **at(site))
    site.wait_for(paths[1])
    [worker] = workers_of(process.pid)
    wait_until(lambda: store.collection("articles").count_documents({}) == 2)
    process.send_signal(signal.SIGTERM)
    held.hold.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert err.splitlines()[-1] == "finews: stopped"
    assert command(worker) == b""
    assert store.collection("articles").count_documents({}) == 3
