from __future__ import annotations

import lxml.html
import pytest

from crawler.pages.blocks import between_words, mend_tables, unnest, wrap_loose_text
from crawler.pages.tree import parse_fragment


def inner(tree):
    return (tree.text or "") + "".join(lxml.html.tostring(c, encoding="unicode") for c in tree)


@pytest.mark.parametrize(
    ("html", "mended"),
    [
        ("<p>甲<u>乙</u></p>", "<p>甲<u>乙</u></p>"),
        ("<mark>甲<p>乙</p>丙</mark>", "<mark>甲</mark><p><mark>乙</mark></p><mark>丙</mark>"),
        (
            "<p>甲<mark>乙<p>丙</p>丁</mark>戊</p>",
            "<p>甲<mark>乙</mark></p><p><mark>丙</mark></p><p><mark>丁</mark>戊</p>",
        ),
        (
            '<a href="x"><p>甲</p><p><img src="y"></p></a>',
            '<a href="x"></a><p><a href="x">甲</a></p><a href="x"></a>'
            '<p><a href="x"><img src="y"></a></p><a href="x"></a>',
        ),
        (
            "<ins><mark>甲<p>乙</p></mark></ins>",
            "<ins><mark>甲</mark></ins><p><ins><mark>乙</mark></ins></p><ins><mark></mark></ins>",
        ),
        (
            "<b><ul><li>甲</li></ul></b>",
            "<b></b><ul><li>甲</li></ul><b></b>",
        ),
        ("<h2><b>甲<h3>乙</h3></b></h2>", "<h2><b>甲</b></h2><h3><b>乙</b></h3><h2><b></b></h2>"),
        ("<blockquote><p>甲</p></blockquote>", "<blockquote><p>甲</p></blockquote>"),
    ],
)
def test_blocks_leave_what_holds_words_only_which_goes_on_around_them(html, mended):
    tree = parse_fragment(html)

    unnest(tree)

    assert inner(tree) == mended


@pytest.mark.parametrize(
    ("html", "mended"),
    [
        ("<table><tr><td>甲</td></tr></table>", "<table><tr><td>甲</td></tr></table>"),
        (
            "<table>甲<tr>乙<td>丙</td>丁</tr></table>戊",
            "<div>甲乙丁</div><table><tr><td>丙</td></tr></table>戊",
        ),
        (
            "<table><tr><td>甲<table>乙<tr><td>丙</td></tr></table></td></tr></table>",
            "<table><tr><td>甲<div>乙</div><table><tr><td>丙</td></tr></table></td></tr></table>",
        ),
        (
            "<table><tr><td>甲<table><tr>乙<td>丙</td></tr></table></td></tr></table>",
            "<table><tr><td>甲<div>乙</div><table><tr><td>丙</td></tr></table></td></tr></table>",
        ),
        (
            "<table><tr>乙<td>丙</td></tr><tr>丁<td>戊</td></tr>己</table>",
            "<div>乙丁己</div><table><tr><td>丙</td></tr><tr><td>戊</td></tr></table>",
        ),
        ("甲<td>乙</td>", "甲<div>乙</div>"),
    ],
)
def test_what_is_in_no_cell_goes_before_the_table(html, mended):
    tree = parse_fragment(html)

    mend_tables(tree)

    assert inner(tree) == mended


def test_loose_text_becomes_paragraphs_and_blocks_stay():
    tree = parse_fragment("甲<b>乙</b><div>丙</div> 丁 <ul><li>戊</li></ul>")

    wrap_loose_text(tree)

    assert inner(tree) == ("<p>甲<b>乙</b></p><div>丙</div><p>丁</p><ul><li>戊</li></ul>")


@pytest.mark.parametrize(
    ("html", "between"),
    [
        ("甲<hr>乙", True),
        ("<b>甲</b><!-- x --><hr><!-- y --><i>乙</i>", True),
        ("甲<!-- x --> <hr> <!-- y -->乙", True),
        ("<hr>乙", False),
        ("甲<hr>", False),
        ("<p>甲</p><hr>乙", False),
        ("甲<hr><p>乙</p>", False),
        ("甲<p>丙</p><hr>乙", False),
        ("<b></b><hr>乙", False),
    ],
)
def test_what_stands_between_loose_words(html, between):
    assert between_words(parse_fragment(html).find(".//hr")) is between
