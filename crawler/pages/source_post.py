"""A post's Jekyll source: front matter and a body of Markdown and HTML."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import yaml

from crawler.addresses import ARTICLE_ID
from crawler.article import Observation
from crawler.dates import ARTEFACT, normalise_date
from crawler.pages.body import Body, category_of_tags, read_body
from crawler.pages.errors import PageError
from crawler.pages.kramdown import render
from crawler.pages.tree import parse_fragment, plain_text

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.addresses import Site

# Every value stays text. libyaml, which Jekyll reads with too, needs a tenth of the time, but takes
# no emoji in two halves ("\\ud83d\\ude00").
LOADERS = (getattr(yaml, "CBaseLoader", yaml.BaseLoader), yaml.BaseLoader)
FILE_NAME = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)?-(?P<id>[^/]+)")
FRONT_MATTER = re.compile(r"\s*---[ \t]*\r?\n(?P<head>.*?)^---[ \t]*\r?$(?P<body>.*)", re.S | re.M)
HEAD_LINE = re.compile(r"^(?P<key>[A-Za-z_]+):[ \t]*(?P<value>.*?)[ \t]*\r?$", re.MULTILINE)
# What YAML takes for a time: without a zone, in UTC. Other texts Jekyll reads in the site's zone.
WITHOUT_ZONE = re.compile(
    r"^date:[ \t]*\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?[ \t]*$", re.MULTILINE
)


class SourcePost:
    """A post as its source file has it."""

    def __init__(self, text: str, place: str, site: Site) -> None:
        """Read a source; `place` is its path in the archive, by which it is known again.

        Raises PageError when name or front matter are not those of a post.
        """
        self.place = place
        stem = PurePath(place).name.removesuffix(".md").removesuffix(".markdown")
        name = FILE_NAME.fullmatch(stem)
        if name is None or not ARTICLE_ID.fullmatch(name["id"]):
            raise PageError("the file's name is not YYYY-MM-DD-<id>.md")
        text = text.removeprefix("\ufeff")
        match = FRONT_MATTER.match(text)
        if match is None:
            raise PageError("no front matter between two lines of ---")
        self.site = site
        self.article_id = name["id"]
        self.file_day = name["day"]
        # After a blank line it is text to Jekyll, which publishes the post without categories.
        self.jekyll_sees_head = text.startswith("---")
        self.head = _front_matter(match["head"])
        self.in_utc = WITHOUT_ZONE.search(match["head"].replace("\r", "")) is not None
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
        return read_body(parse_fragment(render(self.markdown)))

    @property
    def url(self) -> str | None:
        """The address that Jekyll gives the post's page; None for a source it never publishes."""
        day = self._page_day()
        if day is None:
            return None
        categories = self.categories if self.jekyll_sees_head else []
        path = "/".join([*(part.lower() for part in categories), f"{day:%Y/%m/%d}"])
        link = self.site.link(f"/{path}/{self.article_id}.html")
        return link.url if link else None

    def _page_day(self) -> date | None:
        """The day in the page's address: Jekyll reads a date without a zone as UTC."""
        if self.file_day is None:
            return None
        told = normalise_date(self.published_raw) if self.jekyll_sees_head else None
        try:
            if told is None:
                return date.fromisoformat(self.file_day)
            return (told.time + ARTEFACT * self.in_utc).date()
        except (ValueError, OverflowError):
            return None

    def observation(self, observed_at: datetime) -> Observation:
        """What this source says of its article."""
        body = self.body
        category = "".join(self.categories) or body.category
        return Observation(
            id=self.article_id,
            kind="front_matter",
            variant=self.place,
            address=self.place,
            observed_at=observed_at,
            url=self.url,
            share_url=body.share_url,
            origin_url=body.origin_url,
            category=category,
            category_certain=bool(self.categories) or body.category_certain,
            category_name=category_of_tags(self.tags) or body.category_name,
            tags=self.tags,
            title=self.title,
            digest=body.digest,
            published_raw=self.published_raw,
            source=body.source,
            tree=body.tree,
        )


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _front_matter(text: str) -> dict[str, Any]:
    """The front matter's values as text; line by line where it is not YAML (a quote in a title)."""
    values: Any = None
    for loader in LOADERS:
        with suppress(yaml.YAMLError):
            values = yaml.load(text, Loader=loader)
            break
    else:
        values = {m["key"]: _unquoted(m["value"]) for m in HEAD_LINE.finditer(text)}
    if not isinstance(values, dict):
        raise PageError("the front matter is not a list of names and values")
    return values
