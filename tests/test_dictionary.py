from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from crawler.article import ARTICLE_FIELDS, Article, Board, Observation, PublishedAt, Security
from crawler.dates import normalise_date
from crawler.dictionary import main, page, schema
from crawler.merge import Version, merge
from crawler.records import to_record

DOCS = Path(__file__).parents[1] / "docs"
SEEN = datetime(2021, 12, 31, 8, 0, tzinfo=UTC)
MEND = "stale: say `make docs`"


@pytest.fixture(scope="module")
def validator():
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.fixture
def record():
    observation = Observation(
        "NW202112312232996687",
        "page",
        "https://finews.withounder.com/a/2021/12/31/NW202112312232996687.html",
        SEEN,
        url="https://finews.withounder.com/a/2021/12/31/NW202112312232996687.html",
        title="题",
        published=normalise_date("2021-12-31 15:07:45"),
        published_raw="2021-12-31 15:07:45",
        content_html="<p>正文。</p>",
        content_text="正文。",
        content_hash="0" * 64,
        securities=[Security("NIO.US", "106", "NIO", "蔚来", "mention")],
        boards=[Board("BK0493", None)],
        images=["https://dfscdn.dfcfw.com/a.jpg"],
    )
    return to_record(merge([Version(observation, SEEN, SEEN)]))


def test_the_published_schema_is_the_dictionarys():
    published = json.loads((DOCS / "article.schema.json").read_text(encoding="utf-8"))

    assert published == schema(), MEND


def test_the_published_page_is_the_dictionarys():
    assert (DOCS / "articles.md").read_text(encoding="utf-8") == page(), MEND


def test_both_are_written_into_a_folder(tmp_path):
    main(tmp_path)

    for name in ("article.schema.json", "articles.md"):
        assert (tmp_path / name).read_bytes() == (DOCS / name).read_bytes(), MEND


@pytest.mark.parametrize("kind", [Article, Security, Board])
def test_every_field_has_its_meaning(kind):
    properties = schema() if kind is Article else schema()["$defs"][kind.__name__]

    assert list(properties["properties"]) == [one.name for one in fields(kind)]
    assert all(one["description"] for one in properties["properties"].values())
    assert all(f"| `{one.name}` |" in page() for one in fields(kind))


def test_an_article_in_contract_form_is_valid(validator, record):
    assert tuple(record) == ARTICLE_FIELDS
    validator.validate(record)
    validator.validate(json.loads(json.dumps(record)))


def test_an_article_of_which_little_is_known_is_valid(validator):
    observation = Observation("init", "front_matter", "init.md", SEEN, variant="init.md")

    validator.validate(to_record(merge([Version(observation, SEEN, SEEN)])))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("id", None),
        ("id", "a b"),
        ("url", "no address"),
        ("title", ""),
        ("published_at", "2021-12-31T15:07:45"),
        ("published_at", "2021-12-31T07:07:45Z"),
        ("published_at", "2021-13-31T15:07:45+08:00"),
        ("published_from", "guess"),
        ("published_precision", "hour"),
        ("securities", [{"symbol": "2318.HK"}]),
        ("images", ["a.jpg"]),
        ("stock_images_removed", -1),
        ("content_hash", "abc"),
        ("revision", 0),
        ("first_seen_at", "2021-12-31T15:07:45+08:00"),
        ("provenance", {}),
        ("provenance", {"page": {"address": ""}}),
        ("schema", 2),
    ],
)
def test_what_is_not_as_the_dictionary_says_is_refused(validator, record, name, wrong):
    with pytest.raises(ValidationError):
        validator.validate(record | {name: wrong})


@pytest.mark.parametrize("change", ["one field less", "one field more"])
def test_the_fields_are_these_and_no_others(validator, record, change):
    if change == "one field less":
        del record["duplicate_of"]
    else:
        record["more"] = 1
    with pytest.raises(ValidationError):
        validator.validate(record)


@pytest.mark.parametrize(
    ("symbol", "valid"),
    [
        ("601318.SH", True),
        ("430047.BJ", True),
        ("02318.HK", True),
        ("BRK.B.US", True),
        (None, True),
        ("2318.HK", False),
        ("601318.XX", False),
        ("nio.US", False),
    ],
)
def test_a_symbol_has_the_form_of_its_exchange(validator, record, symbol, valid):
    record["securities"][0]["symbol"] = symbol

    assert validator.is_valid(record) is valid


def test_a_day_of_the_calendars_end_is_valid(validator, record):
    told = PublishedAt(normalise_date("9999-12-31 15:07:45").time, "second")

    validator.validate(record | {"published_at": told.time.isoformat()})
