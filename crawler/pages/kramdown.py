"""Markdown as the site's renderer, kramdown, reads it, where CommonMark reads otherwise."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.rules_block import fence
from markdown_it.rules_block.list import list_block

from crawler.pages.typography import make_typographic

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

TAGS = {1: "em", 2: "strong"}
# 1) begins no list, and neither does a number or a dash without anything after it.
NO_LIST = re.compile(r"\d+\)|(?:\d+\.|[*+-])[ \t]*$")
MARKS_OF_STRIKE = "~~"
STRUCK = re.compile(r"~~([^\s~](?:.*?[^\s~])??)~~", re.DOTALL)
FENCE = re.compile(r"(?P<marks>`{3,}|~{3,})")
MOST_LINKS = 4096
LETTERS_AT_END = re.compile(r"[^\W\d_]-?[^\W\d_]*\Z")


def render(markdown: str) -> str:
    """The HTML of a post's Markdown."""
    return str(RENDERER.render(markdown))


def _emphasis(state: StateInline, silent: bool) -> bool:
    """`*` and `_`: they need no space or stop around them, as CommonMark's do between Chinese.

    So both asterisks of `*ST甲、*ST乙` are taken, on the site and here.
    """
    start, mark = state.pos, state.src[state.pos]
    if mark not in "*_":
        return False
    length = 2 if state.src.startswith(mark * 2, start) else 1
    for width in _widths(state, start, length):
        end = _end_of(state, start + width, mark * width)
        if end is not None:
            state.env["open"].append(TAGS[width])
            _element(state, TAGS[width], mark * width, end, silent)
            state.env["open"].pop()
            return True
    return _as_text(state, mark * length, silent)


def _widths(state: StateInline, start: int, length: int) -> tuple[int, ...]:
    """How many of the marks may begin an emphasis: of two that find no end, one."""
    mark, opened = state.src[start], state.env.setdefault("open", [])
    following = state.src[start + length : start + length + 1]
    if not following or following.isspace() or TAGS[length] in opened:
        return ()
    if mark == "_" and LETTERS_AT_END.search(state.src[max(0, start - 50) : start]):
        return ()
    return (2, 1) if length == 2 and opened[-1:] != ["em"] else (length,)


def _end_of(state: StateInline, start: int, marks: str) -> int | None:
    """Where an emphasis that begins at a place ends; None where it does not."""
    tag = TAGS[len(marks)]
    # What no end was found for once has none further on: no place is looked at twice.
    endless = state.env.setdefault("endless", set())
    key = (marks, state.posMax, tuple(state.env["open"]))
    if key in endless or tag in state.env["open"]:
        return None
    state.env["open"].append(tag)
    state.pos = start
    while state.pos < state.posMax and not _closes(state, start, marks):
        state.md.inline.skipToken(state)
    found = state.pos if state.pos < state.posMax else None
    if found is None:
        endless.add(key)
    state.env["open"].pop()
    state.pos = start - len(marks)
    return found


def _closes(state: StateInline, start: int, marks: str) -> bool:
    src, here, after = state.src, state.pos, state.pos + len(marks)
    if here == start or not src.startswith(marks, here) or src[here - 1].isspace():
        return False
    if marks[0] == "_" and src[after : after + 1].isalnum():
        return False
    return len(marks) == 2 or not src.startswith(marks, after) or src.startswith(marks * 2, after)


def _element(state: StateInline, tag: str, marks: str, end: int, silent: bool) -> None:
    """Make an element of what stands between the marks here and those at `end`."""
    if not silent:
        last = state.posMax
        state.push(f"{tag}_open", tag, 1).markup = marks
        state.pos, state.posMax = state.pos + len(marks), end
        state.md.inline.tokenize(state)
        state.posMax = last
        state.push(f"{tag}_close", tag, -1).markup = marks
    state.pos = end + len(marks)


def _as_text(state: StateInline, marks: str, silent: bool) -> bool:
    """Marks that mark nothing are text."""
    if not silent:
        state.pending += marks
    state.pos += len(marks)
    return True


def _strikethrough(state: StateInline, silent: bool) -> bool:
    """`~~` around words."""
    if not state.src.startswith(MARKS_OF_STRIKE, state.pos):
        return False
    struck = STRUCK.match(state.src, state.pos, state.posMax)
    if struck is None:
        return _as_text(state, MARKS_OF_STRIKE, silent)
    _element(state, "del", MARKS_OF_STRIKE, struck.end(1), silent)
    return True


def _list(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """CommonMark's list, where kramdown begins one too; it numbers every list from one."""
    line = state.src[state.bMarks[first] + state.tShift[first] : state.eMarks[first]]
    before = len(state.tokens)
    if NO_LIST.match(line) or not list_block(state, first, last, silent):
        return False
    for token in state.tokens[before:]:
        token.attrs.pop("start", None)
    return True


def _fence(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A fence of code, if it is closed: else it is text."""
    lines = [
        state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
        for line in range(first, last)
    ]
    opening = FENCE.match(lines[0])
    if opening is None:
        return False
    mark, length = opening["marks"][0], len(opening["marks"])
    closed = any(len(line) >= length and not line.strip(mark) for line in lines[1:])
    return closed and fence(state, first, last, silent)


def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": True})
    renderer.enable(["table", "strikethrough"])
    renderer.inline.ruler.at("emphasis", _emphasis)
    renderer.inline.ruler.at("strikethrough", _strikethrough)
    renderer.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    renderer.block.ruler.at(
        "fence", _fence, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    # The same footer links stand under thousands of posts.
    for name in ("normalizeLink", "normalizeLinkText"):
        setattr(renderer, name, lru_cache(MOST_LINKS)(getattr(renderer, name)))
    renderer.core.ruler.before("text_join", "typographic", make_typographic)
    return renderer


RENDERER = _renderer()
