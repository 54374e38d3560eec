"""finews duplicates: the groups of articles that tell the same story."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.commands.setup import FinewsCommand, action_of, usage
from crawler.exports import stories
from crawler.store import duplicate_groups

if TYPE_CHECKING:
    import argparse

ACTIONS = ("list",)
MOST = 20


class Command(FinewsCommand, ScrapyCommand):
    """Lists the largest groups of duplicates."""

    requires_crawler_process = False
    usage_line = "list [--most N] [--json]   [options]"

    def short_desc(self) -> str:
        return "The same story in several media: the largest groups of duplicates"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--most", metavar="N", type=int, default=MOST, help=f"so many groups (default: {MOST})"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the first word says."""
        _, words = action_of("duplicates", args, ACTIONS)
        if words:
            raise usage(f"list takes no argument {words[0]}; finews show {words[0]}?")
        if opts.most < 1:
            raise usage(f"--most {opts.most} shows nothing; say 1 or more")
        with self.open_store() as store:
            size = duplicate_groups.size(store)
            groups = duplicate_groups.largest(store, opts.most)
        for articles, root in groups:
            if opts.json:
                record = {"articles": articles, **stories.to_record(root)}
                print(json.dumps(record, ensure_ascii=False))
            else:
                print(f"{articles:>8,}  {stories.line_of(root)}")
        told = f"groups: {size.groups:,}; duplicates of their first article: {size.duplicates:,}"
        print(f"finews: {told}", file=sys.stderr)
