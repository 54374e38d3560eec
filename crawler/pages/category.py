"""A category page: every post of the category that the site still lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.pages.section import own_section
from crawler.pages.tree import parse_fragment

if TYPE_CHECKING:
    from crawler.addresses import Link, Site

POST_LINK = ".//li//a[@href]"


def read_category(html: str, page: Link, site: Site) -> list[Link]:
    """The post links of a category page, each once, in its order. Raises PageError."""
    links: dict[str, Link] = {}
    for anchor in parse_fragment(own_section(html)).iterfind(POST_LINK):
        link = site.link(anchor.get("href", ""), page.url)
        if link is not None and link.kind == "post":
            links.setdefault(link.url, link)
    return list(links.values())
