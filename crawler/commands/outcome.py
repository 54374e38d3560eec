"""How a crawl went: its exit code, and the line that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DONE, INCOMPLETE, UNUSABLE = 0, 1, 2
STOPPED = frozenset({"shutdown", "cancelled"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """An exit code of the contract, and the last line on standard error."""

    code: int
    line: str


def outcome_of(stats: Mapping[str, Any], asked_by_name: bool = False) -> Outcome:
    """The outcome of a crawl by its counters; `asked_by_name`: what is missing was asked for."""

    def number(name: str) -> int:
        return int(stats.get(f"finews/{name}") or 0)

    def total(prefix: str) -> int:
        return sum(int(n) for key, n in stats.items() if key.startswith(f"finews/{prefix}/"))

    listed, rejected, failed = number("posts_listed"), number("rejected"), total("failed")
    missing = total("missing") if asked_by_name else 0
    counts = ", ".join(f"{number(f'articles/{n}')} {n}" for n in ("new", "changed", "unchanged"))
    summary = f"{listed} seen; articles: {counts}"
    if message := stats.get("finews/usage_error"):
        return Outcome(UNUSABLE, str(message))
    if error := stats.get("finews/store_error"):
        return Outcome(
            INCOMPLETE, f"the store failed ({error}); once it is back, the same command goes on"
        )
    if stats.get("finish_reason") in STOPPED:
        return Outcome(INCOMPLETE, f"stopped: {summary}; the same command goes on")
    if not listed:
        return Outcome(INCOMPLETE, _empty(stats))
    problems = [
        f"{n} {word}"
        for n, word in ((missing, "missing"), (rejected, "rejected"), (failed, "not answered"))
        if n
    ]
    if problems or stats.get("finish_reason") != "finished":
        problems = problems or [f"ended early ({stats.get('finish_reason')})"]
        return Outcome(INCOMPLETE, f"{', '.join(problems)}: {summary}; {_mend(rejected, stats)}")
    return Outcome(DONE, f"done: {summary}")


def _empty(stats: Mapping[str, Any]) -> str:
    if failure := stats.get("finews/last_failure"):
        return f"nothing crawled: {failure}; check the address and whether its server is up"
    if stats.get("finews/rejected"):
        return "nothing crawled: the pages cannot be read; see the collection rejects"
    return "nothing crawled: no post was listed; check what was asked for"


def _mend(rejected: int, stats: Mapping[str, Any]) -> str:
    if rejected:
        return "what and why is in the collection rejects"
    if failure := stats.get("finews/last_failure"):
        return f"the next crawl asks again (last: {failure})"
    return "see the log"
