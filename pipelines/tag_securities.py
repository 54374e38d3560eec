"""Stage 3: the securities and boards that an article names, in order of appearance."""

from __future__ import annotations

import re
from bisect import bisect
from typing import TYPE_CHECKING

from lxml import etree

from crawler.article import Board, Security, note
from crawler.dates import HALF_WIDTH
from crawler.markets import BOARDS, resolve_suffix, symbol_of
from crawler.pages.blocks import BLOCKS, CELLS
from crawler.pages.tree import TEXT, drop_unseen, remove, visible_text
from pipelines.stage import Stage
from pipelines.strip_stock_images import NAMED, QUOTE_LINK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from crawler.article import Observation, Via

MENTION_CODE = re.compile(r"\s*(?P<market>\d+)\s*,\s*(?P<code>[\w.\-]+)\s*")
MENTION_CLASSES = frozenset({"keytip", "em_stock_key_common"})
TERM_CLASS = "infokey"
QUOTE_SPAN = re.compile(r"(?:bk)?quote_")
NUMBER_CODE = (
    r"(?<![\w.])(?<!//)(?P<code>\d{4,6}|\d{1,3}(?=\.(?i:HK)))"
    r"\.(?P<suffix>(?i:SH|SS|SZ|BJ|HK))(?!\w|\.\w)"
)
LETTER_CODE = (
    r"(?<=[(,、;:/ ])"
    r"(?P<ticker>[A-Z]{1,6}(?:[._-][A-Z])?)\.(?P<exchange>OQ|US|[NO])"
    r"(?=[),、;/ ])"
)
CODE = re.compile(f"{NUMBER_CODE}|{LETTER_CODE}", re.ASCII)
# What any such code has, before a text is brought to half width and cut into lines.
MAYBE_CODE = re.compile(
    r"[.．](?:[SＳsｓ][HＨhｈSＳsｓZＺzｚ]|[BＢbｂ][JＪjｊ]|[HＨhｈ][KＫkｋ]|[OＯ][QＱ]|[UＵ][SＳ]|[NＮOＯ])"
)
BRACKET = re.compile(r"\([^()]*\)")
# Where a line of text begins or ends.
LINES = BLOCKS | CELLS | {"br"}


def tag_securities(tree: HtmlElement, *before: str | None) -> tuple[list[Security], list[Board]]:
    """(securities, boards) named by a body's tree and by the texts before it: title and digest.

    Each once, in order of appearance.

    Reads the places that removed stock images left, the markup of mentions, and codes with their
    exchange in the text: 09869.HK, 601318.SH, and in brackets （SUN.N）. A security that appears
    several times keeps its first place, the first name told, and its most certain `via`. The
    mentions' markup leaves the tree, their words stay.
    """
    drop_unseen(tree)
    found = _Found()
    for text in before:
        found.read_text(text or "")
    line = _Line(found)
    if _may_hold_codes(str(TEXT(tree))):
        _read_lines(tree, line)
    else:
        for node in tree.iter():
            line.read_node(node)
    line.end()
    for node in list(tree.iter(NAMED, "span", "a")):
        _clear(node)
    return list(found.securities.values()), list(found.boards.values())


def _may_hold_codes(text: str) -> bool:
    # Two looks for a dot cost next to nothing beside a pattern.
    return ("." in text or "．" in text) and MAYBE_CODE.search(text) is not None


def _read_lines(tree: HtmlElement, line: _Line) -> None:
    for event, node in etree.iterwalk(tree, events=("start", "end")):
        if node.tag in LINES:
            line.end()
        if event == "start":
            line.read_node(node)
            line.add(node.text)
        elif node is not tree:
            line.add(node.tail)


class _Found:
    """What has been found so far."""

    def __init__(self) -> None:
        self.securities: dict[tuple[str | None, str], Security] = {}
        self.boards: dict[str, Board] = {}

    def read_text(self, text: str) -> None:
        """Codes in running text."""
        for _, security in _codes_in(text):
            note(self.securities, security)

    def read_code(self, data_code: str, name: str | None, via: Via) -> None:
        """A `data-code` of market and code, as in 1,600160."""
        if match := MENTION_CODE.fullmatch(data_code):
            market, code = match["market"], match["code"]
            if market == BOARDS:
                note(self.boards, Board(code.upper(), name))
            else:
                symbol = symbol_of(market, code)
                note(self.securities, _security(symbol, market, code, name, via))


def _security(
    symbol: str | None, market: str | None, code: str, name: str | None, via: Via
) -> Security:
    """A security, whose code is that of its symbol where it has one."""
    return Security(symbol, market, symbol.rpartition(".")[0] if symbol else code, name, via)


class _Line:
    """A line of text, whatever inline elements it stands in, with the places of its mentions."""

    def __init__(self, found: _Found) -> None:
        self.found = found
        self.texts: list[str] = []
        self.length = 0
        self.marks: list[tuple[int, str, str | None, Via]] = []

    def add(self, text: str | None) -> None:
        if text:
            self.texts.append(text)
            self.length += len(text)

    def read_node(self, node: HtmlElement) -> None:
        """Note where a mention stands, or a chart stood."""
        if node.tag == NAMED:
            self.marks.append((self.length, node.get("data-code", ""), None, "stock_image"))
        elif (classes := node.get("class")) and not MENTION_CLASSES.isdisjoint(
            classes.lower().split()
        ):
            name = visible_text(node) or None
            self.marks.append((self.length, _code_of(node), name, "mention"))

    def end(self) -> None:
        """Read the line: mentions and codes as they stand in it."""
        if not self.texts and not self.marks:
            return
        codes = list(_codes_in("".join(self.texts)))
        for place, data_code, name, via in self.marks:
            while codes and codes[0][0] < place:
                note(self.found.securities, codes.pop(0)[1])
            self.found.read_code(data_code, name, via)
        for _, security in codes:
            note(self.found.securities, security)
        self.texts, self.length, self.marks = [], 0, []


def _codes_in(text: str) -> Iterator[tuple[int, Security]]:
    """The securities whose codes stand in a text, with the place; letters in brackets only."""
    if not _may_hold_codes(text):
        return
    text = text.translate(HALF_WIDTH)
    brackets = [match.span() for match in BRACKET.finditer(text)]
    starts = [start for start, _ in brackets]
    for match in CODE.finditer(text):
        place, number = match.start(), match["code"]
        nearest = bisect(starts, place) - 1
        if not number and (nearest < 0 or place >= brackets[nearest][1]):
            continue
        code = number or match["ticker"].upper()
        symbol, market = resolve_suffix(code, match["suffix"] or match["exchange"])
        if symbol is not None:
            yield place, _security(symbol, market, code, None, "text")


def _code_of(node: HtmlElement) -> str:
    """A mention's market and code: 1,600160; by its link where the mention has none of its own."""
    code: str = node.get("data-code", "")
    if not MENTION_CODE.fullmatch(code) and (link := QUOTE_LINK.search(node.get("href", ""))):
        return f"{link['market']},{link['code']}"
    return code


def _clear(node: HtmlElement) -> None:
    """Remove kept places and empty quote spans; unwrap mentions and terms."""
    classes = set(node.get("class", "").lower().split())
    if node.tag == NAMED:
        remove(node)
    elif node.tag == "span":
        if QUOTE_SPAN.match(node.get("id", "")) and not visible_text(node):
            remove(node)
        else:
            node.drop_tag()
    elif classes & (MENTION_CLASSES | {TERM_CLASS}):
        node.drop_tag()


class TagSecurities(Stage):
    """Fills `securities` and `boards`."""

    name = "securities"

    def process(self, observation: Observation) -> None:
        texts = (observation.title, observation.digest)
        securities, boards = tag_securities(observation.tree, *texts)
        observation.securities, observation.boards = securities, boards
        self.count("tagged", len(securities))
        self.count("boards", len(boards))
        self.count("unknown_market", sum(s.symbol is None for s in securities))
