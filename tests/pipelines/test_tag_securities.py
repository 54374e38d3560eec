from __future__ import annotations

from datetime import UTC, datetime

import lxml.html
import pytest
from scrapy.utils.test import get_crawler

from crawler.article import ArticleItem, Board, Observation, Security
from crawler.pages.body import read_body
from crawler.pages.tree import parse_fragment, visible_text
from pipelines.strip_stock_images import strip_stock_images
from pipelines.tag_securities import TagSecurities, tag_securities

SEEN = datetime(2021, 12, 31, 8, 0, tzinfo=UTC)
IMAGE = (
    '<p><a class="EmImageRemark" data-code="{code}|{market}|5"'
    ' href="http://quote.eastmoney.com/unify/r/{market}.{code}"><img src="x"></a></p>'
)


def keytip(code, name, market="1"):
    return (
        f'<span id="stock_{market}.{code}"><a href="http://quote.eastmoney.com/unify/r/{market}.{code}"'
        f' class="keytip" data-code="{market},{code}">{name}</a></span>'
        f'<span id="quote_{market}.{code}"></span>'
    )


def key_common(code, name, market):
    return f'<span web="1" class="em_stock_key_common" data-code="{market},{code}">{name}</span>'


def board(code, name):
    return (
        f'<span id="bk_90.{code}"><a class="keytip" data-code="90,{code}">{name}</a></span>'
        f'<span id="bkquote_90.{code}"></span>'
    )


def tagged(html, title=None):
    tree = parse_fragment(html)
    strip_stock_images(tree)
    return tag_securities(tree, title)


def securities(html, title=None):
    return tagged(html, title)[0]


@pytest.mark.parametrize(
    ("html", "security"),
    [
        (
            keytip("600160", "巨化股份"),
            Security("600160.SH", "1", "600160", "巨化股份", "mention"),
        ),
        (
            keytip("430047", "诺思兰德", "0"),
            Security("430047.BJ", "0", "430047", "诺思兰德", "mention"),
        ),
        (key_common("NIO", "蔚来", "106"), Security("NIO.US", "106", "NIO", "蔚来", "mention")),
        (
            keytip("HSI", "恒生指数", "100"),
            Security(None, "100", "HSI", "恒生指数", "mention"),
        ),
        (
            key_common("cu2202", "沪铜", "113"),
            Security(None, "113", "cu2202", "沪铜", "mention"),
        ),
        (
            IMAGE.format(code="02318", market="116"),
            Security("02318.HK", "116", "02318", None, "stock_image"),
        ),
    ],
    ids=["keytip", "Beijing", "em_stock_key_common", "index", "unknown market", "stock image"],
)
def test_what_the_markup_names_is_a_security(html, security):
    assert tagged(f"<p>甲{html}乙</p>") == ([security], [])


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("海伦司(09869.HK)上市", ["09869.HK"]),
        ("和铂医药(2142.HK)拉升", ["02142.HK"]),
        ("腾讯（700.HK）回购", ["00700.HK"]),
        ("茅台（600519.SH）", ["600519.SH"]),
        ("茅台600519.SH公告", ["600519.SH"]),
        ("茅台600519.ss", ["600519.SH"]),
        ("贝特瑞(835185.BJ)", ["835185.BJ"]),
        ("宁德时代300750.SZ、比亚迪002594.SZ", ["300750.SZ", "002594.SZ"]),
        ("详见600519.SH.", ["600519.SH"]),
        ("（SUN.N）", ["SUN.US"]),
        ("(AAPL.O)", ["AAPL.US"]),
        ("（Apple，AAPL.OQ）", ["AAPL.US"]),
        ("(苹果 AAPL.US)", ["AAPL.US"]),
        ("（美股：SUN.N）", ["SUN.US"]),
        ("（６００５１９．ＳＨ）", ["600519.SH"]),
        ("(BRK.B.N)", ["BRK.B.US"]),
        ("（SUN.N、AAPL.O；00005.HK）", ["SUN.US", "AAPL.US", "00005.HK"]),
        ("(600519.SH/01801.HK)", ["600519.SH", "01801.HK"]),
    ],
)
def test_a_code_with_its_exchange_in_the_text_is_a_security(text, symbols):
    found = securities(f"<p>{text}</p>")

    assert [security.symbol for security in found] == symbols
    assert {security.via for security in found} == {"text"}
    assert {security.name for security in found} == {None}


def test_a_code_in_the_text_has_five_digits_in_hong_kong_as_its_symbol_has():
    assert securities("<p>(2142.HK)</p>") == [Security("02142.HK", "116", "02142", None, "text")]


@pytest.mark.parametrize(
    "text",
    [
        "(2021.12)",
        "(N.A)",
        "(U.S.A)",
        "（见图1、F.A）",
        "（e.o）",
        "(3.5.HK)",
        "版本1.600519.SH",
        "12.SH",
        "1234567.SH",
        "（60051.SH）",
        "000001.BJ",
        "x600519.SH",
        "600519.SHX",
        "600519.SH.cn",
        "苹果AAPL.O公告",
        "苹果，AAPL.O，公告",
        "SUN.N",
        "(见www.sina.com.cn)",
        "600519",
        "（09869）",
        "（证券代码：600519）",
    ],
)
def test_what_only_looks_like_a_code_is_none(text):
    assert securities(f"<p>{text}</p>") == []


@pytest.mark.parametrize("code", ["", ' data-code=""', ' data-code="x"'])
def test_a_mention_without_a_code_of_its_own_has_that_of_its_link(code):
    link = 'href="http://quote.eastmoney.com/unify/r/106.NIO"'
    found = securities(f'<p><span class="EM_Stock_Key_Common" {link}{code}>蔚来</span></p>')

    assert found == [Security("NIO.US", "106", "NIO", "蔚来", "mention")]


@pytest.mark.parametrize(
    "html",
    ["（<em>SUN.N</em>）", "（<a href='x'>SUN.N</a>）", "（SUN<b>.N</b>）", "<b>（</b>SUN.N）"],
)
def test_a_code_may_stand_in_inline_markup(html):
    assert [one.symbol for one in securities(f"<p>{html}</p>")] == ["SUN.US"]


def test_codes_and_mentions_of_a_line_come_in_their_order():
    html = f"<p>(AAPL.O){keytip('600160', '巨化股份')}(SUN.N){keytip('600519', '茅台')}</p>"

    symbols = [one.symbol for one in securities(html)]

    assert symbols == ["AAPL.US", "600160.SH", "SUN.US", "600519.SH"]


def test_a_code_does_not_go_over_the_end_of_a_line():
    assert securities("<table><tr><td>(600519</td><td>.SH)</td></tr></table>") == []
    assert securities("<p>（SUN<br>.N）</p>") == []


def test_a_host_is_no_code_and_a_boards_code_is_in_capitals():
    assert securities("<p>http://600519.SH/</p>") == []
    assert tagged(board("bk0493", "新能源"))[1] == [Board("BK0493", "新能源")]


def test_a_digest_names_securities_too():
    html = "<blockquote><p>海伦司(09869.HK)涨停。</p></blockquote><p>正文(600519.SH)。</p>"
    page = read_body(parse_fragment(html))
    observation = Observation("init", "page", "x", SEEN, title="题", digest=page.digest)
    observation.tree = page.tree

    TagSecurities.from_crawler(get_crawler()).process(observation)

    assert [one.symbol for one in observation.securities] == ["09869.HK", "600519.SH"]


def test_a_code_may_stand_beside_a_mention_without_becoming_a_second_security():
    found = securities(f"<p>{keytip('09869', '海伦司', '116')}(09869.HK)</p>")

    assert found == [Security("09869.HK", "116", "09869", "海伦司", "mention")]


def test_securities_come_in_the_order_of_their_first_appearance():
    html = (
        f"<p>(SUN.N){keytip('600160', '巨化股份')}</p>{IMAGE.format(code='NIO', market='106')}"
        f"<p>{keytip('300750', '宁德时代', '0')}{keytip('600160', '巨化')}</p>"
    )

    assert [one.symbol for one in securities(html, "标题(02318.HK)")] == [
        "02318.HK",
        "SUN.US",
        "600160.SH",
        "NIO.US",
        "300750.SZ",
    ]


@pytest.mark.parametrize(
    ("html", "security"),
    [
        (
            "(NIO.N)" + IMAGE.format(code="NIO", market="106") + key_common("NIO", "蔚来", "106"),
            Security("NIO.US", "106", "NIO", "蔚来", "stock_image"),
        ),
        (
            key_common("NIO", "蔚来", "106") + "(NIO.US)" + key_common("NIO", "蔚来汽车", "106"),
            Security("NIO.US", "106", "NIO", "蔚来", "mention"),
        ),
        (
            "(NIO.US)" + "(NIO.N)",
            Security("NIO.US", "106", "NIO", None, "text"),
        ),
    ],
    ids=["image over mention over text", "first name stays", "market told later"],
)
def test_a_security_named_often_is_one_with_the_best_that_was_told(html, security):
    assert securities(f"<p>{html}</p>") == [security]


def test_the_same_code_on_two_unknown_markets_is_two_securities():
    found = securities(keytip("HSI", "恒生指数", "100") + keytip("HSI", "恒指期货", "134"))

    assert [(one.symbol, one.market) for one in found] == [(None, "100"), (None, "134")]


def test_boards_are_no_securities_and_each_comes_once():
    html = (
        board("BK0493", "新能源") + key_common("BK0478", "有色金属", "90") + board("BK0493", "新")
    )

    assert tagged(html) == ([], [Board("BK0493", "新能源"), Board("BK0478", "有色金属")])


@pytest.mark.parametrize(
    "html",
    [
        '<span id="Info.3321"><a href="/bbsj/" class="infokey">业绩</a></span>',
        '<a class="infokey" data-code="1,600160">业绩</a>',
        '<a class="keytip">巨化股份</a>',
        '<a class="keytip" data-code="巨化">巨化股份</a>',
        '<a data-code="1,600160">巨化股份</a>',
        '<a href="http://quote.eastmoney.com/unify/r/1.600160">行情</a>',
    ],
    ids=["term", "term with a code", "no code", "no market", "no class", "link alone"],
)
def test_a_term_or_half_a_mention_names_nothing(html):
    assert tagged(f"<p>甲{html}</p>") == ([], [])


@pytest.mark.parametrize(
    "html",
    [
        '<script>var code = "(09869.HK)";</script>',
        "<style>/* 600519.SH */</style>",
        '<p style="display:none">(09869.HK)</p>',
        "<!-- (09869.HK) -->",
        '<img src="a.png" alt="(09869.HK)">',
    ],
    ids=["script", "style", "hidden", "comment", "attribute"],
)
def test_what_nobody_sees_names_nothing(html):
    assert securities(f"<p>甲</p>{html}") == []


def test_mentions_lose_their_markup_and_keep_their_words():
    html = (
        f"<p>甲{keytip('600160', '巨化股份')}乙{key_common('NIO', '蔚来', '106')}丙"
        f"{board('BK0493', '新能源')}丁<span id='Info.1'><a class='infokey'>业绩</a></span>戊</p>"
    )
    tree = parse_fragment(html)

    tag_securities(tree)

    assert lxml.html.tostring(tree, encoding="unicode") == (
        "<div><p>甲巨化股份乙蔚来丙新能源丁业绩戊</p></div>"
    )


def test_a_quote_span_that_holds_text_keeps_it():
    tree = parse_fragment('<p>甲<span id="quote_1.600160">+3.2%</span>乙</p>')

    tag_securities(tree)

    assert visible_text(tree) == "甲+3.2%乙"


def test_other_links_stay_links():
    tree = parse_fragment('<p><a href="https://example.com/">甲</a></p>')

    tag_securities(tree)

    assert tree.find(".//a").get("href") == "https://example.com/"


def test_no_kept_place_is_left():
    tree = parse_fragment(f"<p>甲</p>{IMAGE.format(code='NIO', market='106')}<p>乙</p>")
    strip_stock_images(tree)

    tag_securities(tree)

    assert lxml.html.tostring(tree, encoding="unicode") == "<div><p>甲</p><p>乙</p></div>"


def staged(html, title=None):
    observation = Observation(
        "init", "page", "address", SEEN, title=title, tree=parse_fragment(html)
    )
    stage = TagSecurities.from_crawler(get_crawler())
    told = stage.process_item(ArticleItem("init", [observation])).observations[0]
    counts = {key: value for key, value in stage.stats.get_stats().items() if "finews/" in key}
    return told, counts


def test_the_stage_fills_securities_and_boards_and_counts_them():
    html = keytip("600160", "巨化股份") + keytip("HSI", "恒指", "100") + board("BK0493", "新能源")

    told, counts = staged(html, "海伦司(09869.HK)上市")

    assert [one.symbol for one in told.securities] == ["09869.HK", "600160.SH", None]
    assert told.boards == [Board("BK0493", "新能源")]
    assert counts == {
        "finews/securities/tagged": 3,
        "finews/securities/boards": 1,
        "finews/securities/unknown_market": 1,
    }


def test_the_stage_leaves_an_article_without_any_alone():
    told, counts = staged("<p>甲</p>")

    assert (told.securities, told.boards) == ([], [])
    assert visible_text(told.tree) == "甲"
    assert counts == {}
