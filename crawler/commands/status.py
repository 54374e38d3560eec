"""finews status: how the crawls are."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.commands.one_line import describe
from crawler.commands.setup import FinewsCommand, usage
from crawler.exports.overview import lines_of, to_record
from crawler.exports.terminal import printable
from crawler.monitors.freshness import quiet_ones
from crawler.monitors.standing import Limits, is_lost, problems
from crawler.store.errors import StoreFailure
from crawler.store.freshness import published_lately
from crawler.store.status import look
from crawler.tally import INCOMPLETE

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from scrapy.settings import Settings

    from crawler.monitors.freshness import Quiet
    from crawler.store.connection import Store
    from crawler.store.status import Status

RUNS = 10


class Command(FinewsCommand, ScrapyCommand):
    """Tells of the last runs, what is fresh, owed and rejected, and what is wrong."""

    requires_crawler_process = False
    usage_line = "[--json] [--check] [options]"

    def short_desc(self) -> str:
        return "How the crawls are: last runs, freshness, what is owed and rejected, next runs"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="as one JSON document")
        parser.add_argument(
            "--check", action="store_true", help="exit code 1 when something is wrong"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the status; with --check the exit code says whether all is well."""
        if args:
            raise usage(f"status takes no argument {args[0]}; --json? --check?")
        assert self.settings is not None
        try:
            with self.open_store() as store:
                record = _record(store, self.settings)
        except StoreFailure as error:
            print(f"finews: the store failed ({describe(error)}); run it again", file=sys.stderr)
            self.exitcode = INCOMPLETE
            return
        if opts.json:
            print(json.dumps(record, ensure_ascii=False))
        else:
            print("\n".join(lines_of(record)))
        wrong = record["problems"]
        told = f"{len(wrong)} wrong: {'; '.join(wrong)}" if wrong else "nothing is wrong"
        print(f"finews: {printable(' '.join(told.split()))}", file=sys.stderr)
        if opts.check and wrong:
            self.exitcode = INCOMPLETE


def _record(store: Store, settings: Settings) -> dict[str, Any]:
    """The document that --json prints."""
    limits = Limits(
        reject_hours=settings.getfloat("STATUS_REJECT_HOURS"),
        owed_attempts=settings.getint("STATUS_OWED_ATTEMPTS"),
        overdue_minutes=settings.getfloat("STATUS_OVERDUE_MINUTES"),
        longest_run_hours=settings.getfloat("STATUS_LONGEST_RUN_HOURS"),
    )
    status = look(store, RUNS, settings.getfloat("STATUS_RUN_HOURS"))
    lost = [
        run["_id"]
        for run in status.runs
        if not run["ended_at"] and is_lost(run, status.at, limits.longest_run_hours)
    ]
    return to_record(status, lost, problems(status, _quiet(store, status, settings), limits))


def _quiet(store: Store, status: Status, settings: Settings) -> list[Quiet]:
    """The categories that went quiet, as the monitor of freshness sees them."""
    since = status.at - timedelta(days=settings.getint("MONITOR_FRESHNESS_DAYS"))
    return quiet_ones(
        published_lately(store, since, status.at),
        status.at,
        settings.getfloat("MONITOR_FRESHNESS_HOURS"),
        settings.getfloat("MONITOR_FRESHNESS_TOLERANCE"),
    )
