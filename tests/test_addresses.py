from __future__ import annotations

from datetime import date

import pytest

from crawler.addresses import (
    Link,
    Site,
    day_of_id,
    day_of_url,
    info_code_of,
    is_info_code,
    origin_url,
    share_url,
    web_address,
)

HOME = "https://finews.withounder.com/"
SITE = Site("http://127.0.0.1:8012/", HOME, "http://127.0.0.1:8013/")
POST = HOME + "beifangwang/2021/12/31/NW202112312233001257.html"
CODE = "NW202112312233001257"


@pytest.mark.parametrize(
    ("href", "url", "kind"),
    [
        ("/", HOME, "home"),
        ("//finews.withounder.com", HOME, "home"),
        ("/index.html", HOME, "home"),
        ("/feed.xml", HOME + "feed.xml", "feed"),
        ("/category/beifangwang.html", HOME + "category/beifangwang.html", "category"),
        ("/beifangwang/2021/12/31/NW202112312233001257.html", POST, "post"),
        ("  /beifangwang/2021/12/31/NW202112312233001257.html\n", POST, "post"),
        ("http://finews.withounder.com/feed.xml", HOME + "feed.xml", "feed"),
        ("http://127.0.0.1:8012/feed.xml", HOME + "feed.xml", "feed"),
        ("https://finews.zning.me/feed.xml", HOME + "feed.xml", "feed"),
        ("//finews.zning.me/emnews/", HOME + "category/emnews.html", "category"),
        ("//finews.withounder.com/emnews/", HOME + "category/emnews.html", "category"),
        ("/emnews/", HOME + "category/emnews.html", "category"),
    ],
    ids=[
        "home",
        "home without a slash",
        "home by its file",
        "feed",
        "category",
        "post",
        "blanks around it",
        "http for https",
        "the base that is asked",
        "old host",
        "old footer on the old host",
        "old footer on the new host",
        "old footer",
    ],
)
def test_a_link_of_the_site_has_one_canonical_address(href, url, kind):
    link = SITE.link(href)

    assert link is not None
    assert (link.url, link.kind) == (url, kind)


@pytest.mark.parametrize(
    "href",
    [
        "{{ post.url }}",
        "{{post.url}}",
        "/category/{{ page.slug }}.html",
        "%7B%7B%20post.url%20%7D%7D",
        "{% post_url init %}",
        "",
        "   ",
        "#top",
        "javascript:void(0)",
        "mailto:someone@finews.withounder.com",
        "https://example.com/beifangwang/2021/12/31/NW202112312233001257.html",
        "https://finews.withounder.com.example.com/feed.xml",
        "http://127.0.0.1:9999/feed.xml",
        "http://[broken/feed.xml",
        "/assets/css/style.css",
        "/a/b/c/",
        "/beifangwang/2021/13/31/NW202112312233001257.html",
        "/beifangwang/2021/12/31/..%2f..%2fetc.html",
        "/beifangwang/2021/12/31/a%20b.html",
    ],
)
def test_what_is_no_link_of_the_site_is_none(href):
    assert SITE.link(href) is None


@pytest.mark.parametrize(
    ("path", "category", "article_id", "day"),
    [
        ("/wind/(a)/2021/12/30/NW202112302231907715.html", "wind(a)", "NW202112302231907715", 30),
        (
            "/anxinguojizhengquan(xianggang)/2021/12/22/NW202112222223140827.html",
            "anxinguojizhengquan(xianggang)",
            "NW202112222223140827",
            22,
        ),
        ("/emnews/2021/12/31/202112312232503946.html", "emnews", "202112312232503946", 31),
        ("/sitenews/2021/12/05/init.html", "sitenews", "init", 5),
        ("/2021/12/08/202112082206380051.html", None, "202112082206380051", 8),
    ],
    ids=["two path parts", "parentheses", "brief", "word", "no category"],
)
def test_a_posts_address_tells_category_id_and_day(path, category, article_id, day):
    link = SITE.link(path)

    assert link == Link(HOME + path[1:], "post", article_id, category, date(2021, 12, day))


def test_escaped_parentheses_are_the_same_post():
    plain = SITE.link("/wind/(a)/2021/12/30/NW202112302231907715.html")

    assert SITE.link("/wind/%28a%29/2021/12/30/NW202112302231907715.html") == plain


@pytest.mark.parametrize("slug", ["Wind(A)", "TechWeb", "anxinguojizhengquan(xianggang)"])
def test_a_category_keeps_capitals_and_parentheses(slug):
    link = SITE.link(f"/category/{slug}.html")

    assert link == SITE.category(slug)
    assert link.url == f"{HOME}category/{slug}.html"
    assert link.category == slug


def test_a_category_in_chinese_survives_its_escaping():
    link = SITE.category("北方网")

    assert link.url == HOME + "category/%E5%8C%97%E6%96%B9%E7%BD%91.html"
    assert SITE.link(link.url) == link


def test_a_relative_link_is_resolved_against_its_page():
    assert SITE.link("../emnews/", HOME + "emnews/index.html") == SITE.category("emnews")
    # This is how old briefs have it, and where it leads there is nothing.
    assert SITE.link("../emnews/", HOME + "emnews/2021/12/06/202112062204028815.html") is None


def test_a_site_below_a_path_keeps_it():
    home = "https://example.com/finews/"
    site = Site("http://127.0.0.1:8012/", home, "http://127.0.0.1:8013/")

    link = site.link("/finews/sitenews/2021/12/05/init.html")

    assert link.url == home + "sitenews/2021/12/05/init.html"
    assert link.category == "sitenews"
    assert site.request_url(link) == "http://127.0.0.1:8012/sitenews/2021/12/05/init.html"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        (SITE.link("/"), "http://127.0.0.1:8012/"),
        (SITE.link("/feed.xml"), "http://127.0.0.1:8012/feed.xml"),
        (SITE.category("Wind(A)"), "http://127.0.0.1:8012/category/Wind(A).html"),
        (
            SITE.link("//finews.zning.me/emnews/2021/12/31/202112312232503946.html"),
            "http://127.0.0.1:8012/emnews/2021/12/31/202112312232503946.html",
        ),
        (SITE.share(CODE), f"http://127.0.0.1:8013/NewsData/GetNewsText.do?id={CODE}"),
    ],
    ids=["home", "feed", "category", "post of the old host", "share"],
)
def test_a_link_is_asked_for_at_the_base_urls(link, address):
    assert SITE.request_url(link) == address


def test_a_share_link_belongs_to_its_post():
    link = SITE.share(CODE, "202112312232761093")

    assert link.url == f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={CODE}"
    assert link.article_id == "202112312232761093"
    assert SITE.share(CODE).article_id == CODE


@pytest.mark.parametrize(
    ("href", "code"),
    [
        (share_url(CODE), CODE),
        (f"http://choicewzp1.eastmoney.com/html_News/NewsShare.html?infoCode={CODE}", CODE),
        (f" http://finews.zning.xyz/html_News/NewsShare.html?a=1&infoCode={CODE} ", CODE),
        ("http://finews.zning.xyz/html_News/NewsShare.html?infoCode=", None),
        ("http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW2021", None),
        ("http://finews.zning.xyz/html_News/NewsShare.html", None),
        (f"http://finews.zning.xyz/other.html?infoCode={CODE}", None),
        (POST, None),
        ("http://[broken/NewsShare.html", None),
        ("", None),
    ],
)
def test_only_a_share_link_carries_an_info_code(href, code):
    assert info_code_of(href) == code


@pytest.mark.parametrize(
    ("href", "origin"),
    [
        ("http://finance.eastmoney.com/news/1354,202112062204270936.html", True),
        ("http://stock.eastmoney.com/news/1405,202112312233044582.html", True),
        ("https://hk.eastmoney.com/news/1533,202112062204028815.html", True),
        ("https://finance.eastmoney.com\\news\\1354,20250101.html", True),
        ("http://finance.eastmoney.com/n\tews/1354,20250101.html", True),
        ("http://quote.eastmoney.com/unify/r/1.600160", False),
        ("http://finance.eastmoney.com.example.com/news/1.html", False),
        ("http://example.com/news/1354,202112062204270936.html", False),
        ("http://[broken/news/", False),
        ("", False),
    ],
)
def test_an_origin_is_a_news_page_of_eastmoney(href, origin):
    assert (origin_url(href) is not None) is origin


@pytest.mark.parametrize(
    ("article_id", "day"),
    [
        ("NW202112312233001257", date(2021, 12, 31)),
        ("202112312232503946", date(2021, 12, 31)),
        ("NW202113312233001257", None),
        ("NW20211231", None),
        ("202102302232503946", None),
        ("init", None),
        ("", None),
    ],
)
def test_an_id_tells_the_day_that_it_begins_with(article_id, day):
    assert day_of_id(article_id) == day


@pytest.mark.parametrize(
    ("url", "day"),
    [
        (POST, date(2021, 12, 31)),
        (HOME + "sitenews/2021/12/05/init.html", date(2021, 12, 5)),
        (HOME + "sitenews/2021/02/30/init.html", None),
        (HOME + "category/beifangwang.html", None),
        (None, None),
    ],
)
def test_a_posts_address_tells_its_day(url, day):
    assert day_of_url(url) == day


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (CODE, True),
        (CODE + "1", False),
        (CODE[:-1], False),
        (CODE.lower(), False),
        ("202112312233001257", False),
        ("NW２０２１12312233001257", False),
        (CODE + "\n", False),
    ],
)
def test_an_info_code_is_nw_and_eighteen_digits(text, answer):
    assert is_info_code(text) is answer


def test_hosts_are_the_same_in_any_case():
    assert SITE.link("HTTPS://FINEWS.WITHOUNDER.COM/feed.xml").kind == "feed"


def test_a_base_url_with_a_path_is_taken_off_its_own_links():
    site = Site("http://mirror.example/news/", HOME, "http://share.example/")
    link = site.link("http://mirror.example/news/emnews/2021/12/31/202112312232503946.html")
    assert link.url == f"{HOME}emnews/2021/12/31/202112312232503946.html"
    assert site.request_url(link).startswith("http://mirror.example/news/emnews/2021/")


@pytest.mark.parametrize(
    ("href", "address"),
    [
        (
            "//finance.eastmoney.com/news/1354,1.html",
            "http://finance.eastmoney.com/news/1354,1.html",
        ),
        (
            "http://hk.eastmoney.com/news/1354,中 文.html",
            "http://hk.eastmoney.com/news/1354,%E4%B8%AD%20%E6%96%87.html",
        ),
        ("javascript://x.eastmoney.com/news/%0aalert(1)", None),
        ("ftp://x.eastmoney.com/news/1.html", None),
        ("/news/1.html", None),
    ],
)
def test_an_origin_is_a_whole_web_address_or_none(href, address):
    assert origin_url(href) == address


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("//a.com/b", "https://a.com/b"),
        ("c 图.png", "https://x.com/p/c%20%E5%9B%BE.png"),
        ("http://a.com/%zz[1]|{2}.jpg", "http://a.com/%25zz%5B1%5D%7C%7B2%7D.jpg"),
        ("http://A.com:8000/x", "http://a.com:8000/x"),
        ("http://例子.com/", "http://xn--fsqu00a.com/"),
        ("http://user:secret@a.com/", "http://a.com/"),
        ("http://a b.com/x", None),
        ("http://a<b>.com/x", None),
        ("http://a.com:99999/", None),
        ("http://[::1/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@b.com", None),
    ],
)
def test_a_web_address_is_a_valid_uri_or_none(href, address):
    assert web_address(href, "https://x.com/p/") == address


@pytest.mark.parametrize(
    "href", ["\ud800/a/2021/12/31/1.html", "/category/\ud800.html", "/\udfff/", "http://[/a"]
)
def test_what_no_address_can_hold_is_no_link(href):
    assert SITE.link(href) is None


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (f"http://127.0.0.1:8013/NewsData/GetNewsText.do?id={CODE}", SITE.share(CODE)),
        (f"http://finews.zning.xyz/NewsData/GetNewsText.do?id={CODE}", SITE.share(CODE)),
        (share_url(CODE), SITE.share(CODE)),
        ("http://127.0.0.1:8012/feed.xml", SITE.feed),
        (POST, SITE.link(POST)),
        (f"http://elsewhere.example/NewsData/GetNewsText.do?id={CODE}", None),
        (f"http://127.0.0.1:8013/other/NewsData/GetNewsText.do?id={CODE}", None),
        ("http://127.0.0.1:8013/NewsData/GetNewsText.do?id=1", None),
        ("http://127.0.0.1:8012/robots.txt", None),
        ("http://[x", None),
        ("", None),
    ],
)
def test_what_was_asked_for_is_found_by_its_address(url: str, link: Link | None) -> None:
    assert SITE.asked(url) == link
    if link is not None:
        assert SITE.asked(SITE.request_url(link)) == link


def test_a_share_answer_belongs_to_the_post_that_is_told() -> None:
    url = SITE.request_url(SITE.share(CODE))
    told = SITE.asked(url, "init")
    assert told is not None
    assert told.article_id == "init"
