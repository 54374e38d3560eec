from __future__ import annotations

from pathlib import Path

import pytest

from crawler.addresses import Site
from crawler.pages.errors import PageError
from crawler.pages.feed import read_feed

WWW = Path(__file__).parents[2] / "crawler" / "sample_site" / "www"
HOME = "https://finews.withounder.com/"
SITE = Site("http://127.0.0.1:8012/", HOME, "http://finews.zning.xyz/")
FEED = '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'


def feed(*hrefs):
    entries = (f'<entry><link href="{href}"/><title>题</title></entry>' for href in hrefs)
    return FEED.format("".join(entries)).encode()


def test_the_sample_feed_gives_its_ten_newest_posts():
    links = read_feed((WWW / "feed.xml").read_bytes(), SITE)

    assert len(links) == 10
    assert [link.article_id for link in links[:2]] == ["202112312233044582", "NW202112312233001257"]
    assert all((WWW / link.url.removeprefix(HOME)).is_file() for link in links)


def test_an_old_host_in_the_feed_is_the_same_site():
    (link,) = read_feed(feed("https://finews.zning.me/sitenews/2021/12/05/init.html"), SITE)

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

    links = read_feed(whole[: whole.index(b"</entry>") + 20], SITE)

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


@pytest.mark.parametrize(
    "xml",
    [b"", b"   ", b"<html><p>502</p></html>", b"<feed></feed>", b"not xml", b"\xff\xfe\x00"],
    ids=["empty", "blank", "another page", "another vocabulary", "no markup", "no text"],
)
def test_what_is_no_atom_feed_is_refused(xml):
    with pytest.raises(PageError):
        read_feed(xml, SITE)
