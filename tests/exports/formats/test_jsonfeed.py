"""JSON Feed 1.1."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from crawler.exports.formats.jsonfeed import JsonFeed

SCHEMA = json.loads((Path(__file__).parents[1] / "jsonfeed.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def written(records: list[dict[str, Any]], **options: Any) -> Any:
    file = io.BytesIO()
    exporter = JsonFeed(file, **options)
    exporter.start_exporting()
    for record in records:
        exporter.export_item(record)
    exporter.finish_exporting()
    return json.loads(file.getvalue())


def test_it_is_valid_and_holds_the_articles(records: list[dict[str, Any]]) -> None:
    feed = written(records, title="北方网", feed_url="https://a.b/feed.json")
    VALIDATOR.validate(feed)
    assert (feed["title"], feed["feed_url"]) == ("北方网", "https://a.b/feed.json")
    first, second, bare, last = feed["items"]
    assert first["id"] == records[0]["id"]
    assert first["date_published"] == records[0]["published_at"]
    assert first["authors"] == [{"name": "北方网"}]
    assert first["_finews"]["securities"] == records[0]["securities"]
    assert second["title"] == records[1]["title"]
    assert (bare["title"], bare["content_html"]) == ("c", "")
    assert "url" not in bare
    assert last["image"] == "https://a.b/c.jpg"
    assert last["external_url"] == records[3]["origin_url"]


def test_an_empty_feed_is_valid() -> None:
    VALIDATOR.validate(written([]))


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.1"},
        {"title": None},
        {"items": [{"id": "a"}]},
        {"items": [{"id": 1, "content_text": ""}]},
        {"items": [{"id": "a", "content_text": "", "date_published": "2021"}]},
        {"items": [{"id": "a", "content_text": "", "url": "x y"}]},
        {"items": [{"id": "a", "content_text": "", "_ext": 1}]},
    ],
    ids=lambda change: str(change),
)
def test_the_schema_refuses_what_is_no_feed(change: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({**written([]), **change})
