"""finews demo: the whole job on the bundled sample site."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from scrapy.commands import BaseRunSpiderCommand
from scrapy.exceptions import UsageError

from crawler.commands.running import run_spider
from crawler.commands.setup import FinewsCommand, complete, open_store
from crawler.exports.files import whole_file
from crawler.exports.formats.registry import DEFAULT, Form
from crawler.sample_site.server import serve
from crawler.spiders.finews import FinewsSpider
from crawler.store.articles import Articles
from crawler.store.reader import Reader
from crawler.store.rejects import Rejects
from crawler.store.selection import Selection

if TYPE_CHECKING:
    import argparse

    from scrapy.settings import Settings

    from crawler.exports.formats.record import Record
    from crawler.store.connection import Store

DATABASE = "finews_demo"
EVERYTHING = Selection(include_duplicates=True)
# An article that all of the sample site's sources tell.
EXAMPLE = "NW202112312233001257"
# The table's columns and their widths; the title takes the rest of the terminal.
COLUMNS = {"published": 16, "category": 12, "securities": 12, "title": None}


class Command(FinewsCommand, BaseRunSpiderCommand):
    """Serves the sample site on loopback, crawls it into an embedded store, exports, shows."""

    quiet = True
    usage_line = "[options]"

    def short_desc(self) -> str:
        return "Crawl the bundled sample site into an embedded store, export it, show what came"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Take no arguments, before a process is made whose event loop would be left open."""
        super().process_options(args, opts)
        if args:
            raise UsageError(f"demo takes no argument {args[0]}", print_help=False)
        if opts.spargs:
            raise UsageError("demo takes no -a; try it with crawl finews", print_help=False)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the demo; an empty crawl is a failure."""
        assert self.settings is not None
        assert self.crawler_process is not None
        folder = Path(self.settings["DATA_DIR"]) / "demo"
        file = folder / "articles.jsonl"
        with serve() as site:
            _point_at(self.settings, site.url, folder)
            with open_store(self.settings) as store:
                store.client.drop_database(DATABASE)
                crawler = self._create_crawler(FinewsSpider)
                outcome = run_spider(crawler, self.crawler_process, opts.spargs)
                articles = Articles(store)
                with Reader(store) as reader, whole_file(file) as lines:
                    number = Form(DEFAULT).write(reader.records(EVERYTHING), lines)
                _show(store, articles, file)
        if number and crawler.stats.get_value("finish_reason") == "finished":
            print(f"finews: demo: {outcome.line}", file=sys.stderr)
        else:
            print("finews: demo: ended early; run it again, it begins anew", file=sys.stderr)
            self.exitcode = 1


def _point_at(settings: Settings, url: str, folder: Path) -> None:
    """The sample site in place of the real one, and a store of the demo's own."""
    chosen = {
        "FINEWS_BASE_URL": url,
        "NEWSSHARE_BASE_URL": url,
        "MONGODB_URI": "",
        "MONGODB_DATABASE": DATABASE,
        "DATA_DIR": str(folder),
        # Made-up articles are none of anybody's captures.
        "CAPTURE_DIR": None,
        # Nor is a failed monitor of the demo anybody's alarm.
        "MONITOR_WEBHOOK": None,
        "MONITOR_MAIL_TO": None,
        "PROGRESS_BAR": True,
    }
    for name, value in chosen.items():
        settings.set(name, value, priority="cmdline")
    complete(settings)


def _cells(article: Record) -> list[str]:
    time = (article["published_at"] or "")[:16].replace("T", " ")
    symbols = [one["symbol"] or one["code"] for one in article["securities"]]
    securities = f"{symbols[0]} +{len(symbols) - 1}" if len(symbols) > 1 else "".join(symbols)
    cells = (time, article["category_name"], securities, article["title"])
    return [cell or "" for cell in cells]


def _show(store: Store, articles: Articles, file: Path) -> None:
    """A table of what came in, and where it is."""
    table = Table(title="Articles of the sample site", box=SIMPLE_HEAD, expand=True, pad_edge=False)
    for column, width in COLUMNS.items():
        table.add_column(column, no_wrap=True, width=width, ratio=None if width else 1)
    with Reader(store) as reader:
        for article in reader.records(EVERYTHING):
            table.add_row(*_cells(article))
    console = Console()
    console.print(table)
    console.print(f"{articles.count()} articles; rejected inputs: {Rejects(store).count()}")
    console.print("(one share answer of the sample site is broken, so that a reject can be seen)")
    console.print(f"JSON lines: {file}", soft_wrap=True)
    console.print(f"Store:      {file.parent / 'mongod'} (database {DATABASE})", soft_wrap=True)
    where = f"-s DATA_DIR={shlex.quote(str(file.parent))} -s MONGODB_DATABASE={DATABASE}"
    program = shlex.quote(sys.argv[0])
    for title, words in (("See one:", f"show {EXAMPLE}"), ("Its reject:", "rejects list")):
        console.print(f"{title:<11} {program} {words} {where}", soft_wrap=True, highlight=False)
