"""The data dictionary as JSON Schema and as a page of the docs, both read off article.py.

`python -m crawler.dictionary FOLDER` writes article.schema.json and articles.md there.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from crawler.article import SCHEMA_VERSION, Article, Board, Security, Told, Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PARTS = {Security: "securities", Board: "boards", Witness: "provenance"}
PLAIN: dict[Any, dict[str, Any]] = {str: {"type": "string"}, int: {"type": "integer"}}
TIME = {"type": "string", "format": "date-time"}
# Publication times are written in Shanghai's zone, observed times in UTC.
SHANGHAI_TIME = {**TIME, "pattern": r"\+08:00$"}
UTC_TIME = {**TIME, "pattern": r"\.\d{3}Z$"}
HEAD = (
    "# Articles",
    "<!-- Written by `make docs` from crawler/article.py: change it there. -->",
    "One JSON line of an export, and one document of the collection `articles` (there `id` is "
    "`_id`, and times are BSON dates in UTC). [article.schema.json](article.schema.json) says the "
    "same to a program (JSON Schema 2020-12); every exported line is valid by it. Version of this "
    f"table: {SCHEMA_VERSION}.",
    "Sources are believed in this order: share answer, post source (`front_matter`), page, feed. "
    "Each field comes from the first that tells it, whatever the order of arrival; the body from "
    "the first that is not empty and not shorter than half of the longest. `provenance` tells "
    "which source gave which field, and `finews show ID` shows it.",
)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an article in contract form."""
    return {
        "$schema": DIALECT,
        "title": "Article",
        "description": "One article of finews, as exports write it.",
        **_object(Article),
        "$defs": {part.__name__: _object(part) for part in PARTS},
    }


def page() -> str:
    """The Markdown page of the data dictionary."""
    parts = [*HEAD, _table(Article)]
    for part, name in PARTS.items():
        parts += [f"## {part.__name__}, in `{name}`", _table(part)]
    return "\n\n".join(parts) + "\n"


def _told(kind: type) -> Iterator[tuple[str, Any, Told]]:
    """Name, type and meaning of each field of a dataclass."""
    hints = get_type_hints(kind, include_extras=True)
    assert is_dataclass(kind)
    for one in fields(kind):
        assert get_origin(hints[one.name]) is Annotated, one.name
        bare, told = get_args(hints[one.name])
        yield one.name, bare, told


def _object(kind: type) -> dict[str, Any]:
    properties = {name: _property(name, bare, told) for name, bare, told in _told(kind)}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(name: str, bare: Any, told: Told) -> dict[str, Any]:
    return {"description": told.meaning, **_typed(name, bare), **told.rules}


def _typed(name: str, bare: Any) -> dict[str, Any]:
    """The keywords that a type gives; None is written beside the other type."""
    if get_origin(bare) in (Union, UnionType):
        (other,) = (kind for kind in get_args(bare) if kind is not NoneType)
        typed = _typed(name, other)
        nullable = {**typed, "type": [typed["type"], "null"]}
        return {**nullable, "enum": [*typed["enum"], None]} if "enum" in typed else nullable
    if get_origin(bare) is Literal:
        return {"type": "string", "enum": list(get_args(bare))}
    if get_origin(bare) is list:
        return {"type": "array", "items": _entry(name, get_args(bare)[0])}
    if get_origin(bare) is dict:
        return {
            "type": "object",
            "additionalProperties": _entry(name, get_args(bare)[1]),
            "minProperties": 1,
        }
    if bare is datetime:
        return SHANGHAI_TIME if name == "published_at" else UTC_TIME
    return PLAIN[bare]


def _entry(name: str, kind: Any) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{kind.__name__}"} if kind in PARTS else _typed(name, kind)


def _table(kind: type) -> str:
    lines = ["| field | type | meaning | when nobody tells it |", "|---|---|---|---|"]
    for name, bare, told in _told(kind):
        lines.append(f"| `{name}` | {_words(bare)} | {told.meaning} | {told.otherwise} |")
    return "\n".join(lines)


def _words(bare: Any) -> str:
    """A type in words: list of Security; string or null."""
    if get_origin(bare) in (Union, UnionType):
        return " or ".join(_words(kind) for kind in get_args(bare))
    if get_origin(bare) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(bare))
    if get_origin(bare) is list:
        return f"list of {_words(get_args(bare)[0])}"
    if get_origin(bare) is dict:
        return f"object of {_words(get_args(bare)[1])}"
    names = {str: "string", int: "integer", datetime: "time", NoneType: "null"}
    return names.get(bare) or f"[{bare.__name__}](#{bare.__name__.lower()}-in-{PARTS[bare]})"


def main(folder: Path) -> None:
    """Write both files into a folder."""
    text = json.dumps(schema(), ensure_ascii=False, indent=2)
    (folder / "article.schema.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / "articles.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
