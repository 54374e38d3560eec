"""finews export: articles out of the store, in any format, to any place."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import NotConfigured

from crawler.commands.one_line import describe
from crawler.commands.selecting import add_selection, read_selection, time_of
from crawler.commands.setup import FinewsCommand, usage
from crawler.commands.signals import Signals
from crawler.exports.cursor import OtherSelectionError
from crawler.exports.destinations import (
    STDOUT,
    DestinationError,
    Destinations,
    UnknownDestinationError,
    local_path,
    shown,
)
from crawler.exports.formats.registry import FORMATS, Form, form_of
from crawler.exports.job import Export, Order
from crawler.exports.split import KEYS, Split
from crawler.exports.terminal import one_line
from crawler.exports.web.folder import Changed, ForeignFolderError, WebFolder
from crawler.exports.web.outlet import FolderBusyError
from crawler.store.cursors import CursorTakenError
from crawler.store.errors import StoreFailure
from crawler.tally import INCOMPLETE
from settings.options import nearest

if TYPE_CHECKING:
    import argparse

    from crawler.store.connection import Store

BASE_URL = re.compile(r"https?://[^\s?#]+")
# Options that say different things of the same export.
APART = (
    ("follow", "as_of"),
    ("follow", "split"),
    ("cursor", "as_of"),
    ("cursor", "split"),
    ("tombstones", "as_of"),
    ("tombstones", "split"),
    *(("site", name) for name in ("format", "bom", "search", "as_of", "split")),
    *(("site", name) for name in ("cursor", "follow", "tombstones")),
)
ENDINGS = {ending for one in FORMATS.values() for ending in one.endings}
MISUSES = (OtherSelectionError, UnknownDestinationError, ForeignFolderError, NotConfigured)


class Command(FinewsCommand, ScrapyCommand):
    """Writes the selected articles, by (published_at, id)."""

    requires_crawler_process = False
    usage_line = "[-o URI] [--format F] [selection] [--split KEY | --cursor NAME | --follow] ..."

    def short_desc(self) -> str:
        return "Write articles as JSON lines or in other formats, to files and elsewhere"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add(
            "-o",
            "--output",
            metavar="URI",
            default="-",
            help="a file, - for standard output, or an address (s3, gs, ftp)",
        )
        add("--format", metavar="F", help=f"{', '.join(FORMATS)} (default: by the name's end)")
        add("--bom", action="store_true", help="csv: begin with a byte order mark, for Excel")
        add_selection(parser)
        add("--as-of", metavar="T", help="what the same export gave then, by what had been seen")
        add("--split", metavar="KEY", help=f"a file for each {', '.join(KEYS)}")
        add("--cursor", metavar="NAME", help="what is new or changed since the last of this name")
        add("--follow", action="store_true", help="what is new or changed, until stopped")
        add("--site", metavar="DIR", help="a folder of feeds, with an index, for a web server")
        add("--base-url", metavar="URL", help="site: where that folder is served")
        add("--tombstones", action="store_true", help="also ids of what was withdrawn or forgotten")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Export; the number of articles goes to standard error."""
        if args:
            raise usage(f"export takes no argument {args[0]}; -o FILE?")
        form = _form(opts)
        _check(opts, form)
        at = time_of(opts, "as_of")
        try:
            with self.open_store() as store:
                selection = read_selection(opts, store)
                order = Order(opts.output, form, selection, at, opts.tombstones)
                told = self._export(store, order, opts)
        except MISUSES as error:
            raise usage(str(error)) from None
        except (CursorTakenError, FolderBusyError, DestinationError) as error:
            told = str(error)
            self.exitcode = INCOMPLETE
        except StoreFailure as error:
            told = f"the store failed ({describe(error)}); run it again"
            self.exitcode = INCOMPLETE
        except OSError as error:
            if isinstance(error, BrokenPipeError) and opts.output in STDOUT:
                raise
            place = error.filename or shown(opts.output)
            raise usage(f"cannot write {place}: {error.strerror}") from None
        print(f"finews: {one_line(told)}", file=sys.stderr)

    def _export(self, store: Store, order: Order, opts: argparse.Namespace) -> str:
        """What was done, in a line."""
        assert self.settings is not None
        export = Export(store, order, Destinations(self.settings))
        if opts.site:
            folder = Path(os.path.expanduser(opts.site))
            return tell(WebFolder(store, order.selection, folder, opts.base_url).update())
        if opts.follow:
            signals = Signals()
            return export.follow(opts.cursor, lambda: signals.asked)
        if opts.split:
            split = Split(opts.split)
            return export.split(split, _template(opts, order.form, split))
        return export.by_cursor(opts.cursor) if opts.cursor else export.whole()


def tell(changed: Changed) -> str:
    """What became of a folder of feeds, in a line."""
    done = f"{changed.files_written} files written, {changed.files_removed} removed"
    return f"{done}, {changed.files - changed.files_written} left as they are"


def _form(opts: argparse.Namespace) -> Form:
    """Raises UsageError naming the nearest format."""
    if opts.format is not None and opts.format not in FORMATS:
        hint = nearest(opts.format, FORMATS) or f" There are: {', '.join(FORMATS)}."
        raise usage(f"no format {opts.format}.{hint}")
    is_folder = opts.split and f"%({opts.split})s" not in opts.output
    name = "" if opts.output in STDOUT or is_folder else opts.output
    try:
        form = form_of(name, opts.format, **({"bom": True} if opts.bom else {}))
    except ValueError as error:
        raise usage(str(error)) from None
    if opts.bom and form.format.name != "csv":
        raise usage(f"--bom is for csv, not for {form.format.name}")
    return form


def _check(opts: argparse.Namespace, form: Form) -> None:
    """Raises UsageError for what does not go together."""
    for one, other in APART:
        if getattr(opts, one) and getattr(opts, other):
            raise usage(f"--{one} does not go with --{other.replace('_', '-')}")
    if opts.site and opts.output not in STDOUT:
        raise usage("--site does not go with -o: it names the folder itself")
    if opts.base_url is not None and not (opts.site and BASE_URL.fullmatch(opts.base_url)):
        raise usage("--base-url goes with --site, and is like https://feeds.example.com/")
    if opts.split and opts.split not in KEYS:
        hint = nearest(opts.split, KEYS) or f" There are: {', '.join(KEYS)}."
        raise usage(f"no --split {opts.split}.{hint}")
    for option in ("follow", "tombstones"):
        if getattr(opts, option) and form.format.name != "jsonl":
            raise usage(f"--{option} is for jsonl, not for {form.format.name}")
    if opts.follow and form.compression:
        raise usage(f"--follow writes lines that are read at once, not {form.compression}")
    if opts.follow and opts.output not in STDOUT and local_path(opts.output) is None:
        raise usage("--follow writes to standard output or to a file")
    for option in ("cursor", "site"):
        if getattr(opts, option) is not None and not getattr(opts, option).strip():
            raise usage(f"--{option} needs a name")


def _template(opts: argparse.Namespace, form: Form, split: Split) -> str:
    """The address of each file, with a place for its name. Raises UsageError or OSError."""
    output: str = opts.output
    if output in STDOUT:
        raise usage(f"--split writes files: -o FOLDER, or -o 'PATH/{split.placeholder}.jsonl'")
    if "%(" in output.replace(split.placeholder, ""):
        raise usage(f"{output}: what stands for a name is {split.placeholder}")
    if split.placeholder not in output:
        if Path(output).suffix.lower() in ENDINGS and not Path(output).is_dir():
            raise usage(f"-o {output} is a file: say a folder, or 'PATH/{split.placeholder}.jsonl'")
        output = f"{output.rstrip('/') or '/'}/{split.placeholder}{form.format.endings[0]}"
    path = local_path(output)
    if path is None:
        return output
    if split.placeholder in str(path.parent):
        raise usage(f"{split.placeholder} is for the name of a file, not of a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    # A path, for in a URI what is encoded in a name would be decoded again.
    return str(path)
