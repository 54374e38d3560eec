"""The sample site enlarged: as many posts as wanted, each a copy of one of its posts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from crawler.sample_site.server import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PATTERN = "NW202112312233001257"
TITLE, NAME, SLUG = "港口装上“大脑” 天津口岸年末跑出加速度", "北方网", "beifangwang"
CATEGORIES = 20
SECTION = "<html><body><header></header><section>{}</section></body></html>"
ENTRY = (
    '<entry><title type="html">{title}</title><link href="https://finews.withounder.com{path}" '
    'rel="alternate" /><published>2021-12-31T15:12:08+08:00</published>'
    '<content type="html">&lt;p&gt;港口。&lt;/p&gt;</content></entry>'
)


def write_site(folder: Path, posts: int) -> list[str]:
    """Write `www` and `share` of a site into a folder; the ids of its posts."""
    ids = [f"NW20211231{number:010}" for number in range(posts)]
    page = (FOLDER / "www" / SLUG / "2021/12/31" / f"{PATTERN}.html").read_text(encoding="utf-8")
    answer = (FOLDER / "share" / f"{PATTERN}.json").read_text(encoding="utf-8")
    (folder / "share").mkdir(parents=True)
    for number, key in enumerate(ids):
        file = folder / "www" / _path(number, key)[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        of_category = page.replace(SLUG, _slug(number)).replace(NAME, f"{NAME}{_slug(number)}")
        file.write_text(of_category.replace(PATTERN, key).replace(TITLE, _title(number)), "utf-8")
        told = json.loads(answer.replace(PATTERN, key))
        (folder / "share" / f"{key}.json").write_text(json.dumps(told), "utf-8")
    _write_lists(folder / "www", list(enumerate(ids)))
    return ids


def _write_lists(www: Path, posts: list[tuple[int, str]]) -> None:
    """The home page, the category pages and the feed."""
    home = []
    (www / "category").mkdir()
    for category in range(min(CATEGORIES, len(posts))):
        newest_first = posts[category::CATEGORIES][::-1]
        heading = f"<h2>{NAME}{_slug(category)}新闻</h2>"
        home.append(heading + _list(newest_first[:5]))
        page = SECTION.format(heading + _list(newest_first))
        (www / "category" / f"{_slug(category)}.html").write_text(page, "utf-8")
    (www / "index.html").write_text(SECTION.format("".join(home)), "utf-8")
    entries = "".join(
        ENTRY.format(title=escape(_title(number)), path=_path(number, key))
        for number, key in posts[-10:][::-1]
    )
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'
    (www / "feed.xml").write_text(feed, "utf-8")


def _list(posts: Iterable[tuple[int, str]]) -> str:
    lines = (f'<li><a href="{_path(n, key)}">{_title(n)}</a></li>' for n, key in posts)
    return f"<ul>{''.join(lines)}</ul>"


def _slug(number: int) -> str:
    return f"category{number % CATEGORIES}"


def _title(number: int) -> str:
    return f"第{number}号 {TITLE}"


def _path(number: int, key: str) -> str:
    return f"/{_slug(number)}/2021/12/31/{key}.html"
