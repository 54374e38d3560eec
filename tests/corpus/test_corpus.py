"""The real posts of the site, where they are at hand: their text is not the project's."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

POSTS = Path(__file__).parents[3] / "shared" / "corpus" / "posts"
SEED = "NW202112312232996687"
SPILLED = ("EM_StockImg", "webquoteklinepic", "文章来源", "NewsShare", "返回", "infoCode")
ORIGIN = {
    "202112082206672930": "http://finance.eastmoney.com/news/11060,202112082206672930.html",
    "202112082206742097": "http://hk.eastmoney.com/news/1533,202112082206742097.html",
}

pytestmark = pytest.mark.skipif(not POSTS.is_dir(), reason="the real posts are not at hand")

# What a person read in each file: title, time, medium, securities with their via, blocks removed.
READ: dict[str, tuple[str | None, str, str | None, list[str], int]] = {
    SEED: (
        "中国平安服务国计民生 努力做有温度的金融",
        "2021-12-31T15:07:45+08:00",
        "北方网",
        ["02318.HK stock_image", "601318.SH stock_image"],
        2,
    ),
    "202205262391921712": (
        None,
        "2022-05-26T00:00:00+08:00",
        "上海证券报",
        [
            "NIO.US stock_image",
            "600160.SH mention",
            "300343.SZ mention",
            "600636.SH mention",
        ],
        1,
    ),
    "202112082206672930": (
        "离岸人民币兑美元升至2018年以来最高水平",
        "2021-12-08T10:46:18+08:00",
        None,
        [],
        0,
    ),
    "202112082206742097": (
        "北向资金净流入达30亿元",
        "2021-12-08T10:40:58+08:00",
        None,
        [],
        0,
    ),
    "202112082206747356": (
        "海伦司(09869.HK)涨超10%",
        "2021-12-08T10:41:52+08:00",
        None,
        ["09869.HK text"],
        0,
    ),
    "202112082206805832": (
        "港股苹果概念股集体上涨 昨夜苹果创历史新高",
        "2021-12-08T11:15:30+08:00",
        None,
        [],
        0,
    ),
    "202112082206928461": (
        "“股王”茅台重回2000元关口！酿酒板块多股大涨 北上资金“扫货” 大行情要来？",
        "2021-12-08T12:41:23+08:00",
        None,
        [],
        0,
    ),
    "202112082206934992": (
        "高盛：首予三叶草生物-B(2197.HK)买入评级 目标价22.83港元",
        "2021-12-08T12:45:50+08:00",
        None,
        ["02197.HK text"],
        0,
    ),
    "202112082207159912": (
        "2021年第48周生猪及猪肉价格环比上涨",
        "2021-12-08T15:31:35+08:00",
        "界面新闻",
        [],
        0,
    ),
    "202112082207168450": (
        "“入世”20年 广东外贸成绩斐然 进出口增长超3倍",
        "2021-12-08T15:46:00+08:00",
        "央视新闻客户端",
        [],
        0,
    ),
}


@pytest.fixture
def archived(finews: Any, exported: Callable[[], list[dict[str, Any]]]) -> dict[str, Any]:
    """The articles of the real posts."""
    assert finews("crawl", "archive", "-a", f"path={POSTS}").last.startswith("finews: done: 10")
    return {article["id"]: article for article in exported()}


def read(article: dict[str, Any]) -> tuple[Any, ...]:
    securities = [f"{s['symbol']} {s['via']}" for s in article["securities"]]
    return (
        article["title"],
        article["published_at"],
        article["source"],
        securities,
        article["stock_images_removed"],
    )


def body_of(article_id: str) -> str:
    [file] = POSTS.glob(f"*-{article_id}.md")
    return file.read_text(encoding="utf-8").split("---\n", 2)[2]


def paragraphs(article_id: str) -> list[str]:
    """The visible paragraphs of an HTML post, read off its file in the plainest way."""
    found = re.findall(r"<p(?: style=\"text-align:center;\")?>(.*?)</p>", body_of(article_id))
    texts = [html.unescape(re.sub("<[^>]+>", "", paragraph)).strip() for paragraph in found]
    return [text for text in texts if text]


def test_every_post_is_stored_as_a_person_reads_it(archived: dict[str, Any]) -> None:
    assert {key: read(article) for key, article in archived.items()} == READ
    for article_id, url in ORIGIN.items():
        assert archived[article_id]["origin_url"] == url


def test_the_odd_post_keeps_its_digest_boards_pictures_and_signs(archived: dict[str, Any]) -> None:
    article = archived["202205262391921712"]
    assert [b["code"] for b in article["boards"]] == ["BK0493", "BK0839"]
    assert len(article["images"]) == 3
    assert article["content_html"].count("<img") == 3
    assert article["url"] is None
    assert article["share_url"] is None
    assert (article["published_precision"], article["published_from"]) == ("day", "id")
    quoted = re.search(r"^> (.*)$", body_of(article["id"]), re.MULTILINE)
    assert quoted is not None
    assert article["digest"] == quoted[1]
    assert "&lt;" in article["content_html"]
    assert article["content_text"].splitlines() == paragraphs(article["id"])


def check_seed(article: dict[str, Any]) -> None:
    """The seed post, from whatever source."""
    assert read(article) == READ[SEED]
    assert (article["category"], article["category_name"]) == ("beifangwang", "北方网")
    assert article["content_text"].splitlines() == paragraphs(SEED)
    for spilled in SPILLED:
        assert spilled not in article["content_html"]
        assert spilled not in article["content_text"]
    for paragraph in paragraphs(SEED):
        assert article["content_html"].count(html.escape(paragraph, quote=False)) == 1


def test_the_seed_post_by_its_source(archived: dict[str, Any]) -> None:
    check_seed(archived[SEED])


@pytest.mark.parametrize("shared", [False, True], ids=["page", "page and share answer"])
def test_the_seed_post_by_its_page_with_the_spill(
    finews: Any,
    at: Callable[[Any], dict[str, str]],
    serve_routes: Callable[..., Any],
    exported: Callable[[], list[dict[str, Any]]],
    shared: bool,
) -> None:
    routes = pages_of_seed()
    if shared:
        body = body_of(SEED).partition("\n\n<http")[0].strip()
        share = json.dumps({"text": "", "content": body}, ensure_ascii=False)
        routes[f"/NewsData/GetNewsText.do?id={SEED}"] = share
    site = serve_routes(routes)
    chosen = {**at(site), "FOLLOW_SHARE_LINKS": str(shared)}
    finews("crawl", "finews", **chosen)
    [article] = exported()
    check_seed(article)
    assert set(article["provenance"]) == ({"page", "share"} if shared else {"page"})
    # The same by its source: another source joins, and nothing is a revision.
    [source] = POSTS.glob(f"*-{SEED}.md")
    (finews.folder / "posts").mkdir()
    (finews.folder / "posts" / source.name).write_bytes(source.read_bytes())
    finews("crawl", "archive", "-a", "path=posts")
    [joined] = exported()
    check_seed(joined)
    assert joined["content_hash"] == article["content_hash"]
    assert joined["revision"] == 1
    assert joined["published_from"] == "front_matter"


def pages_of_seed() -> dict[str, str]:
    """A site of the seed post alone, its body spilling out of og:description as Jekyll lets it."""
    body = body_of(SEED)
    html_part, _, footer = body.partition("\n\n<http")
    share = f"http{footer.partition('>')[0]}"
    back = "//finews.withounder.com/category/beifangwang.html"
    blocks = html_part.strip().replace("</p><", "</p>\n<").replace("><p>", ">\n<p>")
    home = "//finews.withounder.com/"
    footers = f'<p><a href="{back}">返回北方网新闻</a>｜<a href="{home}">返回首页</a></p>'
    converted = f'{blocks}\n\n<p><a href="{share}">{share}</a></p>\n\n{footers}\n'
    title = READ[SEED][0]
    path = f"/beifangwang/2021/12/31/{SEED}.html"
    listed = f'<ul>\n<li><a href="{path}">{title}</a></li>\n</ul>'
    home_template = '<h2>{{ tag }}</h2><ul><li><a href="{{ post.url }}">{{ post.title }}</a></li>'

    def page(description: str, content: str) -> str:
        return (
            f'<!DOCTYPE html><html lang="zh-CN"><head><meta property="og:description" '
            f'content="{description}">\n<title>{title}</title></head>\n'
            '<body onload="reloadLater(60000);"><div class="wrapper"><header><h1><a href='
            '"https://finews.withounder.com/">金融消息</a></h1></header>\n<section>\n'
            f"{content}\n</section>\n<footer></footer></div></body></html>"
        )

    post = (
        "<small>(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45</small>\n"
        f"<h1>{title}</h1>\n{converted}\n<small>tags: <em>北方网新闻</em></small>"
    )
    return {
        "/": page(home_template, f'<h2 id="北方网新闻">北方网新闻</h2>\n{listed}\n<p>---</p>'),
        "/feed.xml": '<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
        "/category/beifangwang.html": page("", f"<h2></h2>\n{listed}"),
        path: page(converted, post),
    }
