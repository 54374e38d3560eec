"""The sample site enlarged: as many posts as wanted, made like one of its posts.

Each tells a story of its own, in letters of its own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from crawler.sample_site.server import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PATTERN = "NW202112312233001257"
TITLE, NAME, SLUG = "港口装上“大脑” 天津口岸年末跑出加速度", "北方网", "beifangwang"
SENTENCE = re.compile(r"[\u4e00-\u9fff]{8,}")
SECTION = "<html><body><header></header><section>{}</section></body></html>"
ENTRY = (
    '<entry><title type="html">{title}</title><link href="https://finews.withounder.com{path}" '
    'rel="alternate" /><published>2021-12-31T15:12:08+08:00</published>'
    '<content type="html">&lt;p&gt;港口。&lt;/p&gt;</content></entry>'
)


class LargeSite:
    """A site's folder with `www` and `share`; its posts are numbered, number by category."""

    def __init__(self, folder: Path, posts: int, categories: int = 20) -> None:
        self.folder = folder
        self.categories = categories
        self.numbers: list[int] = []
        self.page = (FOLDER / "www" / SLUG / "2021/12/31" / f"{PATTERN}.html").read_text("utf-8")
        self.answer = (FOLDER / "share" / f"{PATTERN}.json").read_text("utf-8")
        (folder / "share").mkdir(parents=True)
        self.add(range(posts))

    @property
    def ids(self) -> list[str]:
        """The ids of all posts, oldest first."""
        return [_id(number) for number in self.numbers]

    def add(self, numbers: Iterable[int]) -> None:
        """Publish posts, the newest last, and build the lists anew."""
        for number in numbers:
            self.numbers.append(number)
            self.write(number)
        self._write_lists()

    def write(self, number: int, title: str | None = None) -> None:
        """Write a post, its title another if one is given, and its share answer."""
        key, slug, title = _id(number), self.slug(number), title or _title(number)
        file = self.folder / "www" / self.path(number)[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        of_category = _retold(self.page, number).replace(SLUG, slug).replace(NAME, f"{NAME}{slug}")
        file.write_text(of_category.replace(PATTERN, key).replace(TITLE, title), "utf-8")
        told = json.loads(_retold(self.answer, number).replace(PATTERN, key).replace(TITLE, title))
        (self.folder / "share" / f"{key}.json").write_text(json.dumps(told), "utf-8")

    def slug(self, number: int) -> str:
        """The category of a post."""
        return f"category{number % self.categories}"

    def path(self, number: int) -> str:
        """The path of a post's page."""
        return f"/{self.slug(number)}/2021/12/31/{_id(number)}.html"

    def _write_lists(self) -> None:
        """The home page, the category pages and the feed."""
        www = self.folder / "www"
        (www / "category").mkdir(exist_ok=True)
        by_slug: dict[str, list[int]] = {}
        for number in self.numbers:
            by_slug.setdefault(self.slug(number), []).insert(0, number)
        home = []
        for slug, newest_first in by_slug.items():
            heading = f"<h2>{NAME}{slug}新闻</h2>"
            home.append(heading + self._list(newest_first[:5]))
            page = SECTION.format(heading + self._list(newest_first))
            (www / "category" / f"{slug}.html").write_text(page, "utf-8")
        (www / "index.html").write_text(SECTION.format("".join(home)), "utf-8")
        entries = "".join(
            ENTRY.format(title=escape(_title(number)), path=self.path(number))
            for number in self.numbers[-10:][::-1]
        )
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'
        (www / "feed.xml").write_text(feed, "utf-8")

    def _list(self, numbers: Iterable[int]) -> str:
        lines = (f'<li><a href="{self.path(n)}">{_title(n)}</a></li>' for n in numbers)
        return f"<ul>{''.join(lines)}</ul>"


def _retold(text: str, number: int) -> str:
    """The text with sentences of other letters, the same by page and by share answer."""
    letters = {ord(c): chr(0x4E00 + (ord(c) + 977 * number) % 20_000) for c in set(text)}
    return SENTENCE.sub(
        lambda told: told[0] if told[0] in TITLE else told[0].translate(letters), text
    )


def _id(number: int) -> str:
    return f"NW20211231{number:010}"


def _title(number: int) -> str:
    return f"第{number}号 {TITLE}"
