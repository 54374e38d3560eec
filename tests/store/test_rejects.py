"""Rejects: what could not be read or taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crawler.store.rejects import LARGEST_RAW, Reject, Rejects

if TYPE_CHECKING:
    from crawler.store.connection import Store

REJECT = Reject("page/post", "PageError: no <h1>", "http://x/", "id", b"\xff<html>$raw")


def test_the_raw_input_is_kept_as_received(store: Store) -> None:
    rejects = Rejects(store)
    rejects.add(REJECT)
    [kept] = rejects.all()
    assert (kept["stage"], kept["reason"], kept["url"]) == ("page/post", REJECT.reason, "http://x/")
    assert kept["article"] == "id"
    assert rejects.raw(kept["_id"]) == REJECT.raw


def test_the_same_again_only_counts(store: Store) -> None:
    rejects = Rejects(store)
    rejects.add(REJECT)
    rejects.add(replace(REJECT, reason="another", raw=b"newer"))
    rejects.add(replace(REJECT, stage="content"))
    kept = rejects.all()
    assert [(k["stage"], k["times"], k["reason"]) for k in kept] == [
        ("page/post", 2, "another"),
        ("content", 1, REJECT.reason),
    ]
    assert rejects.raw(kept[0]["_id"]) == b"newer"


def test_a_large_input_is_cut_with_a_note(store: Store) -> None:
    rejects = Rejects(store)
    rejects.add(replace(REJECT, raw=b"x" * (LARGEST_RAW + 1)))
    [kept] = rejects.all()
    assert (kept["raw_cut"], kept["raw_bytes"]) == (True, LARGEST_RAW + 1)
    assert len(rejects.raw(kept["_id"]) or b"") == LARGEST_RAW


def test_no_text_is_too_odd_to_be_kept(store: Store) -> None:
    Rejects(store).add(replace(REJECT, reason="\ud800$x", url="file\udcff.md", article_id=None))
    [kept] = Rejects(store).all()
    assert kept["reason"] == "?$x"
