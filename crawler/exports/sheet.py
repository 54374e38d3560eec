"""An article as a sheet to be read: each field with the source that gave it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crawler.exports import stories
from crawler.records import to_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.article import Article
    from crawler.store.duplicate_groups import Member

# Widths of the columns before the value.
FIELD, SOURCE = 21, 17
LONG = ("content_html", "content_text")
# Told by no source: they are made of all of them.
MADE = ("id", "duplicate_of", "revision", "first_seen_at", "updated_at", "provenance", "schema")


def lines_of(article: Article, group: Sequence[Member] = ()) -> Iterator[str]:
    """The article as lines: fields, sources, and the two forms of its body last.

    `group`: the articles that tell the same story, itself among them.
    """
    record = to_record(article)
    gave = sources_of(article)
    for name, value in record.items():
        if name not in (*LONG, "provenance"):
            yield _line(name, gave.get(name, ""), value)
    yield from ("", "sources")
    for key, witness in record["provenance"].items():
        yield f"  {key}"
        for name, value in witness.items():
            yield f"    {name:<{FIELD - 4}}{_plain(value)}"
    if group:
        yield from ("", *stories.lines_of(group))
    for name in LONG:
        yield from ("", f"{name:<{FIELD}}{gave.get(name, '')}".rstrip(), record[name])


def sources_of(article: Article) -> dict[str, str]:
    """The sources that gave each field, by its name, as they are believed."""
    gave: dict[str, list[str]] = {}
    for key, witness in article.provenance.items():
        for name in witness.gave:
            gave.setdefault(name, []).append(key)
    if article.published_from in ("id", "url"):
        for name in ("published_at", "published_precision", "published_from"):
            gave[name] = [article.published_from]
    return {name: ", ".join(keys) for name, keys in gave.items() if name not in MADE}


def _line(name: str, source: str, value: Any) -> str:
    return f"{name:<{FIELD}}{source:<{SOURCE}} {_plain(value)}".rstrip()


def _plain(value: Any) -> str:
    """A value as JSON has it, text without its quotation marks."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
