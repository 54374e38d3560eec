"""The monitors of every crawl: each asks one function, and fails with its answer."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from spidermon import Monitor, MonitorSuite

from crawler.clock import now
from crawler.monitors.coverage import Coverage, coverage_of, fallen
from crawler.monitors.freshness import line_of, quiet_ones
from crawler.monitors.mail import MailAlarm
from crawler.monitors.shares import error_share, http_codes, share_failures, write_failures
from crawler.monitors.webhook import PostAlarm
from crawler.store.errors import StoreError, StoreFailure
from crawler.store.freshness import published_lately
from crawler.store.runs import Runs
from crawler.tally import is_empty, is_stopped, why_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scrapy.settings import Settings

Answer = TypeVar("Answer")


class Check(Monitor):
    """A monitor of crawls that came to their end; others are nobody's failure but their own."""

    # Whether it says nothing of a crawl that its store or its raw capture broke off.
    only_whole: ClassVar[bool] = False

    def test(self) -> None:
        """Fail with the problem, if there is one."""
        stats = self.data.stats
        if is_stopped(stats) or stats.get("finews/usage_error"):
            self.skipTest("the crawl came to no end")
        if self.only_whole and {"finews/store_error", "finews/capture_error"} & set(stats):
            self.skipTest("the crawl was broken off")
        if problem := self.problem(stats, self.data.crawler.settings):
            self.fail(problem)

    @abstractmethod
    def problem(self, stats: Mapping[str, Any], settings: Settings) -> str | None:
        """What is wrong, in a line; None when nothing is."""

    def in_store(self, call: Callable[..., Answer], *args: Any) -> Answer:
        """The answer of the store; one that does not answer skips the monitor."""
        try:
            answer: Answer = self.data.spider.store.patiently(call, *args)
        except (StoreFailure, StoreError) as error:
            self.skipTest(f"the store does not tell: {error}")
        return answer


class EmptyCrawl(Check):
    """A crawl that saw no post link; a quiet one, with nothing new, is healthy."""

    only_whole = True

    def problem(self, stats: Mapping[str, Any], settings: Settings) -> str | None:
        return why_empty(stats) if is_empty(stats) else None


class ErrorShare(Check):
    """Links that were asked for and not answered."""

    def problem(self, stats: Mapping[str, Any], settings: Settings) -> str | None:
        most = settings.getfloat("MONITOR_ERROR_SHARE")
        return error_share(stats, most, settings.getint("MONITOR_LEAST"))


class ShareFailures(Check):
    """The upstream's share API."""

    def problem(self, stats: Mapping[str, Any], settings: Settings) -> str | None:
        most, least = settings.getfloat("MONITOR_SHARE_FAILURES"), settings.getint("MONITOR_LEAST")
        # Codes that somebody asks for by name may be long gone.
        return share_failures(stats, most, least, self.data.spider.name == "finews")


class WriteFailures(Check):
    """Articles that the store did not take."""

    def problem(self, stats: Mapping[str, Any], settings: Settings) -> str | None:
        return write_failures(stats, settings.getint("MONITOR_WRITE_FAILURES"))


class HttpCodes(Check):
    """403, 429 and 5xx, every try of a request counted."""

    def problem(self, stats: Mapping[str, Any], settings: Settings) -> str | None:
        most, least = settings.getfloat("MONITOR_HTTP_CODES"), settings.getint("MONITOR_LEAST")
        return http_codes(stats, most, least)


class FieldCoverage(Check):
    """Fields that fewer articles tell than in the last runs of the same spider and arguments."""

    only_whole = True

    def problem(self, stats: Mapping[str, Any], settings: Settings) -> str | None:
        coverage, least = coverage_of(stats), settings.getint("MONITOR_LEAST")
        if coverage.items < least:
            return None
        spider, number = self.data.spider, settings.getint("MONITOR_COVERAGE_RUNS")
        arguments = settings.getdict("RUN_ARGUMENTS")
        runs = self.in_store(Runs(spider.store).like, spider.name, arguments, number)
        before = [Coverage(run["items"], run["told"]) for run in runs]
        return fallen(coverage, before, settings.getfloat("MONITOR_COVERAGE_TOLERANCE"), least)


class Freshness(Check):
    """Categories that went quiet, after a crawl of the site for all that is new."""

    only_whole = True

    def problem(self, stats: Mapping[str, Any], settings: Settings) -> str | None:
        spider, arguments = self.data.spider, settings.getdict("RUN_ARGUMENTS")
        if spider.name != "finews" or arguments:
            self.skipTest("no crawl of the whole site")
        time = now()
        since = time - timedelta(days=settings.getint("MONITOR_FRESHNESS_DAYS"))
        times = self.in_store(published_lately, spider.store, since, time)
        hours = settings.getfloat("MONITOR_FRESHNESS_HOURS")
        tolerance = settings.getfloat("MONITOR_FRESHNESS_TOLERANCE")
        return line_of(quiet_ones(times, time, hours, tolerance))


class CrawlSuite(MonitorSuite):
    """All of them, and who is told when one fails."""

    monitors: ClassVar = [
        ("empty_crawl", EmptyCrawl),
        ("error_share", ErrorShare),
        ("share_failures", ShareFailures),
        ("write_failures", WriteFailures),
        ("http_codes", HttpCodes),
        ("field_coverage", FieldCoverage),
        ("freshness", Freshness),
    ]
    monitors_failed_actions: ClassVar = [PostAlarm, MailAlarm]
