"""Reprints are told from what only looks like them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.stories.sameness import are_reprints, are_tied
from crawler.stories.story import Story, story_of
from tests.reprints import passage, sentence

TIME = datetime(2021, 12, 8, 4, tzinfo=UTC)
BANK = "央行8日开展100亿元7天期逆回购操作，中标利率2.20%，因有5亿元到期，公开市场净投放95亿元"
LONG = "".join(f"第{n}项投入{n * 7 + 0.5}亿元，{sentence(str(n), 30)}" for n in range(12))


def told(text: str, hours: float = 0) -> Story:
    return story_of(text, TIME + timedelta(hours=hours))


def reprints(one: str, other: str, hours: float = 0) -> bool:
    answers = {
        are_reprints(told(one), told(other, hours)),
        are_reprints(told(other, hours), told(one)),
    }
    assert len(answers) == 1
    return answers.pop()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BANK, f"财联社12月8日电，{BANK}。"),
        (BANK, f"【央行净投放】{BANK}。（界面新闻）"),
        (f"{BANK}（第一财经）", f"据央行网站消息，{BANK}。(央视新闻客户端)"),
        (BANK, BANK.replace("开展", "进行了")),
        (BANK, f"{BANK}，利率与上次持平"),
        (BANK, BANK.replace("，", "；").replace("8日", " 8 日 ")),
        (
            "洛阳、开封多家银行将首套房首付比例由30%下调至20%，认房又认贷未调整",
            "河南洛阳、开封多家银行将首套房首付比例由30%降至20%，认房又认贷的规定未调整",
        ),
        ("发改委约谈三家企业，要求不得囤积居奇", "发改委约谈三家企业要求不得囤积居奇"),
        ("发改委约谈三家企业，要求不得囤积居奇", "发改委近日约谈三家企业，要求不得囤积居奇"),
        (BANK, BANK.replace("，公开市场净投放95亿元", "")),
        (
            "国家发改委约谈三家企业，要求不得囤积居奇。",
            "国家发改委约谈三家企业，要求不得囤积居奇，维护市场。",
        ),
        (
            "某某集团(600000.SH)公告，拟回购9.85亿元",
            "某某集团(600000.SH)公告，拟以自有资金回购9.85亿元",
        ),
    ],
)
def test_a_brief_that_was_edited_is_the_same(one: str, other: str) -> None:
    assert reprints(one, other)
    assert are_tied(told(one), told(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Another figure, direction, name with figures, name without.
        (BANK, BANK.replace("100", "200")),
        (BANK, BANK.replace("净投放", "净回笼").replace("95", "105")),
        ("北向资金净流入98.5亿元，连续三日", "北向资金净流出98.5亿元，连续三日"),
        ("创业板指涨1.25%，成交放大", "创业板指跌1.25%，成交放大"),
        ("半导体板块午后走强，多股涨停", "房地产板块午后走强，多股涨停"),
        (
            "甲乙股份表示，不涉及相关业务，请投资者注意",
            "丙丁科技表示，不涉及相关业务，请投资者注意",
        ),
        ("武汉将于6月1日发放消费券，覆盖餐饮", "沈阳将于6月1日发放消费券，覆盖餐饮"),
        ("甲乙药业(600987.SH)公告，收到批准通知书", "丙丁药业(600978.SH)公告，收到批准通知书"),
        ("港股甲乙能源涨超10%，成交活跃放大", "港股丙丁汽车涨超10%，成交活跃放大"),
        (
            "顺丰控股涨停，成交额12.5亿元，总市值创新高",
            "圆通速递涨停，成交额12.5亿元，总市值创新高",
        ),
        # One event in other words.
        (
            "德国经济部长表示，天然气储气率已达83.25%，入冬前可实现既定目标",
            "德国储备增加，经济部门官员对议会说，地下设施填充到了83.25%的水平，供暖无忧",
        ),
        # A point, a sign, a currency.
        ("某某集团前三季度净利润同比增长31.5%左右", "某某集团前三季度净利润同比增长315%左右"),
        ("十年期国债收益率变动-0.52个百分点至2.815", "十年期国债收益率变动+0.52个百分点至2.815"),
        ("某某集团拟出资25.65亿元收购海外公司", "某某集团拟出资25.65亿美元收购海外公司"),
        # Nothing but headlines.
        ("【甲乙股份停牌核查】", "【丙丁科技复牌交易】"),
        # One clause of many.
        ("今日要闻如下", "今日要闻如下，国务院发文，央行降准，证监会换人，沪指翻红，油价上调"),
    ],
)
def test_another_brief_of_the_same_template_is_not(one: str, other: str) -> None:
    assert not reprints(one, other)


def test_a_long_text_may_lose_and_gain_sentences() -> None:
    sentences = LONG.split("。")
    assert reprints(LONG, "。".join(sentences[:9]))
    assert reprints(LONG, f"本报记者 张三 北京报道。{LONG}责任编辑：李四。股市有风险，入市需谨慎。")
    assert reprints(LONG, LONG.replace("投入", "计划投入", 4))
    assert not reprints(LONG, "。".join(sentences[:5]))
    assert not reprints(LONG, passage("other"))


def test_a_report_of_the_same_template_with_other_figures_is_not() -> None:
    chance = random.Random(1)
    numbers = iter(range(100, 999))
    other = "".join(
        str(next(numbers)) if c.isdigit() and chance.random() < 0.5 else c for c in LONG
    )
    plain = Story("".join(c for c in LONG if not c.isdigit()), TIME.date())
    # In words alone they would be.
    assert are_reprints(plain, Story("".join(c for c in other if not c.isdigit()), TIME.date()))
    assert not reprints(LONG, other)


def test_one_corrected_figure_is_no_other_story() -> None:
    assert reprints(LONG, LONG.replace("21.5", "22.5"))


NOTICE = "{}（{}）公告，公司董事会于12月8日收到董事{}的书面辞职报告，因个人原因" + sentence(
    "x", 150
)


def test_a_notice_of_another_company_is_another_story() -> None:
    one = NOTICE.format("甲乙股份", "600987.SH", "张三")
    other = NOTICE.format("丙丁科技", "000978.SZ", "李四")
    assert not reprints(one, other)
    assert reprints(one, one.replace("书面", ""))
    # Without codes nothing tells them apart but names.
    assert reprints(NOTICE.format("甲乙股份", "", "张三"), NOTICE.format("甲乙股份", "", "张山"))


def test_a_report_on_another_company_shares_some_figures_by_its_template() -> None:
    report = "某某(600987.SH)公告，质押{}万股，占其12.5%，占总股本2.34%，期限18个月" + sentence(
        "y", 150
    )
    other = report.replace("600987.SH", "000978.SZ")
    assert reprints(report.format(800), report.format(900))
    assert not reprints(report.format(800), other.format(900))


def test_a_corrected_code_is_no_other_company() -> None:
    one = LONG.replace("第0项", "某某集团(600987.SH)第0项")
    assert reprints(one, one.replace("600987", "600978"))


def test_a_brief_and_the_article_that_it_announces_are_two() -> None:
    assert not reprints(BANK, f"{BANK}。{LONG}")


RED = "沪指翻红，深成指涨逾百分之一"
EDITED = LONG.replace("投入", "共投入", 2)


@pytest.mark.parametrize(
    ("one", "other", "hours", "tied"),
    [
        # It is noon.
        (RED, RED, 11, True),
        (RED, RED, 13, False),
        (BANK, BANK, 24 * 400, True),
        (BANK.replace("8日", "今日"), BANK.replace("8日", "今日"), 24, False),
        (BANK, f"{BANK}，与上次持平", 24, True),
        (BANK, f"{BANK}，与上次持平", 48, False),
        (LONG, LONG, 24 * 400, True),
        (LONG, EDITED, 24 * 15, True),
        (LONG, EDITED, 24 * 16, False),
    ],
)
def test_how_far_apart_reprints_may_be(one: str, other: str, hours: float, tied: bool) -> None:
    assert are_tied(told(one), told(other, hours)) == tied
    assert are_tied(told(one), told(other, -hours)) == tied


def test_what_says_too_little_is_tied_to_nothing() -> None:
    assert not are_tied(told("沪指翻红"), told("沪指翻红"))


def test_without_dates_nothing_is_near_but_what_has_none() -> None:
    assert are_tied(story_of(LONG, None), story_of(EDITED, None))
    assert not are_tied(story_of(LONG, TIME), story_of(EDITED, None))
    assert are_tied(story_of(LONG, TIME), story_of(LONG, None))


TEXTS = st.text(st.sampled_from("沪指涨跌12.3%，。：（）【】电讯 年月"), max_size=200)


@given(TEXTS, TEXTS)
def test_it_is_the_same_both_ways_and_of_oneself(one: str, other: str) -> None:
    reprints(one, other)
    assert are_tied(told(one), told(other)) == are_tied(told(other), told(one))
    assert are_tied(told(one), told(one)) == told(one).is_comparable


@pytest.mark.parametrize("filler", [" ", "\n", "(。)", "。", "【】", ",", "1" * 10, "("])
def test_a_huge_text_costs_no_more_than_its_length(filler: str) -> None:
    # Quadratic work on a million characters would not end.
    huge = f"{BANK}{filler * (1_000_000 // len(filler))}"
    reprints(huge, f"{huge}，与上次持平")
