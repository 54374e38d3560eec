"""finews crawl: run a spider."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from crawler.commands.running import run_spider
from crawler.commands.setup import FinewsCommand, spider_named, usage
from crawler.commands.sharing import read_archive, workers_of
from crawler.exports.compression import PLUGINS
from crawler.exports.formats.registry import form_of

if TYPE_CHECKING:
    import argparse

    from crawler.commands.outcome import Outcome
    from crawler.spiders.base import LedgerSpider


class Command(FinewsCommand, ScrapyCrawl):
    """Checks spider and arguments before anything starts, and answers for the exit code."""

    usage_line = "SPIDER [-a NAME=VALUE]... [-O FILE] [options]"

    def short_desc(self) -> str:
        return "Crawl: finews (the site), newsshare (by infoCode), archive (what was kept)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        told = "processes that share an archive (default 1); finews backfill has its own"
        parser.add_argument("--workers", metavar="N", default="1", help=told)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Take the options. Raises UsageError with one line."""
        try:
            for outputs in (opts.output, opts.overwrite_output):
                if outputs:
                    outputs[:] = map(_with_format, outputs)
            super().process_options(args, opts)
            assert self.settings is not None
            feeds = self.settings.getdict("FEEDS")
            for output, options in feeds.items():
                _check_output(str(output))
                if compression := form_of(str(output), options["format"]).compression:
                    options.setdefault("postprocessing", [PLUGINS[compression]])
            self.settings.set("FEEDS", feeds, priority="cmdline")
        except (ValueError, OSError) as error:
            raise UsageError(str(error), print_help=False) from None

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the spider; the outcome's line is the last on standard error."""
        spider = self._spider(args)
        try:
            spider.read_arguments(opts.spargs)
        except ValueError as error:
            raise UsageError(str(error), print_help=False) from None
        number = workers_of(opts.workers)
        if number > 1:
            outcome = self._share(spider, opts, number)
        else:
            assert self.crawler_process is not None
            outcome = run_spider(self._create_crawler(spider), self.crawler_process, opts.spargs)
        print(f"finews: {outcome.line}", file=sys.stderr)
        self.exitcode = outcome.code

    def _share(self, spider: type[LedgerSpider], opts: argparse.Namespace, number: int) -> Outcome:
        assert self.settings is not None
        if spider.name != "archive":
            raise usage("--workers goes with archive; finews backfill --workers asks the site")
        if "part" in opts.spargs:
            raise usage("-a part is what --workers gives to each process: say one of them")
        if self.settings.getdict("FEEDS"):
            raise usage("--workers and an output do not go together: finews export writes it")
        return read_archive(self.settings, opts.spargs, self.passed_on(opts), number)

    def _spider(self, args: list[str]) -> type[LedgerSpider]:
        assert self.crawler_process is not None
        loader = self.crawler_process.spider_loader
        if len(args) != 1:
            names = ", ".join(loader.list())
            raise UsageError(f"name one spider of: {names}", print_help=False)
        try:
            return spider_named(args[0], loader)
        except ValueError as error:
            raise UsageError(str(error), print_help=False) from None


def _with_format(output: str) -> str:
    """An output with its format, which Scrapy would look for in the ending of a compression.

    Raises ValueError for a compression of what is no format of lines.
    """
    form = form_of(output)
    return f"{output}:{form.format.name}" if form.compression else output


def _check_output(uri: str) -> None:
    """Raises UsageError for a file that cannot be written; other places tell when they are used."""
    parts = urlsplit(uri)
    if uri == "-" or parts.scheme not in ("", "file"):
        return
    path = Path(parts.path if parts.scheme else uri)
    new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError as error:
        raise UsageError(f"cannot write {uri}: {error.strerror}", print_help=False) from None
    if new:
        path.unlink()
