from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.utils.test import get_crawler

from crawler.article import ArticleItem, Observation
from crawler.pages.tree import parse_fragment
from pipelines.clean_content import CleanContent, clean_content, content_hash

PAGE = "https://finews.withounder.com/beifangwang/2021/12/31/NW202112312233001257.html"
SEEN = datetime(2021, 12, 31, 8, 0, tzinfo=UTC)


def cleaned(html):
    return clean_content(parse_fragment(html), PAGE)


class Markup(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.attributes = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>甲</p><p>乙</p>", "甲\n乙"),
        ("<p>　　甲</p><p>\u200b 乙 </p>", "甲\n乙"),
        ("<p><b>　　甲</b></p>", "甲"),
        ("<p>甲　乙\n丙&nbsp;&nbsp;丁</p>", "甲 乙 丙 丁"),
        ("<p>甲<br>　　乙<br/><br/>丙</p>", "甲\n乙\n丙"),
        ("<p></p><p>甲</p><p> <b> </b><br></p><p>&nbsp;</p>", "甲"),
        ('<p style="display:none;height:1px;overflow:hidden;"><br /></p><p>甲</p>', "甲"),
        ('<p style="DISPLAY : NONE">藏</p><p hidden>藏</p><p>甲</p>', "甲"),
        ("甲<p>乙</p>丙<b>丁</b>戊", "甲\n乙\n丙丁戊"),
        ("<div>甲</div><div>乙<p>丙</p>丁</div>", "甲\n乙\n丙\n丁"),
        ("<h2>甲</h2><blockquote>乙</blockquote><pre>丙</pre>", "甲\n乙\n丙"),
        ("<ul><li>甲</li><li>乙<ol><li>丙</li></ol></li></ul>", "甲\n乙\n丙"),
        (
            "<table>\n<tr>\n<th>公司</th>\n<th>金额</th>\n</tr>\n<tr><td>甲</td><td>86.0</td></tr></table>",
            "公司\t金额\n甲\t86.0",
        ),
        ("<table><tr><td><p>甲</p><p>乙</p></td><td>丙<br>丁</td></tr></table>", "甲 乙\t丙 丁"),
        ("<table><tr><td>甲</td><td></td><td>乙</td></tr></table>", "甲\t\t乙"),
        ("<p>利润&lt;十亿 &amp; 更少</p>", "利润<十亿 & 更少"),
        ("<p>1 < 2</p>", "1 < 2"),
        ("<p>&lt;script&gt;是一个词&lt;/script&gt;</p>", "<script>是一个词</script>"),
        ("<p>e\u0301cole Ａ１</p>", "\u00e9cole Ａ１"),
        ("<p>甲<!-- 注释 -->乙<?php 1 ?>丙</p>", "甲乙丙"),
        ("<p>甲<script>var 恶 = 1;</script>乙</p><style>p{}</style>", "甲乙"),
        ("<p>甲</p><iframe src='https://example.com/'>框</iframe><p>乙</p>", "甲\n乙"),
        ("<p>甲</p><form>表<input value='值'></form>", "甲\n表"),
        ("", ""),
    ],
    ids=[
        "paragraphs",
        "indents",
        "indent inside bold",
        "spaces",
        "line breaks",
        "empty paragraphs",
        "hidden spacer",
        "hidden otherwise",
        "loose text",
        "divs",
        "other blocks",
        "lists",
        "table",
        "paragraphs in cells",
        "empty cell",
        "escaped <",
        "bare <",
        "markup as text",
        "NFC",
        "comments",
        "script and style",
        "frame",
        "form",
        "nothing",
    ],
)
def test_the_text_has_one_paragraph_a_line(html, text):
    assert cleaned(html).text == text


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>甲<b>乙</b></p>", "<p>甲<b>乙</b></p>"),
        ('<p class="x" style="color:red" align="center" id="y">甲</p>', "<p>甲</p>"),
        ('<p onclick="x()" onload=x()>甲</p>', "<p>甲</p>"),
        ("<p>甲<script>x()</script></p><script src='x.js'></script>", "<p>甲</p>"),
        ("<p></p><p><br></p><p>甲</p>", "<p>甲</p>"),
        ('<p style="display:none"><br></p><p>甲</p>', "<p>甲</p>"),
        ("<p>甲<font color='red'>乙</font><o:p></o:p></p>", "<p>甲乙</p>"),
        ("甲", "<p>甲</p>"),
        ("<p>　　甲</p>", "<p>甲</p>"),
        ("<p>利润&lt;十亿</p>", "<p>利润&lt;十亿</p>"),
        ("<table><tbody><tr><td colspan='2' width='9'>甲</td></tr></tbody></table>",) * 2,
    ],
    ids=[
        "clean already",
        "looks",
        "handlers",
        "scripts",
        "empty paragraphs",
        "hidden spacer",
        "unknown tags",
        "loose text",
        "indent",
        "escaped <",
        "table",
    ],
)
def test_the_html_holds_only_what_is_allowed(html, left):
    left = left.replace("colspan='2' width='9'", 'colspan="2"')

    assert cleaned(html).html == left


@pytest.mark.parametrize(
    "html",
    [
        "<p>甲</p><ul><li>乙</li></ul><table><tbody><tr><td>丙</td><td>丁</td></tr></tbody></table>",
        "<div>甲</div><div>乙</div>",
        "<center>甲</center><center>乙</center>",
        "<section>甲</section><article>乙<div>丙</div></article>",
        "<p>甲</p>乙<center><img src='/a.png'></center>丙",
    ],
    ids=["known blocks", "divs", "centers", "sections", "picture"],
)
def test_the_html_has_the_same_paragraphs_as_the_text(html):
    content = cleaned(html)
    again = cleaned(content.html)

    assert (again.text, again.images) == (content.text, content.images)


@pytest.mark.parametrize(
    ("href", "absolute"),
    [
        ("https://example.com/a?b=1&c=2#d", "https://example.com/a?b=1&c=2#d"),
        ("//example.com/a", "https://example.com/a"),
        ("/emnews/", "https://finews.withounder.com/emnews/"),
        ("../30/a.html", "https://finews.withounder.com/beifangwang/2021/12/30/a.html"),
        (" /a.html\n", "https://finews.withounder.com/a.html"),
        ("mailto:someone@example.com", "mailto:someone@example.com"),
    ],
)
def test_a_link_is_absolute_and_not_followed(href, absolute):
    html = cleaned(f'<p><a href="{href}" target="_blank" onclick="x()">甲</a></p>').html

    assert dict(Markup(html).attributes) == {"href": absolute, "rel": "nofollow noopener"}


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "&#106;avascript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,甲",
        "vbscript:x",
        "file:///etc/hosts",
        "http://[broken",
        "",
    ],
)
def test_a_link_to_nowhere_safe_is_unwrapped(href):
    assert cleaned(f'<p>甲<a href="{href}">乙</a>丙</p>').html == "<p>甲乙丙</p>"


def test_pictures_are_absolute_and_listed_once():
    content = cleaned(
        '<center><img src="//dfscdn.dfcfw.com/a.jpg" onerror="x()" style="a:b" alt="图"></center>'
        '<p><img src="/b.png"><img src="https://dfscdn.dfcfw.com/a.jpg"></p>'
    )

    assert content.images == [
        "https://dfscdn.dfcfw.com/a.jpg",
        "https://finews.withounder.com/b.png",
    ]
    assert content.html.count("<img") == 3
    assert ("alt", "图") in Markup(content.html).attributes
    assert not {"onerror", "style"} & {name for name, _ in Markup(content.html).attributes}


@pytest.mark.parametrize(
    "src", ["data:image/png;base64,AAAA", "javascript:x", "mailto:a@example.com", "", "http://[x"]
)
def test_a_picture_without_an_address_of_the_web_goes(src):
    content = cleaned(f'<p>甲<img src="{src}">乙</p>')

    assert (content.html, content.images) == ("<p>甲乙</p>", [])


def test_a_paragraph_that_holds_only_a_picture_stays():
    assert cleaned('<p><img src="/b.png"></p>').images == ["https://finews.withounder.com/b.png"]


@pytest.mark.parametrize(
    ("page", "source"),
    [
        ("他说“好”，又说‘不’。", "他说\"好\"，又说'不'。"),
        ("所谓”顺差”并非利润", '所谓"顺差"并非利润'),
        ("结汇 – 售汇", "结汇 -- 售汇"),
        ("结汇—售汇", "结汇---售汇"),
        ("上升1.6个百分点…", "上升1.6个百分点..."),
        ("且慢……", "且慢......"),
        ("«甲»", "<<甲>>"),
        ("甲\n乙　丙", "甲 乙丙"),
        ("\u00e9", "e\u0301"),
    ],
    ids=[
        "quotes",
        "two closing quotes",
        "dash",
        "long dash",
        "ellipsis",
        "long ellipsis",
        "guillemets",
        "spaces",
        "composed",
    ],
)
def test_what_markdown_changes_does_not_change_the_hash(page, source):
    assert content_hash(page) == content_hash(source)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("涨0.62%", "涨0.63%"),
        ("涨1.6", "涨16"),
        ("甲乙", "乙甲"),
        ("甲", "甲。"),
        ("跌-5%", "跌5%"),
        ("他说“好”", "他说好"),
    ],
)
def test_what_the_article_says_changes_the_hash(one, other):
    assert content_hash(one) != content_hash(other)


def test_the_hash_is_a_sha256_and_nothing_has_none():
    assert len(content_hash("甲")) == 64
    assert content_hash("") is None
    assert content_hash(" 　\n") is None


def staged(html, url=None):
    observation = Observation("init", "page", PAGE, SEEN, url=url, tree=parse_fragment(html))
    stage = CleanContent.from_crawler(get_crawler())
    told = stage.process_item(ArticleItem("init", [observation])).observations[0]
    counts = {key: value for key, value in stage.stats.get_stats().items() if "finews/" in key}
    return told, counts


def test_the_stage_fills_the_content_and_ends_the_tree():
    told, counts = staged('<p>甲</p><p><img src="/a.png">乙</p>')

    assert told.tree is None
    assert told.content_html.startswith("<p>甲</p>")
    assert told.content_text == "甲\n乙"
    assert told.content_hash == content_hash("甲\n乙")
    assert told.images == ["https://finews.withounder.com/a.png"]
    assert counts == {}


def test_the_stage_makes_links_absolute_against_the_articles_page():
    told, _ = staged('<img src="a.png">', "https://example.com/x/y.html")

    assert told.images == ["https://example.com/x/a.png"]


def test_the_stage_counts_an_empty_body():
    told, counts = staged("<p> </p>")

    assert (told.content_html, told.content_text, told.content_hash) == ("", "", None)
    assert counts == {"finews/content/empty": 1}


ALLOWED = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
    *("b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "mark", "small"),
    *("ul", "ol", "li", "dl", "dt", "dd", "a", "img", "figure", "figcaption"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
SAFE = {
    "href",
    "title",
    "src",
    "alt",
    "width",
    "height",
    "colspan",
    "rowspan",
    "scope",
    "start",
    "rel",
}
pieces = st.sampled_from(
    [
        *("<script>", "</script>", "<scr", "ipt>", "alert(1)", "<svg onload=x>", "<math><mi>"),
        *("<img src=x onerror=alert(1)>", '<a href="javascript:x">', "</a>", "<style>", "</style>"),
        *(
            "<iframe srcdoc='<b>'>",
            "<p onclick=x>",
            "</p>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "&lt;",
        ),
        *(
            "<noscript>",
            "<xmp>",
            "<plaintext>",
            "<textarea>",
            "<title>",
            "<table><tr><td>",
            "</td>",
        ),
        *(
            "甲",
            '"',
            "'",
            "`",
            ">",
            "<",
            "/",
            "=",
            "\x00",
            "<details open ontoggle=x>",
            "<base href=x>",
        ),
    ]
)


@given(st.text() | st.lists(pieces, max_size=25).map("".join))
def test_nothing_unsafe_comes_through_and_nothing_makes_it_raise(html):
    content = cleaned(html)

    markup = Markup(content.html)
    assert set(markup.tags) <= ALLOWED
    assert {name for name, _ in markup.attributes} <= SAFE
    for name, value in markup.attributes:
        if name in ("href", "src"):
            assert value.startswith(("http://", "https://", "mailto:"))
    assert "<script" not in content.html.lower()


@given(st.lists(st.text("甲乙丙丁 a", min_size=1).filter(str.strip), max_size=8))
def test_every_paragraph_comes_once_and_in_order(paragraphs):
    html = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)

    assert cleaned(html).text.split("\n") == ([" ".join(p.split()) for p in paragraphs] or [""])
