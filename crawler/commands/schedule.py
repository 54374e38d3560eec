"""finews schedule: crawls at their times, until it is stopped."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.log import configure_logging

from crawler import __version__
from crawler.children import GRACE_SECONDS
from crawler.commands.one_line import describe
from crawler.commands.setup import FinewsCommand, open_store, spider_named, usage
from crawler.commands.signals import Signals
from crawler.commands.tether import PROGRAM, tethered
from crawler.exports.terminal import printable
from crawler.schedule.file import ScheduleError, read
from crawler.schedule.run import Launch
from crawler.schedule.scheduler import Scheduler
from crawler.tally import INCOMPLETE
from settings import base

if TYPE_CHECKING:
    import argparse

    from crawler.schedule.file import Crawl

TICK_SECONDS = 0.5
# A store that is away is looked at by each tick; what waits for it hears no signal.
PATIENCE_SECONDS = 5.0
FILE = base.PROJECT_ROOT / "schedule.toml"


class Command(FinewsCommand, ScrapyCommand):
    """Reads the schedule file, and runs its crawls in processes of their own."""

    requires_crawler_process = False
    usage_line = "[FILE] [options]"

    def short_desc(self) -> str:
        return "Run the crawls of a schedule file at their times, until stopped"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run what is due until a signal comes."""
        if len(args) > 1:
            raise usage(f"schedule takes one file, not {', '.join(args)}")
        crawls = self._crawls(Path(args[0]) if args else FILE)
        assert self.settings is not None
        configure_logging(self.settings)
        signals = Signals()
        with open_store(self.settings, PATIENCE_SECONDS) as store:
            scheduler = Scheduler(store, crawls, self._launch(opts))
            try:
                while not signals.asked:
                    scheduler.tick()
                    time.sleep(TICK_SECONDS)
            finally:
                killed = scheduler.stop(0.0 if signals.urged else GRACE_SECONDS)
        if killed:
            print(f"finews: stopped; killed: {', '.join(killed)}", file=sys.stderr)
            self.exitcode = INCOMPLETE
        else:
            print("finews: stopped", file=sys.stderr)

    def _crawls(self, path: Path) -> list[Crawl]:
        """Raises UsageError."""
        try:
            return read(path, self._check)
        except ScheduleError as error:
            raise usage(printable(" ".join(str(error).split()))) from None
        except OSError as error:
            raise usage(f"{describe(error)}; name a schedule file") from None

    def _check(self, name: str, arguments: dict[str, str]) -> None:
        """Raises ValueError for a spider that is not there, or arguments that it does not take."""
        assert self.settings is not None
        spider = spider_named(name, SpiderLoader.from_settings(self.settings))
        spider.read_arguments(dict(arguments))

    def _launch(self, opts: argparse.Namespace) -> Launch:
        assert self.settings is not None
        return Launch(
            program=PROGRAM,
            given=self.passed_on(opts),
            environment=tethered(os.environ),
            logs=Path(self.settings["DATA_DIR"]) / "logs" / "schedule",
            logs_kept=self.settings.getint("LOGS_KEPT"),
            version=__version__,
            lease_seconds=self.settings.getfloat("SCHEDULE_LEASE_SECONDS"),
        )
