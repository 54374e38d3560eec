"""Categories that went quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.monitors.freshness import Quiet, line_of, quiet_ones

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def every(hours: float, newest: float, days: float = 10) -> list[datetime]:
    """Times that far apart for so many days, the newest so many hours ago."""
    number = int(days * 24 / hours) + 1
    return [NOW - timedelta(hours=newest + hours * back) for back in reversed(range(number))]


@pytest.mark.parametrize(
    ("times", "quiet"),
    [
        (every(2, newest=23), False),
        (every(2, newest=25), True),
        (every(20, newest=29), False),
        (every(20, newest=31), True),
        (every(30, newest=400), False),
        (every(2, newest=25, days=6), False),
        ([*every(60, newest=26, days=10), NOW - timedelta(hours=25)], False),
    ],
    ids=["younger", "older", "its habit", "beyond it", "few", "known for days only", "irregular"],
)
def test_a_category_is_quiet_by_its_own_habit(times: list[datetime], quiet: bool) -> None:
    found = quiet_ones({"beifangwang": times}, NOW, 24, 1.5)
    assert bool(found) is quiet


def test_a_weekend_is_a_habit_too() -> None:
    monday, friday = every(1, newest=60, days=3), every(1, newest=60 + 72 + 60, days=3)
    assert quiet_ones({"x": [*friday, *monday]}, NOW, 24, 1.5) == []
    assert quiet_ones({"x": every(1, newest=60, days=8)}, NOW, 24, 1.5)


def test_it_tells_since_when_and_what_is_usual() -> None:
    times = every(2, newest=30)
    [one] = quiet_ones({"x": times, "y": every(2, newest=1)}, NOW, 24, 1.5)
    assert one == Quiet("x", times[-1], timedelta(hours=2), timedelta(hours=30))
    assert line_of([one]) == "nothing new in x for 30 h (at most 2 h before)"


def test_many_are_told_by_their_number() -> None:
    found = quiet_ones({f"c{n}": every(2, newest=48) for n in range(9)}, NOW, 24, 1.5)
    line = line_of(found)
    assert line is not None
    assert line.startswith("nothing new in c0 for 48 h (at most 2 h before), c1 ")
    assert line.endswith(", c4 for 48 h (at most 2 h before) and 4 others")
    assert line_of([]) is None
