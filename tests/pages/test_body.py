from __future__ import annotations

import pytest

from crawler.pages.body import name_of_tag, read_body
from crawler.pages.tree import parse_fragment, visible_text

CODE = "NW202112312233001257"
SHARE = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={CODE}"
ORIGIN = "http://finance.eastmoney.com/news/1354,202112062204270936.html"
BOARD = '<span id="bk_90.BK0473"><a class="keytip" data-code="90,BK0473">证券</a></span>'


def body_of(html):
    return read_body(parse_fragment(html))


def text_of(body):
    return visible_text(body.tree)


def autolink(url):
    return f'<p><a href="{url}">{url}</a></p>'


def footer(href, name="北方网新闻", between="｜"):
    home = '<a href="//finews.withounder.com/">返回首页</a>'
    return f'<p><a href="{href}">返回{name}</a>{between}{home}</p>'


@pytest.mark.parametrize(
    ("href", "slug"),
    [
        ("//finews.withounder.com/category/beifangwang.html", "beifangwang"),
        ("//finews.withounder.com/category/Wind(A).html", "Wind(A)"),
        ("/category/anxinguojizhengquan(xianggang).html", "anxinguojizhengquan(xianggang)"),
        ("//finews.withounder.com/emnews/", "emnews"),
        ("//finews.zning.me/emnews/", "emnews"),
        ("/emnews/", "emnews"),
        ("../emnews/", "emnews"),
    ],
)
def test_a_footer_tells_category_and_name_and_goes(href, slug):
    body = body_of(f"<p>正文。</p>{footer(href)}")

    assert (body.category, body.category_name) == (slug, "北方网")
    assert text_of(body) == "正文。"


def test_a_footer_on_two_lines_goes_too():
    body = body_of("<p>正文。</p>" + footer("../emnews/", "东财滚动新闻", "\n"))

    assert (body.category, body.category_name) == ("emnews", "东财滚动")
    assert text_of(body) == "正文。"


def test_a_picture_at_the_end_is_no_footer():
    body = body_of(f'<p>正文。</p><p><img src="a.png"></p>{footer("/emnews/")}')

    assert body.category == "emnews"
    assert body.tree.find(".//img") is not None


def test_a_footer_that_leads_up_tells_a_name_and_no_category():
    body = body_of("<p>正文。</p>" + footer("../"))

    assert (body.category, body.category_name) == (None, "北方网")


def test_the_home_link_alone_is_no_category():
    body = body_of('<p>正文。</p><p><a href="../">返回首页</a></p>')

    assert (body.category, body.category_name) == (None, None)
    assert text_of(body) == "正文。"


@pytest.mark.parametrize("host", ["finews.zning.xyz", "choicewzp1.eastmoney.com"])
def test_a_share_link_of_either_host_tells_the_info_code_and_goes(host):
    link = autolink(SHARE.replace("finews.zning.xyz", host))

    body = body_of(f"<p>正文。</p>{link}{footer('/category/beifangwang.html')}")

    assert body.info_code == CODE
    assert text_of(body) == "正文。"


def test_an_empty_share_link_goes_and_tells_nothing():
    body = body_of(f"<p>正文。</p><p>&lt;&gt;</p>{footer('/emnews/')}")

    assert body.info_code is None
    assert text_of(body) == "正文。"


@pytest.mark.parametrize("host", ["finance", "stock", "hk"])
def test_an_origin_link_is_told_and_goes(host):
    url = ORIGIN.replace("finance", host)

    body = body_of(f"<p>正文。</p>{autolink(url)}{footer('/emnews/')}")

    assert body.origin_url == url
    assert text_of(body) == "正文。"


@pytest.mark.parametrize(
    "html",
    [
        f'<p>正文见<a href="{ORIGIN}">原文</a></p>',
        f'<p><a href="{ORIGIN}">原文</a></p>',
        f'<p><a href="{SHARE}">甲</a>正文</p>',
        f'<p><a href="{SHARE}">全文见此，文中数据更正</a></p>',
        '<p><a href="http://example.com/">返回首页</a></p>',
        '<p>返回首页</p><p><img src="a.png"></p>',
        '<p><a href="https://example.com/">返程机票</a></p>',
        '<p><a href="https://example.com/">返回舱着陆</a></p>',
        f"{autolink(ORIGIN)}<p>正文</p>",
        f"{autolink(ORIGIN)}正文",
    ],
    ids=[
        "link in a sentence",
        "origin with words of its own",
        "text beside the link",
        "a share link with words of its own",
        "another site's home page",
        "words without a link",
        "another link",
        "another link that begins like a footer",
        "text after it",
        "loose text after it",
    ],
)
def test_what_belongs_to_the_article_is_no_footer(html):
    before = visible_text(parse_fragment(html))

    assert text_of(body_of(html)) == before


@pytest.mark.parametrize(
    ("attribution", "medium"),
    [
        ('<p class="em_media">（文章来源：北方网）</p>', "北方网"),
        ('<p class="em_media">（文章来源：安信国际证券(香港)）</p>', "安信国际证券(香港)"),
        ('<p class="em_media">（文章来源：Wind (A)）</p>', "Wind (A)"),
        (f'<p class="em_media">（文章来源：上海{BOARD}报）</p>', "上海证券报"),
        (f"<p>（文章来源：上海{BOARD}报）</p>", "上海证券报"),
        (f'<p class="em_media">（来源：上海{BOARD}报）。</p>', "上海证券报"),
        ('<p class="em_media"> (文章来源: 北方网 ) </p>', "北方网"),
        ('<p class="em_media">（文章来源：）</p>', None),
    ],
    ids=[
        *("plain", "brackets", "space", "linked word", "no class", "a word less"),
        *("half-width", "empty"),
    ],
)
def test_the_attribution_names_the_medium_and_goes_with_its_links(attribution, medium):
    body = body_of(f"<p>正文。</p>{attribution}{autolink(SHARE)}")

    assert body.source == medium
    assert text_of(body) == "正文。"
    assert body.tree.find(".//a") is None


def test_an_attribution_goes_wherever_its_class_stands():
    body = body_of('<p>甲</p><p class="em_media">（文章来源：北方网）</p><p>乙（界面新闻）</p>')

    assert body.source == "北方网"
    assert text_of(body) == "甲乙（界面新闻）"


def test_an_attribution_at_the_end_of_a_sentence_leaves_the_sentence():
    body = body_of("<p>正文<b>加粗</b>。（文章来源：北方网）</p>")

    assert body.source == "北方网"
    assert text_of(body) == "正文加粗。"


def test_an_attribution_at_the_end_of_a_paragraph_goes_with_the_links_in_it():
    body = body_of(f"<p>正文<b>加粗</b>。（文章来源：上海{BOARD}报）</p>")

    assert body.source == "上海证券报"
    assert text_of(body) == "正文加粗。"
    assert body.tree.find(".//a") is None
    assert body.tree.find(".//b") is not None


@pytest.mark.parametrize("text", ["文章来源：北方网", "来源: 北方网"])
def test_an_attribution_of_its_own_class_needs_no_brackets(text):
    body = body_of(f'<p>正文。</p><p class="em_media">{text}</p>')

    assert (body.source, text_of(body)) == ("北方网", "正文。")
    assert body_of(f"<p>正文。</p><p>{text}</p>").source is None


def test_links_that_markdown_put_into_the_last_paragraph_are_told_and_go():
    body = body_of(
        f'<p>正文。\n<a href="{ORIGIN}">{ORIGIN}</a>\n<a href="/emnews/">返回东财滚动新闻</a></p>'
    )

    assert (body.origin_url, body.category) == (ORIGIN, "emnews")
    assert text_of(body) == "正文。"


@pytest.mark.parametrize(
    "html",
    [
        f'<p>正文<a href="{ORIGIN}">{ORIGIN}</a>正文</p>',
        f'<p>正文<a href="{SHARE}">分享</a></p>',
        f'<div>正文<a href="{ORIGIN}">{ORIGIN}</a></div>',
    ],
    ids=["text after it", "words of its own", "no paragraph"],
)
def test_other_links_in_the_last_paragraph_stay(html):
    assert text_of(body_of(html)) == visible_text(parse_fragment(html))


def test_an_attribution_before_the_editors_name_is_one():
    html = f"<p>正文。</p><p>（文章来源：上海{BOARD}报）</p><p>（责任编辑：张三）</p>"

    body = body_of(html)

    assert (body.source, text_of(body)) == ("上海证券报", "正文。（责任编辑：张三）")


@pytest.mark.parametrize(
    ("html", "medium"),
    [
        ("<p>正文。（文章来源：界面新闻）。</p>", "界面新闻"),
        ("<p>正文。（文章来源：第一财经（微信））</p>", "第一财经（微信）"),
    ],
)
def test_a_trailing_attribution_may_end_in_a_stop_or_hold_brackets(html, medium):
    body = body_of(html)

    assert (body.source, text_of(body)) == (medium, "正文。")


@pytest.mark.parametrize(
    "html",
    [
        "<p>（来源：央视新闻）央行今日开展逆回购操作，利率维持不变（完）</p>",
        "<p>甲。</p><p>（文章来源：界面新闻）此前报道称公司将回购（编辑：张三）</p>",
        "<p>甲。</p><p>（来源：国家统计局；单位：亿元）</p>",
        "<p>（来源：国家统计局）</p>",
        '<p class="em_media">来源：据新华社消息，央行今日宣布……（完）</p>',
        f"<p>甲。</p><p>（文章来源：{'很长的句子' * 10}）</p>",
    ],
)
def test_a_sentence_with_a_source_in_it_is_no_attribution(html):
    body = body_of(html)

    assert body.source is None
    assert text_of(body) == visible_text(parse_fragment(html))


@pytest.mark.parametrize(
    "html",
    [
        '<p>乙<img src="a.png">（文章来源：北方网）</p>',
        '<p>乙（文章来源：北方网）<img src="a.png"></p>',
        '<p class="em_media"><img src="a.png">（文章来源：北方网）</p>',
        '<center><img src="a.png"><br>（文章来源：北方网）</center>',
        '<div><p>甲</p><p><img src="a.png"></p><p>（文章来源：北方网）</p></div>',
    ],
)
def test_a_picture_beside_an_attribution_stays(html):
    body = body_of(html)

    assert body.source == "北方网"
    assert "来源" not in text_of(body)
    assert body.tree.find(".//img") is not None


@pytest.mark.parametrize(
    "html",
    [
        "正文。（文章来源：北方网）",
        "<p>甲。</p>乙。<br>（文章来源：北方网）",
        "<p>甲。</p>（文章来源：北方网）",
    ],
)
def test_an_attribution_in_loose_text_is_one(html):
    body = body_of(html)

    assert body.source == "北方网"
    assert "来源" not in text_of(body)


@pytest.mark.parametrize(
    "after",
    [
        "<script>var x=1;</script>",
        '<p style="display:none">隐</p>',
        "<div><br></div>",
        "<!-- x -->",
    ],
)
def test_what_shows_nothing_hides_no_attribution_and_no_footer(after):
    footer_html = footer("/category/beifangwang.html")
    body = body_of(f"<p>正文。</p><p>（文章来源：北方网）</p>{after}{footer_html}{after}")

    assert (body.source, body.category) == ("北方网", "beifangwang")
    assert "返回" not in text_of(body)


def test_many_spaces_in_an_attribution_take_no_long_time():
    body = body_of(f"<p>甲（文章来源：{' &nbsp;' * 20_000}x</p>")

    assert body.source is None


def test_an_attribution_in_the_middle_is_text():
    body = body_of("<p>甲（文章来源：北方网）乙</p><p>丙</p>")

    assert body.source is None
    assert text_of(body) == "甲（文章来源：北方网）乙丙"


@pytest.mark.parametrize(
    ("text", "medium"),
    [
        ("足球赛改期。（界面新闻）", "界面新闻"),
        ("足球赛改期 (央视新闻)", "央视新闻"),
        ("足球赛改期（ 财联社 ）。", "财联社"),
        ("足球赛改期（单位：亿元）", None),
        ("（界面新闻）足球赛改期", None),
        ("足球赛(界面新闻)改期（单位：亿元）", None),
        ("足球赛改期 界面新闻", None),
    ],
)
def test_a_briefs_last_bracket_is_its_source_when_it_is_a_known_medium(text, medium):
    body = body_of(f"<p>{text}</p>{autolink(ORIGIN)}")

    assert body.source == medium
    assert text_of(body) == text


def test_the_attribution_wins_over_the_last_bracket():
    body = body_of('<p>改期（界面新闻）</p><p class="em_media">（文章来源：北方网）</p>')

    assert body.source == "北方网"


def test_an_opening_quotation_is_the_digest_and_goes():
    body = body_of("\n<blockquote>\n<p>摘要 一。</p>\n</blockquote>\n<p>正文。</p>")

    assert body.digest == "摘要 一。"
    assert text_of(body) == "正文。"


def test_a_quotation_with_a_picture_is_no_digest():
    body = body_of('<blockquote><p>引文<img src="a.png"></p></blockquote><p>正文。</p>')

    assert body.digest is None
    assert text_of(body) == "引文正文。"


@pytest.mark.parametrize(
    "before",
    ['<p style="display:none;"><br></p>', "<!-- x -->", "<p> </p>", "\n"],
)
def test_a_digest_may_stand_after_what_shows_nothing(before):
    body = body_of(f"{before}<blockquote><p>摘一</p><p>摘二</p></blockquote><p>正文。</p>")

    assert (body.digest, text_of(body)) == ("摘一 摘二", "正文。")


def test_a_digest_holds_nothing_that_is_not_to_be_seen():
    body = body_of("<blockquote><p>摘要<script>x()</script></p></blockquote><p>正文。</p>")

    assert (body.digest, text_of(body)) == ("摘要", "正文。")


def test_a_digest_that_is_all_there_is_stays():
    body = body_of(f"<blockquote><p>摘要。</p></blockquote>{autolink(ORIGIN)}")

    assert body.digest == "摘要。"
    assert text_of(body) == "摘要。"


@pytest.mark.parametrize(
    "html",
    ["<p>正文。</p><blockquote>引文。</blockquote>", "正文。<blockquote>引文。</blockquote>"],
    ids=["later", "after loose text"],
)
def test_a_quotation_further_down_is_no_digest(html):
    body = body_of(html)

    assert body.digest is None
    assert text_of(body) == "正文。引文。"


def test_an_empty_body_tells_nothing():
    body = body_of("")

    assert text_of(body) == ""
    assert (body.digest, body.source, body.info_code, body.origin_url) == (None,) * 4


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("北方网新闻", "北方网"),
        ("界面新闻新闻", "界面新闻"),
        ("站长消息", "站长消息"),
        ("新闻", "新闻"),
        ("Wind (A)新闻", "Wind (A)"),
    ],
)
def test_a_categorys_name_is_its_tag_without_the_ending(tag, name):
    assert name_of_tag(tag) == name


def test_an_encoded_slug_in_a_footer_is_decoded():
    footer = '<p>正文。</p><p><a href="/category/Wind%28A%29.html">返回Wind (A)新闻</a></p>'
    assert read_body(parse_fragment(footer)).category == "Wind(A)"
