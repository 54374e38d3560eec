"""A post's Jekyll source: front matter and a body of Markdown and HTML."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import yaml
from markdown_it import MarkdownIt

from crawler.addresses import ARTICLE_ID, share_url
from crawler.article import Observation
from crawler.pages.body import Body, name_of_tag, read_body
from crawler.pages.errors import PageError
from crawler.pages.tree import parse_fragment, plain_text

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.addresses import Site

FILE_NAME = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)?-(?P<id>[^/]+)")
FRONT_MATTER = re.compile(r"\s*---[ \t]*\r?\n(?P<head>.*?)^---[ \t]*\r?$(?P<body>.*)", re.S | re.M)
HEAD_LINE = re.compile(r"^(?P<key>[A-Za-z_]+):[ \t]*(?P<value>.*?)[ \t]*\r?$", re.MULTILINE)
PLAIN_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)")

# As kramdown does on the site: straight quotes, dashes and dots become typographic.
MARKDOWN = (
    MarkdownIt("commonmark", {"html": True, "typographer": True})
    .enable(["replacements", "smartquotes"])
    .enable("table")
)


class SourcePost:
    """A post as its source file has it."""

    def __init__(self, text: str, file_name: str, site: Site) -> None:
        """Read a source. Raises PageError when name or front matter are not those of a post."""
        self.file_name = PurePath(file_name).name
        stem = self.file_name.removesuffix(".md").removesuffix(".markdown")
        name = FILE_NAME.fullmatch(stem)
        if name is None or not ARTICLE_ID.fullmatch(name["id"]):
            raise PageError("the file's name is not YYYY-MM-DD-<id>.md")
        match = FRONT_MATTER.match(text.removeprefix("\ufeff"))
        if match is None:
            raise PageError("no front matter between two lines of ---")
        self.site = site
        self.article_id = name["id"]
        self.file_day = name["day"]
        self.variant = None if name["day"] else stem
        self.head = _front_matter(match["head"])
        self.markdown = match["body"]

    def _value(self, key: str) -> str | None:
        value = self.head.get(key)
        return value.strip() or None if isinstance(value, str) else None

    def _words(self, *keys: str) -> list[str]:
        """A front matter list: of YAML, or words apart by spaces as Jekyll reads them."""
        for key in keys:
            value = self.head.get(key)
            if isinstance(value, list):
                return [str(word).strip() for word in value if str(word).strip()]
            if isinstance(value, str) and value.strip():
                return value.split()
        return []

    @property
    def title(self) -> str | None:
        return plain_text(self._value("title"))

    @property
    def published_raw(self) -> str | None:
        return self._value("date")

    @property
    def categories(self) -> list[str]:
        return self._words("categories", "category")

    @property
    def tags(self) -> list[str]:
        return [name for word in self._words("tags", "tag") if (name := plain_text(word))]

    @cached_property
    def body(self) -> Body:
        return read_body(parse_fragment(str(MARKDOWN.render(self.markdown))))

    @property
    def url(self) -> str | None:
        """The address that Jekyll gives the post's page; None for a source it never publishes."""
        day = self._page_day()
        if self.variant is not None or day is None:
            return None
        path = "/".join([*(part.lower() for part in self.categories), f"{day:%Y/%m/%d}"])
        link = self.site.link(f"/{path}/{self.article_id}.html")
        return link.url if link else None

    def _page_day(self) -> date | None:
        """The day in the page's address: Jekyll reads a date without a zone as UTC."""
        if self.file_day is None:
            return None
        try:
            day = date.fromisoformat((self.published_raw or self.file_day)[:10])
            if match := PLAIN_TIME.fullmatch(self.published_raw or ""):
                hours = int(match[2][:2])
                day += timedelta(days=hours >= 16)
        except (ValueError, OverflowError):
            return None
        return day

    def observation(self, observed_at: datetime) -> Observation:
        """What this source says of its article."""
        body = self.body
        category = "".join(self.categories) or body.category
        return Observation(
            id=self.article_id,
            kind="front_matter",
            variant=self.variant,
            address=self.file_name,
            observed_at=observed_at,
            url=self.url,
            share_url=share_url(body.info_code) if body.info_code else None,
            origin_url=body.origin_url,
            category=category,
            category_certain=category is not None,
            category_name=name_of_tag(self.tags[0]) if self.tags else body.category_name,
            tags=self.tags,
            title=self.title,
            digest=body.digest,
            published_raw=self.published_raw,
            source=body.source,
            tree=body.tree,
        )


def _front_matter(text: str) -> dict[str, Any]:
    """The front matter's values as text; line by line where it is not YAML (a quote in a title)."""
    try:
        values = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        values = {m["key"]: m["value"].strip("\"'") for m in HEAD_LINE.finditer(text)}
    if not isinstance(values, dict):
        raise PageError("the front matter is not a list of names and values")
    return values
