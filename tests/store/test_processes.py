"""Whether a process runs still."""

from __future__ import annotations

import os
import subprocess
import sys

from crawler.store.processes import is_running, started_at


def test_a_process_is_known_by_its_number_and_its_beginning() -> None:
    started = started_at(os.getpid())
    assert started is not None
    assert is_running(os.getpid(), started)
    assert not is_running(os.getpid(), "0")


def test_a_process_that_is_gone_runs_no_more() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = started_at(process.pid)
        assert is_running(process.pid, started)
        process.kill()
        process.wait()
        assert not is_running(process.pid, started)
    assert started_at(process.pid) is None
