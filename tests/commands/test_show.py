"""finews show: one article, and where its fields came from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.article import Observation
from crawler.exports.sheet import lines_of, sources_of
from crawler.merge import Version, merge
from crawler.pages.tree import parse_fragment
from tests.staging import staged

SOURCES = Path(__file__).parents[2] / "crawler" / "sample_site" / "source" / "_posts"
WHOLE = "NW202112312233001257"


def row(out: str, name: str) -> list[str]:
    """A field's line: its name, source and value."""
    return next(line for line in out.splitlines() if line.startswith(f"{name} ")).split(None, 2)


@pytest.fixture
def crawled(finews: Any, sample: Any, at: Any) -> Any:
    finews("crawl", "finews", code=1, **at(sample))
    return finews


def test_an_article_is_shown_with_the_source_of_each_field(crawled: Any) -> None:
    crawled("crawl", "archive", "-a", f"path={SOURCES}")

    done = crawled("show", WHOLE)

    file = f"front_matter:2021-12-31-{WHOLE}.md"
    assert done.last == f"finews: told by share, {file}, page, feed"
    assert row(done.out, "published_at") == ["published_at", "share", "2021-12-31T15:12:08+08:00"]
    assert row(done.out, "title")[1:] == [file, "港口装上“大脑” 天津口岸年末跑出加速度"]
    assert row(done.out, "category") == ["category", file, "beifangwang"]
    assert row(done.out, "origin_url") == ["origin_url", "null"]
    assert row(done.out, "revision") == ["revision", "1"]
    assert '"symbol": "03382.HK"' in row(done.out, "securities")[2]
    assert "    address          https://finews.withounder.com/feed.xml" in done.out.splitlines()
    assert done.out.count("content_hash") >= 5
    assert done.out.splitlines()[-1].startswith("业内人士提醒，运价仍处高位")


def test_a_date_that_only_the_id_tells_is_shown_as_the_ids(finews: Any, tmp_path: Path) -> None:
    text = "---\ntitle:\ndate: +0800\n---\n正文。\n"
    (tmp_path / "-202205262391921712.md").write_text(text, encoding="utf-8")
    finews("crawl", "archive", "-a", f"path={tmp_path}")

    out = finews("show", "202205262391921712").out

    assert row(out, "published_at") == ["published_at", "id", "2022-05-26T00:00:00+08:00"]
    assert row(out, "published_from") == ["published_from", "id", "id"]
    assert row(out, "published_raw")[2] == "+0800"


def test_an_article_that_is_not_stored_is_exit_1(finews: Any) -> None:
    assert finews("show", "NW202112312233001257", code=1).last == (
        "finews: no article NW202112312233001257 is stored"
    )


@pytest.mark.parametrize("words", [[], ["a", "b"]])
def test_show_takes_one_id(finews: Any, words: list[str]) -> None:
    assert "name one article by its id: finews show ID" in finews("show", *words, code=2).last


def test_every_field_is_on_the_sheet_and_in_its_order(crawled: Any) -> None:
    out = crawled("show", WHOLE).out

    names = [line.split()[0] for line in out.splitlines() if line[:1].islower()]
    assert names[:5] == ["id", "url", "share_url", "origin_url", "category"]
    assert {"content_html", "content_text", "schema", "sources"} <= set(names)


def test_the_sheet_names_no_source_for_what_nobody_told() -> None:
    seen = datetime(2022, 1, 1, tzinfo=UTC)
    told = staged(Observation("init", "page", "address", seen, tree=parse_fragment("")))
    article = merge([Version(told, seen, seen)])

    assert sources_of(article) == {}
    assert "title                                  null" in list(lines_of(article))


POST = "NW202112310000000001"


@pytest.fixture
def revised(finews: Any, tmp_path: Path) -> Any:
    """A post whose source was changed twice: its markup, then its title and a paragraph."""
    file = tmp_path / "posts" / f"2021-12-31-{POST}.md"
    file.parent.mkdir()
    head = "---\ntitle: {}\ndate: 2021-12-31 15:00:00 +0800\n---\n"
    versions = {
        "2022-01-01T00:00:00Z": head.format("标题") + "第一段。\n\n第二段。\n\n第三段。\n",
        "2022-01-02T00:00:00Z": head.format("标题") + "第一段。\n\n**第二段**。\n\n第三段。\n",
        "2022-01-03T00:00:00Z": head.format("新标题") + "第一段。\n\n**第二段**。\n\n改过的。\n",
    }
    for time, text in versions.items():
        file.write_text(text, encoding="utf-8")
        finews("crawl", "archive", "-a", f"path={file.parent}", "-a", f"observed={time}")
    return finews


def test_revisions_are_shown_as_differences(revised: Any) -> None:
    done = revised("show", POST, "--revisions")
    key = f"front_matter:2021-12-31-{POST}.md"
    assert done.out.splitlines() == [
        f"2022-01-02T00:00:00.000Z  {key}  revision 1",
        "  content_html",
        "    …",
        "      <p>第一段。</p>",
        "    - <p>第二段。</p>",
        "    + <p><strong>第二段</strong>。</p>",
        "      <p>第三段。</p>",
        f"2022-01-03T00:00:00.000Z  {key}  revision 1 → 2",
        "  title",
        "    …",
        "    - 标题",
        "    + 新标题",
        "  content_text",
        "    …",
        "      第二段。",
        "    - 第三段。",
        "    + 改过的。",
    ]
    assert done.last == "finews: revision 2"
    until = revised("show", POST, "--revisions", "--as-of", "2022-01-02T12:00:00Z")
    assert "1 → 2" not in until.out
    assert until.last == "finews: revision 1"


@pytest.mark.parametrize(
    ("time", "title", "html"),
    [
        ("2022-01-01T00:00:00.000Z", "标题", "<p>第二段。</p>"),
        ("2022-01-03T07:59:59+08:00", "标题", "<strong>第二段</strong>"),
        ("2022-01-03T08:00:00", "新标题", "<strong>第二段</strong>"),
        ("2022-01-04", "新标题", "<strong>第二段</strong>"),
    ],
)
def test_an_article_is_shown_as_it_was_known(
    revised: Any, time: str, title: str, html: str
) -> None:
    out = revised("show", POST, "--as-of", time).out
    assert row(out, "title")[2] == title
    assert html in out


def test_what_was_not_known_yet_is_exit_1(revised: Any) -> None:
    done = revised("show", POST, "--as-of", "2021-12-31", code=1)
    assert done.last == (
        f"finews: {POST} was not known at 2021-12-30T16:00:00.000Z; "
        "it was first seen at 2022-01-01T00:00:00.000Z"
    )
    assert revised("show", "nothing", "--as-of", "2021-12-31", code=1).last.endswith("is stored")
    assert "--as-of 'soon' is no date" in revised("show", POST, "--as-of", "soon", code=2).last
