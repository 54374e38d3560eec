from __future__ import annotations

from pathlib import Path

import pytest

from crawler.addresses import Site
from crawler.pages.errors import PageError
from crawler.pages.home import read_home

WWW = Path(__file__).parents[2] / "crawler" / "sample_site" / "www"
HOME = "https://finews.withounder.com/"
SITE = Site(HOME, HOME, "http://finews.zning.xyz/")


@pytest.fixture(scope="module")
def lists():
    return read_home((WWW / "index.html").read_text(encoding="utf-8"), SITE)


def test_the_home_page_names_its_tags_in_order(lists):
    names = [tags.name for tags in lists]

    assert names[0] == "东财滚动"
    assert len(names) == len(set(names)) == 13
    assert {"北方网", "界面新闻", "站长消息", "Wind", "(A)", "安信国际证券(香港)"} <= set(names)


def test_each_tag_lists_at_most_its_five_newest_posts(lists):
    sizes = {tags.name: len(tags.posts) for tags in lists}

    assert sizes["东财滚动"] == 5
    assert sizes["北方网"] == 3
    assert all(1 <= size <= 5 for size in sizes.values())


def test_every_link_of_the_home_page_is_a_post_that_exists(lists):
    links = [link for tags in lists for link in tags.posts]

    assert all(link.kind == "post" for link in links)
    assert all((WWW / link.url.removeprefix(HOME)).is_file() for link in links)


def test_the_newest_post_of_a_tag_comes_first(lists):
    beifang = next(tags for tags in lists if tags.name == "北方网")

    assert [link.article_id for link in beifang.posts] == [
        "NW202112312233001257",
        "NW202112292230771846",
        "NW202112202219440035",
    ]


def test_the_template_in_the_spill_gives_neither_tag_nor_link():
    html = (
        '<meta property="og:description" content="<h2 id="{{ name }}">{{ name }}</h2>'
        '<ul><li><a href="{{ post.url }}">{{ post.title }}</a></li></ul>">'
        "<header></header><section>"
        '<h2>北方网新闻</h2><ul><li><a href="{{ post.url }}">{{ post.title }}</a></li>'
        '<li><a href="/beifangwang/2021/12/31/NW202112312233001257.html">题</a></li></ul></section>'
    )

    (only,) = read_home(html, SITE)

    assert only.name == "北方网"
    assert [link.article_id for link in only.posts] == ["NW202112312233001257"]


def test_a_list_links_to_posts_only():
    html = (
        "<section><h2>北方网新闻</h2><ul><li><a href='/category/beifangwang.html'>全部</a></li>"
        "<li><a href='https://example.com/a/2021/12/31/1.html'>别处</a></li><li>无链接</li></ul></section>"
    )

    assert [tags.posts for tags in read_home(html, SITE)] == [[]]


def test_a_home_page_with_nothing_in_it_has_no_tags():
    assert read_home("<section></section>", SITE) == []


def test_another_page_is_refused():
    with pytest.raises(PageError):
        read_home("<p>502 Bad Gateway</p>", SITE)
