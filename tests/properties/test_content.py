"""What must hold for any body, from its HTML to the article's text."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given

from crawler.addresses import Site
from crawler.article import Observation
from crawler.pages.body import read_body
from crawler.pages.errors import PageError
from crawler.pages.post import PostPage
from crawler.pages.share import ShareAnswer
from crawler.pages.source_post import SourcePost
from crawler.pages.tree import parse_fragment, visible_text
from crawler.sanitiser import ATTRIBUTES, TAGS
from pipelines.clean_content import clean_content
from pipelines.strip_stock_images import strip_stock_images
from pipelines.tag_securities import tag_securities
from tests.staging import staged
from tests.strategies import Body, bodies, numbered, one_liners, rubbish

HOME = "https://finews.withounder.com/"
SITE = Site(HOME, HOME, "http://finews.zning.xyz/")
PATH = "/beifangwang/2021/12/31/NW202112312233001257.html"
SEEN_AT = datetime(2022, 1, 1, tzinfo=UTC)
WORD = re.compile("[词藏]\\d+文")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
VOID = {"br", "hr", "img", "col"}


def observed(html):
    tree = parse_fragment(html)
    return Observation("init", "page", HOME, SEEN_AT, url=HOME, tree=tree)


def page_of(body_html):
    """The page that Jekyll builds of a body, spill and all."""
    link = SITE.link(PATH)
    date = "<small>(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45</small>"
    html = (
        f'<html><head><meta property="og:description" content="{body_html}" /></head><body>'
        f"<header><h1>金融消息</h1></header><section>{date}<h1>题</h1>{body_html}"
        "<small>tags: <em>北方网新闻</em></small></section></body></html>"
    )
    return PostPage(html, link)


class Checker(HTMLParser):
    """Reads HTML with another parser than the program's, and notes what it finds."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


def words_of(text):
    return WORD.findall(text)


def seen_words_of(text):
    return [word for word in words_of(text) if word.startswith("词")]


@given(bodies)
def test_no_word_of_a_body_is_lost_doubled_or_out_of_order(body: Body) -> None:
    told = staged(observed(body.html))

    assert words_of(told.content_text) == body.seen
    html = re.sub(r'(?:alt|title|href|src)="[^"]*"', "", told.content_html)
    assert words_of(html) == body.seen


@given(bodies)
def test_no_word_comes_twice_by_a_page_whose_description_spills(body: Body) -> None:
    told = staged(page_of(body.html).observation(SEEN_AT))

    content, digest = words_of(told.content_text), words_of(told.digest or "")
    assert body.seen in (content, digest + content)


@given(one_liners)
def test_page_and_source_of_one_body_have_the_same_hash(body: Body) -> None:
    source = f"---\ntitle: 题\ndate: 2021-12-31 15:07:45 +0800\n---\n{body.html}\n"
    by_source = staged(SourcePost(source, "2021-12-31-init.md", SITE).observation(SEEN_AT))
    by_page = staged(page_of(body.html).observation(SEEN_AT))

    assert by_source.content_hash == by_page.content_hash
    assert by_source.content_text == by_page.content_text
    assert by_source.securities == by_page.securities
    assert by_source.stock_images_removed == by_page.stock_images_removed


@given(rubbish)
@example('<a href="javascript&#58;alert(1)">x</a><img src=x onerror=alert(1)>')
@example("<svg><a xlink:href=javascript:alert(1)>x</a></svg><math><mtext><script>x</script>")
@example("<table><section><tr>甲</table>")
@example('<noscript><p title="</noscript><img src=x onerror=alert(1)>">')
def test_only_what_is_allowed_is_left(html: str) -> None:
    try:
        content = staged(observed(html))
    except PageError:
        return

    found = Checker(content.content_html)
    assert found.open == []
    assert set(found.tags) <= TAGS
    for tag, name, value in found.attributes:
        assert name in ATTRIBUTES.get(tag, set()) | {"rel"}, (tag, name)
        if name in ("href", "src"):
            assert urlsplit(value).scheme in ("http", "https", "mailto")
        if name == "rel":
            assert value == "nofollow noopener"
    assert not CONTROL.search(content.content_text + content.content_html)
    assert content.content_text == content.content_text.strip()
    for line in content.content_text.split("\n"):
        assert not line.startswith(("　", " ")), line
    assert all(urlsplit(image).scheme in ("http", "https") for image in content.images)


@given(bodies)
@example(numbered("<p>\x01</p><blockquote><p>\x01</p><b></b>\n\n</blockquote>"))
@example(numbered("<ul><li>\x01<p></p> \x01</li><li><p>\x01</p><b></b> \x01</li></ul>"))
def test_the_cleaner_changes_nothing_of_what_it_made(body: Body) -> None:
    once = clean_content(parse_fragment(body.html), HOME)
    again = clean_content(parse_fragment(once.html), HOME)

    assert again == once


@given(rubbish)
@example("<table>甲<tr>乙<td>丙</td>丁</tr></table>戊")
@example("甲<td><p>乙</p></td>")
def test_the_cleaner_changes_no_text_of_what_it_made_of_rubbish(html: str) -> None:
    once = clean_content(parse_fragment(html), HOME)
    again = clean_content(parse_fragment(once.html), HOME)

    assert again.text == once.text
    assert again.images == once.images


@given(bodies)
def test_stripping_leaves_nothing_to_strip_and_all_words(body: Body) -> None:
    tree = parse_fragment(body.html)
    before = visible_text(tree)
    images = len(tree.xpath(".//img[not(contains(@src, 'webquoteklinepic'))]"))

    strip_stock_images(tree)

    assert words_of(visible_text(tree)) == words_of(before)
    assert len(tree.findall(".//img")) == images
    assert strip_stock_images(tree) == 0


@given(rubbish)
def test_stripping_takes_any_tree(html: str) -> None:
    tree = parse_fragment(html)
    before = visible_text(tree)

    assert strip_stock_images(tree) >= 0
    assert "".join(visible_text(tree).split()) == "".join(before.split())
    assert strip_stock_images(tree) == 0


@given(bodies)
def test_tagging_leaves_no_mention_and_all_words(body: Body) -> None:
    tree = parse_fragment(body.html)
    strip_stock_images(tree)

    securities, boards = tag_securities(tree)
    text = visible_text(tree)
    again, no_boards = tag_securities(tree)

    assert len({s.key for s in securities}) == len(securities)
    assert len({b.key for b in boards}) == len(boards)
    assert {s.via for s in again} <= {"text"}
    assert {s.symbol for s in again} <= {s.symbol for s in securities}
    assert no_boards == []
    assert visible_text(tree) == text
    assert words_of(text) == body.seen


@given(rubbish)
def test_tagging_takes_any_tree(html: str) -> None:
    tree = parse_fragment(html)

    for security in tag_securities(tree, html)[0]:
        assert security.code


@given(rubbish)
def test_reading_a_body_takes_any_tree_and_loses_no_word_but_those_around(html: str) -> None:
    tree = parse_fragment(html)
    before = seen_words_of(visible_text(tree))

    body = read_body(tree)

    content, digest = seen_words_of(visible_text(body.tree)), seen_words_of(body.digest or "")
    assert before in (content, digest + content)


@given(rubbish)
def test_a_share_answer_may_hold_any_body(html: str) -> None:
    answer = ShareAnswer(json.dumps({"text": html}).encode(), "NW202112312233001257")
    staged(answer.observation("NW202112312233001257", SEEN_AT))


@pytest.mark.parametrize("depth", [500, 2000, 3000])
def test_what_is_nested_too_deep_is_refused_rather_than_cut(depth: int) -> None:
    html = "<p>前</p>" + "<b>" * depth + "深" + "</b>" * depth
    if depth > 2000:
        with pytest.raises(PageError, match="nested deeper"):
            observed(html)
    else:
        assert staged(observed(html)).content_text == "前\n深"


def test_a_body_of_the_strategies_is_numbered_as_it_reads() -> None:
    body = numbered("<p>\x01<!--\x02-->\x01</p>")

    assert (body.seen, body.hidden) == (["词0文", "词1文"], ["藏0文"])
