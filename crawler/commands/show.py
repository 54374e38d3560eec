"""finews show: one article, where each of its fields came from, and how it changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.selecting import time_of
from crawler.commands.setup import FinewsCommand
from crawler.exports import differences
from crawler.exports.sheet import lines_of
from crawler.exports.terminal import printable
from crawler.history import article_of
from crawler.records import utc
from crawler.store import duplicate_groups
from crawler.store.articles import Articles
from crawler.store.reader import Reader
from crawler.tally import INCOMPLETE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import datetime

    from crawler.article import Article
    from crawler.store.connection import Store
    from crawler.store.duplicate_groups import Member


class Command(FinewsCommand, ScrapyCommand):
    """Prints a line a field: its name, the source that gave it, its value."""

    requires_crawler_process = False
    usage_line = "ID [--as-of TIME] [--revisions] [options]"

    def short_desc(self) -> str:
        return "Show one article, which source gave which field, and how it changed"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--as-of",
            metavar="TIME",
            help="as it was known then; a day means its first moment, in Asia/Shanghai",
        )
        parser.add_argument(
            "--revisions", action="store_true", help="how it changed, in place of what it is"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show an article; without it exit code 1."""
        if len(args) != 1:
            raise UsageError("name one article by its id: finews show ID", print_help=False)
        at = time_of(opts, "as_of")
        with self.open_store() as store:
            articles = Articles(store)
            now = articles.get(args[0])
            history, members = {}, []
            if opts.revisions:
                history = articles.history(args[0])
                article = article_of(history, at)
            elif at is not None:
                article = _as_of(store, args[0], at)
            else:
                article = now
                members = list(_group(store, now)) if now else []
        if article is None:
            print(f"finews: {_missing(args[0], now, at)}", file=sys.stderr)
            self.exitcode = INCOMPLETE
            return
        if opts.revisions:
            for line in differences.lines_of(history, at):
                print(printable(line))
            print(f"finews: revision {article.revision}", file=sys.stderr)
            return
        for line in lines_of(article, members):
            print(printable(line))
        print(f"finews: told by {', '.join(article.provenance)}", file=sys.stderr)


def _as_of(store: Store, article_id: str, at: datetime) -> Article | None:
    with Reader(store) as reader:
        return reader.article_as_of(article_id, at)


def _group(store: Store, article: Article) -> Iterator[Member]:
    """The articles that tell the same story, if there are others."""
    members = list(duplicate_groups.members(store, article.duplicate_of or article.id))
    yield from members if len(members) > 1 else ()


def _missing(article_id: str, now: Article | None, at: datetime | None) -> str:
    if now is None or at is None:
        return f"no article {article_id} is stored"
    return f"{article_id} was not known at {utc(at)}; it was first seen at {utc(now.first_seen_at)}"
