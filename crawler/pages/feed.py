"""The site's Atom feed: its ten newest posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from crawler.pages.errors import PageError

if TYPE_CHECKING:
    from crawler.addresses import Link, Site

ATOM = "{http://www.w3.org/2005/Atom}"


def read_feed(xml: bytes, site: Site) -> list[Link]:
    """The post links of a feed, newest first. Raises PageError when it is not Atom."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise PageError(f"not XML: {error}") from None
    if root is None or root.tag != f"{ATOM}feed":
        raise PageError("not an Atom feed")
    links = []
    for entry in root.iterfind(f"{ATOM}entry"):
        for element in entry.iterfind(f"{ATOM}link"):
            link = site.link(element.get("href", ""), site.canonical_url)
            if link is not None and link.kind == "post":
                links.append(link)
    return links
