"""The processes of a stage."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from crawler.backfill.workers import Ended, Workers
from tests.servers import wait_until

if TYPE_CHECKING:
    from pathlib import Path

FLAG = "import os, pathlib, signal, sys, time; "


def workers(folder: Path) -> Workers:
    return Workers([sys.executable, "-c"], dict(os.environ), folder / "logs")


def test_each_has_a_log_and_tells_its_end(tmp_path: Path) -> None:
    words = ["print('finews: one'); print('finews: done: two'); raise SystemExit(3)"]
    ended = workers(tmp_path).run("posts", [words, words], lambda: None)
    assert ended == [Ended(3, "done: two")] * 2
    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == ["posts-1.log", "posts-2.log"]
    assert not ended[0].was_killed
    [killed] = workers(tmp_path).run("x", [[f"{FLAG}os.kill(os.getpid(), 9)"]], lambda: None)
    assert killed == Ended(-9, "it said nothing")
    assert killed.was_killed


def test_an_interrupt_lets_them_end_in_order(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    wait = (
        f"{FLAG}signal.signal(15, lambda *_: sys.exit('finews: stopped')); "
        f"pathlib.Path({str(begun)!r}).touch(); time.sleep(60)"
    )

    def tick() -> None:
        if begun.exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workers(tmp_path).run("posts", [[wait]], tick)
    log = tmp_path / "logs" / "posts-1.log"
    assert log.read_text().endswith("finews: stopped\n")


def test_their_standard_input_closes_when_we_are_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    child = f"{FLAG}pathlib.Path({str(gone)!r}).write_text(sys.stdin.read() + 'gone')"
    script = (
        "import os; from pathlib import Path; from crawler.backfill.workers import Workers; "
        f"run = Workers([{sys.executable!r}, '-c'], dict(os.environ), Path({str(tmp_path)!r})); "
        f"run.run('posts', [[{child!r}]], lambda: os.kill(os.getpid(), 9))"
    )
    assert os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", script) == -9
    wait_until(gone.exists)
