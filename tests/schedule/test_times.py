"""When a crawl is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.article import SHANGHAI
from crawler.schedule.times import Cron, Every, seconds_of

# A Wednesday.
NOW = datetime(2021, 12, 29, 15, 7, 45, 500_000, SHANGHAI)
MOMENTS = st.datetimes(
    datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(ZoneInfo("Europe/Berlin"))
)
EXPRESSIONS = ("* * * * *", "*/10 * * * *", "0 8 * * *", "30 4 1 * *", "15 9-15 * * 1-5")


def at(day: int, hour: int = 0, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2021 + (month == 1), month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("expression", "last", "following"),
    [
        ("0 8 * * *", at(29, 8), at(30, 8)),
        ("*/10 * * * *", at(29, 15), at(29, 15, 10)),
        # Sunday is 0 and 7, Monday 1.
        ("0 8 * * 0", at(26, 8), at(2, 8, month=1)),
        ("0 8 * * 7", at(26, 8), at(2, 8, month=1)),
        ("0 8 * * SUN", at(26, 8), at(2, 8, month=1)),
        ("0 8 * * 1", at(27, 8), at(3, 8, month=1)),
        ("0 8 1 * *", at(1, 8), at(1, 8, month=1)),
    ],
)
def test_cron_is_read_as_cron_reads_it_in_shanghai(
    expression: str, last: datetime, following: datetime
) -> None:
    cron = Cron.read(expression)
    for now in (NOW, NOW.astimezone(UTC), NOW.astimezone(ZoneInfo("America/New_York"))):
        assert (cron.last(now), cron.next(now)) == (last, following)


@pytest.mark.parametrize(
    ("text", "last", "following"),
    [
        ("10m", at(29, 15), at(29, 15, 10)),
        ("1d", at(29), at(30)),
        ("2h", at(29, 14), at(29, 16)),
        ("45s", at(29, 15, 7) + timedelta(seconds=30), at(29, 15, 8) + timedelta(seconds=15)),
    ],
)
def test_every_counts_from_midnight(text: str, last: datetime, following: datetime) -> None:
    assert (Every.read(text).last(NOW), Every.read(text).next(NOW)) == (last, following)


@pytest.mark.parametrize("times", [Cron.read("0 8 * * *"), Every.read("8h")])
def test_a_time_is_due_when_it_comes_and_not_again(times: Cron | Every) -> None:
    assert times.last(at(29, 8)) == at(29, 8)
    assert times.next(at(29, 8)) > at(29, 8)
    assert times.last(at(29, 8) - timedelta(milliseconds=1)) < at(29, 8)
    assert times.next(at(29, 8) - timedelta(milliseconds=1)) == at(29, 8)


@given(MOMENTS, st.sampled_from(EXPRESSIONS) | st.integers(1, 100_000))
def test_there_is_no_time_between_the_last_and_the_next(now: datetime, what: str | int) -> None:
    times = Cron.read(what) if isinstance(what, str) else Every(what)
    last, following = times.last(now), times.next(now)
    assert last <= now < following
    assert times.next(last) == following
    assert times.last(following - timedelta(seconds=1)) == last


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@daily", "'@daily' is no cron expression such as '0 8 * * 1-5'"),
        ("0 0 8 * * *", "is no cron expression"),
        ("0 25 * * *", "'0 25 * * *' is no cron expression: Bad hour"),
        ("0 8 31 2 *", "is no cron expression: Bad day-of-month"),
    ],
)
def test_what_is_no_cron_expression_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="cron") as error:
        Cron.read(text)
    assert told in str(error.value)


@pytest.mark.parametrize("text", ["", "10", "m", "-1m", "0m", "1.5h", "10 m", "٣m", "9999999d"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration such as"):
        seconds_of(text)
