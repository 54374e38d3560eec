"""Articles to be written, in contract form."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.history import article_of, observe
from crawler.records import to_record
from tests.articles import ENERGY, NIO, PING_AN, said


def record(**values: Any) -> dict[str, Any]:
    """One article in contract form; `values` in place of what it says."""
    told = said(1, securities=[PING_AN, NIO], boards=[ENERGY])
    article = article_of(observe({}, told))
    assert article is not None
    return {**to_record(article), **values}


@pytest.fixture
def records() -> list[dict[str, Any]]:
    """Articles with all that makes a format stumble."""
    empty = {"title": None, "digest": None, "content_text": "", "content_html": "", "tags": []}
    nowhere = {"url": None, "share_url": None, "origin_url": None, "source": None}
    return [
        record(),
        record(
            id="b", title='<b>&"引号"\'\u2028\x0b\x00\ufffe', digest="摘要\x08", tags=["<", "\x1f"]
        ),
        record(
            id="c",
            **empty,
            **nowhere,
            category=None,
            category_name=None,
            published_at=None,
            published_raw=None,
            published_precision=None,
            published_from=None,
            securities=[],
            boards=[],
            content_hash=None,
        ),
        record(
            id="d",
            content_html="<p>]]&gt;&amp; 𠮷</p>",
            images=["https://a.b/c.jpg"],
            origin_url="http://finance.eastmoney.com/news/1354,1.html",
            duplicate_of="a",
        ),
    ]
