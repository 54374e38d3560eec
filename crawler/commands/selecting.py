"""The options by which users say which articles they want."""

from __future__ import annotations

import argparse
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from crawler.commands.setup import usage
from crawler.dates import moments
from crawler.store.selection import Selection, category_named, known_categories
from settings.options import nearest

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.store.connection import Store

SYMBOL = re.compile(r"\d{6}\.(SH|SZ|BJ)|\d{5}\.HK|[A-Z][A-Z.]*\.US", re.ASCII)
HONG_KONG = re.compile(r"(\d{1,5})\.HK", re.ASCII)
MOST_NAMED = 20
BOARD = re.compile(r"BK\d+", re.ASCII)


class Once(argparse.Action):
    """An option that cannot be given twice: of two values one would be passed over."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option_string} takes one value; make an export for each")
        setattr(namespace, self.dest, values)


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command."""

    def add(name: str, **options: Any) -> None:
        parser.add_argument(name, **({"action": Once} | options))

    add("--category", metavar="S", help="of this category, by its slug")
    add("--symbol", metavar="601318.SH", help="naming this security")
    add("--board", metavar="BK0493", help="naming this board")
    add("--source", metavar="S", help="of this medium")
    add("--tag", metavar="S", help="with this tag")
    add("--since", metavar="D", help="published on this day or at this time, or later")
    add("--until", metavar="D", help="published on this day or at this time, or earlier")
    add("--updated-since", metavar="T", help="changed at this time or later")
    add("--search", metavar="WORDS", help="whose title, digest or text hold each of these words")
    add("--include-duplicates", action="store_true", help="also copies of what others have first")


def read_selection(opts: argparse.Namespace, store: Store) -> Selection:
    """What the options select. Raises UsageError naming the nearest right value."""
    since, until = time_of(opts, "since"), time_of(opts, "until", last=True)
    if since and until and since > until:
        raise usage(f"--since {opts.since} is after --until {opts.until}")
    return Selection(
        category=_category(opts.category, store),
        symbol=_matching("symbol", opts.symbol, SYMBOL, "601318.SH, 000001.SZ, 02318.HK or NIO.US"),
        board=_matching("board", opts.board, BOARD, "BK0493"),
        source=_filled("source", opts.source),
        tag=_filled("tag", opts.tag),
        since=since,
        until=until,
        updated_since=time_of(opts, "updated_since"),
        search=tuple((_filled("search", opts.search) or "").split()),
        include_duplicates=opts.include_duplicates,
    )


def time_of(opts: argparse.Namespace, name: str, last: bool = False) -> datetime | None:
    """The first (or last) moment that an option tells. Raises UsageError for what is no time."""
    text = getattr(opts, name)
    if text is None:
        return None
    try:
        return moments(text)[last]
    except ValueError as error:
        raise usage(f"--{name.replace('_', '-')} {error}") from None


def _category(slug: str | None, store: Store) -> str | None:
    """The exact slug, given in any case of letters, or by the category's name."""
    if _filled("category", slug) is None:
        return None
    known = known_categories(store)
    found = known.get(str(slug).casefold()) or category_named(store, str(slug))
    if found is None and known:
        hint = nearest(str(slug), known.values()) or f" There are: {', '.join(_first(known))}."
        raise usage(f"no category {slug}.{hint}")
    return found or slug


def _first(known: dict[str, str]) -> list[str]:
    slugs = sorted(known.values())
    return slugs if len(slugs) <= MOST_NAMED else [*slugs[:MOST_NAMED], "…"]


def _matching(name: str, text: str | None, form: re.Pattern[str], example: str) -> str | None:
    """A code in its form, whatever the case and width of its letters."""
    code = _filled(name, text)
    if code is None:
        return None
    plain = unicodedata.normalize("NFKC", code).upper()
    if name == "symbol" and (short := HONG_KONG.fullmatch(plain)):
        # As texts write them: 2142.HK.
        plain = f"{short[1].zfill(5)}.HK"
    if not form.fullmatch(plain):
        raise usage(f"--{name} {code} is no {name} such as {example}")
    return plain


def _filled(name: str, text: str | None) -> str | None:
    if text is not None and not text.strip():
        raise usage(f"--{name} is empty")
    return text and text.strip()
