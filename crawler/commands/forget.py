"""finews forget: takes an article out for good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.setup import FinewsCommand
from crawler.store.tombstones import Tombstones
from crawler.tally import INCOMPLETE

if TYPE_CHECKING:
    import argparse


class Command(FinewsCommand, ScrapyCommand):
    """Takes out an article, its revisions and its raw inputs, and keeps it from coming back."""

    requires_crawler_process = False
    usage_line = "ID [options]"

    def short_desc(self) -> str:
        return "Take an article out of the store for good (takedown)"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Forget an article; when nothing is known of it, exit code 1."""
        if len(args) != 1:
            raise UsageError("name one article by its id: finews forget ID", print_help=False)
        with self.open_store() as store:
            tombstones = Tombstones(store)
            before = tombstones.among(args)
            forgotten = tombstones.forget(args[0])
        if forgotten.anything:
            line = (
                f"{args[0]} is forgotten: {forgotten.articles} article, "
                f"{forgotten.revisions} revisions, {forgotten.rejects} rejects, "
                f"{forgotten.links} links; captures and earlier exports are files of yours"
            )
        elif before:
            line = f"{args[0]} was forgotten before"
        else:
            line = f"nothing is known of {args[0]}, so nothing was forgotten"
            self.exitcode = INCOMPLETE
        print(f"finews: {line}", file=sys.stderr)
