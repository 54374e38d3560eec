"""The part of a page that is its own: what the unescaped og:description spills is left out."""

from __future__ import annotations

import re

from crawler.pages.errors import PageError

SECTION = re.compile(r"<section\b[^<>]*>", re.IGNORECASE)
SECTION_END = "</section>"
HEADER_END = "</header>"


def own_section(html: str) -> str:
    """The inner HTML of the page's section. The spill stands before the header, so it is cut off.

    Raises PageError where the page has none.
    """
    start = html.rfind(HEADER_END)
    match = SECTION.search(html, max(start, 0))
    if match is None:
        raise PageError("no <section>: not a page of this site's layout")
    end = html.rfind(SECTION_END)
    return html[match.end() : end] if end >= match.end() else html[match.end() :]
