"""Articles in the store: each once, merged, in one transaction with its links."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.addresses import Link
from crawler.article import SHANGHAI, ArticleItem, Observation, PublishedAt, Security
from crawler.history import replaced
from crawler.store.articles import Articles
from crawler.store.links import Ledger
from crawler.store.reader import Reader
from crawler.store.rejects import Reject, Rejects

if TYPE_CHECKING:
    from crawler.article import Article
    from crawler.store.connection import Store

ID = "NW202112310000000001"
SEEN = datetime(2022, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = f"https://finews.withounder.com/x/2021/12/31/{ID}.html"


def page(**values: Any) -> Observation:
    """What a page says, with a body that the stages have been through."""
    plain = {
        "id": ID,
        "kind": "page",
        "address": URL,
        "url": URL,
        "observed_at": SEEN,
        "title": "标题",
        "category": "x",
        "published": PublishedAt(datetime(2021, 12, 31, 15, 7, 45, tzinfo=SHANGHAI), "second"),
        "published_raw": "2021-12-31 15:07:45",
        "content_html": "<p>正文</p>",
        "content_text": "正文",
        "content_hash": "a",
    }
    return Observation(**{**plain, **values})


def share(**values: Any) -> Observation:
    """What a share answer says."""
    plain: dict[str, Any] = {
        "kind": "share",
        "address": "s",
        "url": None,
        "title": None,
        "category": None,
        "published": None,
        "published_raw": None,
        "securities": [Security("601318.SH", "1", "601318", None, "stock_image")],
    }
    return page(**{**plain, **values})


def item(*observations: Observation, links: tuple[str, ...] = ()) -> ArticleItem:
    return ArticleItem(observations[0].id, list(observations), list(links))


def documents(store: Store) -> list[dict[str, Any]]:
    return list(store.collection("articles").find().sort("_id"))


def revisions(store: Store, key: str = ID) -> list[dict[str, Any]]:
    return list(store.collection("revisions").find({"article": key}).sort("number"))


def test_the_same_again_changes_no_article_and_the_look_is_kept(store: Store) -> None:
    articles = Articles(store)
    assert [w.outcome for w in articles.write([item(page(), share())])] == ["new"]
    [before] = documents(store)
    later = SEEN + timedelta(hours=1)
    again = item(page(observed_at=later), share(observed_at=later))
    assert [w.outcome for w in articles.write([again])] == ["unchanged"]
    [after] = documents(store)
    sources, looks = before.pop("sources"), after.pop("sources")
    assert after == before
    assert sources["page"].pop("looks") == [SEEN]
    assert looks["page"].pop("looks") == [SEEN, later]
    assert looks["page"] == sources["page"]


def test_a_file_read_again_with_its_own_time_writes_nothing(store: Store) -> None:
    articles = Articles(store)
    articles.write([item(page())])
    before = documents(store)
    assert [w.outcome for w in articles.write([item(page())])] == ["unchanged"]
    assert documents(store) == before


def test_times_are_dates_of_the_store_and_come_back_with_their_zone(store: Store) -> None:
    articles = Articles(store)
    articles.write([item(page())])
    [document] = documents(store)
    assert document["published_at"] == datetime(2021, 12, 31, 7, 7, 45, tzinfo=UTC)
    article = articles.get(ID)
    assert article is not None
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2021-12-31T15:07:45+08:00"
    assert (article.first_seen_at, article.updated_at) == (SEEN, SEEN)


def test_a_second_source_joins_without_a_revision_in_any_order(store: Store) -> None:
    parts = [page(), share(), page(kind="front_matter", address="f", title="标题")]
    results = []
    for number, order in enumerate(permutations(parts)):
        articles = Articles(store)
        key = f"{ID}{number}"
        for part in order:
            articles.write([item(replace(part, id=key))])
        article = articles.get(key)
        assert article is not None
        assert article.revision == 1
        results.append(replace(article, id=ID))
    assert all(result == results[0] for result in results)
    assert results[0].published_from == "front_matter"
    assert set(results[0].provenance) == {"page", "share", "front_matter"}


@pytest.mark.parametrize(
    ("change", "revision"),
    [
        ({"title": "新标题"}, 2),
        ({"content_text": "新正文", "content_hash": "b"}, 2),
        ({"published": PublishedAt(datetime(2021, 12, 30, tzinfo=SHANGHAI), "second")}, 2),
        ({"content_html": "<p><b>正文</b></p>"}, 1),
        ({"tags": ["新标签"]}, 1),
    ],
    ids=["title", "text", "date", "markup", "tags"],
)
def test_a_revision_is_a_change_of_title_text_or_date(
    store: Store, change: dict[str, Any], revision: int
) -> None:
    articles = Articles(store)
    articles.write([item(page())])
    [written] = articles.write([item(page(observed_at=SEEN + timedelta(hours=1), **change))])
    assert written.outcome == "changed"
    assert written.article is not None
    assert written.article.revision == revision


def test_an_older_observation_does_not_overwrite_a_newer_one(store: Store) -> None:
    articles = Articles(store)
    articles.write([item(page(title="新"))])
    articles.write([item(page(title="旧", observed_at=SEEN - timedelta(hours=1)))])
    article = articles.get(ID)
    assert article is not None
    assert article.title == "新"
    assert article.first_seen_at == SEEN - timedelta(hours=1)


def test_two_items_of_one_id_in_a_batch_are_one_article(store: Store) -> None:
    written = Articles(store).write([item(page()), item(share())])
    assert [w.outcome for w in written] == ["new", "changed"]
    [document] = documents(store)
    assert set(document["provenance"]) == {"page", "share"}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"title": "\ud800"}, "surrogates"),
        ({"content_text": "字" * 6_000_000}, "more than MongoDB takes"),
    ],
    ids=["a lone surrogate", "17 MB"],
)
def test_what_mongodb_cannot_take_holds_up_no_other(
    store: Store, values: dict[str, Any], why: str
) -> None:
    others = [item(page(id=f"{n}")) for n in range(3)]
    batch = [others[0], item(page(**values)), *others[1:]]
    written = Articles(store).write(batch)
    assert [w.outcome for w in written] == ["new", "rejected", "new", "new"]
    assert why in (written[1].reason or "")
    assert [document["_id"] for document in documents(store)] == ["0", "1", "2"]


def test_links_become_stored_with_their_article(store: Store) -> None:
    ledger = Ledger(store, "run")
    links = [Link(URL, "post", ID), Link("s", "share", ID), Link("other", "post", "other")]
    ledger.discover(links)
    ledger.claim(links)
    Articles(store).write([item(page(), share(), links=(URL, "s"))])
    states = {d["_id"]: d["state"] for d in store.collection("links").find()}
    assert states == {URL: "stored", "s": "stored", "other": "asked"}


def numbers(store: Store) -> dict[str, int]:
    return {document["_id"]: document["seq"] for document in documents(store)}


def test_every_change_takes_the_next_number_and_nothing_else_does(store: Store) -> None:
    articles = Articles(store)
    articles.write([item(page(id=key)) for key in "abc"])
    assert numbers(store) == {"a": 1, "b": 2, "c": 3}
    later = SEEN + timedelta(hours=1)
    articles.write(
        [
            item(page(id="b", observed_at=later)),
            item(page(id="x", title="\ud800")),
            item(page(id="c", observed_at=later, title="新")),
            item(page(id="c", observed_at=later + timedelta(hours=1), title="更新")),
            item(page(id="d")),
        ]
    )
    assert numbers(store) == {"a": 1, "b": 2, "c": 4, "d": 5}
    assert articles.counter.read() == 5


def test_writers_at_once_take_each_number_once(store: Store) -> None:
    def write(writer: int) -> None:
        articles = Articles(store)
        for batch in range(5):
            articles.write([item(page(id=f"{writer}-{batch}-{n}")) for n in range(4)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert sorted(numbers(store).values()) == list(range(1, 81))


def test_the_old_version_goes_to_revisions_with_what_changed(store: Store) -> None:
    articles = Articles(store)
    articles.write([item(page(tags=["一"]))])
    later = SEEN + timedelta(hours=1)
    articles.write([item(page(title="新标题", tags=["二"], observed_at=later))])
    [old] = revisions(store)
    assert (old["article"], old["revision"], old["title"]) == (ID, 1, "标题")
    assert (old["until"], old["changed"]) == (later, ["tags", "title"])
    assert documents(store)[0]["revision"] == 2


def test_an_older_observation_takes_its_place_among_the_revisions(store: Store) -> None:
    articles = Articles(store)
    hours = [SEEN + timedelta(hours=n) for n in range(4)]
    for hour, title in ((1, "甲"), (3, "丙"), (2, "乙"), (0, "甲")):
        articles.write([item(page(title=title, observed_at=hours[hour]))])
    assert [old["title"] for old in revisions(store)] == ["甲", "乙"]
    assert [old["number"] for old in revisions(store)] == [1, 2]
    article = articles.get(ID)
    assert article is not None
    assert (article.title, article.revision, article.first_seen_at) == ("丙", 3, hours[0])


def test_a_look_read_anew_takes_revisions_back(store: Store) -> None:
    articles = Articles(store)
    later = SEEN + timedelta(hours=1)
    articles.write([item(page(title="甲"))])
    articles.write([item(page(title="乙", observed_at=later))])
    articles.write([item(page(title="乙"))])
    assert revisions(store) == []
    article = articles.get(ID)
    assert article is not None
    assert (article.revision, article.updated_at) == (1, SEEN)


def test_sources_in_any_order_give_the_same_documents(store: Store) -> None:
    parts = [
        page(title="新", observed_at=SEEN + timedelta(hours=2)),
        page(title="旧"),
        share(observed_at=SEEN + timedelta(hours=1)),
        page(
            kind="front_matter",
            address="f",
            title="新",
            variant="f.md",
            observed_at=SEEN + 3 * HOUR,
        ),
    ]
    kept = []
    for number, order in enumerate(permutations(parts)):
        key = f"{number}"
        for part in order:
            Articles(store).write([item(replace(part, id=key))])
        [document] = store.collection("articles").find({"_id": key})
        past = revisions(store, key)
        for one in (document, *past):
            for name in ("_id", "seq", "article"):
                one.pop(name, None)
            for source in one["sources"].values():
                source.pop("id")
        kept.append((document, past))
    assert all(one == kept[0] for one in kept)
    assert kept[0][0]["revision"] == 2


def as_of(store: Store, key: str, time: datetime) -> Article | None:
    with Reader(store) as reader:
        return reader.article_as_of(key, time)


def test_the_article_as_it_was_known_at_a_time(store: Store) -> None:
    articles = Articles(store)
    hours = [SEEN + timedelta(hours=n) for n in range(6)]
    articles.write([item(page(observed_at=hours[1]))])
    articles.write([item(share(observed_at=hours[3]))])
    articles.write([item(page(title="新标题", observed_at=hours[5]))])
    known = [as_of(store, ID, hours[n]) for n in (1, 2, 3, 4, 5)]
    assert as_of(store, ID, hours[0]) is None
    assert [article.title for article in known if article] == ["标题"] * 4 + ["新标题"]
    assert [len(article.provenance) for article in known if article] == [1, 1, 2, 2, 2]
    assert as_of(store, ID, hours[5]) == articles.get(ID)
    assert as_of(store, "unknown", hours[5]) is None


def test_what_the_server_refuses_is_found_in_its_batch_and_rejected_alone(store: Store) -> None:
    store.database.command("collMod", "articles", validator={"title": {"$ne": "毒"}})
    batch = [item(page(id=f"{n:02}", title="毒" if n in (3, 17) else "好")) for n in range(20)]
    written = Articles(store).write(batch)
    assert [n for n, w in enumerate(written) if w.outcome != "new"] == [3, 17]
    assert written[3].reason == ("MongoDB refuses it: Document failed validation (code 121)")
    assert len(documents(store)) == 18
    assert sorted(numbers(store).values()) == list(range(1, 19))


def test_a_batch_too_large_for_one_transaction_is_written_in_several(store: Store) -> None:
    batch = [item(page(id=str(n), content_text="字" * 1_500_000)) for n in range(6)]
    assert [w.outcome for w in Articles(store).write(batch)] == ["new"] * 6
    assert len(documents(store)) == 6


def test_an_article_that_is_stored_voids_what_was_rejected_at_its_addresses(store: Store) -> None:
    rejects = Rejects(store)
    for url in (URL, "s", "other"):
        rejects.add(Reject("page/post", "broken", "post", url, ID, b"raw", SEEN))
    rejects.add(Reject("page/post", "broken since", "post", "later", ID, b"raw", SEEN + HOUR))
    Articles(store).write([item(page(), share(), page(kind="front_matter", address="later"))])
    assert [reject.url for reject in rejects.select()] == ["other", "later"]


def test_a_slug_that_an_address_told_is_the_same_in_any_case_of_letters(store: Store) -> None:
    articles, later = Articles(store), SEEN + timedelta(days=1)
    articles.write([item(page(category="techweb"))])
    again = page(category="TechWeb", observed_at=later)
    assert [w.outcome for w in articles.write([item(again)])] == ["unchanged"]
    footer = page(category="TechWeb", category_certain=True, observed_at=later)
    assert [w.outcome for w in articles.write([item(footer)])] == ["changed"]


def test_an_item_voids_the_rejects_that_it_mends(store: Store) -> None:
    reject = Reject("clean", "broken", "feed", "feed", ID, b"raw", SEEN)
    Rejects(store).add(reject)
    Rejects(store).add(replace(reject, article_id="other"))
    entry = page(kind="feed", address="feed")
    Articles(store).write([item(entry)])
    assert Rejects(store).count() == 2
    Articles(store).write([ArticleItem(ID, [entry], mends=[reject.key])])
    assert [kept.article_id for kept in Rejects(store).select()] == ["other"]


LOOK = st.tuples(
    st.sampled_from(["page", "share", "feed"]), st.integers(0, 5), st.sampled_from("甲乙")
)


@given(st.lists(st.lists(LOOK, min_size=1, max_size=5), min_size=1, max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_of_any_size_leave_what_single_writes_leave(store: Store, batches: Any) -> None:
    articles = Articles(store)
    for name in ("articles", "revisions", "counters"):
        store.collection(name).delete_many({})
    for batch in batches:
        looks = [
            page(kind=kind, address=kind, title=title, observed_at=SEEN + hour * HOUR, raw=b"raw")
            for kind, hour, title in batch
        ]
        articles.write([item(replace(look, id="batch")) for look in looks])
        for look in looks:
            articles.write([item(replace(look, id="single"))])
    kept = []
    for key in ("batch", "single"):
        [document] = store.collection("articles").find({"_id": key})
        past = revisions(store, key)
        assert document["replaced"] == len(past)
        history = articles.history(key)
        assert [old["title"] for old in past] == [one.article.title for one in replaced(history)]
        for one in (document, *past):
            for name in ("_id", "seq", "article"):
                one.pop(name, None)
            for source in one["sources"].values():
                source.pop("id")
        kept.append((document, past))
    assert kept[0] == kept[1]


def test_a_look_that_is_known_writes_nothing_whatever_raw_input_it_carries(store: Store) -> None:
    articles = Articles(store)
    articles.write([item(page(raw=b"raw"))])
    writes = store.client.admin.command("serverStatus")["opcounters"]["update"]
    articles.write([item(page(raw=b"raw"))])
    assert store.client.admin.command("serverStatus")["opcounters"]["update"] == writes


def test_a_share_that_is_complete_later_is_no_revision(store: Store) -> None:
    articles = Articles(store)
    late = PublishedAt(datetime(2021, 12, 31, 23, 7, 45, tzinfo=SHANGHAI), "second")
    articles.write([item(page(published=late, published_raw="2021-12-31 23:07:45"))])
    empty = share(title="标题", content_html="", content_text="", content_hash=None)
    articles.write([item(replace(empty, observed_at=SEEN + HOUR))])
    time = PublishedAt(datetime(2021, 12, 31, 15, 7, 45, tzinfo=SHANGHAI), "second")
    whole = share(title="标题", published=time, published_raw="15:07:45")
    articles.write([item(replace(whole, observed_at=SEEN + 2 * HOUR))])
    article = articles.get(ID)
    assert article is not None
    assert (article.published_from, article.revision) == ("share", 1)


def test_articles_that_are_large_together_are_stored_by_parts(store: Store) -> None:
    """Their texts for searching go into the same transaction."""
    text = "港口" * 1_200_000
    large = [item(page(id=f"NW{n}", content_text=text, content_html="<p></p>")) for n in range(6)]
    assert [one.outcome for one in Articles(store).write(large)] == ["new"] * 6
    assert store.collection("texts").count_documents({}) == 6
