"""The store dies in the middle of a crawl: it is waited for, and nothing is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.store.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTION = "<html><body><header></header><section>{}</section></body></html>"
POST = SECTION.format("<small>(GMT+8) 2021-12-31 15:07:45</small><h1>一</h1><p>正文。</p>")
PATH = "/beifangwang/2021/12/31/2021123101.html"


def mongod_of(folder: Path) -> int:
    """The process that has a folder's data open."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(folder / "mongod" / "data") in words:
            return int(process.name)
    raise AssertionError("no mongod")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server that the crawl knows by its address only, and cannot start."""
    server = EmbeddedServer(tmp_path / "own")
    server.start()
    yield server
    server.stop()


def test_an_embedded_mongod_that_is_killed_is_started_again_and_the_crawl_goes_on(
    finews: Any, at: Any, held_site: Any, tmp_path: Path
) -> None:
    variables = {**at(held_site), "DATA_DIR": str(tmp_path / "data")}
    process = finews.start("crawl", "finews", **variables)
    held_site.wait_for(held_site.path)
    os.kill(mongod_of(tmp_path / "data"), signal.SIGKILL)
    held_site.held.set()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "the store does not answer (" in err
    assert "articles: 1 new" in err.splitlines()[-1]
    assert "1 articles exported" in finews("export", **variables).last


def test_a_server_that_comes_back_in_time_is_waited_for(
    finews: Any, at: Any, held_site: Any, own_server: EmbeddedServer, tmp_path: Path
) -> None:
    variables = {**at(held_site), "MONGODB_URI": own_server.uri}
    process = finews.start("crawl", "finews", **variables)
    held_site.wait_for(held_site.path)
    os.kill(mongod_of(tmp_path / "own"), signal.SIGKILL)
    held_site.held.set()
    waiting = iter(process.stderr.readline, "")
    assert any("the store does not answer" in line for line in waiting)
    own_server.revive()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "articles: 1 new" in err.splitlines()[-1]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_a_server_away_for_longer_than_the_patience_is_exit_1_and_the_next_crawl_goes_on(
    finews: Any, at: Any, held_site: Any, own_server: EmbeddedServer, tmp_path: Path, how: int
) -> None:
    variables = {**at(held_site), "MONGODB_URI": own_server.uri}
    process = finews.start("crawl", "finews", "-s", "STORE_PATIENCE_SECONDS=2", **variables)
    held_site.wait_for(held_site.path)
    mongod = mongod_of(tmp_path / "own")
    os.kill(mongod, how)
    held_site.held.set()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    last = err.splitlines()[-1]
    assert last.startswith("finews: the store failed (")
    assert last.endswith("once it is back, the same command goes on")
    assert err.count(" went is not in the store: ") == 1
    os.kill(mongod, signal.SIGCONT) if how == signal.SIGSTOP else own_server.revive()
    done = finews("crawl", "finews", **variables)
    assert "articles: 1 new" in done.last
