"""What tests of whole articles share: a source's observation after the stages, and the merge."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator
from scrapy.utils.test import get_crawler

from crawler.article import ArticleItem
from crawler.dictionary import schema
from crawler.merge import Version, merge
from pipelines import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.article import Article, Observation


CHECKER = Draft202012Validator.FORMAT_CHECKER
# Says whether an article in contract form is as the dictionary has it.
VALID = Draft202012Validator(schema(), format_checker=CHECKER)


def staged(told: Observation) -> Observation:
    """An observation after all stages but the one that stores."""
    crawler = get_crawler()
    item = ArticleItem(told.id, [told])
    for path in STAGES[:-1]:
        module, _, name = path.rpartition(".")
        item = getattr(import_module(module), name).from_crawler(crawler).process_item(item)
    return item.observations[0]


def article_of(observations: Iterable[Observation]) -> Article:
    """The article of staged observations, each seen once."""
    return merge(Version(o, o.observed_at, o.observed_at) for o in observations)
