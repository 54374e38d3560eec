"""Stage 2: the stock-image blocks go, the securities they name stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import lxml.html
from lxml import etree

from crawler.pages.blocks import between_words
from crawler.pages.tree import TEXT, remove, visible_text, walk
from pipelines.stage import Stage

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.article import Observation

MARKER = re.compile(r"\s*EM_?StockImg_?(?P<end>Start|End)\s*", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\s*(?:IMG|Link)#\d+\s*", re.IGNORECASE)
IMAGE_CLASS = "emimageremark"
IMAGE_HOST = "webquoteklinepic.eastmoney.com"
IMAGE_CODE = re.compile(r"\s*(?:K\s+)?(?P<code>[\w.\-]+)\|(?P<market>\d+)\|")
QUOTE_LINK = re.compile(r"/unify/r/(?P<market>\d+)\.(?P<code>[\w.\-]+)")
IMAGE_SOURCE = re.compile(r"[?&]nid=(?P<market>\d+)\.(?P<code>[\w.\-]+)")
NAMES = (("data-code", IMAGE_CODE), ("href", QUOTE_LINK), ("src", IMAGE_SOURCE))

# What stands in a removed block's place until the next stage has read it.
NAMED = "finews-security"
# What a part of a block can be.
PARTS = ("a", "img", etree.Comment, etree.ProcessingInstruction, etree.Entity)
INLINE_WRAPPERS = frozenset({"span", "a", "b", "strong", "em"})
WRAPPERS = INLINE_WRAPPERS | {"p", "div", "center", "figure"}


def strip_stock_images(tree: HtmlElement) -> int:
    """Remove the stock-image blocks from a body's tree; tell how many they were.

    A block is a pair of comments EM_StockImg_Start and _End with no text between them, or a stock
    image outside such a pair. Text, tables and other pictures are never removed, wherever the
    comments stand. Where a block named a security, an empty `NAMED` element keeps its place.
    """
    nodes = [node for node in tree.iter(*PARTS) if _is_part(node)]
    if not nodes:
        return 0
    blocks = _count_blocks(tree, nodes)
    wrappers = dict.fromkeys(wrapper for node in nodes if (wrapper := _strip(node)) is not None)
    for wrapper in wrappers:
        _unwrap_empty(wrapper)
    return blocks


def _is_part(node: Any) -> bool:
    if isinstance(node.tag, str):
        return _is_image(node)
    return _is_marker(node) is not None or _is_placeholder(node)


def _is_marker(node: Any) -> re.Match[str] | None:
    return MARKER.fullmatch(node.text or "") if not isinstance(node.tag, str) else None


def _is_placeholder(node: Any) -> bool:
    return not isinstance(node.tag, str) and PLACEHOLDER.fullmatch(node.text or "") is not None


def _is_image(node: Any) -> bool:
    if node.tag == "a":
        return IMAGE_CLASS in node.get("class", "").lower().split()
    return node.tag == "img" and IMAGE_HOST in node.get("src", "").lower()


def _count_blocks(tree: HtmlElement, nodes: list[Any]) -> int:
    """Pairs of comments, and images outside of them."""
    parts = set(nodes)
    pairs, alone = 0, 0
    opened, images, text = False, 0, False
    left = len(parts)
    for node in walk(tree):
        if isinstance(node, str):
            text = text or bool(node.strip())
            continue
        if node not in parts:
            continue
        left -= 1
        if marker := _is_marker(node):
            if marker["end"].lower() == "end" and opened and not text:
                pairs += 1
            else:
                alone += images
            opened, images, text = marker["end"].lower() == "start", 0, False
        elif _is_image(node) and not _inside_image(node):
            images += 1
        if not left:
            break
    return pairs + alone + images


def _inside_image(node: Any) -> bool:
    return any(_is_image(parent) for parent in node.iterancestors())


def _strip(node: Any) -> HtmlElement | None:
    """Take one part out; the element that it stood in may be empty now."""
    named = _named(node) if _is_image(node) and not _inside_image(node) else None
    if _is_image(node) and node.tag == "a" and visible_text(node):
        if named is not None:
            node.addprevious(named)
            named.tail = None
        node.drop_tag()
        return None
    wrapper: HtmlElement | None = node.getparent()
    if wrapper is None:
        return None
    if named is not None:
        node.addprevious(named)
        named.tail = None
    remove(node)
    return wrapper


def _named(node: Any) -> HtmlElement | None:
    """The element that keeps the place of the security an image, or its link, names."""
    for part, name, pattern in (
        (part, name, pattern) for part in node.iter("a", "img") for name, pattern in NAMES
    ):
        if match := pattern.search(part.get(name, "")):
            element: HtmlElement = lxml.html.Element(NAMED)
            element.set("data-code", f"{match['market']},{match['code']}")
            return element
    return None


def _unwrap_empty(wrapper: HtmlElement) -> None:
    """Remove an element that holds nothing but kept places, and so its wrappers."""
    while wrapper.getparent() is not None and wrapper.tag in WRAPPERS:
        if visible_text(wrapper) or any(child.tag not in (NAMED, "br") for child in wrapper):
            return
        parent = wrapper.getparent()
        for kept in wrapper.findall(NAMED):
            wrapper.addprevious(kept)
            kept.tail = None
        if wrapper.tag in INLINE_WRAPPERS and TEXT(wrapper):
            # The space between two words may stand in it.
            wrapper.tail = f" {wrapper.tail or ''}"
        elif wrapper.tag not in INLINE_WRAPPERS and between_words(wrapper):
            # It holds two paragraphs apart; the cleaner drops it when they are made.
            wrapper.clear(keep_tail=True)
            return
        remove(wrapper)
        assert parent is not None
        wrapper = parent


class StripStockImages(Stage):
    """Removes stock-image blocks from the body and counts them."""

    name = "stock_images"

    def process(self, observation: Observation) -> None:
        observation.stock_images_removed = strip_stock_images(observation.tree)
        self.count("removed", observation.stock_images_removed)
