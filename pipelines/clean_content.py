"""Stage 4: the body as safe HTML and as plain text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from crawler.addresses import web_address
from crawler.pages.blocks import (
    BLOCKS,
    CELLS,
    WORDS_ONLY,
    between_words,
    mend_tables,
    unnest,
    wrap_loose_text,
)
from crawler.pages.tree import (
    drop_unseen,
    fold_spaces,
    remove,
    trim_spaces,
    visible_text,
)
from crawler.sanitiser import TAGS, sanitise
from pipelines.stage import Stage

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.article import Observation

MAIL = re.compile(r"mailto:[\w.+-]+@[\w.-]+", re.ASCII | re.IGNORECASE)
KEPT = TAGS | BLOCKS
EDGED = BLOCKS | CELLS
BOXES = BLOCKS - TAGS
EMPTYABLE = ("p", "b", "strong", "em", "i", "u", "blockquote", "figure")

QUOTES = re.compile("[“”„‟‘’‚‛\"'「」『』«»‹›〝〞〟＂＇`´]")
DASHES = re.compile("[-‐‑‒–—―−﹘﹣－]+")
ELLIPSES = re.compile("[.…。⋯．]{2,}|[…⋯]")
# One of these stands in any such: to look for them all takes a fifth of the time of the pattern.
MAYBE_ELLIPSES = ("…", "⋯", *(one + other for one in ".。．" for other in ".。．"))


@dataclass(frozen=True, slots=True)
class Content:
    """A cleaned body."""

    html: str
    text: str
    images: list[str]


def clean_content(tree: HtmlElement, base_url: str) -> Content:
    """The content of a body's tree: allow-listed HTML, plain text by paragraphs, picture URLs.

    Links and pictures become absolute against `base_url`. Comments, hidden elements, scripts and
    frames go; text has one paragraph a line, table cells apart by a tab, no indents, in NFC.
    """
    drop_unseen(tree)
    _make_absolute(tree, base_url)
    _unwrap_unknown(tree)
    mend_tables(tree)
    unnest(tree)
    _tidy_text(tree)
    _unwrap_boxes(tree)
    wrap_loose_text(tree)
    _drop_empty(tree)
    _trim_edges(tree)
    images = [str(image.get("src")) for image in tree.iter("img")]
    outer = etree.tostring(tree, method="html", encoding="unicode", with_tail=False)
    html = sanitise(outer[outer.index(">") + 1 : outer.rindex("<")].strip())
    return Content(html, _text_of(tree), list(dict.fromkeys(images)))


def content_hash(text: str) -> str | None:
    """SHA-256 (hex) of a text with quotation marks, dashes, ellipses and spaces folded.

    The same article has the same hash by its page, where Markdown changed them, and by its source.
    None for a text with nothing in it.
    """
    folded = unicodedata.normalize("NFC", trim_spaces(text).replace(" ", ""))
    folded = QUOTES.sub('"', folded).replace("<<", '"').replace(">>", '"')
    folded = DASHES.sub("-", folded)
    if any(sign in folded for sign in MAYBE_ELLIPSES):
        folded = ELLIPSES.sub("…", folded)
    return hashlib.sha256(folded.encode()).hexdigest() if folded else None


def _make_absolute(tree: HtmlElement, base_url: str) -> None:
    """Absolute http(s) addresses; a picture without one goes, a link without one is unwrapped."""
    for node in list(tree.iter("img", "a")):
        name = "src" if node.tag == "img" else "href"
        address = _address(node.get(name) or "", base_url, mail=node.tag == "a")
        if address is not None:
            node.set(name, address)
        elif node.tag == "img":
            remove(node)
        else:
            node.drop_tag()


def _address(address: str, base_url: str, *, mail: bool) -> str | None:
    """An address as a valid URI; None for one that cannot be followed, an empty one included."""
    if mail and (match := MAIL.fullmatch(address.strip())):
        return match[0]
    return web_address(address, base_url) if address.strip() else None


def _tidy_text(tree: HtmlElement) -> None:
    """NFC everywhere, and no blank runs."""
    for node in tree.iter():
        if (text := node.text) and (folded := _folded(text)) != text:
            node.text = folded
        # Most of what stands after an element is a line's end.
        if (text := node.tail) and (folded := " " if text == "\n" else _folded(text)) != text:
            node.tail = folded


def _folded(text: str) -> str:
    return fold_spaces(unicodedata.normalize("NFC", text))


def _unwrap_unknown(tree: HtmlElement) -> None:
    """Inline elements that the allow-list does not know go, their words stay."""
    for node in reversed(list(tree.iter())):
        if node is not tree and node.tag not in KEPT:
            node.drop_tag()


def _unwrap_boxes(tree: HtmlElement) -> None:
    """Boxes that the allow-list does not know go, and what they held apart stays apart."""
    for box in reversed(list(tree.iter(*BOXES))):
        if box is not tree:
            wrap_loose_text(box)
            box.drop_tag()


def _drop_empty(tree: HtmlElement) -> None:
    """Paragraphs and wrappers that hold neither text nor a picture, a table or a rule."""
    for node in reversed(list(tree.iter(*EMPTYABLE))):
        if node is tree or visible_text(node):
            continue
        if next(node.iter("img", "table", "hr"), None) is not None:
            continue
        if node.tag in BLOCKS and between_words(node):
            # It held two lines apart.
            node.clear(keep_tail=True)
            node.tag = "br"
        else:
            remove(node)


def _trim_edges(tree: HtmlElement) -> None:
    """Line breaks and spaces at the edges of a block, and indents of its lines, mean nothing."""
    # To look for many names takes longer than to look at all names.
    nodes = list(tree.iter())
    for node in nodes:
        if (tail := node.tail) and (node.tag in BLOCKS or node.tag == "br"):
            node.tail = tail.lstrip()
    for block in nodes:
        if block.tag not in EDGED:
            continue
        while len(block) and block[0].tag == "br" and not (block.text or "").strip():
            block.text = (block[0].tail or "").lstrip()
            block[0].tail = None
            remove(block[0])
        while len(block) and block[-1].tag == "br" and not (block[-1].tail or "").strip():
            block[-1].tail = None
            remove(block[-1])
        text = block.text
        if len(block):
            last = block[-1]
            last.tail = (last.tail or "").rstrip()
            trimmed = (text or "").lstrip()
        else:
            trimmed = (text or "").strip()
        # To write a text costs more than to read it.
        if trimmed != text:
            block.text = trimmed


def _text_of(tree: HtmlElement) -> str:
    """One block a line; cells of a table row apart by a tab."""
    if all(map(_is_plain, tree)) and not (tree.text or "").strip():
        return "\n".join(text for block in tree if (text := visible_text(block)))
    lines: list[str] = []
    line: list[str] = []

    def end_line() -> None:
        if not line:
            return
        text = "\t".join(map(trim_spaces, "".join(line).split("\0"))).strip()
        line.clear()
        if text:
            lines.append(text)

    for step in _steps(tree):
        if step is None:
            end_line()
        else:
            line.append(step)
    end_line()
    return "\n".join(lines)


def _is_plain(block: HtmlElement) -> bool:
    """Whether a block is one line."""
    if block.tag not in WORDS_ONLY or (block.tail or "").strip():
        return False
    return not len(block) or next(block.iter("br"), None) is None


def _steps(tree: HtmlElement) -> list[str | None]:
    r"""Texts in document order, None at the bounds of blocks and \\0 between cells."""
    steps: list[str | None] = []
    # So many cells are open.
    cells = 0
    for event, node in etree.iterwalk(tree, events=("start", "end")):
        tag = node.tag
        if event == "start":
            if cells and (tag in EDGED or tag == "br"):
                steps.append(" ")
            elif tag in BLOCKS or tag == "br":
                steps.append(None)
            elif tag in CELLS:
                steps.append("\0")
            cells += tag in CELLS
            steps.append(node.text or "")
        else:
            cells -= tag in CELLS
            if tag in BLOCKS:
                steps.append(" " if cells else None)
            steps.append(node.tail or "" if node is not tree else "")
    return steps


class CleanContent(Stage):
    """Fills `content_html`, `content_text`, `content_hash` and `images`; the tree ends here."""

    name = "content"

    def process(self, observation: Observation) -> None:
        content = clean_content(observation.tree, observation.url or observation.address)
        observation.tree = None
        observation.content_html, observation.content_text = content.html, content.text
        observation.content_hash = content_hash(content.text)
        observation.images = content.images
        self.count("empty", not content.text)
