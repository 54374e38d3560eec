"""How an article changed, to be read by people: each change of its sources as a diff."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any

from crawler.history import article_of, replaced
from crawler.records import to_record, utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from crawler.article import Article
    from crawler.history import History

# Follow from the text.
DERIVED = frozenset({"content_hash"})
BLOCK_END = re.compile(r"(</(?:p|li|tr|h\d|blockquote)>|<br>)(?!\n)")


def lines_of(history: History, until: datetime | None = None) -> Iterator[str]:
    """Each change of what an article's sources said, up to a time, the oldest first, as lines."""
    for old in replaced(history):
        after = article_of(history, old.until)
        if after is None or (until is not None and old.until > until):
            return
        number = f"revision {old.article.revision}"
        if after.revision != old.article.revision:
            number += f" → {after.revision}"
        yield f"{utc(old.until)}  {', '.join(old.spans)}  {number}"
        names = [name for name in old.changed if name not in DERIVED]
        yield from _changes(old.article, after, names)


def _changes(before: Article, after: Article, names: Sequence[str]) -> Iterator[str]:
    one, other = to_record(before), to_record(after)
    if not names:
        yield "  nothing that the article shows"
    for name in names:
        if name == "content_html" and "content_text" in names:
            continue
        yield f"  {name}"
        yield from (f"    {line}" for line in _difference(_lines(one[name]), _lines(other[name])))


def _difference(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    """Lines that went (-) and came (+), each with a line before and after it."""
    diff = difflib.unified_diff(one, other, n=1, lineterm="")
    for line in diff:
        if line.startswith(("---", "+++")):
            continue
        yield "…" if line.startswith("@@") else f"{line[0]} {line[1:]}".rstrip()


def _lines(value: Any) -> list[str]:
    """A value in lines: text as it is, markup by its blocks, lists by their entries."""
    if value is None:
        return []
    if isinstance(value, str):
        return BLOCK_END.sub(r"\1\n", value).splitlines()
    entries = value if isinstance(value, list) else [value]
    return [
        entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)
        for entry in entries
    ]
