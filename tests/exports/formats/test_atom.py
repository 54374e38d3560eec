"""Atom: valid, read back by others, and flat in memory."""

from __future__ import annotations

import io
from typing import Any

import feedparser
from lxml import etree

from crawler.exports.formats.atom import AtomFeed

ATOM = "{http://www.w3.org/2005/Atom}"


def written(records: list[dict[str, Any]], **options: Any) -> bytes:
    file = io.BytesIO()
    exporter = AtomFeed(file, **options)
    exporter.start_exporting()
    for record in records:
        exporter.export_item(record)
    exporter.finish_exporting()
    return file.getvalue()


def test_feedparser_reads_it_back(records: list[dict[str, Any]]) -> None:
    feed = feedparser.parse(written(records))
    assert not feed.bozo
    assert feed.feed.title == "金融消息"
    # An article without a date that never changed is dated by its first sight.
    assert feed.feed.updated == "2022-01-01T08:00:00+08:00"
    first, second, bare, last = feed.entries
    assert (first.title, first.link, first.author) == (
        records[0]["title"],
        records[0]["url"],
        records[0]["source"],
    )
    assert first.published == records[0]["published_at"]
    assert first.content[0].type == "text/html"
    assert first.content[0].value == records[0]["content_html"]
    assert {(tag.term, tag.label) for tag in first.tags} == {
        ("beifangwang", "北方网"),
        ("北方网新闻", None),
        ("601318.SH", "中国平安"),
        ("NIO.US", "蔚来"),
        ("BK0493", "新能源"),
    }
    assert first.updated == first.published
    assert second.content[0].value.startswith("<blockquote><p>摘要")
    assert "\ufffd" in second.title
    assert bare.title == "c"
    assert "published" not in bare
    assert [link.rel for link in last.links] == ["alternate", "via"]


def test_it_has_what_rfc_4287_asks_for(records: list[dict[str, Any]]) -> None:
    feed = etree.fromstring(written(records, feed_url="https://a.b/feed.atom", feed_id="tag:a,1:b"))
    assert [link.get("rel") for link in feed.iterfind(f"{ATOM}link")] == ["alternate", "self"]
    assert feed.findtext(f"{ATOM}id") == "tag:a,1:b"
    entries = feed.findall(f"{ATOM}entry")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(records)
    for element in (feed, *entries):
        assert element.findtext(f"{ATOM}id").startswith("tag:")
        assert element.findtext(f"{ATOM}title")
        assert element.findtext(f"{ATOM}updated")
    # The feed's author stands in for entries without one.
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    # An entry without a page has to hold its content.
    assert all(entry.find(f"{ATOM}content") is not None for entry in entries)
    order = [child.tag for child in feed]
    assert order[-len(entries) :] == [f"{ATOM}entry"] * len(entries)


def test_only_what_really_changed_is_news(records: list[dict[str, Any]]) -> None:
    revised = {**records[0], "revision": 2, "updated_at": "2022-02-02T02:02:02.002Z"}
    [entry] = feedparser.parse(written([revised])).entries
    assert entry.updated == "2022-02-02T10:02:02+08:00"


def test_nothing_in_an_article_breaks_it(records: list[dict[str, Any]]) -> None:
    odd = {name: "a\x01b" for name, value in records[0].items() if isinstance(value, str)}
    times = {name: records[0][name] for name in ("published_at", "updated_at", "first_seen_at")}
    feed = feedparser.parse(written([{**records[0], **odd, **times}]))
    assert not feed.bozo
    assert len(feed.entries) == 1


def test_an_empty_feed_is_valid() -> None:
    feed = feedparser.parse(written([]))
    assert not feed.bozo
    assert feed.entries == []
    assert feed.feed.updated
