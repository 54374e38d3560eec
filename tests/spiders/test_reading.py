"""One kept input: what it says, where it leads, and what is still to be had."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crawler.addresses import Site
from crawler.pages.errors import PageError
from crawler.spiders.reading import Input, read_input

HOME = "https://finews.withounder.com/"
SITE = Site("http://127.0.0.1:1/", HOME, "http://127.0.0.1:2/")
CODE = "NW202112310000000001"
SHARE = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={CODE}"
POST = f"{HOME}techweb/2021/12/31/2021123101.html"
TIME = datetime(2021, 12, 31, 7, tzinfo=UTC)
BACK = '<p><a href="/category/TechWeb.html">返回TechWeb新闻</a></p>'
FOOT = f'<p><a href="{SHARE}">{SHARE}</a></p>{BACK}'
PAGE = "<html><body><header></header><section>{}</section></body></html>"


def given(kind: str, url: str, text: str, article_id: str | None = None) -> Input:
    return Input(kind, url, article_id, text.encode(), TIME)


def test_a_post_says_its_article_and_leads_to_its_share_answer() -> None:
    kept = given("post", POST, PAGE.format(f"<h1>题</h1><p>正文。</p>{FOOT}"))
    reading = read_input(kept, SITE)
    [observation] = reading.observations
    assert (observation.id, observation.kind, observation.title) == ("2021123101", "page", "题")
    assert (observation.observed_at, observation.raw) == (TIME, kept.raw)
    assert reading.links == [SITE.share(CODE, "2021123101")]
    assert (reading.slug, reading.done) == ("TechWeb", True)


@pytest.mark.parametrize(
    ("answer", "said", "done"),
    [({"text": "<p>正文。</p>"}, 1, True), ({"title": "题"}, 1, False), ({}, 0, False)],
)
def test_a_share_answer_without_a_body_is_not_done(
    answer: dict[str, str], said: int, done: bool
) -> None:
    reading = read_input(given("share", SHARE, json.dumps(answer), "init"), SITE)
    assert [observation.id for observation in reading.observations] == ["init"] * said
    assert reading.done is done


def test_a_share_answer_whose_article_is_not_told_is_of_its_code() -> None:
    [observation] = read_input(given("share", SHARE, '{"title": "题"}'), SITE).observations
    assert observation.id == CODE


def test_of_a_feed_all_entries_that_can_be_read_are_told() -> None:
    entry = '<entry><title>{}</title><link href="{}"/><content>{}</content></entry>'
    paths = [f"/2021/12/31/202112310{n}.html" for n in range(3)]
    deep = "&lt;b&gt;" * 3000
    entries = [entry.format(n, path, deep if n == 1 else "x") for n, path in enumerate(paths)]
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'
    reading = read_input(given("feed", SITE.feed.url, feed), SITE)
    assert [observation.id for observation in reading.observations] == ["2021123100", "2021123102"]
    assert all(observation.observed_at == TIME for observation in reading.observations)
    assert [link.url for link in reading.links] == [HOME + path[1:] for path in paths]
    assert (reading.problem or "").startswith("PageError: elements are nested deeper")


def test_lists_lead_to_posts_and_only_a_filled_category_proves_its_slug() -> None:
    listing = PAGE.format(f'<h2>x</h2><ul><li><a href="{POST}">x</a></li></ul>')
    category = SITE.category("TechWeb").url
    home = read_input(given("home", HOME, listing), SITE)
    filled = read_input(given("category", category, listing), SITE)
    empty = read_input(given("category", category, PAGE.format("<ul></ul>")), SITE)
    assert [[link.url for link in r.links] for r in (home, filled, empty)] == [[POST], [POST], []]
    assert [reading.slug for reading in (home, filled, empty)] == [None, "TechWeb", None]
    assert not any(reading.observations for reading in (home, filled, empty))


def test_a_source_says_its_article() -> None:
    source = "---\ntitle: 题\n---\n正文。"
    kept = given("source_post", "live/2021-12-31-2021123101.md", source)
    [observation] = read_input(kept, SITE).observations
    assert observation.key == "front_matter:live/2021-12-31-2021123101.md"
    assert (observation.observed_at, observation.raw) == (TIME, kept.raw)


@pytest.mark.parametrize(
    ("kind", "url", "text"),
    [
        ("post", POST, "<p>nothing"),
        ("post", HOME, PAGE.format("<h1>x</h1>")),
        ("share", POST, "{}"),
        ("share", SHARE, "{"),
        ("feed", SITE.feed.url, "<p>"),
        ("home", HOME, "x"),
        ("category", POST, PAGE.format("")),
        ("source_post", "2021-12-31-2021123101.md", "x"),
    ],
)
def test_what_is_not_what_its_address_promises_is_refused(kind: str, url: str, text: str) -> None:
    with pytest.raises(PageError):
        read_input(given(kind, url, text), SITE)
