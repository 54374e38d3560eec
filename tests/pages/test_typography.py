from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from crawler.pages.typography import make_typographic, typographic

# Left: Markdown text; right: what kramdown 2.4.0 made of it.
RENDERED = [
    ('所谓"顺差"并非', "所谓”顺差”并非"),
    ('说："以前等单子"', "说：”以前等单子”"),
    ('说 "以前" 等', "说 “以前” 等"),
    ('"顺差"扩大', "“顺差”扩大"),
    ("（“单位”）", "（“单位”）"),
    ('("T+3")', "(“T+3”)"),
    ('甲("T+3")', "甲(“T+3”)"),
    ("it's 80's", "it’s 80’s"),
    ("the '80s", "the ’80s"),
    ("'80s", "’80s"),
    ("'甲'", "‘甲’"),
    ('甲-"乙"', "甲-“乙”"),
    ('甲--"乙"', "甲–“乙”"),
    ('甲...."乙"', "甲….”乙”"),
    ('甲..."乙"', "甲…“乙”"),
    ("甲——乙 -- 丙---丁", "甲——乙 – 丙—丁"),
    ("甲...乙", "甲…乙"),
    ("1 << 2 >> 3", "1 « 2 » 3"),
    ('"，甲', "“，甲"),
    ('"*甲', "“*甲"),
    ('"...甲', "“…甲"),
    ('"-甲', "“-甲"),
    ('"- 甲', "”- 甲"),
    ('"-a', "“-a"),
    ('"', "”"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "shaped"), RENDERED)
def test_marks_become_what_the_sites_renderer_makes_of_them(text, shaped):
    assert typographic(text) == shaped


def test_a_quotation_mark_after_a_line_break_opens():
    assert typographic('"甲', "\n") == "“甲"
    assert typographic("'80s", "\n") == "’80s"


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ('甲"乙"', "<p>甲”乙”</p>\n"),
        ('甲\\"乙', "<p>甲&quot;乙</p>\n"),
        ('`a "b" -- c`', "<p><code>a &quot;b&quot; -- c</code></p>\n"),
        ('甲\n"乙"', "<p>甲\n“乙”</p>\n"),
        ('甲\n") 乙', "<p>甲\n“) 乙</p>\n"),
        ('<p title="x">"甲" -- 乙</p>', '<p title="x">"甲" -- 乙</p>'),
        ('甲<b title="x">"乙"</b>', '<p>甲<b title="x">“乙”</b></p>\n'),
    ],
    ids=[
        "text",
        "escaped",
        "code",
        "line break",
        "line break and punctuation",
        "block of HTML",
        "HTML in a line",
    ],
)
def test_only_text_of_markdown_is_shaped(markdown, html):
    renderer = MarkdownIt("commonmark", {"html": True})
    renderer.core.ruler.before("text_join", "typographic", make_typographic)

    assert renderer.render(markdown) == html
