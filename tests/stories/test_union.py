"""What belongs together, by ties between two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crawler.stories.union import Union

NAMES = st.sampled_from("abcdefghij")


@given(st.lists(st.tuples(NAMES, NAMES)))
def test_sets_are_what_ties_connect(ties: list[tuple[str, str]]) -> None:
    union = Union()
    groups = {}
    for one, other in ties:
        union.join(one, other)
        joined = groups.get(one, {one}) | groups.get(other, {other})
        groups |= dict.fromkeys(joined, joined)
    assert {frozenset(one) for one in union.sets()} == {frozenset(one) for one in groups.values()}
    assert all(union.are_joined(one, other) for one, other in ties)


def test_who_was_never_joined_is_alone() -> None:
    union = Union()
    assert union.top("a") == "a"
    assert not union.are_joined("a", "b")
    assert sorted(union.sets()) == [["a"], ["b"]]
