"""Processes with logs of their own."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

from crawler.children import last_line, prune, start, stop
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.children import Child

FLAG = "import os, pathlib, signal, sys, time; "


@contextmanager
def child(folder: Path, script: str) -> Iterator[tuple[Child, Path]]:
    """A process that says that it has begun, and its log."""
    log = folder / "logs" / "one.log"
    words = [sys.executable, "-c", FLAG + script, str(folder / "begun")]
    with start(words, dict(os.environ), log) as process:
        wait_until((folder / "begun").exists)
        yield process, log


def test_one_that_does_not_end_in_order_is_killed(tmp_path: Path) -> None:
    script = "signal.signal(15, signal.SIG_IGN); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    with child(tmp_path, script) as (process, _):
        assert stop([process], 0.1) == [process]
        assert process.returncode == -9


def test_one_that_ends_in_order_has_the_time_to(tmp_path: Path) -> None:
    script = (
        "signal.signal(15, lambda *_: sys.exit('finews: stopped')); "
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    )
    with child(tmp_path, script) as (process, log):
        assert stop([process], 30) == []
        assert process.returncode == 1
        assert last_line(log) == "stopped"


def test_the_last_line_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\xe4\xba" * 100_000 + b"\nfinews: done: \xe4\xba\x8c\n")
    assert last_line(log) == "done: 二"
    log.write_bytes(b"")
    assert last_line(tmp_path / "none").startswith("its log cannot be read: ")
    assert last_line(log) == "it said nothing"


def test_the_newest_logs_stay(tmp_path: Path) -> None:
    for day in range(10, 16):
        (tmp_path / f"2021-12-{day}.log").touch()
    (tmp_path / "2021-12-09").mkdir()
    (tmp_path / "2021-12-09" / "posts-1.log").touch()
    prune(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2021-12-14.log", "2021-12-15.log"]
    prune(tmp_path, 5)
    assert len(list(tmp_path.iterdir())) == 2
    prune(tmp_path, 0)
    prune(tmp_path / "none", 0)
    assert list(tmp_path.iterdir()) == []


def test_an_impatient_signal_kills_at_once(tmp_path: Path) -> None:
    script = "signal.signal(15, signal.SIG_IGN); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    with child(tmp_path, script) as (process, _):
        Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        assert stop([process], 60) == [process]
