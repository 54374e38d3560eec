"""Whether an entry is an article, as the data dictionary has it."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from crawler.article import SCHEMA_VERSION
from crawler.dictionary import schema
from crawler.records import from_record
from crawler.retold import observations_of
from crawler.sanitiser import sanitise

ADDRESSES = ("url", "share_url", "origin_url")
NUMBERS = ("revision", "stock_images_removed", "schema")
LARGEST_NUMBER = 2**31 - 1
LONGEST_REASON = 200


class CheckError(ValueError):
    """An entry is no article; the message says what is wrong with it."""


def observations_in(record: Any) -> list[Any]:
    """What the sources of an exported article said. Raises CheckError."""
    _check_version(record)
    error = next(_validator().iter_errors(record), None)
    if error is not None:
        place = ".".join(map(str, error.absolute_path)) or "the line"
        raise CheckError(f"{place}: {error.message[:LONGEST_REASON]}")
    for name in NUMBERS:
        # To JSON Schema 2.0 is an integer as well.
        if type(record[name]) is not int or record[name] > LARGEST_NUMBER:
            raise CheckError(f"{name}: {record[name]} is no number of an export")
    for address in (*(record[name] for name in ADDRESSES), *record["images"]):
        if address is not None and urlsplit(address).scheme not in ("http", "https"):
            raise CheckError(f"{address[:LONGEST_REASON]} is no address of a page")
    if sanitise(record["content_html"]) != record["content_html"]:
        raise CheckError("content_html: holds what an export never does")
    try:
        return list(observations_of(from_record(record)))
    except ValueError as problem:
        raise CheckError(str(problem)) from None


def _check_version(record: Any) -> None:
    version = record.get("schema") if isinstance(record, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise CheckError(f"of schema {version}, and this finews knows {SCHEMA_VERSION}: update it")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema(), format_checker=FormatChecker())
