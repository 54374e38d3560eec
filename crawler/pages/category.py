"""A category page: every post of the category that the site still lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.pages.section import own_section
from crawler.pages.tree import parse_fragment

if TYPE_CHECKING:
    from crawler.addresses import Link, Site


def read_category(html: str, page: Link, site: Site) -> list[Link]:
    """The post links of a category page, each once, in its order. Raises PageError."""
    links: dict[str, Link] = {}
    for anchor in parse_fragment(own_section(html)).iter("a"):
        href = anchor.get("href")
        if href is None or next(anchor.iterancestors("li"), None) is None:
            continue
        link = site.link(href, page.url)
        if link is not None and link.kind == "post":
            links.setdefault(link.url, link)
    return list(links.values())
