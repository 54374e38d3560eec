"""The schedule file: which crawls run, and when."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from crawler.schedule.times import Cron, Every, Times, seconds_of
from settings.options import nearest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Check = Callable[[str, dict[str, str]], None]

KEYS = ("name", "spider", "arguments", "cron", "every", "time_limit")
NAME = re.compile(r"\w[\w.-]{0,62}")
TIME_LIMIT = "6h"


class ScheduleError(ValueError):
    """A schedule that cannot be; the message is one line that says what to mend."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """A crawl of the schedule; `time_limit` is in seconds."""

    name: str
    spider: str
    arguments: dict[str, str]
    times: Times
    time_limit: int


def read(path: Path, check: Check) -> list[Crawl]:
    """The crawls of a file. `check` raises ValueError for a spider or arguments that cannot be.

    Raises ScheduleError, and OSError for a file that cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ScheduleError(f"{path} is no text in UTF-8") from None
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScheduleError(f"{path} is no TOML that can be read: {error}") from None
    try:
        return crawls_of(document, check)
    except ScheduleError as error:
        raise ScheduleError(f"{path}: {error}") from None


def crawls_of(document: dict[str, Any], check: Check) -> list[Crawl]:
    """The crawls of a document. Raises ScheduleError."""
    if unknown := next((key for key in document if key != "crawl"), None):
        raise ScheduleError(f"no key {unknown}.{nearest(unknown, ['crawl'])}")
    entries = document.get("crawl")
    if not (isinstance(entries, list) and entries and all(isinstance(e, dict) for e in entries)):
        raise ScheduleError("there is no [[crawl]] in it")
    crawls: dict[str, Crawl] = {}
    for number, entry in enumerate(entries, 1):
        name = str(entry.get("name", entry.get("spider", f"number {number}")))
        try:
            crawl = _crawl(name, entry, check)
            if name in crawls:
                raise ValueError("another has this name; give each a name of its own")
        except ValueError as error:
            raise ScheduleError(f"crawl {name}: {error}") from None
        crawls[name] = crawl
    return list(crawls.values())


def _crawl(name: str, entry: dict[str, Any], check: Check) -> Crawl:
    """Raises ValueError."""
    if unknown := next((key for key in entry if key not in KEYS), None):
        raise ValueError(f"no key {unknown}.{nearest(unknown, KEYS)}")
    texts = {key: value for key, value in entry.items() if key != "arguments"}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise ValueError(f"{key} = {value} is no text; write it in quotation marks")
    if "spider" not in texts:
        raise ValueError("it names no spider")
    if ("cron" in texts) == ("every" in texts):
        raise ValueError("it needs either cron or every")
    arguments = _arguments(entry.get("arguments", {}))
    check(texts["spider"], arguments)
    if not NAME.fullmatch(name):
        raise ValueError("a name is of letters, digits, '_', '-' and '.', 63 at most")
    times = Cron.read(texts["cron"]) if "cron" in texts else Every.read(texts["every"])
    limit = seconds_of(texts.get("time_limit", TIME_LIMIT))
    return Crawl(name, texts["spider"], arguments, times, limit)


def _arguments(given: Any) -> dict[str, str]:
    """A spider's arguments as `-a` would give them. Raises ValueError."""
    if not isinstance(given, dict):
        raise ValueError("arguments is no table, such as { category = 'emnews' }")
    return {name: _text(name, value) for name, value in given.items()}


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list):
        return ",".join(_text(name, one) for one in value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (str, int)) and "\0" not in (text := str(value)):
        return text
    raise ValueError(f"the argument {name} = {value} is no text, number, date or list")
