"""Texts that are alike share a band, and others do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crawler.stories.signature import (
    BANDS,
    VERSION,
    Signature,
    band_in,
    shingles,
    signature_of,
)
from crawler.stories.story import BRIEF_LETTERS, NEAR_DAYS, Story, story_of
from tests.reprints import passage, sentence

TIME = datetime(2021, 12, 8, 4, tzinfo=UTC)
LETTERS = st.sampled_from("的一是在不了有和人这中大为上个国0123456789abc")


def signed(text: str, time: datetime | None = TIME) -> Signature:
    signature = signature_of(story_of(text, time))
    assert signature is not None
    return signature


def shared(one: str, other: str) -> int:
    return len(set(signed(one).bands) & set(signed(other).bands))


@given(st.text(LETTERS, min_size=8, max_size=BRIEF_LETTERS - 1))
def test_shingles_of_a_brief_are_all_pairs_of_letters(letters: str) -> None:
    pairs = [letters[n : n + 2] for n in range(len(letters) - 1)]
    assert told_in(letters) == sorted(pair.encode("utf-16-le") for pair in pairs)


@given(st.text(LETTERS, min_size=BRIEF_LETTERS, max_size=500))
def test_shingles_of_a_long_text_are_all_runs_of_six(letters: str) -> None:
    runs = [letters[n : n + 6] for n in range(len(letters) - 5)]
    assert told_in(letters) == sorted(run.encode("utf-16-le") for run in runs)


def told_in(letters: str) -> list[bytes]:
    return sorted(shingles(Story(letters, None)))


def test_punctuation_width_and_lines_do_not_matter() -> None:
    one = signed("沪指涨１．５％，“北向资金”净流入30亿元。成交额破万亿")
    assert one == signed("沪指涨1.5% 「北向资金」净流入３０亿元\n成交额破万亿。")


def test_reprints_share_bands_and_others_none() -> None:
    assert len(signed(passage("a")).bands) == BANDS
    assert shared(passage("a"), passage("a", 1)) >= BANDS / 4
    assert all(shared(passage("a"), passage(f"b{n}")) == 0 for n in range(50))


def test_a_signature_stays_what_it_is() -> None:
    # Stores hold these numbers: whatever changes them needs another VERSION.
    brief, long = signed("沪指翻红，深成指涨逾百分之一。"), signed(sentence("a", 200))
    assert VERSION == "2-2"
    assert (brief.whole, brief.bands[0]) == (2304443671293924521, 109330675001)
    assert (long.whole, long.bands[0]) == (-3396224086889596291, 21632368034)
    assert long.kept[0] == 6763117654818210


def test_a_short_text_of_another_day_is_another_as_a_whole() -> None:
    short, long = sentence("a", 39), sentence("a", 60)
    later = datetime(2021, 12, 9, 4, tzinfo=UTC)
    same_day = datetime(2021, 12, 8, 15, 59, tzinfo=UTC)
    assert signed(short) == signed(short, same_day)
    assert signed(short).whole != signed(short, later).whole
    assert signed(long).whole == signed(long, later).whole == signed(long, None).whole
    assert signed(long).bands == signed(long, later).bands == signed(long, None).bands


@given(st.integers(0, 400), st.integers(-NEAR_DAYS, NEAR_DAYS), st.booleans())
def test_whoever_is_near_in_time_is_sought_where_it_is_kept(
    first: int, days: int, is_brief: bool
) -> None:
    text = sentence("a", 60 if is_brief else 200)
    days = max(-1, min(days, 1)) if is_brief else days
    one = signed(text, TIME + timedelta(days=first))
    other = signed(text, TIME + timedelta(days=first + days))
    assert set(other.kept) <= set(one.sought)
    assert {band_in(kept) for kept in one.kept} == set(one.bands)
    assert len(set(one.sought)) in (BANDS, 2 * BANDS)
    assert set(signed(text, None).kept) == set(signed(text, None).sought) == set(one.bands)


def test_numbers_are_what_mongodb_keeps_in_64_bits() -> None:
    late = signed(sentence("a", 60), datetime(9999, 12, 1, tzinfo=UTC))
    assert all(0 <= kept < 2**63 for kept in late.kept)


def test_what_says_too_little_has_none() -> None:
    assert signature_of(story_of("今日无要闻", TIME)) is None
    assert signature_of(story_of("", None)) is None
