"""finews schedule: crawls at their times, until it is stopped."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.log import configure_logging

from crawler import __version__
from crawler.commands.one_line import describe
from crawler.commands.setup import FinewsCommand, usage
from crawler.commands.tether import tethered
from crawler.schedule.file import ScheduleError, read
from crawler.schedule.run import Launch
from crawler.schedule.scheduler import Scheduler
from settings import base
from settings.options import nearest

if TYPE_CHECKING:
    import argparse

    from crawler.schedule.file import Crawl

TICK_SECONDS = 0.5
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
        configure_logging(self.settings)
        stopped = _Stopped()
        with self.open_store() as store:
            scheduler = Scheduler(store, crawls, self._launch(opts))
            try:
                while not stopped.asked:
                    scheduler.tick()
                    time.sleep(TICK_SECONDS)
            finally:
                scheduler.stop()
        print("finews: stopped", file=sys.stderr)

    def _crawls(self, path: Path) -> list[Crawl]:
        """Raises UsageError."""
        try:
            return read(path, self._check)
        except ScheduleError as error:
            raise usage(str(error)) from None
        except OSError as error:
            raise usage(f"{describe(error)}; name a schedule file") from None

    def _check(self, name: str, arguments: dict[str, str]) -> None:
        """Raises ValueError for a spider that is not there, or arguments that it does not take."""
        assert self.settings is not None
        loader = SpiderLoader.from_settings(self.settings)
        names = loader.list()
        if name not in names:
            hint = nearest(name, names) or f" There are: {', '.join(sorted(names))}."
            raise ValueError(f"no spider {name}.{hint}")
        spider: Any = loader.load(name)
        spider.read_arguments(dict(arguments))

    def _launch(self, opts: argparse.Namespace) -> Launch:
        assert self.settings is not None
        given = [word for pair in opts.set for word in ("-s", pair)]
        given += ["-L", opts.loglevel] if opts.loglevel else []
        return Launch(
            program=[sys.executable, "-m", "crawler.commands.cli"],
            given=given,
            environment=tethered(os.environ),
            logs=Path(self.settings["DATA_DIR"]) / "logs" / "schedule",
            logs_kept=self.settings.getint("LOGS_KEPT"),
            version=__version__,
            lease_seconds=self.settings.getfloat("SCHEDULE_LEASE_SECONDS"),
        )


class _Stopped:
    """Whether a signal asked for the end; the second one does not wait for it."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self)

    def __call__(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
