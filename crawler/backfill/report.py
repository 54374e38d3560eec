"""The gap report: by day what is listed, stored and from which source, and why the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.store.backlog import Day, Missing

SOURCES = {"page": "page", "share": "share", "feed": "feed", "front_matter": "archive"}
# What no source has any more; the rest may still be had.
LOST = frozenset({"gone", "expired"})


def report(
    days: Sequence[Day], missing: Sequence[Missing], answers: Sequence[Missing] = ()
) -> Iterator[str]:
    """The lines of a gap report; `answers`: the share answers that did not come."""
    yield _row("day", "listed", "stored", *SOURCES.values(), "missing")
    for day in days:
        yield _of_day(day.day.isoformat() if day.day else "unknown", [day])
    if len(days) > 1:
        yield _of_day("total", days)
    if missing:
        yield ""
    for one in missing:
        yield _reason(one)
    if answers:
        yield ""
        yield "share answers that did not come"
    for one in answers:
        yield _reason(one)


def _reason(one: Missing) -> str:
    more = ", …" if one.number > len(one.ids) else ""
    return f"{one.number:>8,}  {one.state:<8}  {why(one)}  ({', '.join(one.ids)}{more})"


def why(one: Missing) -> str:
    """The reason in words."""
    if one.state in LOST:
        return f"no source has it any more: {one.reason}"
    return one.reason or "not asked for yet"


def still_to_be_had(missing: Sequence[Missing]) -> int:
    """How many posts are missing that a source may still have."""
    return sum(one.number for one in missing if one.state not in LOST)


def _of_day(name: str, days: Sequence[Day]) -> str:
    numbers = [sum(day.listed for day in days), sum(day.stored for day in days)]
    numbers += [sum(day.by.get(kind, 0) for day in days) for kind in SOURCES]
    numbers.append(sum(day.missing for day in days))
    return _row(name, *(f"{number:,}" for number in numbers))


def _row(name: str, *cells: str) -> str:
    return f"{name:<10}" + "".join(f"{cell:>9}" for cell in cells)
