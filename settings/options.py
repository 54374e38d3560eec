"""The settings that users set: what each means, and whether a value is one."""

from __future__ import annotations

import difflib
import math
import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from scrapy.settings import default_settings
from scrapy.utils.misc import load_object

from settings import base

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scrapy.settings import BaseSettings

Kind = Literal["url", "flag", "text", "folder", "number", "port", "hook", "client"]

# Between Scrapy's "spider" (30), which no user sets, and "cmdline" (40).
ENVIRONMENT_PRIORITY = 35
LOG_LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")
TRUE, FALSE = ("1", "true"), ("0", "false")
CLASS_PATH = re.compile(r"(?:\w+\.)+[A-Z]\w*")
# With none of these at work a crawl would wait for ever, or a mean be one of nothing.
COUNTS = frozenset(
    {
        *("CONCURRENT_ITEMS", "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN"),
        *("STORE_BATCH_SIZE", "CAPTURE_FILE_BYTES", "MONITOR_COVERAGE_RUNS"),
        *("LOGS_KEPT", "LEASE_SECONDS", "SCHEDULE_LEASE_SECONDS"),
    }
)


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
        "HTTP_CLIENT",
        "client",
        "what asks for pages: aiohttp, or twisted, which needs more time for the same",
    ),
    Option(
        "MONGODB_URI",
        "text",
        "a replica set or mongos (unset: the embedded mongod, data under DATA_DIR)",
    ),
    Option("MONGODB_DATABASE", "text", "the database; one a site"),
    Option("DATA_DIR", "folder", "where the embedded store and the demo keep their files"),
    Option(
        "CAPTURE_DIR",
        "folder",
        "where every response is kept as received, in WARC files (unset: nowhere)",
    ),
    Option(
        "SITE_RETENTION_DAYS",
        "number",
        "for how many days the site keeps its posts: an older one that is missing is expired",
    ),
    Option("CONTACT", "text", "an address for the site's owner, sent in the User-Agent"),
    Option(
        "MONITOR_WEBHOOK",
        "hook",
        "where an alarm is posted as JSON when a monitor fails: https, or this machine",
    ),
    Option("MONITOR_MAIL_TO", "text", "who gets an alarm by e-mail; several with commas"),
    Option("MONITOR_MAIL_FROM", "text", "who it comes from (unset: the first who gets it)"),
    Option("MONITOR_SMTP_HOST", "text", "the server that takes e-mail"),
    Option("MONITOR_SMTP_PORT", "port", "its port; on 465 TLS from the first byte"),
    Option("MONITOR_SMTP_USER", "text", "who hands it over (unset: nobody has to)"),
    Option("MONITOR_SMTP_PASSWORD", "text", "the password; best from the environment"),
    Option("MONITOR_SMTP_TLS", "flag", "whether the server has to talk TLS"),
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


def take_given(settings: BaseSettings, given: Mapping[str, str], known: Iterable[str]) -> None:
    """Take the names and values of `-s` in their type. Raises OptionError."""
    known = {*known, *NAMES}
    for name, value in given.items():
        # A name that nothing knows and that is nearly a known one is a slip; others pass.
        if name not in known and (hint := nearest(name, known)):
            raise OptionError(f"no setting {name}.{hint}")
        settings.set(name, _typed(name, value), priority="cmdline")


def check(settings: BaseSettings) -> None:
    """Check the contract's settings, whatever set them. Raises OptionError."""
    for option in OPTIONS:
        value = settings.get(option.name)
        if option.kind == "flag":
            # Scrapy knows "True" and "1" only, and would take "TRUE" for an error.
            place = settings.getpriority(option.name) or 0
            settings.set(option.name, _flag(option.name, value), priority=place)
        elif value is not None:
            _check_value(option, value)
    _check_mail(settings)
    for hours in settings.getlist("SECOND_LOOK_HOURS"):
        _number("SECOND_LOOK_HOURS", str(hours), 1.0)
    level = str(settings.get("LOG_LEVEL")).upper()
    if level not in LOG_LEVELS:
        raise OptionError(
            f"LOG_LEVEL={settings.get('LOG_LEVEL')} is none of {', '.join(LOG_LEVELS)}."
            + nearest(level, LOG_LEVELS)
        )


def _typed(name: str, value: str) -> Any:
    """A value in the type of its default. Raises OptionError."""
    default = getattr(base, name, None)
    default = getattr(default_settings, name, None) if default is None else default
    if isinstance(default, bool):
        return _flag(name, value)
    if isinstance(default, (int, float)):
        return _number(name, value, default)
    if isinstance(default, str) and CLASS_PATH.fullmatch(default):
        try:
            load_object(value)
        except (ImportError, NameError, ValueError) as error:
            raise OptionError(f"{name}={value} is no class: {error}") from None
    return value


def _number(name: str, value: str, default: float) -> float:
    kind = type(default)
    try:
        number = kind(value)
    except ValueError:
        words = "a whole number" if kind is int else "a number"
        raise OptionError(f"{name}={value} is not {words}, for example {default}") from None
    if not math.isfinite(number) or (kind is float and number < 0):
        raise OptionError(f"{name}={value} is no number that can be used, for example {default}")
    if name in COUNTS and number < 1:
        raise OptionError(f"{name}={value} is less than 1")
    return number


def _check_value(option: Option, value: Any) -> None:
    name = option.name
    if option.kind == "url":
        _check_url(name, str(value))
    elif option.kind == "number":
        _number(name, str(value), 3.0)
    elif option.kind == "folder":
        place = Path(str(value)).expanduser()
        if place.exists() and not place.is_dir():
            raise OptionError(f"{name}={value} is a file, not a folder")
    elif option.kind == "port":
        if not (str(value).isdecimal() and 0 < int(value) < 65536):
            raise OptionError(f"{name}={value} is no port, for example {getattr(base, name)}")
    elif option.kind == "client" and value not in base.HTTP_CLIENTS:
        known = " nor ".join(base.HTTP_CLIENTS)
        raise OptionError(f"{name}={value} is neither {known}." + nearest(value, base.HTTP_CLIENTS))
    elif option.kind == "hook" and value:
        _check_hook(name, str(value))


def _check_hook(name: str, url: str) -> None:
    """Raises OptionError without the address: it may hold a secret."""
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and parts.port != 0 and not parts.username
    except ValueError:
        valid = False
    if not valid or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        raise OptionError(f"{name} is no https:// address, nor one of this machine")


def _check_mail(settings: BaseSettings) -> None:
    host = settings.get("MONITOR_SMTP_HOST")
    if settings.get("MONITOR_MAIL_TO") and not host:
        raise OptionError("MONITOR_MAIL_TO needs MONITOR_SMTP_HOST, the server that takes e-mail")
    if not settings.get("MONITOR_SMTP_USER") or settings.getbool("MONITOR_SMTP_TLS"):
        return
    if host and not is_loopback(f"smtp://{host}"):
        raise OptionError(
            f"MONITOR_SMTP_TLS=False would send MONITOR_SMTP_PASSWORD to {host} for all to read"
        )


def _check_url(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise OptionError(f"{name}={url} is not an address such as https://finews.withounder.com/")


def _flag(name: str, value: Any) -> bool:
    text = str(value).lower()
    if text not in TRUE + FALSE:
        raise OptionError(
            f"{name}={value} is not True or False." + nearest(str(value), ("True", "False"))
        )
    return text in TRUE


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
