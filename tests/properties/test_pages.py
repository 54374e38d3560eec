"""Any input: no exception of a page but PageError, and values of the forms that are promised."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crawler.addresses import ARTICLE_ID, Link, Site, info_code_of, origin_url, web_address
from crawler.pages.category import read_category
from crawler.pages.errors import PageError
from crawler.pages.feed import read_feed
from crawler.pages.home import read_home
from crawler.pages.post import PostPage
from crawler.pages.section import own_section
from crawler.pages.share import ShareAnswer
from crawler.pages.source_post import SourcePost
from crawler.pages.tree import parse_fragment, plain_text, visible_text
from crawler.pages.typography import typographic
from crawler.records import to_record
from tests.staging import CHECKER, VALID, article_of, staged
from tests.strategies import rubbish

HOME = "https://finews.withounder.com/"
SITE = Site(HOME, HOME, "http://finews.zning.xyz/")
SEEN = datetime(2022, 1, 1, tzinfo=UTC)
POST = SITE.link("/beifangwang/2021/12/31/NW202112312233001257.html")
CODE = "NW202112312233001257"
NAME = "2021-12-31-NW202112312233001257.md"

URI = Draft202012Validator({"type": "string", "format": "uri"}, format_checker=CHECKER)

in_layout = rubbish.map(lambda html: f"<header></header><section>{html}</section>")
as_post = rubbish.map(
    lambda html: f"<header></header><section><h1>{html}</h1>{html}<small>tags: {html}</small>"
)
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | rubbish,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
answers = st.dictionaries(
    st.sampled_from(["text", "content", "title", "showtime", "datetime", "medianame", "digest"]),
    values,
)
words = st.text(alphabet="甲乙\"'-.<> a1（）:#|*[]_`&\n", max_size=40)
front_matter = st.one_of(
    rubbish,
    st.dictionaries(
        st.sampled_from(["title", "date", "categories", "tags", "category", "tag", "layout"]),
        words,
    ).map(lambda head: "\n".join(f"{key}: {value}" for key, value in head.items())),
)
hrefs = st.one_of(
    rubbish,
    st.lists(
        st.sampled_from(
            [
                *("http://", "https://", "//", "/", "finews.zning.me", "finews.withounder.com"),
                *(
                    "category",
                    "emnews",
                    "2021",
                    "12",
                    "31",
                    "99",
                    "init",
                    ".html",
                    "..",
                    "%28",
                    "?",
                ),
                *("infoCode=", "NewsShare.html", CODE, "[", "]", "@", ":", "{{", "#", "é", " "),
            ]
        ),
        max_size=12,
    ).map("".join),
)


def assert_whole(observation):
    """What pages promise of every observation, and what the schema promises of its article."""
    told = staged(observation)
    for name in ("title", "digest", "source", "category", "category_name"):
        value = getattr(told, name)
        assert value is None or (value and value == value.strip()), name
    assert all(tag and tag == tag.strip() for tag in told.tags)
    VALID.validate(to_record(article_of([told])))


@given(rubbish | in_layout | as_post)
def test_a_page_of_a_post(html: str) -> None:
    try:
        page = PostPage(html, POST)
    except PageError:
        return
    assert_whole(page.observation(SEEN))


@given(rubbish | in_layout)
def test_the_home_page(html: str) -> None:
    try:
        lists = read_home(html, SITE)
    except PageError:
        return
    assert all(post.kind == "post" for tag in lists for post in tag.posts)


@given(rubbish | in_layout)
def test_a_category_page(html: str) -> None:
    try:
        posts = read_category(html, SITE.category("a"), SITE)
    except PageError:
        return
    assert len({post.url for post in posts}) == len(posts)


@given(
    st.one_of(
        st.binary(max_size=300),
        rubbish.map(
            lambda text: (
                '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link '
                f'href="/a/2021/12/31/1.html"/><title>{text}</title><content>{text}</content>'
                f"<published>{text}</published></entry></feed>"
            ).encode("utf-8", "replace")
        ),
    )
)
def test_the_feed(xml: bytes) -> None:
    try:
        entries = read_feed(xml, SITE)
    except PageError:
        return
    for entry in entries:
        try:
            observation = entry.observation(SEEN)
        except PageError:
            continue
        assert_whole(observation)


@given(st.one_of(st.binary(max_size=300), answers.map(lambda a: json.dumps(a).encode())))
def test_a_share_answer(body: bytes) -> None:
    try:
        observation = ShareAnswer(body, CODE).observation(CODE, SEEN)
    except PageError:
        return
    assert_whole(observation)


@given(front_matter, rubbish | words)
def test_a_source(head: str, body: str) -> None:
    try:
        observation = SourcePost(f"---\n{head}\n---\n{body}", NAME, SITE).observation(SEEN)
    except PageError:
        return
    assert_whole(observation)


@given(rubbish, st.text(max_size=30))
def test_a_source_of_any_text_and_name(text: str, name: str) -> None:
    try:
        observation = SourcePost(text, f"{name}.md", SITE).observation(SEEN)
    except PageError:
        return
    assert ARTICLE_ID.fullmatch(observation.id)


@given(rubbish)
def test_a_section_is_a_part_of_its_page(html: str) -> None:
    try:
        section = own_section(html)
    except PageError:
        return
    assert section in html


@given(rubbish)
def test_a_fragment_has_a_tree_that_can_be_written(html: str) -> None:
    tree = parse_fragment(html)

    assert visible_text(tree) == visible_text(tree).strip()


@given(rubbish)
def test_plain_text_stays_as_it_is(html: str) -> None:
    text = plain_text(html)

    assert text is None or text == text.strip()
    assert text != ""


@given(words)
def test_typography_leaves_no_straight_quotation_mark_and_no_other_word(text: str) -> None:
    shaped = typographic(text)

    assert '"' not in shaped
    assert "'" not in shaped
    assert typographic(shaped) == shaped or "-" in shaped or "." in shaped
    assert [c for c in shaped if c.isalnum()] == [c for c in text if c.isalnum()]


@given(hrefs, st.none() | hrefs)
def test_an_address_is_a_link_of_the_site_or_none(href: str, page: str | None) -> None:
    link = SITE.link(href, page)
    info_code_of(href)
    origin = origin_url(href)
    address = web_address(href, HOME)
    assert address is None or URI.is_valid(address)
    assert origin is None or URI.is_valid(origin)

    if link is not None:
        assert isinstance(link, Link)
        assert link.url.startswith(HOME)
        assert SITE.link(link.url) == link
        assert SITE.request_url(link).startswith(HOME)
        assert link.day is None or isinstance(link.day, date)
