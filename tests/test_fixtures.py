"""Every fixture's article, and every page of lists: see fixtures/README.md."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.addresses import Link, Site
from crawler.pages.category import read_category
from crawler.pages.errors import PageError
from crawler.pages.feed import read_feed
from crawler.pages.home import read_home
from crawler.pages.post import PostPage
from crawler.pages.share import ShareAnswer
from crawler.pages.source_post import SourcePost
from crawler.records import to_record
from tests.staging import VALID, article_of, staged

if TYPE_CHECKING:
    from crawler.article import Observation

FIXTURES = Path(__file__).parent / "fixtures"
MARKUP = Path(__file__).parents[1] / "docs" / "markup.md"
HOME = "https://finews.withounder.com/"
SITE = Site(HOME, HOME, "http://finews.zning.xyz/")
SEEN = datetime(2022, 1, 1, tzinfo=UTC)
FOLDERS = sorted(path.parent.name for path in FIXTURES.glob("*/info.json"))
POSTS = [name for name in FOLDERS if not name.startswith("list-")]
LISTS = [name for name in FOLDERS if name.startswith("list-")]
SHARED = [name for name in POSTS if (FIXTURES / name / "share.json").exists()]
FULL = [name for name in POSTS if name.startswith("six-")]
# Jekyll takes a source that begins with a blank line for text and gives it no layout.
WITHOUT_LAYOUT = "date-blank-line"
# What only one source can know: which words its date had, and that it was that source.
DATES = {"published_at", "published_raw", "published_precision", "published_from"}


def read(name: str, file: str) -> Any:
    return json.loads((FIXTURES / name / file).read_text(encoding="utf-8"))


def raw(name: str, file: str) -> bytes:
    return (FIXTURES / name / file).read_bytes()


def link_of(name: str) -> Link:
    link = SITE.link(read(name, "info.json")["url"])
    assert link is not None
    return link


def observed(name: str) -> dict[str, Observation]:
    """What each source in a folder says, after the stages."""
    article_id = read(name, "expected.json")["id"]
    info = read(name, "info.json")
    source = raw(name, "source.md").decode()
    told = {"front_matter": SourcePost(source, info["file"], SITE).observation(SEEN)}
    if info.get("page", True) and name != WITHOUT_LAYOUT:
        told["page"] = PostPage(raw(name, "page.html").decode(), link_of(name)).observation(SEEN)
    if info.get("feed"):
        entries = read_feed(raw(name, "feed.xml"), SITE)
        [entry] = [entry for entry in entries if entry.article_id == article_id]
        told["feed"] = entry.observation(SEEN)
    if name in SHARED:
        answer = ShareAnswer(raw(name, "share.json"), info["info_code"])
        told["share"] = answer.observation(article_id, SEEN)
    return {kind: staged(one) for kind, one in told.items()}


def record_of(*observations: Observation) -> dict[str, Any]:
    record = to_record(article_of(observations))
    VALID.validate(record)
    return record


@pytest.mark.parametrize("name", POSTS)
def test_the_sources_of_a_post_give_its_article_in_any_order(name: str) -> None:
    expected = read(name, "expected.json")
    sources = observed(name)

    records = [record_of(*order) for order in permutations(sources.values())]

    assert all(record == records[0] for record in records)
    assert {field: records[0][field] for field in expected} == expected
    assert records[0]["content_html"] == raw(name, "expected.html").decode().removesuffix("\n")


@pytest.mark.parametrize("name", [name for name in POSTS if name not in SHARED])
def test_each_source_of_a_post_tells_the_same(name: str) -> None:
    expected = read(name, "expected.json")
    sources = observed(name)

    for one in sources.values():
        alone = record_of(one)
        for field in expected.keys() - DATES:
            assert alone[field] == expected[field], f"{one.kind}: {field}"
    assert len({one.content_hash for one in sources.values()}) == 1


@pytest.mark.parametrize("name", FULL)
def test_a_full_post_gives_equal_articles_by_page_and_by_source(name: str) -> None:
    sources = observed(name)
    page, source = record_of(sources["page"]), record_of(sources["front_matter"])

    told = {"provenance", "published_raw", "published_from"}
    assert {k: v for k, v in page.items() if k not in told} == {
        k: v for k, v in source.items() if k not in told
    }


@pytest.mark.parametrize("name", POSTS)
def test_nothing_of_the_layout_and_nothing_dangerous_is_left(name: str) -> None:
    record = record_of(*observed(name).values())

    html = record["content_html"]
    assert not re.search(r"<!--|<script|<style|<iframe|<form|\son\w+=|javascript:|data:", html)
    for word in ("webquoteklinepic", "返回首页", "NewsShare", "文章来源", "IMG#0", "Link#1"):
        assert word not in html + record["content_text"]
    assert "　" not in record["content_text"]
    for href in re.findall(r"<a [^>]*>", html):
        assert 'rel="nofollow noopener"' in href
        assert re.search(r'href="(?:https?|mailto):', href)


@pytest.mark.parametrize("name", LISTS)
def test_a_page_of_lists_gives_its_posts(name: str) -> None:
    expected = read(name, "expected.json")
    if name == "list-feed":
        entries = read_feed(raw(name, "feed.xml"), SITE)
        assert [entry.link.url for entry in entries] == expected["posts"]
        return
    html = raw(name, "page.html").decode()
    if name == "list-home":
        told = {tag.name: [post.url for post in tag.posts] for tag in read_home(html, SITE)}
        assert told == expected["tags"]
    else:
        posts = read_category(html, link_of(name), SITE)
        assert [post.url for post in posts] == expected["posts"]


def test_a_page_without_layout_is_no_page_of_a_post() -> None:
    with pytest.raises(PageError, match="no <section>"):
        PostPage(raw(WITHOUT_LAYOUT, "page.html").decode(), link_of(WITHOUT_LAYOUT))


def test_the_fixtures_are_many_and_whole() -> None:
    assert len(FOLDERS) >= 60
    assert len(FULL) == 6
    ids = [read(name, "expected.json")["id"] for name in POSTS]
    assert len(ids) == len(set(ids))
    for path in FIXTURES.glob("*/*"):
        assert "\ufffd" not in path.read_bytes().decode(), path


def test_the_table_of_the_docs_names_every_fixture_and_no_other() -> None:
    rows = re.findall(r"^\| (.*) \| (`.*`) \|$", MARKUP.read_text(encoding="utf-8"), re.MULTILINE)
    named = [name for _, names in rows for name in re.findall("`([^`]+)`", names)]

    assert set(named) == set(FOLDERS)
