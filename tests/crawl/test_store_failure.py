"""The store dies in the middle of a crawl: a clear line, and nothing is lost."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_a_killed_mongod_is_exit_1_and_the_next_crawl_goes_on(
    finews: Any, at: Any, serve_routes: Callable[..., Any], answer: Any, tmp_path: Path
) -> None:
    held = answer(POST, hold=threading.Event())
    lists = SECTION.format(f'<h2>北方网新闻</h2><ul><li><a href="{PATH}">x</a></li></ul>')
    routes = {"/": lists, "/category/beifangwang.html": lists, PATH: held}
    site = serve_routes({**routes, "/feed.xml": '<feed xmlns="http://www.w3.org/2005/Atom"/>'})
    variables = {**at(site), "DATA_DIR": str(tmp_path / "data")}
    process = finews.start("crawl", "finews", **variables)
    site.wait_for(PATH)
    os.kill(mongod_of(tmp_path / "data"), signal.SIGKILL)
    held.hold.set()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    last = err.splitlines()[-1]
    assert last.startswith("finews: the store failed (")
    assert last.endswith("once it is back, the same command goes on")
    done = finews("crawl", "finews", **variables)
    assert "articles: 1 new" in done.last
