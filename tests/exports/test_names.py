"""Names of files: inside their folder, told apart, readable where they can be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.exports.names import distinct_names, safe_name

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("beifangwang", "beifangwang"),
        ("Wind(A)", "Wind(A)"),
        ("北方网", "北方网"),
        ("601318.SH", "601318.SH"),
        ("../../etc", "%2E.%2F..%2Fetc"),
        ("..", "%2E%2E"),
        (".hidden", "%2Ehidden"),
        ("-rf", "%2Drf"),
        ("_none", "%5Fnone"),
        ("a/b\\c:d*e?", "a%2Fb%5Cc%3Ad%2Ae%3F"),
        ("a\x00\n", "a%00%0A"),
        ("100%", "100%25"),
        (None, "_none"),
        ("", "_none"),
    ],
)
def test_a_name_of_a_value(text: str | None, name: str) -> None:
    assert safe_name(text) == name


@given(st.sets(TEXTS, max_size=20))
def test_names_are_in_their_folder_and_no_two_alike(texts: set[str]) -> None:
    names = distinct_names(sorted(texts))
    assert len({name.casefold() for name in names.values()}) == len(texts)
    for name in names.values():
        assert os.path.normpath(os.path.join("/folder", f"{name}.jsonl")) == f"/folder/{name}.jsonl"
        assert "\0" not in name
        assert len(name.encode()) < 240


def test_every_name_is_one_that_files_have(tmp_path: Path) -> None:
    for text in ("测" * 300, "a" * 300, "../" * 200, "\u2028", "😀" * 100):
        file = tmp_path / f"{safe_name(text)}.jsonl.zst"
        file.write_bytes(b"")
        assert file.parent == tmp_path
    assert len(list(tmp_path.iterdir())) == 5


def test_where_capitals_do_not_count_names_differ_all_the_same() -> None:
    names = distinct_names(["Wind(A)", "wind(a)", "x"])
    assert len({name.casefold() for name in names.values()}) == 3
    assert (names["Wind(A)"], names["x"]) == ("Wind(A)", "x")
    names = distinct_names(["wind(a)", "Wind(A)"])
    assert len({name.casefold() for name in names.values()}) == 2
