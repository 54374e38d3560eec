from __future__ import annotations

from pathlib import Path

import pytest

from crawler.pages.errors import PageError
from crawler.pages.section import own_section

WWW = Path(__file__).parents[2] / "crawler" / "sample_site" / "www"
PAGES = sorted(
    str(page.relative_to(WWW))
    for page in WWW.rglob("*.html")
    if page.relative_to(WWW).parts[0] != "2021"
)


@pytest.mark.parametrize("path", PAGES)
def test_a_pages_section_is_free_of_spill_header_and_footer(path):
    section = own_section((WWW / path).read_text(encoding="utf-8"))

    assert section.strip()
    for foreign in ("og:", "{{", "<header", "示例站：文章均为虚构", "&copy; 2021", "</section"):
        assert foreign not in section


def test_a_spilled_body_is_not_taken_for_the_posts_own():
    html = (
        '<meta property="og:description" content="<section><p>他说"好"</p></section>">'
        "<header><h1>金融消息</h1></header><section class='x'><p>正文</p></section>"
    )

    assert own_section(html) == "<p>正文</p>"


@pytest.mark.parametrize(
    ("html", "section"),
    [
        ("<section>甲</section>", "甲"),
        ("<SECTION>甲</section>", "甲"),
        ("<header></header><section>甲", "甲"),
        (
            "<header></header><section>甲<section>乙</section>丙</section>",
            "甲<section>乙</section>丙",
        ),
        ("<header></header><section></section>", ""),
    ],
    ids=["no header", "capitals", "cut short", "nested", "empty"],
)
def test_a_section_is_found_in_less_than_a_whole_page(html, section):
    assert own_section(html) == section


@pytest.mark.parametrize("html", ["", "<p>502 Bad Gateway</p>", "<header></header>", "<sectional>"])
def test_a_page_without_a_section_is_refused(html):
    with pytest.raises(PageError, match="no <section>"):
        own_section(html)
