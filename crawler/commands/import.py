"""finews import: an export back into the store."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, cast

from scrapy.commands import ScrapyCommand

from crawler.addresses import Site
from crawler.commands.one_line import describe
from crawler.commands.setup import FinewsCommand, usage
from crawler.exports.terminal import one_line
from crawler.imports.files import FileError, entries_of
from crawler.imports.importer import Importer
from crawler.spiders.base import looks_of
from crawler.store.errors import StoreFailure
from crawler.store.links import Ledger
from crawler.tally import INCOMPLETE

if TYPE_CHECKING:
    import argparse
    from io import BufferedReader

    from crawler.store.connection import Store

NO_EXPORTS = (".csv", ".json", ".atom", ".xml", ".csv.gz", ".csv.zst")
OUTCOMES = ("new", "changed", "unchanged", "forgotten", "rejected")


class Command(FinewsCommand, ScrapyCommand):
    """Takes the articles of an export, JSON lines or Parquet, as they are."""

    requires_crawler_process = False
    usage_line = "FILE [options]   (- is standard input)"

    def short_desc(self) -> str:
        return "Take an export back into the store"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Import; what came of it goes to standard error."""
        if len(args) != 1:
            raise usage("name one file: finews import FILE, or - for standard input")
        if args[0].endswith(NO_EXPORTS):
            raise usage(f"{args[0]}: only JSON lines and Parquet hold all that an article has")
        try:
            with _opened(args[0]) as file, self.open_store() as store:
                importer = self._importer(store, args[0])
                damage = _take(importer, file)
        except OSError as error:
            raise usage(f"cannot read {args[0]}: {error.strerror or error}") from None
        self._tell(importer, damage)

    def _importer(self, store: Store, name: str) -> Importer:
        assert self.settings is not None
        names = ("FINEWS_BASE_URL", "FINEWS_CANONICAL_URL", "NEWSSHARE_BASE_URL")
        site = Site(*(self.settings[name] for name in names))
        ledger = Ledger(store, "import", looks=looks_of(self.settings))
        file = "standard input" if name == "-" else str(Path(name).expanduser().resolve())
        return Importer(store, file, site, ledger)

    def _tell(self, importer: Importer, damage: str | None) -> None:
        counts = importer.counts
        told = ", ".join(f"{counts[name]} {name}" for name in OUTCOMES)
        if counts["withdrawn"]:
            told += f"; {counts['withdrawn']} lines of withdrawn articles passed over"
        problem = damage or importer.last_problem
        if problem:
            told += f" (last: {problem})"
        if counts["rejected"]:
            told += "; finews rejects list shows them"
        if not problem and not sum(counts.values()):
            problem = told = "nothing is in the file"
        if problem:
            self.exitcode = INCOMPLETE
        print(f"finews: {one_line(told)}", file=sys.stderr)


def _opened(name: str) -> AbstractContextManager[BufferedReader]:
    """A file, or standard input. Raises OSError or UsageError."""
    if name != "-":
        return Path(os.path.expanduser(name)).open("rb")
    if sys.stdin is None:
        raise usage("standard input is closed")
    return nullcontext(cast("BufferedReader", sys.stdin.buffer))


def _take(importer: Importer, file: BufferedReader) -> str | None:
    """Take all that can be read; what ended it early, if anything did."""
    try:
        importer.take(entries_of(file))
    except FileError as error:
        return str(error)
    except StoreFailure as error:
        return f"the store failed ({describe(error)}); the same command goes on"
    return None
