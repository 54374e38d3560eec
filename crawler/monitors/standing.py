"""Whether something is wrong with the crawls, by what the store tells of them."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crawler.monitors.freshness import line_of
from crawler.records import utc
from crawler.store.processes import is_running
from crawler.tally import BY_SOMEBODY, UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from crawler.monitors.freshness import Quiet
    from crawler.store.status import Status

# Some answers of the upstream stay without a body, however often they are asked for.
NOBODYS_FAULT = "the answer is empty"
LONGEST = 300
HOST = socket.gethostname()


@dataclass(frozen=True, slots=True)
class Limits:
    """What is borne: docs/status.md tells of each."""

    reject_hours: float
    owed_attempts: int
    overdue_minutes: float
    longest_run_hours: float


def problems(status: Status, quiet: Sequence[Quiet], limits: Limits) -> list[str]:
    """What is wrong, a line each with what mends it; none when all is well."""
    return [
        *_runs(status, limits),
        *_overdue(status, limits),
        *_owed(status, limits),
        *_rejected(status, limits),
        *([f"freshness: {line}"] if (line := line_of(quiet)) else []),
    ]


def name_of(run: dict[str, Any]) -> str:
    """What a run is known as: its crawl of the schedule, or its spider."""
    return str(run["crawl"] or run["spider"])


def is_lost(run: dict[str, Any], now: datetime, longest_hours: float) -> bool:
    """Whether a run that has no end will have none: its process is gone.

    Of processes of other machines nothing is known; they are believed for so many hours.
    """
    if run["host"] == HOST and run["pid"]:
        return not is_running(run["pid"], run.get("started"))
    return bool(now - run["started_at"] > timedelta(hours=longest_hours))


def _runs(status: Status, limits: Limits) -> Iterator[str]:
    """Runs that failed or were lost, unless a later one of their kind ended well."""
    if not (status.latest or status.unended):
        yield f"no run since {utc(status.since)}; finews crawl finews"
    ended = {_key(run): run for run in status.latest}
    for run in status.latest:
        if run["code"] and not _is_over(run, status):
            outcome = str(run["outcome"])[:LONGEST]
            yield f"{name_of(run)} of {utc(run['started_at'])}: {outcome}"
    told = set()
    for run in status.unended:
        key = _key(run)
        later = key in ended and ended[key]["started_at"] > run["started_at"]
        lost = is_lost(run, status.at, limits.longest_run_hours)
        if lost and not later and key not in told and _is_scheduled(run, status):
            told.add(key)
            yield f"{name_of(run)} of {utc(run['started_at'])} was killed; run it again"


def _is_over(run: dict[str, Any], status: Status) -> bool:
    """Whether a run that did not end well is nobody's concern any more."""
    if run["crawl"]:
        # What somebody stopped is made again.
        return not _is_scheduled(run, status) or run.get("finish_reason") in BY_SOMEBODY
    if run["code"] == UNUSABLE:
        # A slip of the pen, told to whoever made it.
        return True
    return any(
        later["started_at"] > run["started_at"] and not later["code"]
        for later in status.latest
        if later["spider"] == run["spider"] and later["arguments"] in ({}, run["arguments"])
    )


def _is_scheduled(run: dict[str, Any], status: Status) -> bool:
    """Whether a run is of a crawl that the schedule still has, or that it never had."""
    return not run["crawl"] or run["crawl"] in {one.crawl for one in status.next_runs}


def _key(run: dict[str, Any]) -> tuple[str | None, str | None]:
    return run["crawl"], None if run["crawl"] else run["spider"]


def _overdue(status: Status, limits: Limits) -> Iterator[str]:
    latest = status.at - timedelta(minutes=limits.overdue_minutes)
    for one in status.next_runs:
        if one.next_at < latest and not one.running:
            yield f"{one.crawl} was due at {utc(one.next_at)}; is finews schedule running?"


def _owed(status: Status, limits: Limits) -> Iterator[str]:
    for one in status.owed:
        # Links that are new are tried again and again where they are out of a crawl's range.
        if one.state != "owed" or one.reason == NOBODYS_FAULT:
            continue
        if one.attempts >= limits.owed_attempts:
            yield f"{one.kind} links are owed after {one.attempts:,} tries: {one.reason}"


def _rejected(status: Status, limits: Limits) -> Iterator[str]:
    since = status.at - timedelta(hours=limits.reject_hours)
    for one in status.rejected:
        if one.last_at > since:
            when = f"the last at {utc(one.last_at)}"
            yield f"{one.rejects:,} rejects at {one.stage}, {when}; finews rejects list"
