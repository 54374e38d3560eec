"""The home page: for each tag its newest posts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parsel import Selector

from crawler.addresses import Link
from crawler.pages.body import name_of_tag
from crawler.pages.section import own_section
from crawler.pages.tree import parse_fragment, visible_text

if TYPE_CHECKING:
    from crawler.addresses import Site

TAGS_AND_LISTS = "h2, ul"
POST_LINKS = "li a::attr(href)"


@dataclass(frozen=True, slots=True)
class TagList:
    """A tag of the home page: its category's name, and the links of its newest posts."""

    name: str
    posts: list[Link]


def read_home(html: str, site: Site) -> list[TagList]:
    """The tags of a home page, in its order. Raises PageError when it is none."""
    section = Selector(root=parse_fragment(own_section(html)))
    lists: list[TagList] = []
    name = ""
    for block in section.css(TAGS_AND_LISTS):
        if block.root.tag == "h2":
            name = name_of_tag(visible_text(block.root))
        else:
            hrefs = block.css(POST_LINKS).getall()
            links = [link for href in hrefs if (link := site.link(href, site.canonical_url))]
            lists.append(TagList(name, [link for link in links if link.kind == "post"]))
    return lists
