"""Running a spider in this process, once, and leaving the document of the run."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from scrapy import signals

from crawler import __version__
from crawler.commands.memory import tune
from crawler.commands.one_line import describe, fold_log
from crawler.commands.outcome import OUTCOMES, Outcome, outcome_of
from crawler.commands.setup import open_store
from crawler.store.errors import StoreError, StoreFailure
from crawler.store.locks import Locks
from crawler.store.processes import started_at
from crawler.store.runs import End, Runs, Start
from crawler.tally import INCOMPLETE, UNUSABLE, is_cut_off

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scrapy.crawler import Crawler, CrawlerProcessBase
    from scrapy.settings import Settings

    from crawler.spiders.base import LedgerSpider
    from crawler.store.connection import Store

TOLD = "finews/told/"
logger = logging.getLogger(__name__)


def run_spider(crawler: Crawler, process: CrawlerProcessBase, arguments: dict[str, str]) -> Outcome:
    """Run a crawler to its end and tell how it went, here and in `runs`.

    Raises StoreError before it starts.
    """
    fold_log(crawler.settings)
    tune()
    failures: list[BaseException] = []
    with open_store(crawler.settings) as store:
        start = _start_of(crawler, arguments)
        _begin(store, start)
        if not _holds(store, crawler.settings):
            outcome = Outcome(INCOMPLETE, "another run of this crawl of the schedule is under way")
            _end(store, start, End(outcome.code, outcome.line, cut_off=True))
            return outcome
        _heed_early_stops(crawler)
        crawling = process.crawl(crawler, store=store, **arguments)
        _when_failed(crawling, failures.append)
        process.start()
        stats = crawler.stats.get_stats() if crawler.stats else {}
        outcome = _outcome(crawler, stats, arguments, failures)
        _end(store, start, end_of(outcome, stats))
        _release(store, crawler.settings)
    return outcome


def _heed_early_stops(crawler: Crawler) -> None:
    """Let a crawl end that is told to while it opens: Scrapy 2.19 would forget it."""

    async def started() -> None:
        # Not any more: whoever stops a crawl says so here first.
        if not crawler.crawling and crawler.engine is not None:
            await crawler.engine.stop_async()

    crawler.signals.connect(started, signals.engine_started, weak=False)


def _start_of(crawler: Crawler, arguments: dict[str, str]) -> Start:
    """What is known of a run before it begins; the monitors find it among the settings."""
    settings = crawler.settings
    run = settings.get("RUN_ID") or uuid.uuid4().hex
    for name, value in (("RUN_ID", run), ("RUN_ARGUMENTS", arguments)):
        settings.set(name, value, priority="cmdline")
    pid = os.getpid()
    return Start(
        id=run,
        spider=crawler.spidercls.name,
        arguments=arguments,
        version=__version__,
        log=_log_file(settings),
        host=socket.gethostname(),
        pid=pid,
        started=started_at(pid),
    )


def _log_file(settings: Settings) -> str | None:
    file = settings.get("LOG_FILE")
    return str(Path(file).absolute()) if file else None


def _begin(store: Store, start: Start) -> None:
    try:
        store.patiently(Runs(store).begin, start)
    except StoreFailure as error:
        raise StoreError(f"the store takes no run: {describe(error)}") from None


def _end(store: Store, start: Start, end: End) -> None:
    """Note how a run went; a store that is lost has been told of already."""
    try:
        store.patiently(Runs(store).end, start.id, end)
    except (StoreFailure, StoreError) as error:
        logger.warning("how run %s went is not in the store: %s", start.id, describe(error))


def _holds(store: Store, settings: Settings) -> bool:
    """Whether a run that the schedule started holds its crawl still; others have none."""
    crawl = settings.get("SCHEDULED_AS")
    seconds = settings.getfloat("SCHEDULE_LEASE_SECONDS")
    renew = Locks(store).renew
    return not crawl or store.patiently(renew, crawl, settings["RUN_ID"], seconds)


def _release(store: Store, settings: Settings) -> None:
    """Let the next run have the crawl at once, should the schedule be gone."""
    if crawl := settings.get("SCHEDULED_AS"):
        with suppress(StoreFailure, StoreError):
            Locks(store).release(crawl, settings["RUN_ID"])


def _outcome(
    crawler: Crawler,
    stats: Mapping[str, Any],
    arguments: dict[str, str],
    failures: list[BaseException],
) -> Outcome:
    if failures:
        return Outcome(UNUSABLE, f"the crawl did not start: {describe(failures[0])}")
    spider = cast("type[LedgerSpider]", crawler.spidercls)
    by_name = any(arguments.get(name) for name in spider.required)
    outputs = len(crawler.settings.getdict("FEEDS"))
    return outcome_of(stats, asked_by_name=by_name, outputs=outputs)


def end_of(outcome: Outcome, stats: Mapping[str, Any]) -> End:
    """How a run went, by its counters."""
    cut_off = outcome.code == INCOMPLETE and is_cut_off(stats)
    return End(
        code=outcome.code,
        outcome=outcome.line,
        # A crawl that is stopped before it opens, or once more, has no time to say so.
        finish_reason=stats.get("finish_reason", "shutdown" if cut_off else None),
        requests=stats.get("downloader/request_count", 0),
        bytes=stats.get("downloader/response_bytes", 0),
        articles={name: stats.get(f"finews/articles/{name}", 0) for name in OUTCOMES},
        rejected=stats.get("finews/rejected", 0),
        items=stats.get("item_scraped_count", 0),
        told={key.removeprefix(TOLD): n for key, n in stats.items() if key.startswith(TOLD)},
        monitors=stats.get("finews/monitors", []),
        cut_off=cut_off,
    )


def _when_failed(crawling: Any, note: Callable[[BaseException], None]) -> None:
    """Tell of a crawl that ends with an exception, whichever engine runs it."""
    if isinstance(crawling, asyncio.Future):

        def ended(task: asyncio.Future[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                note(error)

        crawling.add_done_callback(ended)
    else:
        crawling.addErrback(lambda failure: note(failure.value))
