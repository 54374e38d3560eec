"""How a crawl went: its exit code, and the line that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.tally import (
    DONE,
    INCOMPLETE,
    TIME_LIMIT,
    UNUSABLE,
    is_empty,
    is_stopped,
    total,
    why_empty,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# What can become of an article.
OUTCOMES = ("new", "changed", "unchanged")
# Without these a crawl of the site cannot know what there is.
LISTS = ("finews/missing/home", "finews/missing/category")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An exit code of the contract, and the last line on standard error."""

    code: int
    line: str


def outcome_of(stats: Mapping[str, Any], asked_by_name: bool = False, outputs: int = 0) -> Outcome:
    """The outcome of a crawl by its counters.

    `asked_by_name`: every link was asked for by name, so that a missing one is missed.
    `outputs`: how many files the crawl was to write.
    """
    summary = _summary(stats)
    reason = stats.get("finish_reason")
    if message := stats.get("finews/usage_error"):
        return Outcome(UNUSABLE, str(message))
    if error := stats.get("finews/store_error"):
        return Outcome(
            INCOMPLETE, f"the store failed ({error}); once it is back, the same command goes on"
        )
    if error := stats.get("finews/capture_error"):
        return Outcome(
            INCOMPLETE,
            f"the raw capture failed ({error}); mend CAPTURE_DIR, and the same command goes on",
        )
    if is_stopped(stats):
        when = " at its time limit" if reason == TIME_LIMIT else ""
        return Outcome(INCOMPLETE, f"stopped{when}: {summary}; the same command goes on")
    problems = _problems(stats, asked_by_name, outputs)
    monitors = stats.get("finews/monitors_failed", ())
    if not (problems or monitors) and (nothing := stats.get("finews/nothing_to_do")):
        return Outcome(DONE, f"done: {nothing}")
    if is_empty(stats):
        return Outcome(INCOMPLETE, why_empty(stats))
    if not problems and (errors := stats.get("log_count/ERROR")):
        problems = [f"{errors} errors in the log"]
    if not problems and reason != "finished":
        problems = [f"ended early ({reason})"]
    if monitors:
        problems.append(f"monitors failed ({'; '.join(monitors)})")
    if problems:
        mend = _mend(stats, asked_by_name)
        return Outcome(INCOMPLETE, f"{', '.join(problems)}: {summary}; {mend}")
    return Outcome(DONE, f"done: {summary}")


def _summary(stats: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{stats.get(f'finews/articles/{name}', 0)} {name}" for name in OUTCOMES)
    return f"{stats.get('finews/posts_listed', 0)} seen; articles: {counts}"


def _problems(stats: Mapping[str, Any], asked_by_name: bool, outputs: int) -> list[str]:
    """What went wrong, in numbers."""
    missed = ("finews/missing/", "finews/empty_shares") if asked_by_name else LISTS
    numbers = {
        "missing": sum(total(stats, prefix) for prefix in missed),
        "rejected": stats.get("finews/rejected", 0),
        "not answered": total(stats, "finews/failed/"),
        "broken by an error of this program": stats.get("spider_exceptions/count", 0),
        "output files not written": outputs - total(stats, "feedexport/success_count/"),
    }
    return [f"{number} {what}" for what, number in numbers.items() if number]


def _mend(stats: Mapping[str, Any], asked_by_name: bool) -> str:
    if rejected := stats.get("finews/last_reject"):
        return f"finews rejects list shows them (last: {rejected})"
    if failure := stats.get("finews/last_failure"):
        return f"the next crawl asks again (last: {failure})"
    if asked_by_name and stats.get("finews/empty_shares"):
        return "answers are empty, which may change: the same command asks again"
    if stats.get("finews/monitors_failed"):
        return "finews status shows this run beside those before it"
    return "see the log"
