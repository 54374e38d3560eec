"""Market numbers and exchange suffixes, and the symbols they give.

Numbers as eastmoney's quote pages use them in `data-code` and in /unify/r/<market>.<code>; what is
known of them, with sources, stands in docs/markets.md.
"""

from __future__ import annotations

import re

SHENZHEN, SHANGHAI, HONG_KONG, NASDAQ, NYSE, NYSE_AMERICAN, BOARDS = (
    "0",
    "1",
    "116",
    "105",
    "106",
    "107",
    "90",
)

US_MARKETS = frozenset({NASDAQ, NYSE, NYSE_AMERICAN})
BEIJING_CODE = re.compile(r"(?:4|8|92)\d+", re.ASCII)
SIX_DIGITS = re.compile(r"\d{6}", re.ASCII)
HONG_KONG_CODE = re.compile(r"\d{1,5}", re.ASCII)
US_TICKER = re.compile(r"[A-Za-z]{1,6}(?:[._-][A-Za-z]{1,2})?", re.ASCII)
# Share classes: BRK_B in the site's markup, BRK.B or BRK-B in text.
CLASS_MARK = re.compile(r"[_-]")

# Suffix in running text → market number; US tells the country and no exchange.
SUFFIX_MARKETS: dict[str, str | None] = {
    "SH": SHANGHAI,
    "SS": SHANGHAI,
    "SZ": SHENZHEN,
    "BJ": SHENZHEN,
    "HK": HONG_KONG,
    "O": NASDAQ,
    "OQ": NASDAQ,
    "N": NYSE,
    "US": None,
}


def symbol_of(market: str | None, code: str) -> str | None:
    """The symbol of a code on a market (`601318.SH`, `02318.HK`, `NIO.US`); None where unknown."""
    if market in (SHANGHAI, SHENZHEN):
        if not SIX_DIGITS.fullmatch(code):
            return None
        if market == SHANGHAI:
            return f"{code}.SH"
        return f"{code}.BJ" if BEIJING_CODE.fullmatch(code) else f"{code}.SZ"
    if market == HONG_KONG:
        return f"{code.zfill(5)}.HK" if HONG_KONG_CODE.fullmatch(code) else None
    if market in US_MARKETS:
        return _us_symbol(code)
    return None


def _us_symbol(code: str) -> str | None:
    return f"{CLASS_MARK.sub('.', code.upper())}.US" if US_TICKER.fullmatch(code) else None


def resolve_suffix(code: str, suffix: str) -> tuple[str | None, str | None]:
    """(symbol, market) of a code with its exchange suffix in running text.

    The symbol is None when suffix and code do not fit each other: (3.5.HK) names nothing.
    """
    suffix = suffix.upper()
    if suffix not in SUFFIX_MARKETS:
        return None, None
    market = SUFFIX_MARKETS[suffix]
    if market is None:
        return _us_symbol(code), None
    symbol = symbol_of(market, code)
    if symbol is not None and suffix == "BJ" and not symbol.endswith(".BJ"):
        return None, None
    return symbol, market
