"""The processes that do a stage of a backfill; they end when this one does."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.children import last_line, start, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

POLL_SECONDS = 0.5


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
    """Runs commands in processes, each with a log file of its own."""

    def __init__(self, program: Sequence[str], environment: Mapping[str, str], logs: Path) -> None:
        self.program = program
        self.environment = environment
        self.logs = logs

    def run(
        self, stage: str, commands: Sequence[Sequence[str]], tick: Callable[[], None]
    ) -> list[Ended]:
        """How each of them ended; `tick` is called about twice a second meanwhile.

        When that is interrupted, they end in order before this does.
        """
        files = [self.logs / f"{stage}-{place}.log" for place in range(1, len(commands) + 1)]
        processes = [
            start([*self.program, *words], self.environment, file)
            for words, file in zip(commands, files, strict=True)
        ]
        try:
            while any(process.poll() is None for process in processes):
                with suppress(subprocess.TimeoutExpired):
                    next(p for p in processes if p.poll() is None).wait(POLL_SECONDS)
                tick()
        except BaseException:
            stop(processes)
            raise
        finally:
            for process in processes:
                if process.stdin:
                    process.stdin.close()
        return [
            Ended(process.returncode, last_line(file))
            for process, file in zip(processes, files, strict=True)
        ]
