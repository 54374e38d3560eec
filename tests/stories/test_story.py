"""What of an article is compared with others."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crawler.stories.story import story_of

TIME = datetime(2021, 12, 8, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("沪指涨１．５％，报3,612.05点。", "沪指涨1.5报3612.05点"),
        ("“入世”20年——广东\n外贸 增长超3倍…", "入世20年广东外贸增长超3倍"),
        ("海伦司(09869.HK)涨", "海伦司09869hk涨"),
        ("一、二，3，4", "一二34"),
        ("_，。！.5", "5"),
    ],
)
def test_letters_and_figures_are_compared(text: str, letters: str) -> None:
    assert story_of(text, None).letters == letters


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("【沪指翻红】沪指涨１．５％，报3,612.05点。", "【沪指翻红】沪指涨1.5,报3612.05点"),
        ("据“统计局” — CPI 同比 -0.3%…环比（1—10月）", "据,统计局,cpi同比,负0.3,环比(1,10月)"),
        ("一、二；三\n四.五", "一,二,三,四,五"),
    ],
)
def test_of_a_brief_the_ends_of_clauses_count_too(text: str, told: str) -> None:
    assert story_of(text, None).told == told


def test_the_day_is_the_day_in_shanghai() -> None:
    assert story_of("", TIME).day == date(2021, 12, 9)
    assert story_of("", None).day is None


def test_what_says_too_little_is_not_compared() -> None:
    assert not story_of("沪指，翻红啦啦啦", None).is_comparable
    assert story_of("沪指，翻红啦啦啦啦", None).is_comparable


def test_short_texts_are_of_their_day() -> None:
    assert story_of("字" * 39, None).is_of_its_day
    assert not story_of("字" * 40, None).is_of_its_day
    assert story_of("字" * 40 + "今日", None).is_of_its_day
    assert not story_of("字" * 40 + "今日（8日）", None).is_of_its_day
    assert not story_of("字" * 150 + "今日", None).is_of_its_day


def test_of_a_long_text_letters_are_all_that_counts() -> None:
    text = "字，" * 150
    assert story_of(text, None).told == "字" * 150
