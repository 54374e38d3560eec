from __future__ import annotations

from pathlib import Path

import pytest

from crawler.addresses import Site
from crawler.pages.category import read_category
from crawler.pages.errors import PageError

WWW = Path(__file__).parents[2] / "crawler" / "sample_site" / "www"
HOME = "https://finews.withounder.com/"
SITE = Site(HOME, HOME, "http://finews.zning.xyz/")
SLUGS = sorted(page.stem for page in (WWW / "category").iterdir())


def posts_of(slug):
    """The ids of the category's posts as the built site's folders hold them."""
    folder = "wind/(a)" if slug == "Wind(A)" else slug.lower()
    return {page.stem for page in (WWW / folder).rglob("2021/**/*.html")}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_category_page_lists_every_post_of_its_category_once(slug):
    html = (WWW / "category" / f"{slug}.html").read_text(encoding="utf-8")

    links = read_category(html, SITE.category(slug), SITE)

    assert {link.article_id for link in links} == posts_of(slug)
    assert len(links) == len(posts_of(slug))
    assert all(link.kind == "post" for link in links)


def test_the_page_at_emnews_lists_its_posts_and_no_template():
    html = (WWW / "emnews" / "index.html").read_text(encoding="utf-8")

    links = read_category(html, SITE.link("/emnews/"), SITE)

    assert {link.article_id for link in links} == posts_of("emnews")


def test_a_post_listed_twice_is_one_link_in_its_first_place():
    items = "".join(
        f'<li><a href="{href}">题</a></li>'
        for href in (
            "/a/2021/12/31/2.html",
            "//finews.zning.me/a/2021/12/31/1.html",
            "/a/2021/12/31/2.html",
        )
    )

    links = read_category(f"<section><ul>{items}</ul></section>", SITE.category("a"), SITE)

    assert [link.article_id for link in links] == ["2", "1"]


def test_a_category_without_posts_lists_nothing():
    html = (
        '<section><ul><li><a href="/category/beifangwang.html">全部</a></li><li>无链接</li></ul>'
        '<p><a href="/a/2021/12/31/1.html">页脚</a></p></section>'
    )

    assert read_category(html, SITE.category("a"), SITE) == []


def test_another_page_is_refused():
    with pytest.raises(PageError):
        read_category("<h1>404</h1>", SITE.category("a"), SITE)


def test_only_entries_of_a_list_are_posts_and_an_anchor_without_an_address_is_none():
    html = (
        '<section><p><a href="/a/2021/12/31/1.html">推荐</a></p>'
        '<ul><li><b><a href="/a/2021/12/31/2.html">题</a></b><a name="x">无</a></li></ul></section>'
    )

    links = read_category(html, SITE.category("a"), SITE)

    assert [link.article_id for link in links] == ["2"]
