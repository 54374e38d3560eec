"""A generated site: posts of about 12 KB, lists, feed, share answers, sources; and what they say.

What is expected of a crawl is known from what a page is made of, not from reading it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from bench.articles import Language
from crawler.article import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HOME = "https://finews.withounder.com"
SHARE = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode="
BEGIN = datetime(2022, 1, 1, tzinfo=SHANGHAI)
CATEGORIES, PARAGRAPHS, NEWEST, FED = 300, 9, 5, 10
SPACER = '<p style="display:none;height:1px;overflow:hidden;"><br /></p>'
STYLE = 'style="border:#d1d1d1 1px solid;" width="578" height="276"'
HEAD = (
    '<!DOCTYPE html>\n<html lang="zh-CN">\n  <head>\n    <meta charset="UTF-8">\n'
    '    <meta property="og:title" content="{title}">\n'
    '    <meta property="og:description" content="{spill}">\n'
    "<title>{title} | 金融消息</title>\n"
    '<meta name="description" content="{text}" />\n'
    '<meta property="og:description" content="{text}" />\n'
    '<script type="application/ld+json">\n'
    '{{"headline":"{title}","description":"{text}"}}</script>\n'
    '    <link rel="stylesheet" href="/assets/css/style.css">\n  </head>\n'
    '  <body onload="reloadLater(60000);">\n    <div class="wrapper">\n      <header>\n'
    f'        <h1><a href="{HOME}/">金融消息</a></h1>\n      </header>\n      <section>\n'
)
FOOT = (
    "\n      </section>\n      <footer>\n        <p>&copy; 2022</p>\n      </footer>\n"
    "    </div>\n  </body>\n</html>\n"
)
LISTED = '<a href="{{ post.url }}">{{ post.title }}</a>'
ENTRY = (
    '<entry>\n<title type="html">{title}</title>\n<link href="{home}{path}" rel="alternate" />\n'
    '<published>{time}</published>\n<content type="html">{content}</content>\n</entry>\n'
)


@dataclass(frozen=True, slots=True)
class Post:
    """What a post is made of. `shares`: (code, name) of the shares it shows charts of and names."""

    number: int
    title: str
    paragraphs: list[str]
    shares: list[tuple[str, str]]

    @property
    def time(self) -> datetime:
        return BEGIN + timedelta(minutes=self.number)

    @property
    def id(self) -> str:
        return f"NW{self.time:%Y%m%d}{self.number:010}"

    @property
    def slug(self) -> str:
        return f"category{self.number % CATEGORIES}"

    @property
    def name(self) -> str:
        return f"第{self.number % CATEGORIES}网"

    @property
    def path(self) -> str:
        return f"/{self.slug}/{self.time:%Y/%m/%d}/{self.id}.html"

    @property
    def body(self) -> str:
        """The article's HTML as the upstream has it."""
        charts = [_chart(code) for code, _ in self.shares]
        paragraphs = [f"<p>\u3000\u3000{text}</p>" for text in self.paragraphs]
        paragraphs += [f"<p>其中{_mention(code, name)}涨停。</p>" for code, name in self.shares]
        attribution = f'<p class="em_media">（文章来源：{self.name}）</p>'
        return "\n".join([*charts, SPACER, *paragraphs, attribution])

    def page(self) -> str:
        """Its page: the unescaped og:description spills, so that each block stands twice."""
        footer = (
            f'\n\n<p><a href="{SHARE}{self.id}">{SHARE}{self.id}</a></p>\n\n'
            f'<p><a href="//finews.withounder.com/category/{self.slug}.html">'
            f'返回{self.name}新闻</a>｜<a href="//finews.withounder.com/">返回首页</a></p>\n'
        )
        head = HEAD.format(
            title=self.title, spill=self.body + footer, text="".join(self.paragraphs)
        )
        date = f"<small>(GMT+8, Asia/Shanghai, CST) {self.time:%Y-%m-%d %H:%M:%S}</small>\n"
        tags = f"\n<small>tags: <em>{self.name}新闻</em></small>\n"
        return f"{head}{date}<h1>{self.title}</h1>\n{self.body}{footer}{tags}{FOOT}"

    def answer(self) -> str:
        """Its share answer."""
        told = {"infoCode": self.id, "showtime": f"{self.time:%Y-%m-%d %H:%M:%S}"}
        return json.dumps(told | {"text": self.body, "content": None}, ensure_ascii=False)

    def source(self) -> str:
        """Its source: front matter and Markdown."""
        return (
            f'---\nlayout: post\ntitle: "{self.title}"\n'
            f"date: {self.time:%Y-%m-%d %H:%M:%S} +0800\ncategories: {self.slug}\n"
            f"tags: {self.name}新闻\n---\n"
            f"{self.body.replace(chr(10), '')}\n\n<{SHARE}{self.id}>\n\n"
            f"[返回{self.name}新闻](//finews.withounder.com/category/{self.slug}.html)"
            "｜[返回首页](//finews.withounder.com/)\n"
        )

    def expected(self) -> dict[str, Any]:
        """What an export has to say of it."""
        last = [f"其中{name}涨停。" for _, name in self.shares]
        return {
            "id": self.id,
            "url": HOME + self.path,
            "share_url": SHARE + self.id,
            "category": self.slug,
            "category_name": self.name,
            "tags": [f"{self.name}新闻"],
            "title": self.title,
            "published_at": self.time.isoformat(),
            "source": self.name,
            "securities": [
                {"symbol": f"{code}.SH", "market": "1", "code": code, "name": name, "via": via}
                for (code, name), via in ((share, "stock_image") for share in self.shares)
            ],
            "boards": [],
            "images": [],
            "stock_images_removed": len(self.shares),
            "content_text": "\n".join([*self.paragraphs, *last]),
            "content_html": "".join(f"<p>{text}</p>" for text in [*self.paragraphs, *last]),
            "duplicate_of": None,
        }


class Posts:
    """Posts by number, each with words of its own; the same number is always the same post."""

    def __init__(self) -> None:
        self.language = Language()

    def __getitem__(self, number: int) -> Post:
        language = self.language
        language.random.seed(number)
        paragraphs = [
            f"{language.sentence(9)}，{language.sentence(9)}，{language.sentence(8)}。"
            for _ in range(PARAGRAPHS)
        ]
        codes = language.random.sample(range(600000, 602000), number % 3)
        shares = [(str(code), language.sentence(2)) for code in codes]
        return Post(number, f"{language.sentence(8)}{number}", paragraphs, shares)


class Site:
    """A site's folder: `www`, `share`, and `source` when it is wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.posts = Posts()
        self.titles: list[tuple[str, str]] = []

    @property
    def numbers(self) -> range:
        """Those of the posts that are published."""
        return range(len(self.titles))

    def publish(self, count: int, *, with_sources: bool = False) -> None:
        """Publish so many more posts, the newest last, and build anew the lists that show them."""
        first = len(self.titles)
        for number in range(first, first + count):
            post = self.posts[number]
            self.titles.append((post.path, post.title))
            _write(self.folder / "www" / post.path[1:], post.page())
            _write(self.folder / "share" / f"{post.id}.json", post.answer())
            if with_sources:
                name = f"{post.time:%Y-%m-%d}-{post.id}.md"
                _write(self.folder / "source" / name, post.source())
        self._write_lists(range(first, first + count))

    def withdraw(self, count: int) -> None:
        """Take the newest posts back, so that they can be published again."""
        for path, _ in self.titles[-count:]:
            (self.folder / "www" / path[1:]).unlink()
        del self.titles[-count:]
        self._write_lists(range(len(self.titles), len(self.titles) + count))

    def _write_lists(self, changed: range) -> None:
        www = self.folder / "www"
        _write(www / "robots.txt", "User-agent: *\nAllow: /\n")
        for category in {number % CATEGORIES for number in changed}:
            lines = self._list(self._of(category))
            spill = HEAD.format(title=f"第{category}网新闻", spill=LISTED, text="")
            page = f'{spill}<h2 id=""></h2>\n{lines}{FOOT}'
            _write(www / "category" / f"category{category}.html", page)
        home = [HEAD.format(title="首页", spill=LISTED, text="")]
        for category in range(min(CATEGORIES, len(self.titles))):
            name = f"第{category}网新闻"
            home.append(f'<h2 id="{name}">{name}</h2>\n{self._list(self._of(category)[:NEWEST])}')
            home.append("\n<hr />\n\n")
        _write(www / "index.html", "".join([*home, FOOT]))
        _write(www / "feed.xml", self._feed())

    def _of(self, category: int) -> list[int]:
        """The numbers of a category's posts, the newest first."""
        return [*range(category, len(self.titles), CATEGORIES)][::-1]

    def _list(self, numbers: Iterable[int]) -> str:
        shown = (self.titles[number] for number in numbers)
        lines = (f'<li><a href="{path}">{title}</a></li>\n' for path, title in shown)
        return f"<ul>\n{''.join(lines)}</ul>\n"

    def _feed(self) -> str:
        entries = []
        for number in self.numbers[-FED:][::-1]:
            post = self.posts[number]
            told = {"title": escape(post.title), "time": post.time.isoformat(), "home": HOME}
            entries.append(ENTRY.format(path=post.path, content=escape(post.body), **told))
        return f'<feed xmlns="http://www.w3.org/2005/Atom">\n{"".join(entries)}</feed>\n'


def _chart(code: str) -> str:
    quote = f"http://quote.eastmoney.com/unify/r/1.{code}"
    picture = f"https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.{code}&amp;imageType=k"
    return (
        f'{SPACER}\n<!-- EM_StockImg_Start -->\n<p style="text-align:center;"><a href="{quote}" '
        f'data-code="{code}|1|1" data-code2="{code}|1|2|" class="EmImageRemark" target="_blank">'
        f'<img src="{picture}" border="0" alt="K图 {code}_0" data-code="K {code}|1|1" {STYLE} />'
        "</a></p>\n<!-- EM_StockImg_End -->"
    )


def _mention(code: str, name: str) -> str:
    return (
        f'<span id="stock_1.{code}"><a href="http://quote.eastmoney.com/unify/r/1.{code}" '
        f'class="keytip" data-code="1,{code}">{name}</a></span><span id="quote_1.{code}"></span>'
    )


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
