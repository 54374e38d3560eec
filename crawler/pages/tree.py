"""HTML text to an element tree, whatever the text holds."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import lxml.html
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

# Characters that XML cannot hold (libxml2 would drop the rest of the text at a NUL).
UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# libxml2 drops whatever follows </body> or </html>, so a fragment must not hold them.
DOCUMENT_TAGS = re.compile(r"</?(?:html|head|body)\b[^<>]*>?|<!doctype[^<>]*>?", re.IGNORECASE)
# Only real tags: a title may hold a bare "<", which a parser would take for one.
INLINE_TAGS = re.compile(
    r"</?(?:a|b|big|br|em|font|i|img|mark|p|s|small|span|strong|sub|sup|u)"
    r"(?:\s+[a-z][\w:-]*(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))?)*\s*/?>",
    re.IGNORECASE | re.ASCII,
)
# Elements that go with all they hold: nothing in them is text of the article.
UNSEEN = frozenset(
    {
        *("script", "style", "iframe", "object", "embed", "applet", "noscript", "template"),
        *("form", "input", "button", "select", "textarea", "svg", "math", "video", "audio"),
        *("head", "title", "meta", "link", "base", "frame", "frameset", "noframes", "canvas"),
    }
)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
TEXT = etree.XPath("string()")
SPACE = re.compile(r"\s+")
ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff]")


def parse_fragment(html: str) -> HtmlElement:
    """The tree of an HTML fragment under one `div`; broken markup is mended, never refused."""
    text = DOCUMENT_TAGS.sub("", UNHOLDABLE.sub("", html))
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    document = lxml.html.document_fromstring(f"<html><body>{text}".encode(), parser=parser)
    root: HtmlElement = document.find("body")
    root.tag = "div"
    # A root of its own: what has a parent could be taken out of it.
    document.remove(root)
    return root


def visible_text(element: HtmlElement) -> str:
    """The text of an element and its descendants, without comments, spaces folded to one."""
    return fold_spaces(str(TEXT(element))).strip()


def fold_spaces(text: str) -> str:
    """Runs of white space, the ideographic one too, become one space; spaces of no width go."""
    return SPACE.sub(" ", ZERO_WIDTH.sub("", text))


def plain_text(html: str | None) -> str | None:
    """A title or name as plain text: tags dropped, entities resolved; None when nothing is left."""
    if html is None:
        return None
    text = unescape(INLINE_TAGS.sub("", UNHOLDABLE.sub("", html)))
    return fold_spaces(UNHOLDABLE.sub("", text)).strip() or None


def walk(tree: HtmlElement) -> Iterator[HtmlElement | str]:
    """The nodes and texts of a tree in document order."""
    for event, node in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event != "end":
            yield node
        if event == "start" and node.text:
            yield node.text
        elif event != "start" and node is not tree and node.tail:
            yield node.tail


def drop_unseen(tree: HtmlElement) -> None:
    """Take out comments, hidden elements, and elements whose text is none of the page's."""
    for node in list(tree.iterdescendants()):
        if not isinstance(node.tag, str) or node.tag in UNSEEN or _is_hidden(node):
            remove(node)


def _is_hidden(node: HtmlElement) -> bool:
    return bool(HIDDEN.search(node.get("style") or "")) or node.get("hidden") is not None


def remove(element: HtmlElement) -> None:
    """Take an element or comment out of its tree; the text after it stays."""
    if element.getparent() is not None:
        element.drop_tree()
