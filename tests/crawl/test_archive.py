"""The site's own post sources, from a folder."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.addresses import Link
from crawler.article import ARTICLE_FIELDS
from crawler.commands.sharing import name_categories
from crawler.fetched import Fetched
from crawler.sample_site import server
from crawler.store.links import Ledger
from crawler.store.rejects import Rejects
from tests.articles import put, said

if TYPE_CHECKING:
    from crawler.store.connection import Store

SOURCES = Path(server.__file__).parent / "source" / "_posts"
PLAIN = ("title", "category", "category_name", "tags", "source", "origin_url", "digest")
POST = """---
layout: post
title: "{title}"
date: 2021-12-31 15:07:45 +0800
categories: beifangwang
tags: 北方网新闻
---
{body}
"""


def test_every_source_is_stored_as_expected(
    finews: Any, exported: Any, expected: dict[str, dict[str, Any]]
) -> None:
    done = finews("crawl", "archive", "-a", f"path={SOURCES}")
    assert "54 seen" in done.last
    articles = {article["id"]: article for article in exported()}
    assert set(articles) == set(expected)
    for key, wanted in expected.items():
        article = articles[key]
        assert tuple(article) == ARTICLE_FIELDS
        assert {name: article[name] for name in PLAIN} == {name: wanted[name] for name in PLAIN}
        assert article["published_at"] == wanted["published_at"]
        assert article["published_from"] == "front_matter"
        assert [(s["symbol"] or s["code"], s["via"]) for s in article["securities"]] == [
            (s["symbol"] or s["code"], s["via"]) for s in wanted["securities"]
        ]
        assert [board["code"] for board in article["boards"]] == wanted["boards"]
        assert article["stock_images_removed"] == wanted["stock_images_removed"]
        lines = article["content_text"].splitlines()
        assert len(lines) == len(set(lines)) == wanted["n_paragraphs"]
        assert article["url"] == f"https://finews.withounder.com{wanted['page']}"


def test_page_and_source_of_one_article_agree(
    finews: Any, sample: Any, at: Any, exported: Any
) -> None:
    finews("crawl", "finews", **at(sample), FOLLOW_SHARE_LINKS="0")
    pages = {article["id"]: article for article in exported()}
    finews("crawl", "archive", "-a", f"path={SOURCES}")
    for article in exported():
        page = pages.get(article["id"])
        if page is None:
            continue
        kinds = {key.partition(":")[0] for key in article["provenance"]}
        assert kinds - {"feed"} == {"page", "front_matter"}
        assert article["content_hash"] == page["content_hash"]
        assert article["url"] == page["url"]
        assert article["category"] == page["category"]


def test_any_order_of_page_and_source_gives_the_same(
    finews: Any, sample: Any, at: Any, exported: Any, data_dir: Path
) -> None:
    observed = {"updated_at", "first_seen_at", "provenance", "revision"}
    results = []
    for name, order in {"a": ("page", "source"), "b": ("source", "page")}.items():
        database = {"MONGODB_DATABASE": f"{finews.environment['MONGODB_DATABASE']}{name}"}
        for kind in order:
            if kind == "page":
                finews("crawl", "finews", code=1, **at(sample), **database)
            else:
                finews("crawl", "archive", "-a", f"path={SOURCES}", **database)
        out = finews("export", "--include-duplicates", **database).out
        rows = [json.loads(line) for line in out.splitlines()]
        results.append([{k: v for k, v in row.items() if k not in observed} for row in rows])
    assert results[0] == results[1]


def test_what_cannot_be_read_is_kept_and_stops_nothing(
    finews: Any, exported: Any, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "posts" / "deep"
    folder.mkdir(parents=True)
    files = {
        "2021-12-31-2021123101.md": POST.format(title="一", body="正文。").encode(),
        "2021-12-31-2021123102.md": b"no front matter",
        "2021-12-31-2021123103.md": b"\xff\xfe\x00",
        "notes.md": POST.format(title="x", body="x").encode(),
        "2021-12-31-2021123104.md": b"---\n- a list\n---\nx",
        "2021-12-31-2021123105.md": POST.format(title='a "b" c', body="<p>正文").encode(),
        "readme.txt": b"not looked at",
    }
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    (folder / "2021-12-31-2021123106.md").symlink_to(folder / "nowhere")
    done = finews("crawl", "archive", "-a", "path=posts", code=1)
    assert "5 rejected: 7 seen; articles: 2 new" in done.last
    assert [article["title"] for article in exported()] == ["一", 'a "b" c']
    rejects = {Path(r.url).name: r for r in Rejects(store).select()}
    assert set(rejects) == {
        "2021-12-31-2021123102.md",
        "2021-12-31-2021123103.md",
        "2021-12-31-2021123104.md",
        "2021-12-31-2021123106.md",
        "notes.md",
    }
    broken = rejects["2021-12-31-2021123103.md"]
    assert Rejects(store).get(broken.id).raw == b"\xff\xfe\x00"
    assert {reject.stage for reject in rejects.values()} == {"page/source_post"}


def test_two_files_of_one_id_are_one_article_and_the_fuller_wins(
    finews: Any, exported: Any, tmp_path: Path
) -> None:
    (tmp_path / "posts").mkdir()
    full = POST.format(title="标题", body="第一段。\n\n第二段。")
    bare = '---\ntitle: ""\ndate:  +0800\ncategories: beifangwang\n---\n> 摘要\n\n第一段。'
    (tmp_path / "posts" / "-2021123101.md").write_text(bare, encoding="utf-8")
    (tmp_path / "posts" / "2021-12-31-2021123101.md").write_text(full, encoding="utf-8")
    finews("crawl", "archive", "-a", "path=posts")
    [article] = exported()
    assert (article["title"], article["digest"]) == ("标题", "摘要")
    assert article["content_text"] == "第一段。\n第二段。"
    assert len(article["provenance"]) == 2


def test_files_of_one_id_in_several_folders_complete_each_other_and_settle(
    finews: Any, exported: Any, tmp_path: Path
) -> None:
    name = "2021-12-31-2021123101.md"
    bare = '---\ntitle: ""\ndate:  +0800\ncategories: beifangwang\n---\n第一段。\n\n第二段，新。'
    texts = {"old": POST.format(title="标题", body="第一段。\n\n第二段。"), "live": bare}
    for number, (folder, text) in enumerate(texts.items()):
        (tmp_path / "posts" / folder).mkdir(parents=True)
        (tmp_path / "posts" / folder / name).write_text(text, encoding="utf-8")
        os.utime(tmp_path / "posts" / folder / name, (1_650_000_000 + number,) * 2)
    finews("crawl", "archive", "-a", "path=posts")
    [article] = exported()
    assert (article["title"], article["published_from"]) == ("标题", "front_matter")
    assert article["content_text"] == "第一段。\n第二段，新。"
    for words in ([], ["-a", "observed=2022-05-01"]):
        finews("crawl", "archive", "-a", "path=posts", *words)
        done = finews("crawl", "archive", "-a", "path=posts", *words)
        assert "0 new, 0 changed, 2 unchanged" in done.last
    assert exported()[0]["revision"] == 1


def test_the_observed_time_is_the_file_s_or_as_told(
    finews: Any, exported: Any, tmp_path: Path
) -> None:
    (tmp_path / "posts").mkdir()
    file = tmp_path / "posts" / "2021-12-31-2021123101.md"
    file.write_text(POST.format(title="一", body="正文。"), encoding="utf-8")
    os.utime(file, (1_650_000_000.25, 1_650_000_000.25))
    finews("crawl", "archive", "-a", "path=posts")
    assert exported()[0]["first_seen_at"] == "2022-04-15T05:20:00.250Z"
    finews("crawl", "archive", "-a", "path=posts", "-a", "observed=2022-01-01")
    [article] = exported()
    assert article["first_seen_at"] == "2021-12-31T16:00:00.000Z"
    assert article["revision"] == 1


def test_many_files_are_all_stored(finews: Any, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    for number in range(1000):
        file = tmp_path / "posts" / f"2021-12-31-20211231{number:06}.md"
        file.write_text(POST.format(title=number, body=f"正文{number}。"), encoding="utf-8")
    done = finews("crawl", "archive", "-a", "path=posts")
    assert "1000 seen; articles: 1000 new" in done.last


def test_a_stopped_crawl_ends_and_the_next_does_the_rest(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "posts").mkdir()
    for number in range(3000):
        file = tmp_path / "posts" / f"2021-12-31-20211231{number:06}.md"
        file.write_text(POST.format(title=number, body=f"正文{number}。"), encoding="utf-8")
    with store.collection("articles").watch(max_await_time_ms=60_000) as changes:
        process = finews.start("crawl", "archive", "-a", "path=posts")
        next(changes)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("finews: stopped: ")
    assert 0 < store.collection("articles").count_documents({}) < 3000
    finews("crawl", "archive", "-a", "path=posts")
    assert store.collection("articles").count_documents({}) == 3000


def test_several_processes_store_what_one_does(finews: Any, store: Store) -> None:
    words = ("crawl", "archive", "-a", f"path={SOURCES}", "-a", "observed=2022-06-01")
    alone = {**finews.environment, "MONGODB_DATABASE": f"{finews.environment['MONGODB_DATABASE']}1"}
    finews(*words, **alone)
    one = finews("export", "--include-duplicates", **alone).out

    done = finews(*words, "--workers", "3")
    assert done.last == ("finews: done: 3 processes; articles: 53 new, 1 changed, 0 unchanged")
    runs = [run["outcome"] for run in store.collection("runs").find()]
    assert len(runs) == 3
    assert not any("nothing" in outcome for outcome in runs)
    several = finews("export", "--include-duplicates").out
    told = [[json.loads(line) for line in text.splitlines()] for text in (one, several)]
    for article in (*told[0], *told[1]):
        for name in ("first_seen_at", "updated_at", "provenance"):
            del article[name]
    assert told[0] == told[1]


def test_a_part_without_files_is_no_failure_but_an_empty_folder_is(
    finews: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    words = ("crawl", "archive", "-a", f"path={folder}", "--workers", "3")
    assert "nothing crawled" in finews(*words, code=1).last
    (folder / "2021-12-31-NW202112312233001257.md").write_text(POST.format(title="题", body="文"))
    assert "done: 3 processes; articles: 1 new" in finews(*words).last


def test_what_a_part_rejects_is_told_with_the_place_of_the_logs(
    finews: Any, tmp_path: Path, store: Store
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    for number in range(4):
        text = POST.format(title=number, body=f"文{number}")
        (folder / f"2021-12-31-NW20211231223300000{number}.md").write_text(text)
    (folder / "index.md").write_text("no post")
    done = finews("crawl", "archive", "-a", f"path={folder}", "--workers", "2", code=1)
    assert "1 of 2 processes did not end well; articles: 4 new" in done.last
    assert "logs in " in done.last
    assert "index.md: PageError" in done.last
    assert [kept.stage for kept in Rejects(store).select()] == ["page/source_post"]


def test_processes_share_an_archive_only_and_write_no_output(finews: Any) -> None:
    archive = ("crawl", "archive", "-a", f"path={SOURCES}")
    assert "finews backfill --workers" in finews("crawl", "finews", "--workers", "2", code=2).last
    assert (
        "finews export writes it"
        in finews(*archive, "--workers", "2", "-O", "x.jsonl", code=2).last
    )
    for text in ("0", "x", "65"):
        assert "is not a number from 1 to 64" in finews(*archive, "--workers", text, code=2).last
    wrong = finews("crawl", "archive", "-a", "path=/nowhere", "--workers", "2", code=2)
    assert "/nowhere is no folder" in wrong.last


def test_a_part_is_given_by_the_command_or_by_its_workers(finews: Any) -> None:
    archive = ("crawl", "archive", "-a", f"path={SOURCES}", "-a", "part=1/2")
    assert "say one of them" in finews(*archive, "--workers", "2", code=2).last
    assert "is no part such as 2/3" in finews(*archive[:-1], "part=3/2", code=2).last
    first = finews(*archive).last
    rest = finews(*archive[:-1], "part=2/2").last
    assert sum(int(line.split("; articles: ")[1].split()[0]) for line in (first, rest)) == 53


def test_what_pages_tell_of_a_categorys_name_holds_for_the_articles_of_all_parts(
    store: Store,
) -> None:
    told = {"a": "TechWeb", "b": "techweb", "c": "other", "d": None, "e": "wind(a)"}
    certain = "TechWeb"
    for number, slug in enumerate(told.values()):
        put(store, said(number, category=slug, category_certain=slug == certain))
    ledger = Ledger(store, "one")
    page = Link("https://finews.withounder.com/category/Wind(A).html", "category", None, "Wind(A)")
    ledger.discover([page])
    ledger.list_read(page, Fetched())
    name_categories(store)
    found = [article["category"] for article in store.collection("articles").find().sort("_id")]
    assert found == ["TechWeb", "TechWeb", "other", None, "Wind(A)"]
    before = store.collection("counters").find_one()
    name_categories(store)
    assert store.collection("counters").find_one() == before
