"""The labelled pairs are what was sealed, and duplicates are told as well as docs say."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter

import pytest

from bench.pairs.__main__ import FOLDER, HALVES, Pair, read, report
from tests.conftest import ROOT

# Of the commit that put it away.
SEALED = "0b14a3f56995f3b242606efa635c135b85c77c4d3cccb7367ff96f7a28b0fb12"


def test_the_sealed_half_is_what_was_put_away() -> None:
    assert hashlib.sha256((FOLDER / "sealed.jsonl").read_bytes()).hexdigest() == SEALED


def test_half_of_the_pairs_are_reprints_and_no_story_is_in_both_halves() -> None:
    halves = {half: list(read(half)) for half in HALVES}
    for pairs in halves.values():
        labels = Counter(pair.same for pair in pairs)
        assert labels[True] == labels[False] > 120
        assert min(Counter((pair.kind, pair.same) for pair in pairs).values()) >= 7
    stories = [{pair.story for pair in pairs} for pairs in halves.values()]
    assert stories[0].isdisjoint(stories[1])
    kinds = [{(pair.kind, pair.same) for pair in pairs} for pairs in halves.values()]
    assert kinds[0] == kinds[1]
    assert len(kinds[0]) == 18


@pytest.mark.parametrize("half", HALVES)
def test_precision_and_recall(half: str) -> None:
    words = [sys.executable, "-m", "bench.pairs", half]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    figures = [line.split() for line in done.stdout.splitlines()[-3:-1]]
    assert [name for name, *_ in figures] == ["precision", "recall"]
    precision, recall = (float(figure) for _, figure, *_ in figures)
    assert precision >= 0.98
    assert recall >= 0.95


def test_what_is_wrong_is_counted_and_shown() -> None:
    def article(text: str) -> dict[str, str]:
        return {"published_at": "2021-12-08T10:46:18+08:00", "title": "题", "content_text": text}

    text = "央行今日开展100亿元逆回购操作"
    pairs = [
        Pair("a", "x", True, article(text), article(text)),
        Pair("a", "x", True, article(text), article("全不相干的另一句话")),
        Pair("a", "x", False, article(text), article(text)),
        Pair("a", "y", False, article(text), article("全不相干的另一句话")),
    ]
    lines = list(report("open", pairs, show=True))
    assert lines[-2:] == ["precision 0.500 (1 of 2)", "recall    0.500 (1 of 2)"]
    assert "| same | x | 1 | 1 |" in lines
    assert "| not the same | y | 1 | 0 |" in lines
    assert [line for line in lines if line.startswith("--")] == [
        "-- x: missed",
        "-- x: wrongly found",
    ]
