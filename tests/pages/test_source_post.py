from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.addresses import Site
from crawler.pages.errors import PageError
from crawler.pages.source_post import SourcePost
from crawler.pages.tree import visible_text

HOME = "https://finews.withounder.com/"
SITE = Site(HOME, HOME, "http://finews.zning.xyz/")
ID = "202112082206610273"
SEEN = datetime(2021, 12, 31, 8, 0, tzinfo=UTC)


def head(
    title='"标题"', date="2021-12-08 10:46:18 +0800", categories="emnews", tags="东财滚动新闻"
):
    return (
        f"---\nlayout: post\ntitle: {title}\ndate: {date}\n"
        f"categories: {categories}\ntags: {tags}\n---\n"
    )


def source(body="正文。\n", name=f"2021-12-08-{ID}.md", before="", **front):
    return SourcePost(before + head(**front) + body, name, SITE)


def text_of(post):
    return visible_text(post.body.tree)


def test_a_source_is_read_in_all_its_parts():
    told = source(
        "> 摘要。\n\n正文。（界面新闻）\n\n"
        f"<http://finance.eastmoney.com/news/1354,{ID}.html>\n\n"
        "[返回东财滚动新闻](//finews.withounder.com/emnews/)｜[返回首页](//finews.withounder.com/)"
    ).observation(SEEN)

    assert (told.id, told.kind, told.key) == (
        ID,
        "front_matter",
        f"front_matter:2021-12-08-{ID}.md",
    )
    assert told.address == f"2021-12-08-{ID}.md"
    assert told.url == f"{HOME}emnews/2021/12/08/{ID}.html"
    assert told.origin_url == f"http://finance.eastmoney.com/news/1354,{ID}.html"
    assert (told.category, told.category_certain) == ("emnews", True)
    assert (told.category_name, told.tags) == ("东财滚动", ["东财滚动新闻"])
    assert (told.title, told.digest) == ("标题", "摘要。")
    assert told.published_raw == "2021-12-08 10:46:18 +0800"
    assert told.source == "界面新闻"
    assert visible_text(told.tree) == "正文。（界面新闻）"


@pytest.mark.parametrize(
    ("before", "after"),
    [("\n", "\n"), ("\n \n", "\n"), ("\ufeff", "\n"), ("", "\r\n")],
    ids=["blank line", "blank lines", "byte order mark", "Windows line ends"],
)
def test_front_matter_is_found_behind_a_blank_line(before, after):
    text = (before + head() + "正文。\n").replace("\n", after)

    post = SourcePost(text, f"2021-12-08-{ID}.md", SITE)

    assert post.title == "标题"
    assert post.published_raw == "2021-12-08 10:46:18 +0800"
    assert text_of(post) == "正文。"


def test_a_source_behind_a_blank_line_has_no_page_below_its_category():
    # Jekyll sees no front matter there, so the post has neither layout nor category.
    assert source(before="\n").url == f"{HOME}2021/12/08/{ID}.html"


def test_a_file_without_a_day_is_a_twin_that_was_never_published():
    post = source(name=f"-{ID}.md", title='""', date=" +0800")

    told = post.observation(SEEN)

    assert told.id == ID
    assert told.key == f"front_matter:-{ID}.md"
    assert told.url is None
    assert told.title is None
    assert visible_text(told.tree) == "正文。"


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2021-12-08 10:46:18", "2021/12/08"),
        ("2021-12-08 15:59:59", "2021/12/08"),
        ("2021-12-08 16:00:00", "2021/12/09"),
        ("2021-12-31 18:46:18", "2022/01/01"),
        ("2021-12-08 18:46:18 +0800", "2021/12/08"),
        ("2021-12-09 00:10:00 +0800", "2021/12/09"),
        ("", "2021/12/08"),
    ],
)
def test_a_page_is_a_day_late_where_the_date_has_no_zone(date, day):
    assert source(date=date).url == f"{HOME}emnews/{day}/{ID}.html"


@pytest.mark.parametrize(
    ("categories", "path", "slug"),
    [
        ("TechWeb", "techweb", "TechWeb"),
        ("Wind (A)", "wind/(a)", "Wind(A)"),
        ("anxinguojizhengquan(xianggang)", "anxinguojizhengquan(xianggang)", None),
        ("[Wind, (A)]", "wind/(a)", "Wind(A)"),
    ],
    ids=["capitals", "a space", "parentheses", "list"],
)
def test_a_category_is_lower_case_in_the_address_alone(categories, path, slug):
    told = source(categories=categories).observation(SEEN)

    assert told.url == f"{HOME}{path}/2021/12/08/{ID}.html"
    assert told.category == (slug or categories)


def test_a_tag_with_a_space_is_two_tags_as_jekyll_reads_it():
    assert source(tags="Wind (A)新闻").tags == ["Wind", "(A)新闻"]


def test_a_category_that_the_tags_cut_in_two_is_named_by_the_footer():
    footer = "正文。\n\n[返回Wind (A)新闻](/category/Wind(A).html)｜[返回首页](/)"

    told = source(footer, categories="Wind (A)", tags="Wind (A)新闻").observation(SEEN)

    assert told.category_name == "Wind (A)"


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ('"物业公司的\\"跨界\\"清单"', '物业公司的"跨界"清单'),
        ('"物业公司的"跨界"清单"', '物业公司的"跨界"清单'),
        ('""跨界"清单"', '"跨界"清单'),
        ('"清单里的"跨界""', '清单里的"跨界"'),
        ('"拆解笔记：Q&amp;A"', "拆解笔记：Q&A"),
        ('"半导体设备PE<行业均值"', "半导体设备PE<行业均值"),
        ("展望2022: 稳字当头", "展望2022: 稳字当头"),
        ("*ST股退市", "*ST股退市"),
        ("2021", "2021"),
        ('""', None),
        ("", None),
    ],
    ids=[
        "escaped quotes",
        "bare quotes",
        "bare quotes at the beginning",
        "bare quotes at the end",
        "entity",
        "bare <",
        "colon",
        "asterisk",
        "number",
        "empty",
        "nothing",
    ],
)
def test_a_title_is_read_however_it_is_quoted(front, title):
    post = source(title=front)

    assert post.title == title
    assert post.published_raw == "2021-12-08 10:46:18 +0800"
    assert post.tags == ["东财滚动新闻"]


def test_a_date_stays_the_text_that_it_is():
    assert source(date="2021-12-08").published_raw == "2021-12-08"


def test_html_in_a_source_stays_as_it_is():
    post = source('<p>他说"好" -- 真好...</p><p>利润&lt;十亿</p>\n\n[返回首页](/)')

    assert text_of(post) == '他说"好" -- 真好...利润<十亿'


@pytest.mark.parametrize(
    "text",
    ["花旗(C)获准", "同比+-5%", "好!!!! 真的????", "甲,,乙", "商标(TM)与(R)"],
    ids=["(C)", "+-", "many marks", "two commas", "(TM) and (R)"],
)
def test_markdown_changes_nothing_that_the_sites_own_does_not(text):
    assert text_of(source(text + "\n")) == text


def test_a_rule_in_the_body_does_not_end_the_front_matter_early():
    post = source("甲。\n\n---\n\n乙。\n")

    assert post.title == "标题"
    assert text_of(post) == "甲。 乙。"


@pytest.mark.parametrize(
    "name",
    ["index.md", "README.md", f"{ID}.md", "2021-12-08-.md", "2021-12-08-a b.md", ".md"],
)
def test_a_name_that_is_no_posts_is_refused(name):
    with pytest.raises(PageError, match="YYYY-MM-DD"):
        source(name=name)


@pytest.mark.parametrize(
    "text",
    ["", "正文。", "---\ntitle: 标题\n", "x\n---\ntitle: 标题\n---\n正文。"],
    ids=["empty", "no front matter", "never closed", "text before it"],
)
def test_a_source_without_front_matter_is_refused(text):
    with pytest.raises(PageError, match="no front matter"):
        SourcePost(text, f"2021-12-08-{ID}.md", SITE)


def test_front_matter_that_is_no_mapping_is_refused():
    with pytest.raises(PageError, match="front matter"):
        SourcePost("---\n- 甲\n- 乙\n---\n正文。", f"2021-12-08-{ID}.md", SITE)


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2021-12-31 20:30:45", "2022/01/01"),
        ("2021-12-31T20:30:45", "2022/01/01"),
        ("2021-12-31 20:30:45.123", "2022/01/01"),
        ('"2021-12-31 20:30:45"', "2021/12/31"),
        ("2021-12-31 20:30", "2021/12/31"),
        ("2021-12-31 20:30:45 +0800", "2021/12/31"),
        ("2021-12-31", "2021/12/31"),
    ],
)
def test_only_what_yaml_takes_for_a_time_without_zone_has_its_page_eight_hours_late(date, day):
    assert source(date=date, name=f"2021-12-31-{ID}.md").url == f"{HOME}emnews/{day}/{ID}.html"


def test_an_emoji_in_two_halves_loses_nothing():
    """JSON writes it so, libyaml refuses it, and so does the store, half by half."""
    told = source(title=r'"\u4e2d\u6587\ud83d\ude00"', categories="\n- a").observation(SEEN)

    assert told.title == "中文"
    assert told.category == "a"
