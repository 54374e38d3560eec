"""Fields that fewer articles tell than usual."""

from __future__ import annotations

import pytest

from crawler.article import ARTICLE_FIELDS
from crawler.monitors.coverage import FIELDS, Coverage, coverage_of, fallen, fields_told

ALL = dict.fromkeys(FIELDS, 100)
BEFORE = [Coverage(100, ALL), Coverage(100, {**ALL, "source": 50})]


def test_the_fields_are_those_of_articles() -> None:
    assert set(FIELDS) < set(ARTICLE_FIELDS)


def test_what_is_null_or_empty_is_not_told() -> None:
    record = {"title": "题", "source": None, "content_text": "", "securities": [], "url": "u"}
    assert fields_told(record) == ["url", "title"]


def test_the_counters_of_a_crawl_are_its_coverage() -> None:
    stats = {"item_scraped_count": 3, "finews/told/title": 2}
    assert coverage_of(stats) == Coverage(3, {**dict.fromkeys(FIELDS, 0), "title": 2})


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({}, None),
        ({"title": 80}, None),
        ({"title": 79}, "fewer of 100 articles tell title 79% (usually 100%)"),
        ({"source": 55}, None),
        ({"source": 54}, "fewer of 100 articles tell source 54% (usually 75%)"),
        (
            {"title": 0, "url": 1},
            "fewer of 100 articles tell url 1% (usually 100%), title 0% (usually 100%)",
        ),
    ],
)
def test_a_field_falls_beyond_the_tolerance(told: dict[str, int], problem: str | None) -> None:
    assert fallen(Coverage(100, {**ALL, **told}), BEFORE, 0.2, 20) == problem


def test_a_run_of_few_articles_may_stray_by_chance() -> None:
    """Of 20 articles 45 % for 75 % is three deviations off; of 2,000 it is no chance."""
    few = {**dict.fromkeys(FIELDS, 20), "source": 10}
    many = {**dict.fromkeys(FIELDS, 2000), "source": 1000}
    assert fallen(Coverage(20, few), BEFORE, 0.2, 20) is None
    assert fallen(Coverage(2000, many), BEFORE, 0.2, 20) is not None


@pytest.mark.parametrize(
    ("items", "before"),
    [(19, BEFORE), (100, []), (100, [Coverage(19, {})]), (0, BEFORE)],
    ids=["few now", "no runs before", "few before", "none"],
)
def test_few_articles_say_nothing(items: int, before: list[Coverage]) -> None:
    assert fallen(Coverage(items, {}), before, 0.2, 20) is None


def test_runs_before_count_by_their_articles() -> None:
    """One small run without sources does not make half of the habit."""
    before = [Coverage(99, dict.fromkeys(FIELDS, 99)), Coverage(1, {})]
    told = {**dict.fromkeys(FIELDS, 100), "source": 70}
    problem = fallen(Coverage(100, told), before, 0.2, 20)
    assert problem == "fewer of 100 articles tell source 70% (usually 99%)"
