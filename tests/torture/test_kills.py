"""Kill anything at any moment, say the same command again, and have every article once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from crawler.store.connection import Store
from crawler.store.embedded import EmbeddedServer
from tests.servers import mongods, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.torture
IN_FLIGHT = 16
TIMES = ("first_seen_at", "updated_at", "provenance")


def read(out: str) -> dict[str, dict[str, Any]]:
    """The exported articles by id, without the times at which they were seen."""
    articles = [json.loads(line) for line in out.splitlines()]
    assert len({article["id"] for article in articles}) == len(articles)
    return {a["id"]: {k: v for k, v in a.items() if k not in TIMES} for a in articles}


def killed(finews: Any, seconds: float, **variables: str) -> bool:
    """Start a crawl and kill its whole process group after a time; whether it had not ended."""
    with subprocess.Popen(
        [*finews.program, "crawl", "finews"],
        env={**finews.environment, **variables},
        cwd=finews.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
        return False


def asked(site: Any, since: int) -> Counter[str]:
    """How often each post and share answer was asked for."""
    return Counter(path for path in site.requests()[since:] if "NW20211231" in path)


def test_a_crawl_that_is_killed_at_any_moment_and_run_again_has_every_article_once(
    finews: Any, at: Any, large: Any, store: Store, rounds: int, figure: Callable[[str], None]
) -> None:
    site, ids = large
    variables = at(site)
    whole = {**variables, "MONGODB_DATABASE": f"{store.database.name}_whole"}
    begun = time.monotonic()
    finews("crawl", "finews", **whole)
    length = time.monotonic() - begun
    expected = read(finews("export", **whole).out)
    store.client.drop_database(whole["MONGODB_DATABASE"])
    assert set(expected) == set(ids)
    again, interrupted = [], 0
    for _ in range(rounds):
        for name in store.database.list_collection_names():
            store.collection(name).delete_many({})
        before = len(site.requests())
        interrupted += killed(finews, random.uniform(0.5, length), **variables)
        first = asked(site, before)
        settled = store.collection("links").count_documents(
            {"state": {"$in": ["stored", "rejected"]}, "kind": {"$in": ["post", "share"]}}
        )
        done = finews("crawl", "finews", **variables)
        both = asked(site, before)
        articles = read(finews("export").out)
        assert articles == expected, done.last
        assert store.collection("revisions").count_documents({}) == 0
        repeated = sum(both.values()) - len(both)
        # What was on its way when the crawl was killed may reach the server's list only then.
        assert repeated <= sum(first.values()) - settled + IN_FLIGHT
        again.append(repeated)
    figure(
        f"crawls of {len(ids):,} posts killed at a random moment and run again: {rounds} "
        f"({interrupted} before their end); articles missing: 0, twice: 0, false revisions: 0; "
        f"asked again: {max(again)} at most, {sum(again) / len(again):.1f} on average, "
        f"of {2 * len(ids):,} requests"
    )
    assert interrupted


def test_a_mongod_that_is_killed_five_times_in_a_crawl_loses_nothing(
    finews: Any, at: Any, large: Any, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    site, ids = large
    variables = {**at(site), "DATA_DIR": str(tmp_path)}
    database = finews.environment["MONGODB_DATABASE"]
    kills = 0
    with Store.open(None, database, tmp_path) as store:
        links = store.collection("links")
        process = finews.start("crawl", "finews", **variables)
        for number in range(1, 6):
            wanted = number * len(ids) // 4

            def is_there(wanted: int = wanted) -> bool:
                return store.patiently(links.count_documents, {"state": "stored"}) >= wanted

            wait_until(is_there)
            [server] = mongods(tmp_path)
            os.kill(server, signal.SIGKILL)
            kills += 1
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        articles = read(finews("export", **variables).out)
        assert set(articles) == set(ids)
        assert all(article["revision"] == 1 for article in articles.values())
        assert links.count_documents({"state": {"$ne": "stored"}}) == 0
    figure(
        f"mongod killed {kills} times during one crawl of {len(ids):,} posts: "
        f"articles missing: {len(ids) - len(articles)}, twice: 0, exit code {process.returncode}"
    )


def test_while_the_store_hangs_the_crawl_stops_asking_and_its_memory_stays_flat(
    finews: Any, at: Any, large: Any, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    site, ids = large
    server = EmbeddedServer(tmp_path / "own")
    server.start()
    try:
        variables = {**at(site), "MONGODB_URI": server.uri}
        before = len(site.requests())
        process = finews.start("crawl", "finews", **variables)
        wait_until(lambda: len(site.requests()) - before > 1000)
        [mongod] = mongods(tmp_path / "own")
        os.kill(mongod, signal.SIGSTOP)
        at_first, memory = len(site.requests()), resident(process.pid)
        asked = [at_first]
        # It has stopped asking when nothing was asked for in two seconds.
        wait_until(lambda: (len(asked) > 20 and asked[-1] == asked[-20]) or _look(site, asked))
        while_away, grown = asked[-1] - at_first, resident(process.pid) - memory
        os.kill(mongod, signal.SIGCONT)
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert set(read(finews("export", **variables).out)) == set(ids)
    finally:
        server.stop()
    assert while_away < 1000
    assert grown < 64
    figure(
        f"store hung in a crawl of {len(ids):,} posts: {while_away} requests more were asked, "
        f"memory grew by {grown:.1f} MB, then the crawl went on: articles missing: 0"
    )


def _look(site: Any, asked: list[int]) -> bool:
    time.sleep(0.1)
    asked.append(len(site.requests()))
    return False


def resident(pid: int) -> float:
    """The memory of a process in megabytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1_000_000
