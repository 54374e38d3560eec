"""Quotes, dashes and dots as the site's Markdown renderer (kramdown) writes them."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore

MARKS = (("---", "—"), ("--", "–"), ("...", "…"), ("<<", "«"), (">>", "»"))
QUOTE = re.compile("[\"']")
OPENING, CLOSING = {'"': "“", "'": "‘"}, {'"': "”", "'": "’"}
SPACES = " \t\r\n\f\v"
# After these the renderer begins anew: it has taken them for marks or markup of their own.
CUTS = ("<<", ">>", "*", "_", "`", "[", "<", "&", "$")
LONGEST_RUN = 60
# Right before markup, which begins with a mark and goes on with a word.
MARKUP = "*x"
RUNS = re.compile(r"(?P<dots>\.+)\Z|(?P<dashes>-+)\Z")
# A quotation mark right after one of these does not close.
BEFORE_OPENING = frozenset(" \\\t\r\n[{(-")
PUNCTUATION = frozenset("!\"#$%'()*+,-./:;<=>?@[\\]^_`{|}~")
EMPHASIS = re.compile(r"[_*]{1,2}\S")
POSSESSIVE = re.compile(r"s\b")
DECADE = re.compile(r"\d\ds", re.ASCII)


def typographic(text: str, before: str = "", after: str = "") -> str:
    """A run of Markdown text with its straight quotes, dashes and dots made typographic.

    `before` is the white space that the run follows, or empty at the start of a run; `after` what
    follows it. After a Chinese character every quotation mark closes, as it does on the site.
    """
    shaped: list[str] = []
    last = 0
    for match in QUOTE.finditer(text):
        start = match.start()
        previous = _previous(text, start, before, after_quote=bool(start) and start == last)
        shaped += [text[last:start], _shape(text[start], text[start + 1 :][:4] or after, previous)]
        last = match.end()
    whole = "".join([*shaped, text[last:]])
    for plain, mark in MARKS:
        whole = whole.replace(plain, mark)
    return whole


def _previous(text: str, start: int, before: str, *, after_quote: bool) -> str:
    """The character that the renderer looks at together with a quotation mark; none after a cut."""
    if start == 0:
        return before
    if after_quote or _is_cut(text[max(0, start - LONGEST_RUN) : start]):
        return ""
    return text[start - 1]


def _is_cut(text: str) -> bool:
    """Whether a text ends in a mark that is already taken: of four dots three are one mark."""
    if run := RUNS.search(text):
        return len(run[0]) % 3 == 0 or (bool(run["dashes"]) and len(run[0]) % 3 == 2)
    return text.endswith(CUTS)


def _shape(mark: str, rest: str, previous: str) -> str:
    """The typographic form of a quotation mark between a character and what follows."""
    closes = _closes_alone(mark, rest) if not previous else _closes(mark, rest, previous)
    return (CLOSING if closes else OPENING)[mark]


def _closes_alone(mark: str, rest: str) -> bool:
    """At the start of a run."""
    if EMPHASIS.match(rest):
        return False
    if rest and rest[0] in PUNCTUATION:
        # Punctuation that no word and no ellipsis follows.
        return not rest[1:].startswith("..") and not re.match(r"\w", rest[1:])
    if mark == "'" and DECADE.match(rest):
        return True
    return not rest or rest[0] in SPACES or bool(POSSESSIVE.match(rest))


def _closes(mark: str, rest: str, previous: str) -> bool:
    """After another character."""
    if previous in SPACES:
        return mark == "'" and bool(DECADE.match(rest))
    return previous not in BEFORE_OPENING


def make_typographic(state: StateCore) -> None:
    """A rule of markdown-it that shapes every text of a document."""
    for block in state.tokens:
        before = ""
        tokens = block.children or []
        for token, following in zip_longest(tokens, tokens[1:]):
            if token.type == "text":
                begins = following is not None and (
                    following.nesting > 0 or following.type in ("html_inline", "code_inline")
                )
                token.content = typographic(token.content, before, MARKUP if begins else "")
            before = "\n" if token.type == "softbreak" else ""
