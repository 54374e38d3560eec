"""What a crawl's counters say of it, for its exit code and for the monitors alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# The exit codes: done; done, but something is missing or failed; bad arguments or environment.
DONE, INCOMPLETE, UNUSABLE = 0, 1, 2
# Finish reasons of a crawl that was stopped: by somebody, or by its time limit.
BY_SOMEBODY = frozenset({"shutdown", "cancelled"})
TIME_LIMIT = "closespider_timeout"
# Any of these says that the site showed something, or that it had nothing new to show.
SEEN = ("finews/posts_seen", "finews/posts_listed", "finews/not_modified")


def is_stopped(stats: Mapping[str, Any]) -> bool:
    """Whether the crawl was stopped, or came to no end at all."""
    reason = stats.get("finish_reason")
    return reason is None or reason in BY_SOMEBODY or reason == TIME_LIMIT


def is_cut_off(stats: Mapping[str, Any]) -> bool:
    """Whether somebody stopped the crawl, or its store was lost."""
    is_late = stats.get("finish_reason") == TIME_LIMIT
    return bool(stats.get("finews/store_error")) or (is_stopped(stats) and not is_late)


def is_empty(stats: Mapping[str, Any]) -> bool:
    """Whether a crawl that had something to do saw no post at all; a list answered 304 is seen."""
    return not any(stats.get(name) for name in (*SEEN, "finews/nothing_to_do"))


def why_empty(stats: Mapping[str, Any]) -> str:
    """What an empty crawl met, and what to check."""
    if rejected := stats.get("finews/last_reject"):
        return f"nothing crawled: {rejected}; check the address: is it this site?"
    if failure := stats.get("finews/last_failure"):
        return f"nothing crawled: {failure}; check the address and whether its server is up"
    return "nothing crawled: no post was listed; check what was asked for"


def total(stats: Mapping[str, Any], prefix: str) -> int:
    """The sum of the counters whose names begin so."""
    return sum(int(number) for key, number in stats.items() if key.startswith(prefix))
