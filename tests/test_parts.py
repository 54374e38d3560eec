"""Parts of what is kept."""

from __future__ import annotations

import pytest

from crawler.parts import WHOLE, Part
from crawler.spiders import arguments

KEYS = [f"NW20211231{number:010}" for number in range(3000)] + ["init", "", "文", "\udce9"]


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_each_key_is_in_just_one_part_and_none_has_most_of_them(of: int) -> None:
    parts = [Part(number, of) for number in range(1, of + 1)]
    holding = [[part for part in parts if part.holds(key)] for key in KEYS]
    assert all(len(held) == 1 for held in holding)
    sizes = [sum(held == [part] for held in holding) for part in parts]
    assert max(sizes) < 1.2 * len(KEYS) / of


def test_the_whole_holds_everything_and_is_the_first() -> None:
    assert all(map(WHOLE.holds, KEYS))
    assert WHOLE.is_first
    assert not Part(2, 2).is_first


def test_a_part_is_read_as_it_is_written() -> None:
    assert arguments.part(str(Part(2, 3))) == Part(2, 3)


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2", "１/x"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no part such as 2/3"):
        arguments.part(text)
