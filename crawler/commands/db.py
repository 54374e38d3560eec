"""finews db: the store itself, its state, its backups."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.commands.one_line import describe
from crawler.commands.setup import FinewsCommand, action_of, usage
from crawler.exports.files import whole_file
from crawler.store.backup import write_backup
from crawler.store.errors import StoreError, StoreFailure
from crawler.store.restore import restore_backup
from crawler.store.summary import summarise
from crawler.tally import INCOMPLETE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from crawler.store.summary import Summary

# The words after each, and the options that are its own.
ACTIONS = {"status": ((), "json"), "backup": (("FILE",), ""), "restore": (("FILE",), "force")}


class Command(FinewsCommand, ScrapyCommand):
    """Tells what is in the store, copies it into a file, and takes a copy back."""

    requires_crawler_process = False
    usage_line = "status [--json] | backup FILE | restore FILE [--force]   [options]"

    def short_desc(self) -> str:
        return "The store: its state, a backup of it into a file, a backup restored"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="status: as JSON, for programs")
        parser.add_argument(
            "--force", action="store_true", help="restore: replace everything in the store"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the first word says."""
        action, words = action_of("db", args, ACTIONS)
        expected, own = ACTIONS[action]
        if len(words) != len(expected):
            raise usage(" ".join(("say finews db", action, *expected)))
        for option in {"json", "force"} - {own}:
            if getattr(opts, option):
                raise usage(f"{action} takes no --{option}")
        try:
            if action == "status":
                self._status(opts.json)
            elif action == "backup":
                self._backup(words[0])
            else:
                self._restore(words[0], opts.force)
        except StoreFailure as error:
            print(f"finews: the store failed ({describe(error)}); run it again", file=sys.stderr)
            self.exitcode = INCOMPLETE

    def _status(self, as_json: bool) -> None:
        with self.open_store() as store:
            summary = summarise(store)
        if as_json:
            print(json.dumps(asdict(summary), ensure_ascii=False))
        else:
            print("\n".join(_lines(summary)))
        number = sum(summary.collections.values())
        print(
            f"finews: {number} documents in {len(summary.collections)} collections", file=sys.stderr
        )

    def _backup(self, name: str) -> None:
        try:
            with self.open_store() as store, whole_file(Path(name).expanduser()) as file:
                manifest = write_backup(store, file)
        except OSError as error:
            raise usage(f"cannot write {name}: {error.strerror}") from None
        print(f"finews: {manifest.documents} documents are in {name}", file=sys.stderr)

    def _restore(self, name: str, force: bool) -> None:
        try:
            file = Path(name).expanduser().open("rb")
        except OSError as error:
            raise usage(f"cannot read {name}: {error.strerror}") from None
        with file, self.open_store() as store:
            try:
                manifest = restore_backup(store, file, force)
            except StoreError as error:
                raise StoreError(f"nothing restored from {name}: {error}") from None
        what = f"{manifest.documents} documents of {manifest.at}"
        print(f"finews: {what} restored from {name}", file=sys.stderr)


def _lines(summary: Summary) -> Iterator[str]:
    """What a person wants to know, in columns."""
    free = "" if summary.free is None else f", {_size(summary.free)} free on the disk"
    parts = f"{_size(summary.data)} of data, {_size(summary.indexes)} of indexes"
    yield _row("server", f"MongoDB {summary.server}")
    yield _row("place", summary.place)
    yield _row("database", summary.database)
    yield _row("schema", str(summary.schema))
    yield _row("changes", f"{summary.changes:,}")
    yield _row("size", f"{parts}{free}")
    for title, counts in (("collections", summary.collections), ("links", summary.links)):
        yield ""
        yield title
        for name, number in counts.items():
            yield _row(f"  {name}", f"{number:>12,}")


def _row(name: str, value: str) -> str:
    return f"{name:<14} {value}"


def _size(number: int) -> str:
    megabytes = number / 1_000_000
    return f"{megabytes:.1f} MB" if megabytes < 1000 else f"{megabytes / 1000:,.1f} GB"
