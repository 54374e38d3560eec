"""What tests of the embedded server look at: its processes, and users to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Joins the server, says so, and leaves it when its standard input ends.
USER = """
import sys
from pathlib import Path
from crawler.store.connection import Store
with Store.open(None, "test", Path(sys.argv[1])):
    print("joined", flush=True)
    sys.stdin.read()
"""


def processes(*words: str | Path) -> list[int]:
    """The processes whose command line holds these words, one after the other."""
    wanted = b"\0".join(os.fsencode(word) for word in words) + b"\0"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def mongods(folder: Path) -> list[int]:
    """The mongods of a data folder."""
    return processes("--dbpath", folder / "mongod" / "data")


def keepers(folder: Path) -> list[int]:
    """The keepers of a data folder."""
    return processes("-S", Path("crawler/store/keeper.py").resolve(), folder / "mongod")


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Look again and again until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


@contextmanager
def user(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that uses the store of a folder."""
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "joined\n"
            yield process
        finally:
            process.kill()
