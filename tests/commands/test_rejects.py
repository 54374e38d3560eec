"""finews rejects: dead letters are listed, shown, and read once more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from crawler.sample_site.server import FOLDER
from crawler.store.rejects import LARGEST_RAW, Reject, Rejects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.store.connection import Store

BROKEN = "NW202112132212035597"
WHOLE = "NW202112312233001257"
SITE = "https://finews.withounder.com/"
SHARE = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={WHOLE}"
SEEN = datetime(2022, 1, 1, tzinfo=UTC)


def test_the_broken_share_answer_of_the_sample_site_is_listed_and_shown(
    finews: Any, sample: Any, at: Any
) -> None:
    finews("crawl", "finews", code=1, **at(sample))
    done = finews("rejects", "list")
    first, blank, counts = done.out.splitlines()
    key, _, times, stage, article, url, reason = first.split(None, 6)
    assert (times, stage, article, blank) == ("1×", "page/share", BROKEN, "")
    assert url.endswith(f"infoCode={BROKEN}")
    assert counts.split(None, 2) == ["1", "page/share", reason]
    assert done.last == "finews: 1 rejects"
    [record] = [json.loads(line) for line in finews("rejects", "list", "--json").out.splitlines()]
    assert (record["id"], record["kind"], record["times"]) == (key, "share", 1)
    assert finews("rejects", "list", "--stage", "store").out == ""
    shown = finews("rejects", "show", key)
    assert f"reason       {reason}" in shown.out.splitlines()
    raw = (FOLDER / "share" / f"{BROKEN}.json").read_text(encoding="utf-8")
    assert shown.out.endswith(f"\n\n{raw}\n")
    assert finews("rejects", "show", key, "--raw").out == raw


def test_what_is_still_broken_stays_and_is_exit_1(finews: Any, sample: Any, at: Any) -> None:
    finews("crawl", "finews", code=1, **at(sample))
    asked = len(sample.requests())
    done = finews("rejects", "retry", code=1, **at(sample))
    assert done.last.startswith("finews: 1 rejects are left; 1 rejected: 1 seen")
    assert finews("rejects", "list").out.split()[2] == "2×"
    assert len(sample.requests()) == asked


def test_what_a_fixed_parser_can_read_is_stored_and_a_reject_no_more(
    finews: Any, sample: Any, at: Any, store: Store, exported: Callable[[], list[dict[str, Any]]]
) -> None:
    """The inputs are whole: it was the parser of that day that could not read them."""
    whole = finews("crawl", "newsshare", "-a", f"codes={WHOLE}", **at(sample))
    assert "1 new" in whole.last
    [expected] = exported()
    for name in ("articles", "links"):
        store.collection(name).delete_many({})
    rejects = Rejects(store)
    path = f"beifangwang/2021/12/31/{WHOLE}.html"
    inputs = {
        "share": (SHARE, (FOLDER / "share" / f"{WHOLE}.json").read_bytes()),
        "post": (f"{SITE}{path}", (FOLDER / "www" / path).read_bytes()),
        "category": (
            f"{SITE}category/beifangwang.html",
            (FOLDER / "www" / "category" / "beifangwang.html").read_bytes(),
        ),
        "feed": (f"{SITE}feed.xml", (FOLDER / "www" / "feed.xml").read_bytes()),
    }
    for kind, (url, raw) in inputs.items():
        article = WHOLE if kind in ("share", "post") else None
        rejects.add(Reject(f"page/{kind}", "PageError: old", kind, url, article, raw, SEEN))
    only = finews("rejects", "retry", "--stage", "page/share")
    assert only.last.startswith("finews: 3 rejects are left; done: 1 seen")
    [article] = exported()
    assert article["first_seen_at"] == "2022-01-01T00:00:00.000Z"
    told = ("content_text", "published_at", "securities", "content_hash")
    assert [article[name] for name in told] == [expected[name] for name in told]
    done = finews("rejects", "retry")
    assert done.last.startswith("finews: 0 rejects are left; done: 3 seen")
    articles = {article["id"]: article for article in exported()}
    assert set(articles[WHOLE]["provenance"]) == {"share", "page", "feed"}
    assert len(articles) == 10
    assert rejects.count() == 0
    states = {d["_id"]: d["state"] for d in store.collection("links").find()}
    listed = f"{SITE}beifangwang/2021/12/20/NW202112202219440035.html"
    assert states[listed] == "new"
    again = finews("rejects", "retry")
    assert again.last.endswith("are left; done: nothing is rejected")


def test_what_the_store_refused_is_stored_when_it_does_so_no_more(
    finews: Any, store: Store, tmp_path: Path, exported: Callable[[], list[dict[str, Any]]]
) -> None:
    store.database.command("collMod", "articles", validator={"title": {"$ne": "毒"}})
    file = tmp_path / "posts" / f"2021-12-31-{WHOLE}.md"
    file.parent.mkdir()
    file.write_text("---\ntitle: 毒\n---\n正文。\n", encoding="utf-8")
    finews("crawl", "archive", "-a", f"path={file.parent}", code=1)
    [kept] = Rejects(store).select()
    assert (kept.stage, kept.kind, kept.article_id) == ("store", "source_post", WHOLE)
    file.unlink()
    finews("rejects", "retry", kept.id, code=1)
    store.database.command("collMod", "articles", validator={})
    assert "finews: 0 rejects are left" in finews("rejects", "retry", kept.id).last
    [article] = exported()
    assert (article["title"], article["revision"]) == ("毒", 1)


def test_what_was_cut_is_asked_for_again_by_the_next_crawl(
    finews: Any, store: Store, sample: Any, at: Any
) -> None:
    finews("crawl", "newsshare", "-a", f"codes={WHOLE}", **at(sample))
    large = b"x" * (LARGEST_RAW + 1)
    Rejects(store).add(Reject("page/share", "too much", "share", SHARE, WHOLE, large, SEEN))
    done = finews("rejects", "retry", code=1)
    assert "its raw input was not kept as a whole" in done.last
    assert store.collection("links").find_one({"_id": SHARE})["state"] == "owed"  # type: ignore[index]
    shown = finews("rejects", "show", Rejects(store).select().__next__().id)
    assert shown.last == f"finews: {LARGEST_RAW + 1:,} bytes as received, cut at 1,000,000"
    finews("crawl", "newsshare", "-a", "missing=1", **at(sample))
    assert Rejects(store).count() == 0


def test_many_reasons_are_told_by_their_number_and_nothing_is_obeyed_by_a_terminal(
    finews: Any, store: Store
) -> None:
    for number in range(25):
        url, reason = f"u{number}", f"reason {number:02}\x1b[2J"
        Rejects(store).add(Reject("clean", reason, "post", url, None, b"\x1b[2J", SEEN))
    done = finews("rejects", "list")
    assert done.out.splitlines()[-1].strip() == "5  for 5 other reasons"
    key = done.out.split()[0]
    assert "\x1b" not in done.out + finews("rejects", "show", key).out


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["rejects"], 2, "finews rejects does not know ''. There are: list, show, retry."),
        (["rejects", "lst"], 2, "finews rejects does not know 'lst'. Did you mean list?"),
        (["rejects", "show"], 2, "name one reject by its id: finews rejects show ID"),
        (["rejects", "show", "x"], 1, "no reject x; finews rejects list names them"),
        (["rejects", "retry", "x"], 2, "no reject x; finews rejects list names them"),
        (["rejects", "list", "x"], 2, "list takes no argument x; finews rejects show x?"),
        (["rejects", "list", "-a", "x=1"], 2, "rejects takes no -a"),
    ],
)
def test_bad_arguments_are_one_line(finews: Any, words: list[str], code: int, line: str) -> None:
    assert finews(*words, code=code).last.endswith(line)
