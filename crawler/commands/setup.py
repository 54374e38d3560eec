"""What every command does first: settings from the environment, checked and completed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.conf import arglist_to_dict

from crawler import __version__
from crawler.exports.terminal import one_line
from crawler.store.connection import Store
from settings import base
from settings.options import (
    OptionError,
    apply_environment,
    check,
    is_loopback,
    nearest,
    take_given,
    with_slash,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from scrapy.settings import Settings
    from scrapy.spiderloader import SpiderLoaderProtocol

    from crawler.spiders.base import LedgerSpider

PROJECT_PRIORITY = SETTINGS_PRIORITIES["project"]
HOME_PAGE = base.FINEWS_BASE_URL
# What politeness sets for the site of others; on loopback only when somebody says so.
UNHURRIED = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
}
# Errors of which another client knows nothing.
OF_TWISTED = ("twisted.", "scrapy.core.downloader.handlers.http11.")


class FinewsCommand:
    """Mixed into Scrapy's commands: the contract's settings, options and error lines."""

    settings: Settings | None
    requires_project = True
    # Whether only errors are logged, unless a level is asked for.
    quiet = False
    usage_line = ""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, under the name of this program."""
        super().add_options(parser)  # type: ignore[misc]
        name = type(self).__module__.rpartition(".")[2]
        parser.prog = f"finews {name}"
        parser.usage = f"finews {name} {self.usage_line}"
        self._parser = parser

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Take settings from `-s` and the environment. Raises UsageError with one line."""
        assert self.settings is not None
        known = list(self.settings.keys())
        super().process_options(args, opts)  # type: ignore[misc]
        for word in args:
            if word.startswith("-") and word != "-":
                options = [o for action in self._parser._actions for o in action.option_strings]
                raise UsageError(f"no option {word}.{nearest(word, options)}", print_help=False)
        try:
            take_given(self.settings, arglist_to_dict(opts.set), known)
            complete(self.settings)
        except OptionError as error:
            raise UsageError(str(error), print_help=False) from None
        if self.quiet and not opts.loglevel:
            self.settings.set("LOG_LEVEL", "ERROR", priority="cmdline")

    @staticmethod
    def passed_on(opts: argparse.Namespace) -> list[str]:
        """The options that the processes of a command are given, as it was."""
        given = [word for pair in opts.set for word in ("-s", pair)]
        return [*given, *(["-L", opts.loglevel] if opts.loglevel else [])]

    def open_store(self) -> Store:
        """The store that the settings name. Raises StoreError."""
        assert self.settings is not None
        return open_store(self.settings)


def action_of(command: str, args: list[str], actions: Iterable[str]) -> tuple[str, list[str]]:
    """The first word of a command's arguments, one of its actions, and the others.

    Raises UsageError naming the nearest.
    """
    action, *words = args or [""]
    if action not in actions:
        hint = nearest(action, actions) or f" There are: {', '.join(actions)}."
        raise usage(f"finews {command} does not know {action!r}.{hint}")
    return action, words


def spider_named(name: str, loader: SpiderLoaderProtocol) -> type[LedgerSpider]:
    """A spider by its name. Raises ValueError naming the nearest."""
    names = loader.list()
    if name not in names:
        hint = nearest(name, names) or f" There are: {', '.join(sorted(names))}."
        raise ValueError(f"no spider {name}.{hint}")
    spider: Any = loader.load(name)
    return spider  # type: ignore[no-any-return]


def usage(line: str) -> UsageError:
    """The error of wrong arguments, told in one line."""
    return UsageError(one_line(line), print_help=False)


def open_store(settings: Settings, patience_seconds: float | None = None) -> Store:
    """The store that settings name; with another patience than theirs. Raises StoreError."""
    if patience_seconds is None:
        patience_seconds = settings.getfloat("STORE_PATIENCE_SECONDS")
    return Store.open(
        settings["MONGODB_URI"],
        settings["MONGODB_DATABASE"],
        settings["DATA_DIR"],
        patience_seconds,
    )


def complete(settings: Settings) -> None:
    """Let the environment win, check, and fill in what follows from other settings.

    Raises OptionError.
    """
    apply_environment(settings)
    check(settings)
    for name in ("DATA_DIR", "CAPTURE_DIR"):
        if settings.get(name):
            _refine(settings, name, str(Path(settings[name]).expanduser()))
    for name in ("FINEWS_BASE_URL", "NEWSSHARE_BASE_URL", "FINEWS_CANONICAL_URL"):
        _refine(settings, name, with_slash(settings.get(name) or HOME_PAGE))
    if settings.getpriority("USER_AGENT") == 0:
        contact = settings.get("CONTACT")
        about = f"; {contact}" if contact else ""
        agent = f"finews/{__version__} (news crawler{about}) Scrapy"
        _refine(settings, "USER_AGENT", agent)
    _choose_client(settings)
    if all(is_loopback(settings[name]) for name in ("FINEWS_BASE_URL", "NEWSSHARE_BASE_URL")):
        for name, value in UNHURRIED.items():
            said = (settings.getpriority(name) or 0) > PROJECT_PRIORITY
            if not said and settings.get(name) == getattr(base, name):
                _refine(settings, name, value)


def _choose_client(settings: Settings) -> None:
    """Of Twisted only what the HTTP client needs: reactor and errors take a part of a second."""
    if settings["HTTP_CLIENT"] == "twisted":
        return
    _refine(settings, "TWISTED_REACTOR_ENABLED", False)
    own = [one for one in settings.getlist("RETRY_EXCEPTIONS") if not _is_of_twisted(one)]
    _refine(settings, "RETRY_EXCEPTIONS", own)


def _is_of_twisted(error: object) -> bool:
    return isinstance(error, str) and error.startswith(OF_TWISTED)


def _refine(settings: Settings, name: str, value: Any) -> None:
    """Set a value in the place, by priority, of the one that it refines."""
    settings.set(name, value, priority=max(settings.getpriority(name) or 0, PROJECT_PRIORITY))
