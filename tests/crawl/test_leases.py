"""A crawl holds what it asks for as long as it runs, and gives it back when it ends."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from crawler.addresses import Link
from crawler.store.links import Ledger
from tests.servers import wait_until

if TYPE_CHECKING:
    from crawler.store.connection import Store

SECTION = "<html><body><header></header><section>{}</section></body></html>"


def post(store: Store) -> dict[str, Any]:
    document = store.collection("links").find_one({"kind": "post"})
    assert document is not None
    return document


def test_a_lease_is_renewed_while_the_crawl_waits(
    finews: Any, at: Any, held_site: Any, store: Store
) -> None:
    process = finews.start("crawl", "finews", "-s", "LEASE_SECONDS=1", **at(held_site))
    held_site.wait_for(held_site.path)
    first = post(store)["lease_until"]
    wait_until(lambda: (post(store)["lease_until"] - first).total_seconds() > 1)
    link = Link(post(store)["_id"], "post")
    assert Ledger(store, "another").claim([link]) == []
    held_site.held.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "articles: 1 new" in err.splitlines()[-1]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_what_a_stopped_crawl_has_not_asked_for_yet_is_owed_at_once(
    finews: Any, at: Any, held_site: Any, store: Store, how: int
) -> None:
    more = [f"/beifangwang/2021/12/31/20211231{number:02}.html" for number in range(2, 9)]
    items = "".join(f'<li><a href="{path}">x</a></li>' for path in [held_site.path, *more])
    held_site.routes["/category/beifangwang.html"] = SECTION.format(f"<ul>{items}</ul>")
    one_at_a_time = ("-s", "CONCURRENT_REQUESTS=1")
    held_site.routes["/"] = SECTION.format(f"<h2>北方网新闻</h2><ul>{items}</ul>")
    process = finews.start("crawl", "finews", *one_at_a_time, **at(held_site))
    held_site.wait_for(held_site.path)
    process.send_signal(how)
    assert any("shutdown" in line or "signal" in line for line in iter(process.stderr.readline, ""))
    held_site.held.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert err.splitlines()[-1].startswith("finews: stopped: ")
    states = [
        (d["state"], d["lease_until"]) for d in store.collection("links").find({"kind": "post"})
    ]
    assert sorted(states) == [("owed", None)] * 7 + [("stored", None)]
