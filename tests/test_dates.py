from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.article import SHANGHAI
from crawler.dates import normalise_date

NIGHT = "2021-12-31T15:07:45+08:00"


def told(text):
    """(time, precision) as text, for one look at both."""
    published = normalise_date(text)
    return published and (published.time.isoformat(), published.precision)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45", NIGHT),
        ("2021-12-31 15:07:45", NIGHT),
        ("  2021-12-31 15:07:45\n", NIGHT),
        ("2021/12/31 15:07:45", NIGHT),
        ("2021.12.31 15:07:45", NIGHT),
        ("2021-12-31 15:07:45 +0800", NIGHT),
        ("2021-12-31T15:07:45+08:00", NIGHT),
        ("2021-12-31T15:07:45+08", NIGHT),
        ("2021-12-31 15:07:45 CST", NIGHT),
        ("2021-12-31 15:07:45 GMT+8", NIGHT),
        ("2021-12-31 15:07:45 GMT+08:00", NIGHT),
        ("2021-12-31 12:37:45 +5:30", NIGHT),
        ("2021-12-31 12:37:45 +0530", NIGHT),
        ("2021-12-31 24:00:00.000", "2022-01-01T00:00:00+08:00"),
        ("2021-12-31T07:07:45Z", NIGHT),
        ("2021-12-31T07:07:45.123Z", NIGHT),
        ("2021-12-31 07:07:45 UTC", NIGHT),
        ("2021-12-31 02:07:45 -0500", NIGHT),
        ("2021-12-30T23:07:45-08:00", "2021-12-31T15:07:45+08:00"),
        ("２０２１－１２－３１　１５：０７：４５", NIGHT),
        ("1640934465", NIGHT),
        ("1640934465123", NIGHT),
        ("2021-12-31 24:00:00", "2022-01-01T00:00:00+08:00"),
        ("2021-12-31T24:00:00Z", "2022-01-01T08:00:00+08:00"),
        ("2020-02-29 00:00:00", "2020-02-29T00:00:00+08:00"),
        ("2021年12月31日 15时07分45秒", NIGHT),
    ],
)
def test_a_time_to_the_second_is_read_exactly(text, time):
    assert told(text) == (time, "second")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021年12月31日 15:07", "2021-12-31T15:07:00+08:00"),
        ("2021年12月31日15时07分", "2021-12-31T15:07:00+08:00"),
        ("２０２１年１２月３１日　１５：０７", "2021-12-31T15:07:00+08:00"),
        ("2021-12-31 15:07", "2021-12-31T15:07:00+08:00"),
        ("2021-12-31T24:00", "2022-01-01T00:00:00+08:00"),
    ],
)
def test_a_time_without_seconds_tells_minutes(text, time):
    assert told(text) == (time, "minute")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-12-31", "2021-12-31T00:00:00+08:00"),
        ("2021/1/5", "2021-01-05T00:00:00+08:00"),
        ("2021年1月5日", "2021-01-05T00:00:00+08:00"),
    ],
)
def test_a_day_alone_is_the_midnight_it_begins_with(text, time):
    assert told(text) == (time, "day")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "+0800",
        "昨天 15:07",
        "2021-02-30",
        "2021-13-01",
        "2021-13-05 10:00:00",
        "2021-00-10",
        "2021-12-31 25:00:00",
        "2021-12-31 24:00:01",
        "2021-12-31 24:01",
        "2021-12-31 15:60",
        "2021-12-31 15:07:60",
        "2021-12-31 15:07:45 +99:00",
        "2021-12-31 15:07:45 PST",
        "2021-12-31 +08:00",
        "2021-12/31 15:07:45",
        "31-12-2021",
        "12/31/2021 15:07",
        "2021.12",
        "20211231",
        "164093446",
        "发布于2021-12-31 15:07:45",
        "2021-12-31 15:07:45 更新",
        "9999-12-31 24:00:00",
        "0000-01-01",
        "2021-12-31 15:07:45+080",
        "2021-12-31 15:07:45+0860",
        "2021-12-31 15:07:45+1500",
        "2021-12-31 15:07:45 +530",
        "2021123115",
        "2021-12-31 24:00:00.5",
        "²021-12-31",
        "٢٠٢١-١٢-٣١",
        "0001-01-01",
    ],
)
def test_what_is_no_date_is_none_and_never_guessed(text):
    assert normalise_date(text) is None


def test_every_time_is_given_in_shanghai():
    assert normalise_date("2021-12-30T23:07:45-08:00").time.utcoffset() == timedelta(hours=8)


@given(st.text() | st.from_regex(r"[0-9年月日时分秒/.:TZ+ -]{0,30}", fullmatch=True))
def test_no_text_makes_it_raise(text):
    published = normalise_date(text)

    assert published is None or published.time.tzinfo is not None


@given(st.datetimes(timezones=st.just(SHANGHAI), min_value=datetime(2, 1, 1)))
def test_what_it_wrote_it_reads_again(time):
    time = time.replace(microsecond=0)

    assert normalise_date(time.isoformat()).time == time
