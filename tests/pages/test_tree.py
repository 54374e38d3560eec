from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.pages.tree import ZERO_WIDTH, parse_fragment, plain_text, remove, visible_text, walk


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>甲<p>乙", "甲乙"),
        ("<b>甲<i>乙</b>丙</i>", "甲乙丙"),
        ("<td>甲</td>乙", "甲乙"),
        ("甲</body>乙</html>丙", "甲乙丙"),
        ("甲</body <p>乙</p>丙", "甲乙丙"),
        ("<!doctype html><html><head></head><body>甲", "甲"),
        ("甲\x00乙\x1f丙", "甲乙丙"),
        ("甲\ud800乙\ufffe丙", "甲乙丙"),
        ("利润&lt;十亿", "利润<十亿"),
        ("利润 < 十亿 & 1<2", "利润 < 十亿 & 1<2"),
        ("甲<!-- 注释 -->乙", "甲乙"),
        ("<frameset><p>甲</p></frameset>", "甲"),
        ("𠮷野家", "𠮷野家"),
        ("", ""),
    ],
    ids=[
        "unclosed",
        "crossed",
        "stray cell",
        "end of the document",
        "broken end of the document",
        "whole document",
        "control characters",
        "no characters at all",
        "escaped <",
        "bare < and &",
        "comment",
        "frameset",
        "beyond the basic plane",
        "nothing",
    ],
)
def test_broken_markup_loses_no_text(html, text):
    tree = parse_fragment(html)

    assert tree.tag == "div"
    assert visible_text(tree) == text


def test_visible_text_folds_all_spaces():
    assert visible_text(parse_fragment("<p>　　甲 \n\t乙&nbsp;丙\ufeff</p>")) == "甲 乙 丙"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Q&amp;A与<em>三个</em>误会", "Q&A与三个误会"),
        ("S&P 500", "S&P 500"),
        ("PE<行业均值", "PE<行业均值"),
        ("PE&lt;行业均值", "PE<行业均值"),
        ("<b>甲</b><br/>乙", "甲 乙"),
        ("<p>甲</p><p>乙</p>", "甲 乙"),
        ("A<code>b</code><h2>c</h2><div>d</div>", "Ab c d"),
        ("甲<!-- 注 --><script>x()</script>乙", "甲乙"),
        ('甲<a onclick="a>b">乙</a>', "甲乙"),
        ("  甲\n 乙　", "甲 乙"),
        ("甲\x00乙&#0;", "甲乙"),
        ("甲&#151;乙&#27;", "甲—乙"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("<b></b> ", None),
        ("", None),
        (None, None),
    ],
)
def test_a_title_becomes_plain_text(html, text):
    assert plain_text(html) == text


def test_walk_gives_nodes_and_texts_in_the_order_of_the_document():
    tree = parse_fragment("甲<p>乙<b>丙</b>丁<!--戊-->己</p>庚")

    steps = [
        step if isinstance(step, str) else step.tag if isinstance(step.tag, str) else step.text
        for step in walk(tree)
    ]

    assert steps == ["div", "甲", "p", "乙", "b", "丙", "丁", "戊", "己", "庚"]


def test_removing_an_element_leaves_the_text_after_it():
    tree = parse_fragment("<p>甲<b>乙</b>丙<!--丁-->戊</p>己")

    remove(tree.find(".//b"))
    remove(next(node for node in tree.iter() if not isinstance(node.tag, str)))

    assert visible_text(tree) == "甲丙戊己"


def test_removing_what_has_no_parent_does_nothing():
    tree = parse_fragment("甲")

    remove(tree)

    assert visible_text(tree) == "甲"


pieces = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<table><tr>",
            "<td>",
            "</table>",
            "<li>",
            "<ul>",
            "</div>",
            "<b",
            ">",
            "<",
        ),
        *("<!--", "-->", "<![CDATA[", "]]>", "<?xml", "</body>", "<script>", "</script>", "<br/>"),
        *("&lt;", "&#0;", "&#xD800;", "&", '"', "'", "=", "甲", "\x00", "<svg>", "<template>"),
    ]
)


@given(st.text() | st.lists(pieces).map("".join))
def test_nothing_makes_it_raise(html):
    tree = parse_fragment(html)

    assert tree.tag == "div"
    assert isinstance(visible_text(tree), str)
    plain_text(html)


@given(st.text(alphabet=st.characters(exclude_characters="<&", codec="utf-8")))
def test_text_without_markup_is_kept_to_the_last_character(text):
    # Controls are no text: XML cannot hold them.
    kept = "".join(c for c in text if unicodedata.category(c) != "Cc" and c not in "\ufffe\uffff")

    assert "".join(visible_text(parse_fragment(text)).split()) == "".join(
        ZERO_WIDTH.sub("", kept).split()
    )


def test_a_space_of_no_width_leaves_no_gap():
    assert plain_text("银\u200b行\ufeff") == "银行"
    assert visible_text(parse_fragment("<p>银&#8203;行</p>")) == "银行"


def test_a_control_by_its_number_is_no_text_and_a_windows_dash_is_one():
    assert visible_text(parse_fragment("<p>甲&#27;&#x1b;&#155;乙&#151;丙&#0;</p>")) == "甲›乙—丙"
