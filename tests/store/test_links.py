"""The ledger: what is seen, asked for, owed, done."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from crawler.addresses import Link
from crawler.fetched import Fetched
from crawler.store.link_changes import MOST_TRIES
from crawler.store.links import MOST_ATTEMPTS, MOST_WRITTEN, Ledger, ListSeen
from crawler.store.tombstones import Tombstones

if TYPE_CHECKING:
    from crawler.store.connection import Store

POST = Link("p", "post", "id", "x", date(2021, 12, 31))
SHARE = Link("s", "share", "id")


def document(store: Store, link: Link = POST) -> dict[str, Any]:
    found: dict[str, Any] | None = store.collection("links").find_one({"_id": link.url})
    assert found is not None
    return found


def test_a_link_is_new_when_seen_and_its_first_sight_stays(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST])
    first = document(store)
    assert (first["state"], first["kind"], first["article"]) == ("new", "post", "id")
    ledger.claim([POST])
    # To take it up is not to see it.
    assert document(store)["last_seen_at"] == first["last_seen_at"]
    ledger.discover([POST])
    again = document(store)
    assert again["state"] == "asked"
    assert again["first_seen_at"] == first["first_seen_at"]
    assert again["last_seen_at"] >= first["last_seen_at"]


def test_a_claimed_link_is_nobody_elses_until_its_lease_runs_out(store: Store) -> None:
    one, two = Ledger(store, "one"), Ledger(store, "two")
    one.discover([POST])
    assert one.claim([POST]) == [POST]
    assert document(store)["lease_until"] > document(store)["last_seen_at"]
    assert one.claim([POST]) == []
    assert two.claim([POST]) == []
    assert two.claim([POST], again=True) == []
    expire = [{"$set": {"lease_until": {"$subtract": ["$$NOW", 1]}}}]
    store.collection("links").update_one({"_id": "p"}, expire)
    assert two.claim([POST]) == [POST]
    assert document(store)["attempts"] == 2


def test_what_is_done_is_asked_for_only_again(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST])
    attempts = {"$set": {"attempts": MOST_ATTEMPTS}}
    store.collection("links").update_one({"_id": "p"}, attempts)
    for state in ("stored", "rejected"):
        ledger.settle(["p"], state, "why", whoever_holds=True)
        assert Ledger(store, "next").claim([POST]) == []
        assert Ledger(store, f"again {state}").claim([POST], again=True) == [POST]


def test_what_is_gone_is_asked_for_when_the_site_shows_it_again(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST])
    for state in ("gone", "expired"):
        ledger.settle(["p"], state, "HTTP 404", whoever_holds=True)
        assert ledger.owed("post") == []
        assert Ledger(store, f"next {state}").claim([POST]) == [POST]


def test_what_is_forgotten_is_never_asked_for(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST])
    ledger.settle(["p"], "forgotten")
    assert Ledger(store, "next").claim([POST], again=True) == []


def test_what_is_owed_is_asked_for_by_the_next_run(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST, SHARE])
    ledger.claim([POST, SHARE])
    ledger.settle(["p", "s"], "owed", "HTTP 500 $reason")
    assert document(store)["reason"] == "HTTP 500 $reason"
    assert document(store)["lease_until"] is None
    following = Ledger(store, "next")
    assert following.owed("share") == [SHARE]
    assert following.owed("post") == [POST]
    assert following.claim([POST]) == [POST]


def test_what_a_dead_process_had_asked_for_is_owed(store: Store) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    ledger = Ledger(store, "dead")
    ledger.owner["pid"] = dead.pid
    ledger.discover([POST])
    ledger.claim([POST])
    alive = Ledger(store, "alive")
    alive.discover([SHARE])
    alive.claim([SHARE])
    assert Ledger(store, "next").release_dead() == 1
    assert document(store)["state"] == "owed"
    assert document(store, SHARE)["state"] == "asked"


def test_a_number_given_out_again_is_not_the_process_that_died(store: Store) -> None:
    dead = Ledger(store, "dead")
    dead.owner["started"] = "1"
    dead.discover([POST])
    dead.claim([POST])
    assert Ledger(store, "next").release_dead() == 1
    assert document(store)["state"] == "owed"


def test_counts_and_categories(store: Store) -> None:
    ledger = Ledger(store, "one")
    category = Link("c", "category", None, "Wind(A)")
    ledger.discover([POST, SHARE, category])
    assert ledger.categories() == []
    ledger.settle(["c"], "stored")
    assert ledger.categories() == ["Wind(A)"]
    assert ledger.counts() == {"new": 2, "stored": 1}


def test_a_lease_that_ran_out_is_owed_again_whoever_held_it(store: Store) -> None:
    one, two = Ledger(store, "one"), Ledger(store, "two")
    one.discover([POST, SHARE])
    one.claim([POST, SHARE])
    elsewhere = {"owner.host": "elsewhere", "lease_until": datetime(2021, 1, 1, tzinfo=UTC)}
    store.collection("links").update_one({"_id": "p"}, {"$set": elsewhere})
    store.collection("links").update_one({"_id": "s"}, {"$set": {"owner.host": "elsewhere"}})
    assert two.release_dead() == 1
    assert two.owed("post") == [POST]
    assert document(store)["reason"] == "the crawl that asked for it died"
    assert document(store, SHARE)["state"] == "asked"


def test_a_run_holds_its_links_anew_and_nobody_elses(store: Store) -> None:
    one, two = Ledger(store, "one"), Ledger(store, "two", lease_seconds=7200)
    one.discover([POST, SHARE])
    one.claim([POST])
    two.claim([SHARE])
    before = document(store)["lease_until"]
    assert two.renew() == 1
    assert document(store)["lease_until"] == before
    assert document(store, SHARE)["lease_until"] > before + timedelta(minutes=59)


def test_a_run_that_ends_gives_back_what_it_has_not_got(store: Store) -> None:
    one, two = Ledger(store, "one"), Ledger(store, "two")
    one.discover([POST, SHARE])
    one.claim([POST, SHARE])
    one.settle(["s"], "stored")
    assert one.release() == 1
    assert (document(store)["state"], document(store)["lease_until"]) == ("owed", None)
    assert document(store, SHARE)["state"] == "stored"
    assert two.claim([POST]) == [POST]


def test_a_claim_whose_answer_was_lost_is_made_again_under_its_name(store: Store) -> None:
    one = Ledger(store, "one")
    one.discover([POST])
    assert one.claim([POST], claim="first") == [POST]
    assert one.claim([POST], claim="first") == [POST]
    assert one.claim([POST], claim="second") == []
    assert document(store)["attempts"] == 1


def test_what_could_not_be_read_is_asked_for_again_a_few_times(store: Store) -> None:
    Ledger(store, "one").discover([POST])
    for attempt in range(1, MOST_ATTEMPTS + 2):
        ledger = Ledger(store, f"run {attempt}")
        assert ledger.claim([POST]) == ([POST] if attempt <= MOST_ATTEMPTS else [])
        ledger.settle(["p"], "rejected", "a maintenance page")


def test_a_run_that_comes_late_says_nothing_of_what_another_has_claimed(store: Store) -> None:
    one, two = Ledger(store, "one"), Ledger(store, "two")
    one.discover([POST])
    one.claim([POST])
    expired = [{"$set": {"lease_until": {"$subtract": ["$$NOW", 1]}}}]
    store.collection("links").update_one({"_id": "p"}, expired)
    two.claim([POST])
    two.settle(["p"], "stored")
    one.settle(["p"], "rejected", "late")
    assert document(store)["state"] == "stored"
    one.settle(["p"], "owed", "by hand", whoever_holds=True)
    assert document(store)["state"] == "owed"


def test_what_is_forgotten_stays_so_whatever_comes_late(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST])
    ledger.claim([POST])
    Tombstones(store).forget("id")
    for state in ("rejected", "owed", "gone"):
        ledger.settle(["p"], state, "half \ud800 a character")
    assert document(store)["state"] == "forgotten"


def settled_after(store: Store, tries: int) -> dict[str, Any]:
    """A link that is owed after so many tries."""
    ledger = Ledger(store, uuid4().hex)
    ledger.discover([POST])
    store.collection("links").update_one({"_id": "p"}, {"$set": {"attempts": tries - 1}})
    ledger.claim([POST], again=True)
    ledger.settle(["p"], "owed", "HTTP 500")
    return document(store)


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 0), (2, 5), (3, 10), (6, 80), (10, 1280), (11, 1440)]
)
def test_what_is_owed_is_tried_again_after_pauses_that_grow(
    store: Store, tries: int, minutes: int
) -> None:
    told = settled_after(store, tries)
    assert told["next_try_at"] - told["fetched_at"] == timedelta(minutes=minutes)
    following = Ledger(store, "next")
    expected = [] if minutes else [POST]
    assert following.to_be_tried("post") == expected
    assert following.claim([POST]) == expected
    assert minutes == 0 or following.owed("post") == [POST]


def test_after_many_tries_it_is_asked_for_by_name_only(store: Store) -> None:
    assert settled_after(store, MOST_TRIES)["next_try_at"] is None
    following = Ledger(store, "next")
    assert following.to_be_tried("post") == following.claim([POST]) == []
    assert following.owed("post") == [POST]
    assert following.claim([POST], again=True) == [POST]


def test_a_link_that_was_not_asked_for_after_all_is_no_try(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST])
    ledger.claim([POST])
    ledger.postpone(POST, 100, "left alone")
    told = document(store)
    assert (told["state"], told["attempts"], told["reason"]) == ("owed", 0, "left alone")
    assert told["next_try_at"] - told["fetched_at"] == timedelta(seconds=100)
    assert Ledger(store, "next").claim([POST]) == []


def test_what_an_older_version_owed_may_be_tried(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST, SHARE])
    store.collection("links").update_many({}, {"$set": {"state": "owed"}})
    assert ledger.to_be_tried("post") == [POST]
    assert ledger.claim([POST, SHARE]) == [POST, SHARE]


@pytest.mark.parametrize(
    ("age", "next_look"), [(0, 1), (0.5, 1), (1.5, 6), (30, 60), (61, None), (1000, None)]
)
def test_a_stored_post_is_looked_at_again_at_the_next_of_the_times(
    store: Store, age: float, next_look: float | None
) -> None:
    ledger = Ledger(store, "one", looks=[3600.0 * hours for hours in (1, 6, 24, 60)])
    ledger.discover([POST, SHARE])
    earlier = {"$subtract": ["$first_seen_at", int(age * 3_600_000)]}
    store.collection("links").update_many({}, [{"$set": {"first_seen_at": earlier}}])
    ledger.settle(["p", "s"], "stored")
    told = document(store)
    at = told["next_look_at"] and told["next_look_at"] - told["first_seen_at"]
    assert at == (next_look and timedelta(hours=next_look))
    assert document(store, SHARE)["next_look_at"] is None
    assert ledger.to_be_looked_at() == []
    store.collection("links").update_many({}, [{"$set": {"next_look_at": "$$NOW"}}])
    assert ledger.to_be_looked_at() == [POST]
    ledger.settle(["p"], "expired")
    assert document(store)["next_look_at"] is None
    assert ledger.to_be_looked_at() == []


def test_what_was_fetched_is_kept_until_another_answer_is_stored(store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([POST])
    assert ledger.fetched([POST]) == {"p": Fetched()}
    fetched = Fetched('"$1"', "Fri, 31 Dec 2021 07:07:45 GMT", "digest")
    ledger.unchanged(POST, fetched)
    ledger.unchanged(POST)
    ledger.settle(["p"], "owed", "HTTP 500")
    assert ledger.fetched([POST, SHARE]) == {"p": fetched}


def test_a_list_is_read_when_all_that_it_lists_was_taken_in(store: Store) -> None:
    ledger = Ledger(store, "one")
    category = Link("c", "category", None, "Wind(A)")
    ledger.discover([category, POST])
    assert ledger.lists() == {"c": ListSeen(category, "new")}
    ledger.list_read(category, Fetched("e"), date(2021, 12, 30))
    [seen] = ledger.lists().values()
    assert (seen.state, seen.oldest, seen.fetched) == ("stored", date(2021, 12, 30), Fetched("e"))
    assert seen.age is not None
    assert seen.read_at is not None
    assert 0 <= seen.age < 60
    ledger.list_read(category)
    [seen] = ledger.lists().values()
    assert (seen.state, seen.age, seen.read_at, seen.fetched) == ("stored", None, None, Fetched())
    ledger.unchanged(category)
    [seen] = ledger.lists().values()
    assert seen.age is not None
    assert ledger.categories() == ["Wind(A)"]
    ledger.settle(["c"], "owed", "HTTP 500")
    assert ledger.categories() == ["Wind(A)"]
    ledger.settle(["c"], "gone", "HTTP 404")
    assert ledger.categories() == []


def test_links_are_read_page_by_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.store.links.PAGE", 2)
    ledger = Ledger(store, "one")
    links = [Link(f"p{number}", "post") for number in range(5)]
    ledger.discover(links)
    assert ledger.to_be_tried("post") == links[:2]
    assert ledger.to_be_tried("post", "p1") == links[2:4]
    assert ledger.to_be_tried("post", "p4") == []
    assert ledger.owed("post") == links
    assert ledger.first_seen(links[:2]).keys() == {"p0", "p1"}


def test_any_number_of_links_is_taken(store: Store) -> None:
    many = [
        Link(f"http://x/{number}", "post", str(number)) for number in range(MOST_WRITTEN * 2 + 1)
    ]
    held = many[::MOST_WRITTEN]
    assert Ledger(store, "another").take(held, False, "its own") == held
    rest = [link for link in many if link not in held]
    ledger = Ledger(store, "one")
    assert ledger.take(many, False, "claim") == rest
    # A call whose answer was lost is made again.
    assert ledger.take(many, False, "claim") == rest
    assert ledger.take(many, False, "next") == []
