"""finews import: an export back into the store."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.addresses import Site
from crawler.commands.setup import FinewsCommand, usage
from crawler.exports.terminal import printable
from crawler.imports.files import FileError, entries_of
from crawler.imports.importer import Importer
from crawler.spiders.base import looks_of
from crawler.store.links import Ledger
from crawler.tally import INCOMPLETE

if TYPE_CHECKING:
    import argparse

    from crawler.store.connection import Store

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
        path = None if args[0] == "-" else Path(args[0]).expanduser()
        try:
            with _there(path), self.open_store() as store:
                importer = self._importer(store, path)
                damage = _take(importer, path)
        except OSError as error:
            raise usage(f"cannot read {args[0]}: {error.strerror or error}") from None
        self._tell(importer, damage)

    def _importer(self, store: Store, path: Path | None) -> Importer:
        assert self.settings is not None
        names = ("FINEWS_BASE_URL", "FINEWS_CANONICAL_URL", "NEWSSHARE_BASE_URL")
        site = Site(*(self.settings[name] for name in names))
        ledger = Ledger(store, "import", looks=looks_of(self.settings))
        return Importer(store, path.name if path else "standard input", site, ledger)

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
        print(f"finews: {printable(told)}", file=sys.stderr)


def _there(path: Path | None) -> AbstractContextManager[object]:
    """Raises OSError, before the store is opened, for a file that cannot be read."""
    return path.open("rb") if path else nullcontext()


def _take(importer: Importer, path: Path | None) -> str | None:
    """Take all that can be read; what is damaged in the file itself, if anything is."""
    try:
        importer.take(entries_of(path))
    except FileError as error:
        return str(error)
    return None
