"""HTML text to an element tree, whatever the text holds."""

from __future__ import annotations

import re
import threading
import unicodedata
from html import unescape
from typing import TYPE_CHECKING

import lxml.html
from lxml import etree

from crawler.pages.errors import PageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

# Controls, which are no text; XML cannot hold most of them, and libxml2 stops at a NUL.
UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
NUMBERED = re.compile(r"&#(?:[xX](?P<hex>[0-9a-fA-F]+)|(?P<dec>[0-9]+));?", re.ASCII)
HIGHEST = 0x10FFFF
# libxml2 drops whatever follows </body> or </html>, so a fragment must not hold them.
DOCUMENT_TAGS = re.compile(r"</?(?:html|head|body)\b[^<>]*>?|<!doctype[^<>]*>?", re.IGNORECASE)
# Only real tags: a title may hold a bare "<", which a parser would take for one.
ATTRIBUTES = r"(?:\s+[a-z][\w:-]*(?:\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>]+))?)*\s*/?"
INLINE_TAGS = re.compile(
    rf"</?(?:a|b|big|code|em|font|i|img|label|mark|s|small|span|strong|sub|sup|u){ATTRIBUTES}>",
    re.IGNORECASE | re.ASCII,
)
LINE_TAGS = re.compile(
    rf"</?(?:br|center|div|h[1-6]|li|p|td|tr|ul){ATTRIBUTES}>", re.IGNORECASE | re.ASCII
)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
# Elements that go with all they hold: nothing in them is text of the article.
UNSEEN = frozenset(
    {
        *("script", "style", "iframe", "object", "embed", "applet", "noscript", "template"),
        *("input", "button", "select", "textarea", "svg", "math", "video", "audio"),
        *("head", "title", "meta", "link", "base", "frame", "frameset", "noframes", "canvas"),
    }
)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
RESOURCE_LIMIT = "ERR_RESOURCE_LIMIT"
TEXT = etree.XPath("string()", smart_strings=False)
ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
# Elements that begin or end a line.
LINES = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6"})
# One class for all elements: lxml's own lookup by tag is Python, and called for each of them.
CLASSES = etree.ElementDefaultClassLookup(
    lxml.html.HtmlElement, lxml.html.HtmlComment, lxml.html.HtmlProcessingInstruction
)


class _Parsers(threading.local):
    """One parser for each thread: to make one takes a tenth of the time of a text."""

    def __init__(self) -> None:
        self.parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
        self.parser.set_element_class_lookup(CLASSES)


PARSERS = _Parsers()


def parse_fragment(html: str) -> HtmlElement:
    """The tree of an HTML fragment under one `div`; broken markup is mended.

    Raises PageError where elements are nested so deep that the parser would drop the rest.
    """
    text = UNHOLDABLE.sub("", html)
    if "&#" in text:
        text = NUMBERED.sub(_without_control, text)
    text = DOCUMENT_TAGS.sub("", text)
    parser = PARSERS.parser
    document = etree.fromstring(f"<html><body>{text}".encode(), parser)
    # Of this text alone: a parser begins with an empty log each time.
    last = parser.error_log.last_error
    if last is not None and last.type_name == RESOURCE_LIMIT:
        raise PageError("elements are nested deeper than the parser takes (2048)")
    root: HtmlElement = document.find("body")
    root.tag = "div"
    # A root of its own: what has a parent could be taken out of it.
    document.remove(root)
    return root


def _without_control(match: re.Match[str]) -> str:
    """A character by its number, unless it is a control; &#151; is a dash, as browsers have it."""
    number = int(match["hex"], 16) if match["hex"] else int(match["dec"][:9])
    if number > HIGHEST:
        return ""
    if 0x80 <= number <= 0x9F:
        return UNHOLDABLE.sub("", unescape(f"&#{number};"))
    return "" if UNHOLDABLE.match(chr(number)) else match[0]


def visible_text(element: HtmlElement) -> str:
    """The text of an element and its descendants, without comments, spaces folded to one."""
    return trim_spaces(str(TEXT(element)) if len(element) else element.text or "")


def seen_text(element: HtmlElement) -> str:
    """The text of an element without scripts and what is hidden, its lines apart by a space."""
    return trim_spaces("".join(_seen_texts(element)))


def shows_text(element: HtmlElement) -> bool:
    """Whether an element has any such text."""
    return any(map(trim_spaces, _seen_texts(element)))


def _seen_texts(element: HtmlElement) -> Iterator[str]:
    if not len(element):
        if not is_unseen(element):
            yield element.text or ""
        return
    nodes = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in nodes:
        if event == "start":
            if is_unseen(node):
                nodes.skip_subtree()
            elif node.text:
                yield node.text
        elif node is not element:
            if node.tag in LINES and not is_unseen(node):
                yield " "
            if node.tail:
                yield node.tail


def holds_picture(element: HtmlElement) -> bool:
    """Whether an element holds a picture or a table: more than words."""
    return next(element.iter("img", "table"), None) is not None


def fold_spaces(text: str) -> str:
    """Runs of white space, the ideographic one too, become one space; spaces of no width go."""
    text = _without_zero_width(text)
    # Faster than a pattern.
    folded = " ".join(text.split())
    if len(folded) == len(text):
        return folded
    if not folded:
        return " "
    before = " " if text[0].isspace() else ""
    return f"{before}{folded} " if text[-1].isspace() else f"{before}{folded}"


def trim_spaces(text: str) -> str:
    """The same, and none at the ends."""
    return " ".join(_without_zero_width(text).split())


def _without_zero_width(text: str) -> str:
    # Three looks at a text cost less than one of a pattern, and hardly any text has them.
    if "\u200b" in text or "\u2060" in text or "\ufeff" in text:
        return ZERO_WIDTH.sub("", text)
    return text


def plain_text(html: str | None) -> str | None:
    """A title or name as plain text (NFC): tags dropped, entities resolved; None when empty."""
    if html is None:
        return None
    text = UNHOLDABLE.sub("", html)
    if "-->" in text:
        text = COMMENT.sub("", text)
    if "</s" in text.lower():
        text = SCRIPT.sub("", text)
    text = LINE_TAGS.sub(" ", INLINE_TAGS.sub("", text))
    text = unescape(NUMBERED.sub(_without_control, text))
    return unicodedata.normalize("NFC", fold_spaces(UNHOLDABLE.sub("", text))).strip() or None


def walk(tree: HtmlElement) -> Iterator[HtmlElement | str]:
    """The nodes and texts of a tree in document order."""
    for event, node in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event != "end":
            yield node
        if event == "start" and node.text:
            yield node.text
        elif event != "start" and node is not tree and node.tail:
            yield node.tail


def cut_text(tree: HtmlElement, length: int) -> None:
    """Keep the first characters of an element's text, and the elements that they stand in.

    Pictures stay, wherever they stand.
    """
    emptied: list[HtmlElement] = []
    for event, node in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            if length <= 0 and node is not tree:
                emptied.append(node)
            text = node.text or ""
            node.text, length = text[: max(length, 0)], length - len(text)
        elif node is not tree:
            tail = node.tail or ""
            node.tail, length = tail[: max(length, 0)], length - len(tail)
    for node in reversed(emptied):
        if node.tag != "img" and len(node) == 0:
            remove(node)


def drop_unseen(tree: HtmlElement) -> None:
    """Take out comments, hidden elements, and elements whose text is none of the page's."""
    for node in list(tree.iterdescendants()):
        if is_unseen(node):
            remove(node)


def is_unseen(node: HtmlElement) -> bool:
    """Whether a node is a comment, is hidden, or holds no text of the page's."""
    tag = node.tag
    return not isinstance(tag, str) or tag in UNSEEN or is_hidden(node)


def is_hidden(node: HtmlElement) -> bool:
    """Whether an element's own attributes hide it."""
    style = node.get("style")
    if style is not None and HIDDEN.search(style):
        return True
    return node.get("hidden") is not None


def remove(element: HtmlElement) -> None:
    """Take an element or comment out of its tree; the text after it stays."""
    if element.getparent() is not None:
        element.drop_tree()
