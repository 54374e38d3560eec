"""finews show: one article, and where each of its fields came from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.outcome import INCOMPLETE
from crawler.commands.setup import FinewsCommand
from crawler.exports.sheet import lines_of
from crawler.store.articles import Articles

if TYPE_CHECKING:
    import argparse


class Command(FinewsCommand, ScrapyCommand):
    """Prints a line a field: its name, the source that gave it, its value."""

    requires_crawler_process = False
    usage_line = "ID [options]"

    def short_desc(self) -> str:
        return "Show one article, and which source gave which field"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show an article; without it exit code 1."""
        if len(args) != 1:
            raise UsageError("name one article by its id: finews show ID", print_help=False)
        with self.open_store() as store:
            article = Articles(store).get(args[0])
        if article is None:
            print(f"finews: no article {args[0]} is stored", file=sys.stderr)
            self.exitcode = INCOMPLETE
            return
        for line in lines_of(article):
            print(line)
        print(f"finews: told by {', '.join(article.provenance)}", file=sys.stderr)
