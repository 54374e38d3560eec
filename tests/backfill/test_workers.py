"""The processes of a stage."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from crawler.backfill.workers import Ended, Job, Workers
from tests.servers import wait_until

if TYPE_CHECKING:
    from pathlib import Path

FLAG = "import os, pathlib, signal, sys, time; "


def workers(folder: Path) -> Workers:
    return Workers([sys.executable, "-c"], dict(os.environ), folder / "logs")


def test_each_has_a_log_and_tells_its_end(tmp_path: Path) -> None:
    words = ["print('finews: one'); print('finews: done: two'); raise SystemExit(3)"]
    ended = workers(tmp_path).run([Job("one", words), Job("two", words)], lambda: None)
    assert ended == [Ended(3, "done: two")] * 2
    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == ["one.log", "two.log"]
    assert not ended[0].was_killed
    [killed] = workers(tmp_path).run([Job("x", [f"{FLAG}os.kill(os.getpid(), 9)"])], lambda: None)
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
        workers(tmp_path).run([Job("posts", [wait])], tick)
    log = tmp_path / "logs" / "posts.log"
    assert log.read_text().endswith("finews: stopped\n")


def test_their_standard_input_closes_when_we_are_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    child = f"{FLAG}pathlib.Path({str(gone)!r}).write_text(sys.stdin.read() + 'gone')"
    script = (
        "import os; from pathlib import Path; from crawler.backfill.workers import Job, Workers; "
        f"run = Workers([{sys.executable!r}, '-c'], dict(os.environ), Path({str(tmp_path)!r})); "
        f"run.run([Job('posts', [{child!r}])], lambda: os.kill(os.getpid(), 9))"
    )
    assert os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", script) == -9
    wait_until(gone.exists)


# Says when it is there, and each time that it finds the scout gone.
LISTENER = "import sys, time; from crawler.scout import Scout; scout = Scout.of_environment(); "


def test_a_scout_is_out_until_it_ends(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    listen = (
        f"{LISTENER}import pathlib; print(scout.is_out()); pathlib.Path({str(ready)!r}).touch(); "
        "print(scout.is_out(60), scout.is_out())"
    )
    find = f"{FLAG}path = pathlib.Path({str(ready)!r})\nwhile not path.exists(): time.sleep(0.01)"
    late = f"{LISTENER}print(scout.is_out())"
    jobs = [Job("beside", [listen]), Job("after", [late])]
    ended = workers(tmp_path).run(jobs, lambda: None, Job("scout", [find]))
    assert ended == [Ended(0, "it said nothing"), Ended(0, "False False"), Ended(0, "False")]
    assert (tmp_path / "logs" / "beside.log").read_text() == "True\nFalse False\n"


def test_a_scout_that_is_killed_is_out_no_more(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    listen = f"{LISTENER}import pathlib; pathlib.Path({str(ready)!r}).touch(); scout.is_out(60)"
    find = (
        f"{FLAG}path = pathlib.Path({str(ready)!r})\n"
        "while not path.exists(): time.sleep(0.01)\nos.kill(os.getpid(), 9)"
    )
    jobs = [Job("beside", [listen]), Job("after", ["pass"])]
    ended = workers(tmp_path).run(jobs, lambda: None, Job("scout", [find]))
    assert [one.code for one in ended] == [-9, 0, 0]


@pytest.mark.parametrize("in_order", [False, True])
def test_whom_a_scout_finds_work_for(tmp_path: Path, in_order: bool) -> None:
    told = f"{LISTENER}print(scout.pipe is not None)"
    jobs = [Job(name, [told]) for name in ("one", "two", "three")]
    ended = workers(tmp_path).run(jobs, lambda: None, Job("scout", ["pass"]), in_order=in_order)
    assert [one.line for one in ended[1:]] == [str(not in_order)] * 2 + ["False"]


def test_a_scout_that_finds_the_command_wrong_is_the_only_one(tmp_path: Path) -> None:
    wait = f"{LISTENER}time.sleep(60)"
    jobs = [Job("beside", [wait]), Job("after", ["print('never')"])]
    find = "print('finews: no such category'); raise SystemExit(2)"
    ended = workers(tmp_path).run(jobs, lambda: None, Job("scout", [find]))
    assert ended == [Ended(2, "no such category")]
    assert not (tmp_path / "logs" / "after.log").exists()
