"""Rejects: what could not be read or taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawler.store.rejects import LARGEST_RAW, Reject, Rejects
from crawler.store.tombstones import Tombstones

if TYPE_CHECKING:
    from crawler.store.connection import Store

SEEN = datetime(2022, 1, 1, tzinfo=UTC)
REJECT = Reject(
    *("page/post", "PageError: no <h1>", "post", "http://x/", "id", b"\xff<html>$raw", SEEN)
)


def test_the_raw_input_is_kept_as_received(store: Store) -> None:
    rejects = Rejects(store)
    rejects.add(REJECT)
    [kept] = rejects.select()
    assert (kept.stage, kept.reason, kept.url) == ("page/post", REJECT.reason, "http://x/")
    assert kept.article_id == "id"
    assert rejects.get(kept.id).raw == REJECT.raw


def test_the_same_again_only_counts(store: Store) -> None:
    rejects = Rejects(store)
    rejects.add(REJECT)
    rejects.add(replace(REJECT, reason="another", raw=b"newer"))
    rejects.add(replace(REJECT, stage="content"))
    kept = list(rejects.select())
    assert [(k.stage, k.times, k.reason) for k in kept] == [
        ("page/post", 2, "another"),
        ("content", 1, REJECT.reason),
    ]
    assert rejects.get(kept[0].id).raw == b"newer"


def test_a_large_input_is_cut_with_a_note(store: Store) -> None:
    rejects = Rejects(store)
    rejects.add(replace(REJECT, raw=b"x" * (LARGEST_RAW + 1)))
    [kept] = rejects.select()
    assert (kept.is_cut, kept.raw_bytes) == (True, LARGEST_RAW + 1)
    assert len(rejects.get(kept.id).raw) == LARGEST_RAW


def test_no_text_is_too_odd_to_be_kept(store: Store) -> None:
    Rejects(store).add(replace(REJECT, reason="\ud800$x", url="file\udcff.md", article_id=None))
    [kept] = Rejects(store).select()
    assert kept.reason == "?$x"


def test_counts_are_by_stage_and_reason_the_most_first(store: Store) -> None:
    rejects = Rejects(store)
    for url in "abc":
        rejects.add(replace(REJECT, url=url))
    rejects.add(replace(REJECT, url="d", reason="another"))
    rejects.add(replace(REJECT, url="e", stage="store"))
    assert rejects.counts() == [
        ("page/post", REJECT.reason, 3),
        ("page/post", "another", 1),
        ("store", REJECT.reason, 1),
    ]
    assert rejects.count() == 5


def test_rejects_are_selected_by_stage_and_id(store: Store) -> None:
    rejects = Rejects(store)
    others = [replace(REJECT, url="a"), replace(REJECT, url="b", stage="store")]
    for one in others:
        rejects.add(one)
    assert [kept.url for kept in rejects.select(stage="store")] == ["b"]
    assert [kept.url for kept in rejects.select(ids=[others[0].key, "unknown"])] == ["a"]
    assert [kept.url for kept in rejects.select("store", [others[0].key])] == []
    [kept] = rejects.select(ids=[others[0].key])
    assert (kept.kind, kept.observed_at) == ("post", SEEN)


def test_entries_of_one_feed_are_rejects_of_their_own(store: Store) -> None:
    rejects = Rejects(store)
    for article in ("a", "b", "b"):
        rejects.add(replace(REJECT, kind="feed", stage="clean", article_id=article))
    assert rejects.count() == 2


def test_the_newer_input_is_kept_whichever_comes_first(store: Store) -> None:
    rejects = Rejects(store)
    older = replace(REJECT, raw=b"older", reason="older", observed_at=SEEN - timedelta(hours=1))
    rejects.add(REJECT)
    rejects.add(older)
    [kept] = rejects.select()
    assert (kept.reason, kept.times, kept.observed_at) == (REJECT.reason, 2, SEEN)
    whole = rejects.get(kept.id)
    assert whole is not None
    assert whole.raw == REJECT.raw


def test_a_list_that_was_read_voids_its_own_rejects_of_before_only(store: Store) -> None:
    rejects = Rejects(store)
    feed = replace(REJECT, stage="page/feed", kind="feed", url="feed", article_id=None)
    rejects.add(feed)
    rejects.add(replace(feed, article_id="entry"))
    rejects.void_list("feed", "feed", SEEN - timedelta(seconds=1))
    assert rejects.count() == 2
    rejects.void_list("feed", "feed", SEEN)
    assert [kept.article_id for kept in rejects.select()] == ["entry"]


def test_the_damage_of_a_file_that_is_read_again_is_void(store: Store) -> None:
    rejects = Rejects(store)
    for url in ("c/a.warc, byte 7", "c/a.warc.gz, byte 7"):
        rejects.add(replace(REJECT, stage="capture", kind="capture", url=url, article_id=None))
    rejects.void_capture("c/a.warc")
    assert [kept.url for kept in rejects.select()] == ["c/a.warc.gz, byte 7"]


def test_nothing_is_kept_of_what_was_forgotten(store: Store) -> None:
    rejects = Rejects(store)
    rejects.add(REJECT)
    rejects.add(replace(REJECT, url="2021-12-31-id.md", article_id=None))
    rejects.add(replace(REJECT, kind="feed", url="feed", article_id=None))
    rejects.add(replace(REJECT, url="2021-12-31-id2.md", article_id=None))
    Tombstones(store).forget("id")
    rejects.add(REJECT)
    assert [kept.url for kept in rejects.select()] == ["2021-12-31-id2.md"]
