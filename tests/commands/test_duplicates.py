"""finews duplicates, show and status: what they tell of groups."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.articles import BEGIN, HOUR, SEEN, id_of, put, put_many, said
from tests.reprints import passage

if TYPE_CHECKING:
    from crawler.store.connection import Store


@pytest.fixture
def grouped(store: Store) -> Store:
    """A group of four articles, one of two, and one that is alone."""
    put_many(
        store,
        [
            *(said(n, text=passage("a"), source=f"媒体{n}", title="甲\x1b[2J题") for n in range(4)),
            *(said(n, text=passage("b"), title=None) for n in (10, 11)),
            said(20, text=passage("c")),
        ],
    )
    return store


def test_the_largest_groups_are_listed(finews: Any, grouped: Store) -> None:
    done = finews("duplicates", "list")
    assert done.out.splitlines() == [
        f"       4  {id_of(0)}  2021-12-31T08:00:00+08:00  媒体0         甲�[2J题",
        f"       2  {id_of(10)}  2021-12-31T08:10:00+08:00  北方网         -",
    ]
    assert done.last == "finews: groups: 2; duplicates of their first article: 4"


def test_a_line_for_programs_each(finews: Any, grouped: Store) -> None:
    [line] = finews("duplicates", "list", "--json", "--most", "1").out.splitlines()
    assert json.loads(line) == {
        **{"articles": 4, "id": id_of(0), "published_at": "2021-12-31T08:00:00+08:00"},
        **{"source": "媒体0", "category": "beifangwang", "title": "甲\x1b[2J题"},
    }


def test_where_there_are_none_it_says_so(finews: Any, store: Store) -> None:
    done = finews("duplicates", "list")
    assert done.out == ""
    assert done.last == "finews: groups: 0; duplicates of their first article: 0"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lst",), "list"),
        ((), "list"),
        (("list", "x"), "finews show x"),
        (("list", "--most", "0"), "say 1 or more"),
        (("list", "--most", "x"), "--most"),
    ],
)
def test_what_is_mistyped_is_told(finews: Any, words: tuple[str, ...], told: str) -> None:
    assert told in finews("duplicates", *words, code=2).last


def test_show_tells_who_else_has_the_story(finews: Any, grouped: Store) -> None:
    lines = finews("show", id_of(2)).out.splitlines()
    assert f"{'duplicate_of':<39}{id_of(0)}" in lines
    place = lines.index("same story")
    ids = [line.split()[0] for line in lines[place + 1 : place + 5]]
    assert ids == [id_of(n) for n in range(4)]
    assert "\x1b" not in "".join(lines)
    assert lines[place + 5] == ""
    assert "same story" in finews("show", id_of(0)).out
    assert "same story" not in finews("show", id_of(20)).out


def test_show_as_of_a_time_tells_what_it_was_a_duplicate_of(finews: Any, grouped: Store) -> None:
    earlier = BEGIN - HOUR
    put(grouped, said(5, text=passage("a"), time=earlier, observed_at=SEEN + HOUR))
    for words, root in (
        ((), id_of(5)),
        (("--as-of", "2022-01-01T01:00:00Z"), id_of(5)),
        (("--as-of", "2022-01-01T00:59:00Z"), "null"),
    ):
        lines = finews("show", id_of(0), *words).out.splitlines()
        assert f"{'duplicate_of':<39}{root}" in lines
        assert ("same story" in lines) == (not words)


def test_status_counts_them(finews: Any, grouped: Store) -> None:
    counts = json.loads(finews("status", "--json").out)["counts"]
    assert (counts["articles"], counts["duplicates"], counts["groups"]) == (7, 4, 2)


def test_exports_leave_them_out_unless_asked(finews: Any, grouped: Store) -> None:
    firsts = [json.loads(line)["id"] for line in finews("export").out.splitlines()]
    assert firsts == [id_of(0), id_of(10), id_of(20)]
    every = finews("export", "--include-duplicates").out.splitlines()
    roots = [json.loads(line)["duplicate_of"] for line in every]
    assert roots == [None, *[id_of(0)] * 3, None, id_of(10), None]
