"""The site's Atom feed: its ten newest posts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from lxml import etree

from crawler.addresses import Link
from crawler.article import Observation
from crawler.pages.body import category_of_tags, read_body
from crawler.pages.errors import PageError
from crawler.pages.tree import parse_fragment, plain_text

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.addresses import Site

ATOM = "{http://www.w3.org/2005/Atom}"
TITLE, PUBLISHED, CONTENT, SUMMARY, LINK, TERM = (
    f"{ATOM}{name}" for name in ("title", "published", "content", "summary", "link", "category")
)
FEED, ENTRY = f"{ATOM}feed", f"{ATOM}entry"
# Entities of HTML that XML does not know: a parser that goes on would drop the rest of the tags.
ENTITY = re.compile(rb"&(?!amp;|lt;|gt;|quot;|apos;)[A-Za-z][A-Za-z0-9]*;")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A post as the feed at `address` shows it."""

    address: str
    link: Link
    element: etree._Element

    @property
    def article_id(self) -> str:
        assert self.link.article_id is not None
        return self.link.article_id

    def _text(self, name: str) -> str | None:
        text = self.element.findtext(name)
        return text.strip() or None if text else None

    @property
    def title(self) -> str | None:
        return plain_text(self._text(TITLE))

    @property
    def published_raw(self) -> str | None:
        return self._text(PUBLISHED)

    @property
    def tags(self) -> list[str]:
        """A feed's categories are the post's own, of which its address is made, then its tags."""
        texts = [plain_text(element.get("term")) for element in self.element.iterfind(TERM)]
        terms = [text for text in texts if text]
        for number in range(len(terms), 0, -1):
            if "".join(terms[:number]).casefold() == self.link.category:
                return terms[number:]
        return terms

    def observation(self, observed_at: datetime) -> Observation:
        """What this entry says of its article."""
        body = read_body(parse_fragment(self._text(CONTENT) or self._text(SUMMARY) or ""))
        return Observation(
            id=self.article_id,
            kind="feed",
            address=self.address,
            observed_at=observed_at,
            url=self.link.url,
            share_url=body.share_url,
            origin_url=body.origin_url,
            category=body.category or self.link.category,
            category_certain=body.category_certain,
            category_name=category_of_tags(self.tags) or body.category_name,
            tags=self.tags,
            title=self.title,
            digest=body.digest,
            published_raw=self.published_raw,
            source=body.source,
            tree=body.tree,
            raw=etree.tostring(self.element, encoding="utf-8"),
        )


def _resolved(match: re.Match[bytes]) -> bytes:
    return unescape(match[0].decode()).encode()


def read_feed(xml: bytes, site: Site) -> list[FeedEntry]:
    """The posts of a feed, newest first, or of one entry. Raises PageError when it is not Atom."""
    xml = ENTITY.sub(_resolved, xml)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise PageError(f"not XML: {error}") from None
    if root is None or root.tag not in (FEED, ENTRY):
        raise PageError("not an Atom feed")
    entries = []
    for element in root.iter(ENTRY):
        for found in element.iterfind(LINK):
            link = site.link(found.get("href", ""), site.canonical_url)
            if link is not None and link.kind == "post":
                entries.append(FeedEntry(site.feed.url, link, element))
                break
    return entries
