"""The page of a post."""

from __future__ import annotations

import re
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from crawler.article import Observation
from crawler.pages.body import Body, category_of_tags, read_body
from crawler.pages.errors import PageError
from crawler.pages.section import own_section
from crawler.pages.tree import parse_fragment, plain_text

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.addresses import Link

# The layout's own marks; a title stands unescaped in its h1, so it is read as text, not as markup.
DATE = re.compile(r"<small>\s*(\(GMT[^<]*)</small>", re.IGNORECASE)
TITLE = re.compile(r"<h1\b[^<>]*>(.*?)</h1>", re.IGNORECASE | re.DOTALL)
TAGS = re.compile(r"<small>\s*tags:(.*?)</small>", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<em>(.*?)</em>", re.IGNORECASE | re.DOTALL)


class PostPage:
    """A post as its page shows it."""

    def __init__(self, html: str, link: Link) -> None:
        """Read a post's page. Raises PageError when the layout's title is not there."""
        self.link = link
        self.section = own_section(html)
        self.date_mark = DATE.search(self.section)
        title = TITLE.search(self.section, self.date_mark.end() if self.date_mark else 0)
        if title is None:
            raise PageError("no <h1>: not the page of a post")
        self.title_mark = title
        tags = list(TAGS.finditer(self.section, title.end()))
        self.tags_mark = tags[-1] if tags else None

    @property
    def digest(self) -> str:
        """What all that is read of the page is known again by."""
        return sha256(self.section.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def title(self) -> str | None:
        return plain_text(self.title_mark[1])

    @property
    def published_raw(self) -> str | None:
        return self.date_mark[1].strip() if self.date_mark else None

    @cached_property
    def tags(self) -> list[str]:
        names = TAG.findall(self.tags_mark[1]) if self.tags_mark else []
        return [name for raw in names if (name := plain_text(raw))]

    @cached_property
    def body(self) -> Body:
        end = self.tags_mark.start() if self.tags_mark else len(self.section)
        return read_body(parse_fragment(self.section[self.title_mark.end() : end]))

    @property
    def category_name(self) -> str | None:
        return category_of_tags(self.tags) or self.body.category_name

    @property
    def slug(self) -> str | None:
        """The category's exact slug, where a footer tells it."""
        return self.body.category if self.body.category_certain else None

    @property
    def article_id(self) -> str:
        assert self.link.article_id is not None
        return self.link.article_id

    def observation(self, observed_at: datetime) -> Observation:
        """What this page says of its article."""
        return Observation(
            id=self.article_id,
            kind="page",
            address=self.link.url,
            observed_at=observed_at,
            url=self.link.url,
            share_url=self.body.share_url,
            origin_url=self.body.origin_url,
            category=self.body.category or self.link.category,
            category_certain=self.body.category_certain,
            category_name=self.category_name,
            tags=self.tags,
            title=self.title,
            digest=self.body.digest,
            published_raw=self.published_raw,
            source=self.body.source,
            tree=self.body.tree,
        )
