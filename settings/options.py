"""The settings that users set: what each means, and whether a value is one."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from scrapy.settings import default_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scrapy.settings import BaseSettings

Kind = Literal["url", "flag", "text", "folder"]

# Between Scrapy's "spider" (30), which no user sets, and "cmdline" (40).
ENVIRONMENT_PRIORITY = 35
LOG_LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")
TRUE, FALSE = ("1", "true"), ("0", "false")


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of the contract."""

    name: str
    kind: Kind
    meaning: str


OPTIONS = (
    Option("FINEWS_BASE_URL", "url", "where the site's pages are asked for"),
    Option(
        "FINEWS_CANONICAL_URL",
        "url",
        "what stored addresses begin with (unset: the site's public address)",
    ),
    Option("NEWSSHARE_BASE_URL", "url", "where share answers are asked for"),
    Option("FOLLOW_SHARE_LINKS", "flag", "whether each post's share answer is asked for"),
    Option(
        "MONGODB_URI",
        "text",
        "a replica set or mongos (unset: the embedded mongod, data under DATA_DIR)",
    ),
    Option("MONGODB_DATABASE", "text", "the database; one a site"),
    Option("DATA_DIR", "folder", "where the embedded store and the demo keep their files"),
    Option("CONTACT", "text", "an address for the site's owner, sent in the User-Agent"),
)
NAMES = tuple(option.name for option in OPTIONS)


class OptionError(ValueError):
    """A setting that cannot be; the message is one line that names it and what it may be."""


def nearest(word: str, words: Iterable[str]) -> str:
    """` Did you mean X?` for the word most like a mistyped one, or nothing."""
    known = {known.casefold(): known for known in words}
    found = difflib.get_close_matches(word.casefold(), known, n=1, cutoff=0.6)
    return f" Did you mean {known[found[0]]}?" if found else ""


def apply_environment(settings: BaseSettings, environment: Mapping[str, str] = os.environ) -> None:
    """Let environment variables win over the settings files; an empty one counts as unset."""
    for name in NAMES:
        if value := environment.get(name):
            settings.set(name, value, priority=ENVIRONMENT_PRIORITY)


def check_given(given: Mapping[str, str], known: Iterable[str]) -> None:
    """Check the names and values of `-s`. Raises OptionError."""
    known = {*known, *NAMES}
    for name, value in given.items():
        # A name that nothing knows and that is nearly a known one is a slip; others pass.
        if name not in known and (hint := nearest(name, known)):
            raise OptionError(f"no setting {name}.{hint}")
        _check_scrapy_value(name, value)


def check(settings: BaseSettings) -> None:
    """Check the contract's settings. Raises OptionError."""
    for option in OPTIONS:
        value = settings.get(option.name)
        if value is not None:
            _check_value(option, value)
    level = str(settings.get("LOG_LEVEL")).upper()
    if level not in LOG_LEVELS:
        raise OptionError(
            f"LOG_LEVEL={settings.get('LOG_LEVEL')} is none of {', '.join(LOG_LEVELS)}."
            + nearest(level, LOG_LEVELS)
        )


def _check_scrapy_value(name: str, value: Any) -> None:
    """A value for one of Scrapy's own settings has the type of its default."""
    default = getattr(default_settings, name, None)
    kind: Any = type(default)
    try:
        if kind is bool:
            _flag(value)
        elif kind in (int, float):
            kind(value)
    except ValueError:
        words = {bool: "True or False", int: "a whole number", float: "a number"}
        raise OptionError(f"{name}={value} is not {words[kind]}, for example {default}") from None


def _check_value(option: Option, value: Any) -> None:
    name = option.name
    if option.kind == "url":
        _check_url(name, str(value))
    elif option.kind == "flag":
        try:
            _flag(value)
        except ValueError:
            raise OptionError(
                f"{name}={value} is not True or False." + nearest(str(value), ("True", "False"))
            ) from None
    elif option.kind == "folder":
        place = Path(str(value)).expanduser()
        if place.exists() and not place.is_dir():
            raise OptionError(f"{name}={value} is a file, not a folder")


def _check_url(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise OptionError(f"{name}={url} is not an address such as https://finews.withounder.com/")


def _flag(value: Any) -> bool:
    if isinstance(value, (bool, int)):
        return bool(value)
    if str(value).lower() in TRUE:
        return True
    if str(value).lower() in FALSE:
        return False
    raise ValueError(value)


def with_slash(url: str) -> str:
    """A base URL ends in a slash."""
    return url if url.endswith("/") else f"{url}/"


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
