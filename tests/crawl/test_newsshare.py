"""Articles by infoCode from the share API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crawler.store.links import Ledger
from crawler.store.rejects import Rejects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.store.connection import Store

CODES = [f"NW20211231{n:010}" for n in range(4)]


def api(code: str) -> str:
    return f"/NewsData/GetNewsText.do?id={code}"


def body(text: str) -> str:
    return json.dumps({"text": None, "content": f"<p>{text}</p>"}, ensure_ascii=False)


def test_codes_and_a_file_of_codes(
    finews: Any, at: Any, serve_routes: Callable[..., Any], exported: Any, tmp_path: Path
) -> None:
    site = serve_routes({api(code): body(f"第{n}篇。") for n, code in enumerate(CODES)})
    (tmp_path / "codes.txt").write_text(f"# codes\n{CODES[2]}\n\n{CODES[0]}\n")
    words = ["-a", f"codes={CODES[0]},{CODES[1]}", "-a", "codes_file=codes.txt"]
    done = finews("crawl", "newsshare", *words, **at(site))
    assert "3 seen; articles: 3 new" in done.last
    articles = exported()
    assert [article["id"] for article in articles] == CODES[:3]
    assert [article["content_text"] for article in articles] == ["第0篇。", "第1篇。", "第2篇。"]
    first = articles[0]
    assert first["url"] is None
    assert first["share_url"].endswith(f"NewsShare.html?infoCode={CODES[0]}")
    assert (first["published_at"], first["published_from"]) == ("2021-12-31T00:00:00+08:00", "id")
    assert sorted(p for p in site.requests if "id=" in p) == [api(code) for code in CODES[:3]]


def test_what_is_empty_missing_or_broken_is_counted_and_owed(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, store: Store
) -> None:
    empty = json.dumps({"text": "", "content": None})
    routes = {api(CODES[0]): empty, api(CODES[1]): "{", api(CODES[2]): answer("x", 500)}
    site = serve_routes(routes)
    words = ["-a", f"codes={','.join(CODES)}", "-s", "RETRY_TIMES=0"]
    done = finews("crawl", "newsshare", *words, code=1, **at(site))
    assert "2 missing, 1 rejected, 1 not answered: 4 seen" in done.last
    states = {d["article"]: d["state"] for d in store.collection("links").find()}
    assert states == {CODES[0]: "owed", CODES[1]: "rejected", CODES[2]: "owed", CODES[3]: "gone"}
    assert Rejects(store).count() == 1
    done = finews("crawl", "newsshare", "-a", f"codes={CODES[0]}", code=1, **at(site))
    assert done.last.endswith("answers are empty, which may change: the same command asks again")


def test_missing_asks_for_what_the_ledger_owes(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, exported: Any
) -> None:
    done = finews("crawl", "newsshare", "-a", "missing=1")
    assert done.last == "finews: done: no share answer is owed"
    site = serve_routes({api(CODES[0]): answer("x", 500)})
    words = ["-a", f"codes={CODES[0]}", "-s", "RETRY_TIMES=0"]
    finews("crawl", "newsshare", *words, code=1, **at(site))
    site.routes[api(CODES[0])] = body("来了。")
    finews("crawl", "newsshare", "-a", "missing=1", **at(site))
    assert [article["content_text"] for article in exported()] == ["来了。"]


def test_a_share_link_owed_by_the_site_s_crawl_joins_its_post(
    finews: Any, sample: Any, at: Any, exported: Any, store: Store
) -> None:
    finews("crawl", "finews", "-a", "category=beifangwang", FOLLOW_SHARE_LINKS="0", **at(sample))
    codes = [article["share_url"].rpartition("=")[2] for article in exported()]
    finews("crawl", "newsshare", "-a", f"codes={','.join(codes)}", **at(sample))
    for article in exported():
        assert set(article["provenance"]) == {"page", "share"}
        assert article["url"] is not None
        assert article["revision"] == 1
    assert Ledger(store, "test").owed("share") == []
