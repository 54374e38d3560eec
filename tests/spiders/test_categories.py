from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.addresses import Link
from crawler.article import Observation
from crawler.spiders.categories import Categories, key_of


def named(categories, category, certain=False):
    observation = Observation(
        "init", "page", "x", datetime(2022, 1, 1, tzinfo=UTC), category=category
    )
    observation.category_certain = certain
    categories.name(observation)
    return observation.category


def test_a_footer_tells_the_exact_slug_of_what_addresses_tell_in_lower_case():
    categories = Categories([])
    assert named(categories, "techweb") == "techweb"

    categories.expect("techweb")
    assert categories.told_by_footer("techweb", "TechWeb") == "TechWeb"

    assert named(categories, "techweb") == "TechWeb"
    assert named(categories, "TECHWEB") == "TechWeb"
    assert named(categories, None) is None


def test_a_category_that_its_source_is_certain_of_stays():
    categories = Categories([])
    categories.remember(["TechWeb"])

    assert named(categories, "techweb", certain=True) == "techweb"


def test_without_any_footer_the_slug_is_a_guess_when_no_post_may_tell_it_any_more():
    categories = Categories([])
    categories.expect("techweb")
    categories.expect("techweb")

    assert categories.told_by_footer("techweb", None) is None
    assert categories.told_by_footer("techweb", None) == "techweb"
    assert categories.guessed == {"techweb"}
    assert named(categories, "techweb") == "techweb"
    assert categories.exact == {}


def test_a_guess_is_what_the_user_wrote():
    categories = Categories(["TechWeb"])
    categories.expect("techweb")

    assert categories.told_by_footer("techweb", None) == "TechWeb"


def test_a_page_that_answers_proves_its_slug():
    categories = Categories([])

    categories.answered("Wind(A)")

    assert categories.exact == {"wind(a)": "Wind(A)"}
    assert categories.found == {"wind(a)"}


@pytest.mark.parametrize("answers", [["techweb", "TechWeb"], ["TechWeb", "techweb"]])
def test_of_two_spellings_that_answer_the_one_with_capitals_stays(answers):
    categories = Categories([])

    for slug in answers:
        categories.answered(slug)

    assert categories.exact == {"techweb": "TechWeb"}


@pytest.mark.parametrize("spelt_by_page", ["techweb", "TECHWEB"])
@pytest.mark.parametrize("footer_first", [True, False])
def test_a_footer_proves_more_than_a_page_that_answers(spelt_by_page, footer_first):
    categories = Categories([])
    categories.remember(["techweb"])

    if footer_first:
        categories.learn("TechWeb")
    categories.answered(spelt_by_page)
    categories.learn("TechWeb")

    assert categories.exact == {"techweb": "TechWeb"}


@pytest.mark.parametrize(
    ("wanted", "slug", "taken"),
    [([], "TechWeb", True), (["TECHWEB"], "TechWeb", True), (["emnews"], "TechWeb", False)],
)
def test_a_page_is_taken_once_and_only_if_wanted(wanted, slug, taken):
    categories = Categories(wanted)

    assert categories.take(slug) is taken
    assert categories.take(slug) is False


def test_the_key_of_a_post_is_its_category_whatever_the_case():
    link = Link("https://x/a", "post", "1", "TechWeb")
    assert key_of(link) == "techweb"
    assert key_of(Link("https://x/a", "post", "1")) == ""
