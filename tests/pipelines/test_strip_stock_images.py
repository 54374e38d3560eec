from __future__ import annotations

from datetime import UTC, datetime

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.utils.test import get_crawler

from crawler.article import ArticleItem, Observation
from crawler.pages.tree import parse_fragment, visible_text
from pipelines.clean_content import clean_content
from pipelines.strip_stock_images import NAMED, StripStockImages, strip_stock_images

START, END = "<!-- EM_StockImg_Start -->", "<!-- EM_StockImg_End -->"
PICTURE = '<center><img src="https://dfscdn.dfcfw.com/download/D1_w800h533.jpg"></center>'
SEEN = datetime(2021, 12, 31, 8, 0, tzinfo=UTC)


def link(code="02318", market="116", words="", attributes=True):
    """A stock image as the site has it, without its comments."""
    named = f'data-code="{code}|{market}|5" data-code2="{code}|{market}|3|"' if attributes else ""
    return (
        f'<a class="EmImageRemark" {named} target="_blank"'
        f' href="http://quote.eastmoney.com/unify/r/{market}.{code}">'
        f'<img src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid={market}.{code}&imageType=k"'
        f' alt="K图" data-code="K {code}|{market}|5">{words}</a>'
    )


def block(code="02318", market="116", start=START, end=END):
    return f'{start}<p style="text-align:center;">{link(code, market)}</p>{end}'


def stripped(html):
    """(blocks, named codes, the HTML that is left without the kept places)."""
    tree = parse_fragment(html)
    blocks = strip_stock_images(tree)
    named = list(dict.fromkeys(node.get("data-code") for node in tree.iter(NAMED)))
    for node in list(tree.iter(NAMED)):
        node.drop_tree()
    left = lxml.html.tostring(tree, encoding="unicode")
    return blocks, named, left.removeprefix("<div>").removesuffix("</div>")


@pytest.mark.parametrize(
    ("html", "left", "blocks", "named"),
    [
        (f"<p>甲</p>{block()}<p>乙</p>", "<p>甲</p><p>乙</p>", 1, ["116,02318"]),
        (
            f"{block('600019', '1')}{block('NIO', '106')}<p>乙</p>",
            "<p>乙</p>",
            2,
            ["1,600019", "106,NIO"],
        ),
        (
            f"{START}<p>{link()}</p><p>{link('NIO', '106')}</p>{END}甲",
            "甲",
            1,
            ["116,02318", "106,NIO"],
        ),
        (f"{START}<!--IMG#0-->{END}<p>甲</p>", "<p>甲</p>", 1, []),
        (f"{START}{END}<p>甲</p>", "<p>甲</p>", 1, []),
        ("<p>甲<!--Link#1-->乙</p>", "<p>甲乙</p>", 0, []),
        ("<p>甲<!-- link#12 -->乙<!--img#3--></p>", "<p>甲乙</p>", 0, []),
        (f"<p>甲</p><p>{link()}</p><p>乙</p>", "<p>甲</p><p>乙</p>", 1, ["116,02318"]),
        (f"<p>甲{link()}乙</p>", "<p>甲乙</p>", 1, ["116,02318"]),
        (f"<p>甲{START}{link()}{END}乙</p>", "<p>甲乙</p>", 1, ["116,02318"]),
        (f"<ul><li>甲{block()}</li></ul>", "<ul><li>甲</li></ul>", 1, ["116,02318"]),
        (
            f"<table><tr><td>{block()}</td><td>甲</td></tr></table>",
            "<table><tr><td></td><td>甲</td></tr></table>",
            1,
            ["116,02318"],
        ),
        (f"<div><center>{block()}</center></div>甲", "甲", 1, ["116,02318"]),
        (
            block(start="<!--em_stockimg_start-->", end="<!--EM_STOCKIMG_END-->") + "甲",
            "甲",
            1,
            ["116,02318"],
        ),
        (
            block(start="<!--\n EMStockImg_Start  -->", end="<!--   EMStockImg_End-->") + "甲",
            "甲",
            1,
            ["116,02318"],
        ),
        (f"<p>{link(words='平安走势')}</p>", "<p>平安走势</p>", 1, ["116,02318"]),
    ],
    ids=[
        "between paragraphs",
        "two with nothing between",
        "two in one pair",
        "old form",
        "empty pair",
        "link placeholder",
        "placeholders in other letters",
        "no comments",
        "no comments, inside a paragraph",
        "inside a paragraph",
        "in a list",
        "in a table",
        "in wrappers",
        "other letters",
        "odd spaces",
        "words in the link",
    ],
)
def test_a_block_goes_and_the_article_stays(html, left, blocks, named):
    assert stripped(html) == (blocks, named, left)


@pytest.mark.parametrize(
    ("html", "text", "blocks"),
    [
        (f"{START}<p>{link()}</p><p>甲</p><p>乙</p>", "甲乙", 1),
        (f"<p>甲</p>{START}<p>乙</p><p>丙</p>", "甲乙丙", 0),
        (f"{START}<p>甲</p>{block()}<p>乙</p>", "甲乙", 1),
        (f"{START}<p>{link()}</p><p>甲</p>{block('NIO', '106')}<p>乙</p>", "甲乙", 2),
        (f"{START}<p>{link()}</p><p>甲</p>{END}<p>乙</p>", "甲乙", 1),
        (f"<p>甲{END}</p><p>乙</p>", "甲乙", 0),
        (f"{END}<p>甲</p>{START}", "甲", 0),
        (f"<p>甲</p>{END}<p>{link()}</p>{START}<p>乙</p>", "甲乙", 1),
    ],
    ids=[
        "start without an end",
        "start without image and end",
        "start before a whole block",
        "two starts, one end",
        "text inside a pair",
        "end without a start",
        "end before start",
        "image between an end and a start",
    ],
)
def test_a_comment_without_its_fellow_swallows_nothing(html, text, blocks):
    tree = parse_fragment(html)

    assert strip_stock_images(tree) == blocks
    assert visible_text(tree) == text
    assert "EM_StockImg" not in lxml.html.tostring(tree, encoding="unicode")
    assert tree.find(".//img") is None


def test_a_table_between_the_comments_stays():
    blocks, _, left = stripped(f"{START}<table><tr><td>86.0</td></tr></table>{END}")

    assert left == "<table><tr><td>86.0</td></tr></table>"
    assert blocks == 0


@pytest.mark.parametrize(
    "html",
    [
        "<p>甲</p>",
        "<p>把 EM_StockImg_Start 打在文章里，或者 &lt;!-- EM_StockImg_Start --&gt;</p>",
        PICTURE,
        "<p>IMG#0 与 Link#1</p>",
        "<p><!-- 其他注释 -->甲</p>",
        "<p></p><div><br></div>",
        '<p><a class="other" data-code="02318|116|5" href="#">平安</a></p>',
    ],
    ids=["text", "marks as text", "picture", "placeholders as text", "comment", "empty", "link"],
)
def test_what_is_no_stock_image_is_left_alone(html):
    before = lxml.html.tostring(parse_fragment(html), encoding="unicode")
    tree = parse_fragment(html)

    assert strip_stock_images(tree) == 0
    assert lxml.html.tostring(tree, encoding="unicode") == before


def test_a_picture_of_the_article_stays_even_between_the_comments():
    _, _, left = stripped(f"<p>甲</p>{START}{PICTURE}{END}{block()}<p>乙</p>")

    assert left.startswith("<p>甲</p><center><img src=")
    assert left.endswith("</center><p>乙</p>")
    assert "webquoteklinepic" not in left


@pytest.mark.parametrize(
    ("html", "named"),
    [
        (link(), "116,02318"),
        (link(attributes=False), "116,02318"),
        (
            '<a class="EmImageRemark" href="http://quote.eastmoney.com/unify/r/105.TSLA"></a>',
            "105,TSLA",
        ),
        ('<a class="EmImageRemark" data-code=" NIO|106|7 "></a>', "106,NIO"),
        (
            '<img src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.600019&imageType=k">',
            "1,600019",
        ),
        (
            '<img src="https://webquoteklinepic.eastmoney.com/p" data-code="K 600019|1|2">',
            "1,600019",
        ),
        (
            '<a class="EmImageRemark" href="http://quote.eastmoney.com/sh600019.html">'
            '<img src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.600019"></a>',
            "1,600019",
        ),
    ],
    ids=[
        "data-code",
        "link",
        "link alone",
        "data-code alone",
        "picture",
        "picture's code",
        "picture in a link",
    ],
)
def test_a_removed_block_leaves_the_security_that_it_named(html, named):
    assert stripped(f"<p>甲</p><p>{html}</p>") == (1, [named], "<p>甲</p>")


def test_a_body_that_is_nothing_but_a_block_still_names_its_security():
    assert stripped(block()) == (1, ["116,02318"], "")


def test_a_kept_place_stands_where_the_block_stood():
    tree = parse_fragment(f"<p>甲</p>{block()}<p>乙</p>")

    strip_stock_images(tree)

    assert [node.tag for node in tree] == ["p", NAMED, "p"]


def item(*bodies):
    observations = [
        Observation("init", "page", "address", SEEN, tree=parse_fragment(body)) for body in bodies
    ]
    return ArticleItem("init", observations)


def counters(stage):
    return {key: value for key, value in stage.stats.get_stats().items() if "finews/" in key}


def test_the_stage_notes_and_counts_what_it_removed():
    stage = StripStockImages.from_crawler(get_crawler())

    told = stage.process_item(
        item(block() + block("NIO", "106") + "<p>甲</p>", f"<p>乙</p>{block()}")
    )

    assert [one.stock_images_removed for one in told.observations] == [2, 1]
    assert [visible_text(one.tree) for one in told.observations] == ["甲", "乙"]
    assert counters(stage) == {"finews/stock_images/removed": 3}


def test_the_stage_leaves_an_article_without_blocks_alone():
    stage = StripStockImages.from_crawler(get_crawler())

    told = stage.process_item(item(f"<p>甲</p>{PICTURE}"))

    assert told.observations[0].stock_images_removed == 0
    assert told.observations[0].tree.find(".//img") is not None
    assert counters(stage) == {}


def test_the_space_beside_a_chart_stays_between_two_words():
    tree = parse_fragment(f"<p>A<b> {link()}</b>B</p>")

    assert strip_stock_images(tree) == 1
    assert visible_text(tree) == "A B"


def test_a_chart_between_two_loose_lines_leaves_them_apart():
    tree = parse_fragment(f"甲{block()}乙")

    assert strip_stock_images(tree) == 1
    assert clean_content(tree, "https://example.com/").text == "甲\n乙"


pieces = st.sampled_from(
    [
        *(START, END, "<!--IMG#0-->", link(), block(), PICTURE),
        *("<p>", "</p>", "<table>", "<tr>", "<td>", "<b>", "</b>", "甲", "乙"),
    ]
)


@given(st.lists(pieces, max_size=14).map("".join))
def test_no_arrangement_of_marks_loses_text_or_a_picture(html):
    tree = parse_fragment(html)
    before = visible_text(tree)

    strip_stock_images(tree)

    left = lxml.html.tostring(tree, encoding="unicode")
    assert visible_text(tree) == before
    assert left.count("dfscdn.dfcfw.com") == html.count("dfscdn.dfcfw.com")
    assert "webquoteklinepic" not in left
    assert "StockImg" not in left
