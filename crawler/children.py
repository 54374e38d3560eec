"""Processes that do a part of this one's work, each with a log file of its own."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Child = subprocess.Popen[bytes]

# What is under way is ended in order in so many seconds, or given up.
GRACE_SECONDS = 60.0
# A log's last line is looked for in its last bytes only.
TAIL_BYTES = 64 * 1024


def start(
    words: Sequence[str], environment: Mapping[str, str], log: Path, pipe: int | None = None
) -> Child:
    """Start a command whose standard input is a pipe that closes when this process ends.

    `pipe`: a file that it is to have as well, under the same number. Raises OSError.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        # A group of its own: a Ctrl-C of the terminal is told once, by us.
        return subprocess.Popen(
            words,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            start_new_session=True,
            pass_fds=() if pipe is None else (pipe,),
        )


def stop(children: Sequence[Child], seconds: float = GRACE_SECONDS) -> list[Child]:
    """Let processes end in order, and kill those that do not in so many seconds; the latter."""
    for child in children:
        child.send_signal(signal.SIGTERM)
    until = time.monotonic() + seconds
    try:
        for child in children:
            child.wait(max(until - time.monotonic(), 0.1))
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        late = [child for child in children if child.poll() is None]
        for child in late:
            child.kill()
            child.wait()
        return late
    return []


def last_line(log: Path) -> str:
    """What a command said last, without its own name."""
    try:
        with log.open("rb") as file:
            file.seek(max(log.stat().st_size - TAIL_BYTES, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"its log cannot be read: {error}"
    return lines[-1].removeprefix("finews: ") if lines else "it said nothing"


def prune(folder: Path, kept: int) -> None:
    """Delete all but the last so many logs of a folder, files or folders, by their names.

    Raises OSError.
    """
    logs = sorted(folder.iterdir()) if folder.exists() else []
    for old in logs[: max(len(logs) - kept, 0)]:
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
