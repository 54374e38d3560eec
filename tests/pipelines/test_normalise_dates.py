from __future__ import annotations

from datetime import UTC, datetime

import pytest
from scrapy.utils.test import get_crawler

from crawler.article import ArticleItem, Observation
from pipelines.normalise_dates import NormaliseDates

SEEN = datetime(2021, 12, 31, 8, 0, tzinfo=UTC)


def staged(*raws):
    """(observations, counters) of one item with a source for each raw date."""
    observations = [Observation("init", "page", "address", SEEN, published_raw=raw) for raw in raws]
    stage = NormaliseDates.from_crawler(get_crawler())
    item = stage.process_item(ArticleItem("init", observations))
    counts = {key: value for key, value in stage.stats.get_stats().items() if "finews/" in key}
    return item.observations, counts


def test_a_date_becomes_a_time_and_its_text_is_kept():
    (told,), counts = staged("(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45")

    assert told.published.time.isoformat() == "2021-12-31T15:07:45+08:00"
    assert told.published.precision == "second"
    assert told.published_raw == "(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45"
    assert counts == {"finews/date/parsed": 1}


@pytest.mark.parametrize("raw", ["昨天下午", "2021-02-30 10:00:00", "+0800"])
def test_what_cannot_be_read_is_kept_and_counted(raw):
    (told,), counts = staged(raw)

    assert told.published is None
    assert told.published_raw == raw
    assert counts == {"finews/date/unparsed": 1}


@pytest.mark.parametrize("raw", [None, "", "  \n"])
def test_no_date_at_all_is_counted_apart(raw):
    (told,), counts = staged(raw)

    assert told.published is None
    assert counts == {"finews/date/absent": 1}


def test_every_source_of_an_article_is_read():
    told, counts = staged("2021-12-31", None, "前天", "1640934465")

    assert [bool(one.published) for one in told] == [True, False, False, True]
    assert counts == {"finews/date/parsed": 2, "finews/date/absent": 1, "finews/date/unparsed": 1}
