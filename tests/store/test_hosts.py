"""What hosts asked of us, from one run to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.store.hosts import LONGEST_ROBOTS, Hosts

if TYPE_CHECKING:
    from crawler.store.connection import Store

HOST = "finews.withounder.com"


def test_robots_txt_is_remembered_for_so_long(store: Store) -> None:
    hosts = Hosts(store)
    assert hosts.robots(HOST, 100) is None
    hosts.remember_robots(HOST, b"User-agent: *\n\xff")
    assert hosts.robots(HOST, 100) == b"User-agent: *\n\xff"
    assert hosts.robots("other", 100) is None
    earlier = [{"$set": {"robots_at": {"$subtract": ["$robots_at", 100_000]}}}]
    store.collection("hosts").update_one({"_id": HOST}, earlier)
    assert hosts.robots(HOST, 100) is None
    hosts.remember_robots(HOST, b"x" * (LONGEST_ROBOTS + 1))
    assert hosts.robots(HOST, 100) == b"x" * LONGEST_ROBOTS


def test_a_host_is_left_alone_until_its_time_and_never_for_less(store: Store) -> None:
    hosts = Hosts(store)
    assert hosts.left_alone(HOST) is None
    hosts.leave_alone(HOST, 1000, "HTTP 429 $why")
    hosts.leave_alone(HOST, 10, "HTTP 503")
    told = hosts.left_alone(HOST)
    assert told is not None
    seconds, why = told
    assert seconds == pytest.approx(1000, abs=60)
    assert why == "HTTP 503"
    earlier = [{"$set": {"left_alone_until": {"$subtract": ["$left_alone_until", 1_000_000]}}}]
    store.collection("hosts").update_one({"_id": HOST}, earlier)
    assert hosts.left_alone(HOST) is None
    assert hosts.robots(HOST, 100) is None
