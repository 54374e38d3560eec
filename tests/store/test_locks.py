"""The leases by which a crawl of the schedule has one run at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.store.locks import Locks, Next
from tests.servers import wait_until

if TYPE_CHECKING:
    from crawler.store.connection import Store

LONG, SHORT = 3600.0, 0.05


def test_one_run_holds_a_crawl_until_it_lets_go(store: Store) -> None:
    locks = Locks(store)
    assert locks.take("news", "a", "h", LONG)
    assert not locks.take("news", "b", "h", LONG)
    assert locks.take("other", "b", "h", LONG)
    # An answer that was lost is asked for again.
    assert locks.take("news", "a", "h", LONG)
    locks.release("news", "b")
    assert not locks.take("news", "b", "h", LONG)
    locks.release("news", "a")
    assert locks.take("news", "b", "g", LONG)
    assert not locks.renew("news", "a", LONG)
    assert locks.renew("news", "b", LONG)
    locks.release("news", "b")
    assert not locks.renew("news", "b", LONG)


def test_a_lease_that_ran_out_is_taken_over_and_one_that_is_renewed_is_not(store: Store) -> None:
    locks = Locks(store)
    assert locks.take("news", "a", "h", SHORT)
    assert locks.renew("news", "a", LONG)
    assert not locks.take("news", "b", "h", LONG)
    assert locks.renew("news", "a", SHORT)
    wait_until(lambda: locks.take("news", "b", "h", LONG))
    assert not locks.renew("news", "a", LONG)


def test_of_many_at_once_one_gets_it(store: Store) -> None:
    def take(number: int) -> bool:
        return Locks(store).take("news", f"run {number}", "h", LONG)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(32))) == 1


def test_the_next_runs_of_crawls_that_no_schedule_has_are_forgotten(store: Store) -> None:
    locks, now = Locks(store), store.now()
    for crawl in ("news", "gone", "runs still"):
        locks.note_next(crawl, now)
    locks.take("runs still", "a", "h", LONG)
    locks.forget_others(["news"])
    hour = timedelta(hours=1)
    locks.note_next("news", now + hour)
    assert locks.next_runs(now) == [
        Next("runs still", now, True, "h"),
        Next("news", now + hour, False, None),
    ]


def test_a_name_is_only_text(store: Store) -> None:
    assert Locks(store).take("news", "$until", "$$NOW", LONG)
    [document] = store.collection("locks").find()
    assert (document["holder"], document["host"]) == ("$until", "$$NOW")
