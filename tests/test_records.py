from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from crawler.article import ARTICLE_FIELDS, SHANGHAI, Board, Observation, PublishedAt, Security
from crawler.merge import Version, merge
from crawler.records import to_record, utc

SEEN = datetime(2021, 12, 31, 7, 10, 0, 250000, tzinfo=UTC)


def article(**given):
    observation = Observation(
        "NW202112312233001257", "page", "https://finews.withounder.com/x.html", SEEN, **given
    )
    return merge([Version(observation, SEEN, SEEN + timedelta(hours=1))])


def test_a_record_has_every_field_in_the_order_of_the_dictionary():
    assert tuple(to_record(article())) == ARTICLE_FIELDS


def test_published_at_keeps_its_zone_and_observed_times_are_utc():
    time = datetime(2021, 12, 31, 15, 7, 45, tzinfo=SHANGHAI)

    record = to_record(article(published=PublishedAt(time, "second")))

    assert record["published_at"] == "2021-12-31T15:07:45+08:00"
    assert record["first_seen_at"] == "2021-12-31T07:10:00.250Z"
    assert record["updated_at"] == "2021-12-31T08:10:00.250Z"
    assert record["provenance"]["page"]["observed_at"] == "2021-12-31T08:10:00.250Z"


def test_no_date_at_all_is_null():
    observation = Observation("init", "page", "init", SEEN)

    assert to_record(merge([Version(observation, SEEN, SEEN)]))["published_at"] is None


def test_securities_and_boards_are_plain_objects():
    record = to_record(
        article(
            securities=[Security("02318.HK", "116", "02318", "中国平安", "mention")],
            boards=[Board("BK0493", "新能源")],
        )
    )

    assert record["securities"] == [
        {
            "symbol": "02318.HK",
            "market": "116",
            "code": "02318",
            "name": "中国平安",
            "via": "mention",
        }
    ]
    assert record["boards"] == [{"code": "BK0493", "name": "新能源"}]


def test_a_record_goes_through_json_unchanged():
    record = to_record(article(title="港口装上“大脑”", tags=["北方网新闻"]))

    assert json.loads(json.dumps(record)) == record


def test_making_a_record_leaves_the_article_alone():
    one = article(boards=[Board("BK0493", None)])

    to_record(one)

    assert one == article(boards=[Board("BK0493", None)])


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2021, 12, 31, 7, 7, 45, tzinfo=UTC), "2021-12-31T07:07:45.000Z"),
        (datetime(2021, 12, 31, 7, 7, 45, 999999, tzinfo=UTC), "2021-12-31T07:07:45.999Z"),
        (
            datetime(2022, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=8))),
            "2021-12-31T17:00:00.000Z",
        ),
    ],
    ids=["whole second", "cut to milliseconds", "another zone"],
)
def test_utc_writes_milliseconds_and_z(time, text):
    assert utc(time) == text
