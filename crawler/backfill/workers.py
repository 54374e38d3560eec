"""The processes that do a stage of a backfill; they end when this one does."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

POLL_SECONDS = 0.5
GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended: its exit code, negative for the signal that killed it, and last line."""

    code: int
    line: str

    @property
    def was_killed(self) -> bool:
        """Whether it could not end by itself, so that others may have to take over."""
        return self.code < 0


class Workers:
    """Runs the same command in some processes, each with a log file of its own."""

    def __init__(self, program: Sequence[str], environment: Mapping[str, str], logs: Path) -> None:
        self.program = program
        self.environment = environment
        self.logs = logs

    def run(
        self, stage: str, words: Sequence[str], number: int, tick: Callable[[], None]
    ) -> list[Ended]:
        """How each of them ended; `tick` is called about twice a second meanwhile.

        When that is interrupted, they end in order before this does.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        files = [self.logs / f"{stage}-{place}.log" for place in range(1, number + 1)]
        processes = [self._start(words, file) for file in files]
        try:
            while any(process.poll() is None for process in processes):
                with suppress(subprocess.TimeoutExpired):
                    next(p for p in processes if p.poll() is None).wait(POLL_SECONDS)
                tick()
        except BaseException:
            _stop(processes)
            raise
        finally:
            for process in processes:
                if process.stdin:
                    process.stdin.close()
        return [
            Ended(process.returncode, _last_line(file))
            for process, file in zip(processes, files, strict=True)
        ]

    def _start(self, words: Sequence[str], file: Path) -> subprocess.Popen[bytes]:
        with file.open("ab") as log:
            # A group of its own: a Ctrl-C of the terminal is told once, by us.
            return subprocess.Popen(
                [*self.program, *words],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Let processes end in order, and kill those that do not."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    until = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_line(file: Path) -> str:
    """What a command said last, without its own name."""
    lines = file.read_text("utf-8", "replace").splitlines()
    return lines[-1].removeprefix("finews: ") if lines else "it said nothing"
