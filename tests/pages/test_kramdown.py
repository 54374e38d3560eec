from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.pages.kramdown import render

# Left: Markdown; right: what kramdown 2.4.0 (input GFM, as Jekyll sets it) made of it.
RENDERED = [
    (
        "公告**“利好”**消息，**《通知》**发布",
        "公告<strong>“利好”</strong>消息，<strong>《通知》</strong>发布",
    ),
    ("**注意：**股价涨**5%**", "<strong>注意：</strong>股价涨<strong>5%</strong>"),
    ("**（601318.SH）**", "<strong>（601318.SH）</strong>"),
    ("*ST甲、*ST乙", "<em>ST甲、</em>ST乙"),
    ("今日*ST甲涨停", "今日*ST甲涨停"),
    ("甲 * 乙 * 丙", "甲 * 乙 * 丙"),
    ("甲*乙 *丙", "甲*乙 *丙"),
    ("甲_乙_丙", "甲_乙_丙"),
    ("，_乙_，", "，<em>乙</em>，"),
    ("***甲***", "<strong><em>甲</em></strong>"),
    ("*甲**乙**丙*", "<em>甲<strong>乙</strong>丙</em>"),
    ("**甲", "**甲"),
    ("**甲*", "<em>*甲</em>"),
    ("a** b*c", "a** b*c"),
    ("**甲 **乙*丙**", "<strong>甲 **乙*丙</strong>"),
    ("~~甲~~乙~~丙~~", "<del>甲</del>乙<del>丙</del>"),
    ('"**甲**"：乙', "“<strong>甲</strong>“：乙"),
    ('"[甲](http://a.b)"', '“<a href="http://a.b">甲</a>”'),
    ("~~~ 甲乙", "~~~ 甲乙"),
    (r"\*甲*乙*", "*甲<em>乙</em>"),
    ("*甲[乙*](http://a.b)丙*", '<em>甲<a href="http://a.b">乙*</a>丙</em>'),
    ("涨1.2%~~1.5%，成交~~5000", "涨1.2%<del>1.5%，成交</del>5000"),
    ("甲~~ 乙~~", "甲~~ 乙~~"),
    ("1~~2~~3", "1<del>2</del>3"),
]


@pytest.mark.parametrize(("markdown", "html"), RENDERED)
def test_marks_are_read_as_the_sites_renderer_reads_them(markdown, html):
    assert render(markdown) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("2021.\n\n年报", "<p>2021.</p>\n<p>年报</p>\n"),
        ("1) 一\n2) 二", "<p>1) 一\n2) 二</p>\n"),
        ("-\n\n甲", "<p>-</p>\n<p>甲</p>\n"),
        ("1. 一\n2. 二", "<ol>\n<li>一</li>\n<li>二</li>\n</ol>\n"),
        ("2021. 年报", "<ol>\n<li>年报</li>\n</ol>\n"),
        ("- 一\n- 二", "<ul>\n<li>一</li>\n<li>二</li>\n</ul>\n"),
    ],
)
def test_lists_begin_where_the_sites_renderer_begins_them(markdown, html):
    assert render(markdown) == html


def test_a_table_of_markdown_is_one():
    assert "<td>丙</td>" in render("|甲|乙|\n|-|-|\n|丙|丁|\n")


@given(st.text(alphabet="*_~`甲乙，（）“a1 \n-.!|&", max_size=60))
def test_no_word_is_lost_or_doubled(markdown):
    assert re.findall("[甲乙]", render(markdown)) == re.findall("[甲乙]", markdown)


@pytest.mark.parametrize("marks", ["*", "**", "_", " _", "~~", "*_", "**~~", "[", " *甲 **"])
def test_many_marks_take_no_long_time(marks):
    assert "甲" in render((marks + "甲") * 3000)
