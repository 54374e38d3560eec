"""Stage 3: the securities and boards that an article names, in order of appearance."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from crawler.article import Board, Security
from crawler.markets import BOARDS, resolve_suffix, symbol_of
from crawler.pages.tree import drop_unseen, remove, visible_text, walk
from pipelines.stage import Stage
from pipelines.strip_stock_images import NAMED, QUOTE_LINK

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.article import Observation, Via

MENTION_CODE = re.compile(r"\s*(?P<market>\d+)\s*,\s*(?P<code>[\w.\-]+)\s*")
MENTION_CLASSES = frozenset({"keytip", "em_stock_key_common"})
TERM_CLASS = "infokey"
QUOTE_SPAN = re.compile(r"(?:bk)?quote_")
NUMBER_CODE = (
    r"(?<![\w.])(?P<code>\d{4,6}|\d{1,3}(?=\.(?i:HK)))\.(?P<suffix>(?i:SH|SS|SZ|BJ|HK))(?!\w|\.\w)"
)
LETTER_CODE = (
    r"(?<=[(（,，、;；:：/ ])"
    r"(?P<ticker>[A-Z]{1,6}(?:[._-][A-Z])?)\.(?P<exchange>OQ|US|[NO])"
    r"(?=[)）,，、;；/ ])"
)
CODE = re.compile(f"{NUMBER_CODE}|{LETTER_CODE}", re.ASCII)
BRACKET = re.compile(r"[(（][^()（）]*[)）]")


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
    for node in walk(tree):
        if isinstance(node, str):
            found.read_text(node)
        else:
            _read_node(node, found)
    for node in list(tree.iter(NAMED, "span", "a")):
        _clear(node)
    return list(found.securities.values()), list(found.boards.values())


class _Found:
    """What has been found so far."""

    def __init__(self) -> None:
        self.securities: dict[tuple[str | None, str], Security] = {}
        self.boards: dict[str, Board] = {}

    def read_text(self, text: str) -> None:
        """Codes in running text; letters count in brackets only."""
        text = unicodedata.normalize("NFKC", text)
        if "." not in text:
            return
        for match in CODE.finditer(text):
            if match["code"]:
                symbol, market = resolve_suffix(match["code"], match["suffix"])
                code = match["code"]
            else:
                if not _in_bracket(text, match.start()):
                    continue
                symbol, market = resolve_suffix(match["ticker"], match["exchange"])
                code = match["ticker"].upper()
            if symbol is not None:
                self.add(market, code, None, "text", symbol)

    def read_code(self, data_code: str, name: str | None, via: Via) -> None:
        """A `data-code` of market and code, as in 1,600160."""
        if match := MENTION_CODE.fullmatch(data_code):
            market, code = match["market"], match["code"]
            if market == BOARDS:
                board = Board(code, name)
                known = self.boards.get(code)
                self.boards[code] = known.joined(board) if known else board
            else:
                self.add(market, code, name, via, symbol_of(market, code))

    def add(
        self, market: str | None, code: str, name: str | None, via: Via, symbol: str | None
    ) -> None:
        """Note a security, or what is new about a known one."""
        code = symbol.rpartition(".")[0] if symbol else code
        security = Security(symbol, market, code, name, via)
        known = self.securities.get(security.key)
        self.securities[security.key] = known.joined(security) if known else security


def _in_bracket(text: str, position: int) -> bool:
    return any(m.start() < position < m.end() for m in BRACKET.finditer(text))


def _read_node(node: HtmlElement, found: _Found) -> None:
    if node.tag == NAMED:
        found.read_code(node.get("data-code", ""), None, "stock_image")
    elif MENTION_CLASSES.intersection((node.get("class") or "").lower().split()):
        found.read_code(_code_of(node), visible_text(node) or None, "mention")


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
