from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.addresses import Site
from crawler.pages.errors import PageError
from crawler.pages.post import PostPage
from crawler.pages.tree import visible_text

HOME = "https://finews.withounder.com/"
SITE = Site(HOME, HOME, "http://finews.zning.xyz/")
CODE = "NW202112312233001257"
LINK = SITE.link(f"/beifangwang/2021/12/31/{CODE}.html")
SEEN = datetime(2021, 12, 31, 8, 0, tzinfo=UTC)
DATE = "<small>(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45</small>\n"
TAGS = "<small>tags: <em>北方网新闻</em></small>"


def page(inner, spill=""):
    return (
        f'<html><head><meta property="og:description" content="{spill}"></head><body>'
        '<div class="wrapper"><header><h1><a href="/">金融消息</a></h1></header>'
        f"<section>{inner}</section><footer><p>&copy; 2021</p></footer></div></body></html>"
    )


def post(title="港口装上大脑", body="<p>正文。</p>", date=DATE, tags=TAGS, spill="", link=LINK):
    return PostPage(page(f"{date}<h1>{title}</h1>{body}{tags}", spill), link)


def test_a_post_is_read_in_all_its_parts():
    body = (
        "<p>正文。</p><p class='em_media'>（文章来源：北方网）</p>"
        f"<p><a href='http://choicewzp1.eastmoney.com/html_News/NewsShare.html?infoCode={CODE}'></a></p>"
        "<p><a href='//finews.withounder.com/category/Beifang(A).html'>返回北方网新闻</a></p>"
    )

    told = post(body=body).observation(SEEN)

    assert (told.id, told.kind, told.key, told.address) == (CODE, "page", "page", LINK.url)
    assert told.observed_at == SEEN
    assert told.url == LINK.url
    assert told.share_url == f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={CODE}"
    assert (told.category, told.category_certain) == ("Beifang(A)", True)
    assert told.category_name == "北方网"
    assert told.tags == ["北方网新闻"]
    assert told.title == "港口装上大脑"
    assert told.published_raw == "(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45"
    assert told.source == "北方网"
    assert visible_text(told.tree) == "正文。"


def test_a_post_without_a_footer_has_the_category_of_its_address():
    told = post(link=SITE.link(f"/wind/(a)/2021/12/30/{CODE}.html")).observation(SEEN)

    assert (told.category, told.category_certain) == ("wind(a)", False)
    assert told.share_url is None


def test_what_spills_out_of_the_description_is_left_out():
    spill = (
        f'<section>{DATE}<h1>假标题</h1><p>他说"好"。</p><small>tags: <em>假</em></small></section>'
    )

    told = post(spill=spill).observation(SEEN)

    assert told.title == "港口装上大脑"
    assert told.tags == ["北方网新闻"]
    assert visible_text(told.tree) == "正文。"


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("半导体设备PE<行业均值", "半导体设备PE<行业均值"),
        ("S&P 500 与 AT&amp;T", "S&P 500 与 AT&T"),
        ('物业公司的"跨界"清单', '物业公司的"跨界"清单'),
        ("*ST股 <em>退市</em>", "*ST股 退市"),
        ("", None),
    ],
)
def test_a_title_that_is_not_escaped_is_read_as_it_stands(raw, title):
    told = post(title=raw)

    assert told.title == title
    assert visible_text(told.body.tree) == "正文。"


def test_a_heading_in_the_body_is_not_the_title():
    told = post(body="<h1>小标题</h1><p>正文。</p>")

    assert told.title == "港口装上大脑"
    assert visible_text(told.body.tree) == "小标题正文。"


def test_tags_that_the_body_mentions_are_not_the_posts():
    told = post(body="<p><small>tags: <em>假新闻</em></small></p><p>正文。</p>")

    assert told.tags == ["北方网新闻"]
    assert visible_text(told.body.tree) == "tags: 假新闻正文。"


def test_a_post_without_date_and_tags_keeps_its_body():
    told = post(date="", tags="").observation(SEEN)

    assert told.published_raw is None
    assert (told.tags, told.category_name) == ([], None)
    assert visible_text(told.tree) == "正文。"


def test_the_footer_names_the_category_where_there_are_no_tags():
    body = "<p>正文。</p><p><a href='/category/beifangwang.html'>返回北方网新闻</a></p>"

    assert post(body=body, tags="").category_name == "北方网"


@pytest.mark.parametrize(
    "html",
    [page("<p>正文。</p>"), page(""), "<h1>404</h1>", ""],
    ids=["no title", "empty section", "no layout", "nothing"],
)
def test_what_is_no_post_is_refused(html):
    with pytest.raises(PageError):
        PostPage(html, LINK)
