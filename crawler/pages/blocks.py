"""Blocks and what stands in them: paragraphs for loose text, and no block inside a paragraph."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import lxml.html

from crawler.pages.tree import remove, visible_text

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = frozenset(
    {
        *("p", "div", "center", "section", "article", "header", "footer", "main", "aside", "nav"),
        *("form", "fieldset", "details", "summary", "address"),
        *(*HEADINGS, "blockquote", "pre", "hr", "figure", "figcaption"),
        *("ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr"),
    }
)
CELLS = frozenset({"td", "th"})
# What holds words only: a block that begins in one ends it, says HTML.
WORDS_ONLY = frozenset({"p", *HEADINGS})
ROWS = ("thead", "tbody", "tfoot", "tr")
PARTS_OF_TABLES = frozenset({*ROWS, *CELLS, "caption", "colgroup", "col"})
# All that inline elements have to say; a broken page has names that no element can be made with.
COPIED = ("href", "title")
# How far to look for words beside an empty block.
NEAR = 20
NOT_INLINE = BLOCKS | CELLS | {"colgroup", "col"}


def mend_tables(tree: HtmlElement) -> None:
    """Make boxes of rows and cells without a table, and put before it what is in none of its cells.

    So does HTML's own reading of such a table.
    """
    for table in list(tree.iter("table")):
        loose: HtmlElement = lxml.html.Element("div")
        _take_loose(table, loose)
        if len(loose) or (loose.text or "").strip():
            table.addprevious(loose)
    for part in list(tree.iter(*PARTS_OF_TABLES)):
        if next(part.iterancestors("table"), None) is None:
            part.tag = "div"


def _take_loose(row: HtmlElement, loose: HtmlElement) -> None:
    """Move text and elements that are no parts of a table, in their order."""
    _append_text(loose, row.text)
    row.text = None
    for child in list(row):
        tail, child.tail = child.tail, None
        if child.tag in ROWS:
            _take_loose(child, loose)
        elif child.tag not in PARTS_OF_TABLES:
            loose.append(child)
        _append_text(loose, tail)


def _append_text(element: HtmlElement, text: str | None) -> None:
    if text is None or not text.strip():
        return
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def unnest(tree: HtmlElement) -> None:
    """Take blocks out of paragraphs, headings and inline elements, which go on around them."""
    for node in reversed(list(tree.iter())):
        if node is tree or not any(child.tag in BLOCKS for child in node):
            continue
        if node.tag not in NOT_INLINE:
            _split(node)
        elif node.tag in WORDS_ONLY:
            wrap_loose_text(node, node.tag)
            node.drop_tag()


def wrap_loose_text(tree: HtmlElement, tag: str = "p") -> None:
    """Text and inline elements that stand directly in an element become paragraphs."""
    paragraph = _paragraph(tag, tree.text)
    tree.text = None
    children = list(tree)
    if paragraph is not None:
        tree.insert(0, paragraph)
    for child in children:
        if child.tag in BLOCKS:
            paragraph = _paragraph(tag, child.tail)
            child.tail = None
            if paragraph is not None:
                child.addnext(paragraph)
        else:
            if paragraph is None:
                paragraph = lxml.html.Element(tag)
                child.addprevious(paragraph)
            paragraph.append(child)


def between_words(node: HtmlElement) -> bool:
    """Whether loose words stand before an element and after it, comments apart."""
    return _words_before(node) and _words_after(node)


def _words_before(node: HtmlElement) -> bool:
    siblings = list(islice(node.itersiblings(preceding=True), NEAR))
    for sibling in siblings:
        if (sibling.tail or "").strip() or _is_inline_words(sibling):
            return True
        if sibling.tag in BLOCKS:
            return False
    parent = node.getparent()
    if parent is None or len(siblings) == NEAR:
        return False
    return bool((parent.text or "").strip())


def _words_after(node: HtmlElement) -> bool:
    if (node.tail or "").strip():
        return True
    for sibling in islice(node.itersiblings(), NEAR):
        if _is_inline_words(sibling):
            return True
        if sibling.tag in BLOCKS:
            return False
        if (sibling.tail or "").strip():
            return True
    return False


def _is_inline_words(node: HtmlElement) -> bool:
    is_element = isinstance(node.tag, str)
    return is_element and node.tag not in BLOCKS and bool(visible_text(node))


def _paragraph(tag: str, text: str | None) -> HtmlElement | None:
    """A new paragraph of a text; None when there is nothing in it."""
    if text is None or not text.strip():
        return None
    paragraph: HtmlElement = lxml.html.Element(tag)
    paragraph.text = text.strip()
    return paragraph


def _split(inline: HtmlElement) -> None:
    """Put an inline element's blocks in its place, it itself around the words before and after."""
    run = _like(inline, inline.text)
    inline.addprevious(run)
    for child in list(inline):
        tail, child.tail = child.tail, None
        if child.tag in BLOCKS:
            inline.addprevious(child)
            _wrap_words(child, inline)
            run = _like(inline, tail)
            inline.addprevious(run)
        else:
            run.append(child)
            child.tail = tail
    run.tail, inline.tail = inline.tail, None
    remove(inline)


def _wrap_words(block: HtmlElement, inline: HtmlElement) -> None:
    """Put all that a block of words holds into an element like the one that it stood in."""
    if block.tag in ("hr", "table", "ul", "ol", "dl") or any(c.tag in NOT_INLINE for c in block):
        return
    inner = _like(inline, block.text)
    block.text = None
    inner.extend(list(block))
    block.append(inner)


def _like(element: HtmlElement, text: str | None) -> HtmlElement:
    """A new element of the same kind."""
    kept = {name: value for name in COPIED if (value := element.get(name)) is not None}
    copy: HtmlElement = lxml.html.Element(element.tag, kept)
    copy.text = text
    return copy
