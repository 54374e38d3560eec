"""Documents as each version wrote them are brought up to date, and read the same ever after.

schemas/<version>.json holds what the store of that version wrote, as MongoDB's extended JSON. It
is never changed; a new version adds a file of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bson import json_util

from crawler.article import SCHEMA_VERSION, ArticleItem, Observation
from crawler.history import article_of, replaced
from crawler.store.articles import Articles
from crawler.store.connection import Store
from crawler.store.errors import StoreError
from crawler.store.migrations import MIGRATIONS, migrate, version_of

if TYPE_CHECKING:
    from pymongo.database import Database

SCHEMAS = Path(__file__).parent / "schemas"
POST, BRIEF = "NW202112310000000001", "2021123101"
SEEN = datetime(2022, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def fill(store: Store, version: int) -> None:
    """Put a store back to what a version had left in it."""
    text = (SCHEMAS / f"{version}.json").read_text(encoding="utf-8")
    for name, documents in json_util.loads(text).items():
        store.collection(name).delete_many({})
        store.collection(name).insert_many(documents)
    if version:
        store.collection("meta").update_one({"_id": "schema"}, {"$set": {"version": version}})
    else:
        store.collection("meta").delete_many({})


def test_every_version_has_its_documents_and_its_migration() -> None:
    versions = {int(file.stem) for file in SCHEMAS.glob("*.json")}
    assert versions == set(range(SCHEMA_VERSION + 1))
    assert set(MIGRATIONS) == set(range(SCHEMA_VERSION))


@pytest.mark.parametrize("version", range(SCHEMA_VERSION + 1))
def test_opening_a_store_brings_its_documents_up_to_date(
    store: Store, data_dir: Path, database: str, version: int
) -> None:
    fill(store, version)
    with Store.open(None, database, data_dir) as opened:
        articles = Articles(opened)
        assert version_of(opened.database) == SCHEMA_VERSION
        article = articles.get(POST)
        assert article is not None
        assert (article.title, article.schema) == ("新标题", SCHEMA_VERSION)
        assert [security.symbol for security in article.securities] == ["601318.SH"]
        assert set(article.provenance) == {"page", "share"}
        assert article.updated_at == SEEN + 2 * HOUR
        numbers = [d["seq"] for d in opened.collection("articles").find().sort("seq")]
        assert numbers[-1] == articles.counter.read()
        assert len(set(numbers)) == 2
        seen = Observation(POST, "page", "p", SEEN + 5 * HOUR, title="更新的标题")
        [written] = articles.write([ArticleItem(POST, [seen])])
        assert written.outcome == "changed"
        assert [old.article.title for old in replaced(articles.history(POST))][-1] == "新标题"


def test_what_version_1_knew_is_known_still(store: Store) -> None:
    fill(store, 1)
    migrate(store.database)
    articles = Articles(store)
    article = articles.get(POST)
    assert article is not None
    assert (article.revision, article.first_seen_at) == (2, SEEN)
    before = article_of(articles.history(POST), SEEN + HOUR)
    assert before is not None
    assert (before.title, before.revision) == ("标题", 1)
    brief = articles.get(BRIEF)
    assert brief is not None
    assert list(brief.provenance) == ["front_matter:a.b.md"]


def test_a_migration_that_was_interrupted_is_begun_again(store: Store) -> None:
    fill(store, 0)
    numbers = MIGRATIONS[0]

    def interrupted(database: Database[dict[str, Any]]) -> None:
        numbers(database)
        back = {"$unset": {"seq": ""}}
        old = {d["_id"]: d for d in json_util.loads((SCHEMAS / "0.json").read_text())["articles"]}
        database["articles"].replace_one({"_id": POST}, old[POST])
        database["articles"].update_one({"_id": POST}, back)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(store.database, {0: interrupted})
    assert version_of(store.database) == 0
    migrate(store.database)
    assert version_of(store.database) == SCHEMA_VERSION
    assert store.collection("articles").count_documents({"seq": {"$exists": True}}) == 2


def test_steps_are_taken_one_after_the_other(store: Store) -> None:
    taken: list[int] = []
    steps = {n: lambda database, n=n: taken.append(n) for n in range(SCHEMA_VERSION, 5)}
    migrate(store.database, steps, newest=5)
    assert taken == list(range(SCHEMA_VERSION, 5))
    assert version_of(store.database) == 5
    migrate(store.database, steps, newest=5)
    assert len(taken) == 5 - SCHEMA_VERSION


def test_a_newer_store_is_one_line(store: Store, data_dir: Path, database: str) -> None:
    store.collection("meta").update_one({"_id": "schema"}, {"$set": {"version": 99}})
    with pytest.raises(StoreError, match=r"newer finews \(schema 99, .*: update finews"):
        Store.open(None, database, data_dir)
