"""What becomes of a link's document: updates that the server computes by its own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.fetched import Fetched

State = Literal["new", "asked", "owed", "stored", "rejected", "gone", "expired", "forgotten"]
# What is owed is tried again at once, then after pauses that double, then only when asked by name.
FIRST_PAUSE, LONGEST_PAUSE = 300_000, 86_400_000
MOST_TRIES = 12


def settled(state: State, reason: str | None = None, looks: Sequence[float] = ()) -> dict[str, Any]:
    """The fields of a link that has an answer.

    `looks`: seconds after its first sight at which a stored post is looked at again.
    """
    kept = {"$literal": reason and reason.encode("utf-8", "replace").decode()}
    return {
        "state": state,
        "reason": kept,
        "lease_until": None,
        "fetched_at": "$$NOW",
        "next_try_at": _next_try() if state == "owed" else None,
        "next_look_at": _next_look(looks) if state == "stored" else None,
    }


def fetched_fields(fetched: Fetched) -> dict[str, Any]:
    """The fields that tell what was stored of a link: written with it, or they would tell a lie."""
    return {name: {"$literal": value} for name, value in fetched.fields.items()}


def _next_try() -> dict[str, Any]:
    tries = {"$ifNull": ["$attempts", 0]}
    doubled = {"$multiply": [FIRST_PAUSE, {"$pow": [2, {"$subtract": [tries, 2]}]}]}
    pause = {"$toLong": {"$min": [doubled, LONGEST_PAUSE]}}
    return {
        "$switch": {
            "branches": [
                {"case": {"$lte": [tries, 1]}, "then": "$$NOW"},
                {"case": {"$lt": [tries, MOST_TRIES]}, "then": {"$add": ["$$NOW", pause]}},
            ],
            "default": None,
        }
    }


def _next_look(looks: Sequence[float]) -> dict[str, Any] | None:
    """The first of the times that is still to come; those that were missed are made up by it."""
    times = [{"$add": ["$first_seen_at", int(seconds * 1000)]} for seconds in looks]
    coming = [{"$cond": [{"$gt": [time, "$$NOW"]}, time, None]} for time in times]
    if not coming:
        return None
    return {"$cond": [{"$eq": ["$kind", "post"]}, {"$min": coming}, None]}
