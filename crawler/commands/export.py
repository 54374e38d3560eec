"""finews export: articles out of the store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.setup import FinewsCommand
from crawler.exports.files import whole_file
from crawler.exports.jsonlines import write_lines
from crawler.store.articles import Articles

if TYPE_CHECKING:
    import argparse


class Command(FinewsCommand, ScrapyCommand):
    """Writes every stored article as JSON lines, by (published_at, id)."""

    requires_crawler_process = False
    usage_line = "[-o FILE] [options]"

    def short_desc(self) -> str:
        return "Write the stored articles as JSON lines to a file or standard output"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-o",
            "--output",
            metavar="FILE",
            default="-",
            help="a file, written whole or not at all; else standard output",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Export; the number of articles goes to standard error."""
        if args:
            raise UsageError(f"export takes no argument {args[0]}; -o FILE?", print_help=False)
        with self.open_store() as store:
            articles = Articles(store).select()
            if opts.output == "-":
                number = write_lines(articles, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            else:
                try:
                    with whole_file(Path(opts.output).expanduser()) as file:
                        number = write_lines(articles, file)
                except OSError as error:
                    raise UsageError(
                        f"cannot write {opts.output}: {error.strerror}", print_help=False
                    ) from None
        print(f"finews: {number} articles exported", file=sys.stderr)
