from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.addresses import Site
from crawler.pages.errors import PageError
from crawler.pages.feed import read_feed
from crawler.pages.post import PostPage
from crawler.pages.tree import visible_text

WWW = Path(__file__).parents[2] / "crawler" / "sample_site" / "www"
HOME = "https://finews.withounder.com/"
SITE = Site("http://127.0.0.1:8012/", HOME, "http://finews.zning.xyz/")
SEEN = datetime(2022, 1, 1, tzinfo=UTC)
FEED = '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'


def feed(*hrefs):
    entries = (f'<entry><link href="{href}"/><title>题</title></entry>' for href in hrefs)
    return FEED.format("".join(entries)).encode()


def links_of(xml):
    return [entry.link for entry in read_feed(xml, SITE)]


def entry_of(inner, href="/emnews/2021/12/31/202112312233044582.html"):
    xml = FEED.format(f'<entry><link href="{href}"/>{inner}</entry>').encode()
    (entry,) = read_feed(xml, SITE)
    return entry.observation(SEEN)


def test_the_sample_feed_gives_its_ten_newest_posts():
    links = links_of((WWW / "feed.xml").read_bytes())

    assert len(links) == 10
    assert [link.article_id for link in links[:2]] == ["202112312233044582", "NW202112312233001257"]
    assert all((WWW / link.url.removeprefix(HOME)).is_file() for link in links)


def test_an_old_host_in_the_feed_is_the_same_site():
    (link,) = links_of(feed("https://finews.zning.me/sitenews/2021/12/05/init.html"))

    assert link.url == HOME + "sitenews/2021/12/05/init.html"


def test_the_feeds_own_links_and_foreign_ones_are_no_posts():
    own = '<link href="https://finews.withounder.com/sitenews/2021/12/05/init.html" rel="self"/>'
    body = (
        "<entry><link href='https://example.com/a/2021/12/05/init.html'/><link/></entry>"
        "<entry><link href='/category/beifangwang.html'/><link href='/'/></entry>"
    )

    assert read_feed(FEED.format(own + body).encode(), SITE) == []


def test_a_feed_that_is_cut_short_gives_what_is_there():
    whole = feed("/a/2021/12/31/1.html", "/a/2021/12/31/2.html")

    links = links_of(whole[: whole.index(b"</entry>") + 20])

    assert [link.article_id for link in links] == ["1"]


def test_an_entity_of_the_feed_is_never_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(
        f'<link xmlns="http://www.w3.org/2005/Atom" href="{HOME}a/2021/12/31/1.html"/>'
    )
    xml = (
        f'<!DOCTYPE feed [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry>&x;</entry></feed>'
    )

    assert read_feed(xml.encode(), SITE) == []


def test_an_entry_tells_what_a_page_tells():
    entry = next(
        entry
        for entry in read_feed((WWW / "feed.xml").read_bytes(), SITE)
        if entry.article_id == "NW202112312233001257"
    )

    told = entry.observation(SEEN)

    path = "beifangwang/2021/12/31/NW202112312233001257.html"
    page = PostPage((WWW / path).read_text(encoding="utf-8"), entry.link).observation(SEEN)
    assert (told.key, told.address) == ("feed", HOME + "feed.xml")
    for name in ("id", "url", "share_url", "category", "category_name", "tags", "title", "source"):
        assert getattr(told, name) == getattr(page, name), name
    assert told.published_raw == "2021-12-31T15:12:08+08:00"
    assert visible_text(told.tree) == visible_text(page.tree)
    assert b"NW202112312233001257" in told.raw


@pytest.mark.parametrize(
    ("href", "terms", "tags"),
    [
        ("/emnews/2021/12/31/1.html", ["emnews", "东财滚动新闻"], ["东财滚动新闻"]),
        ("/wind/(a)/2021/12/31/1.html", ["Wind", "(A)", "Wind", "(A)新闻"], ["Wind", "(A)新闻"]),
        ("/techweb/2021/12/31/1.html", ["TechWeb", "TechWeb新闻"], ["TechWeb新闻"]),
        ("/2021/12/31/1.html", ["东财滚动新闻"], ["东财滚动新闻"]),
        ("/emnews/2021/12/31/1.html", ["东财滚动新闻"], ["东财滚动新闻"]),
        ("/emnews/2021/12/31/1.html", [], []),
    ],
)
def test_the_terms_of_an_entry_are_categories_then_tags(href, terms, tags):
    told = entry_of("".join(f'<category term="{term}"/>' for term in terms), href)

    assert told.tags == tags


def test_a_title_of_an_entry_is_plain_text():
    assert (
        entry_of('<title type="html">甲 &lt;b&gt;乙&lt;/b&gt; &amp;amp; 丙</title>').title
        == "甲 乙 & 丙"
    )
    assert entry_of("<title> </title>").title is None


def test_an_entity_of_html_drops_nothing_of_a_feed():
    told = entry_of("<title>a &nbsp; b&mdash;c</title><content>&lt;p&gt;甲&hellip;</content>")

    assert told.title == "a b—c"
    assert visible_text(told.tree) == "甲…"


def test_an_entry_without_its_content_gives_its_summary():
    assert visible_text(entry_of("<summary>摘要。</summary>").tree) == "摘要。"
    assert visible_text(entry_of("").tree) == ""


@pytest.mark.parametrize(
    "xml",
    [b"", b"   ", b"<html><p>502</p></html>", b"<feed></feed>", b"not xml", b"\xff\xfe\x00"],
    ids=["empty", "blank", "another page", "another vocabulary", "no markup", "no text"],
)
def test_what_is_no_atom_feed_is_refused(xml):
    with pytest.raises(PageError):
        read_feed(xml, SITE)
