"""The processes that do a stage of a backfill; they end when this one does."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.children import last_line, start, stop
from crawler.scout import VARIABLE
from crawler.tally import UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from crawler.children import Child

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


@dataclass(frozen=True, slots=True)
class Job:
    """The words of a process, and the name of its log."""

    name: str
    words: list[str]


class Workers:
    """Runs commands in processes, each with a log file of its own."""

    def __init__(self, program: Sequence[str], environment: Mapping[str, str], logs: Path) -> None:
        self.program = program
        self.environment = environment
        self.logs = logs

    def run(
        self,
        jobs: Sequence[Job],
        tick: Callable[[], None],
        scout: Job | None = None,
        *,
        in_order: bool = False,
    ) -> list[Ended]:
        """How each of them ended; `tick` is called about twice a second meanwhile.

        `scout`: finds work for the others, is first among those that ended, and the only one when
        it finds that the command itself is wrong. The others begin beside it, but for the last,
        which has its place when it has ended; with `in_order` all of them begin then.

        When that is interrupted, they end in order before this does.
        """
        with _group(self) as group:
            if scout is not None:
                heard, told = os.pipe()
                with open(heard, "rb", 0), open(told, "wb", 0) as end:
                    first = group.start(scout, told)
                    end.close()
                    beside = 0 if in_order else len(jobs) - 1
                    for job in jobs[:beside]:
                        group.start(job, heard, {VARIABLE: str(heard)})
                    group.wait([first], tick)
                if first.returncode == UNUSABLE:
                    group.stop()
                    return group.ended()[:1]
                jobs = jobs[beside:]
            for job in jobs:
                group.start(job)
            group.wait(group.processes, tick)
            return group.ended()


class _Group:
    """Processes that have begun."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.processes: list[Child] = []
        self.files: list[Path] = []

    def start(
        self, job: Job, pipe: int | None = None, told: Mapping[str, str] | None = None
    ) -> Child:
        """Begin a job; `pipe`: a file of its own, `told`: more of its environment."""
        file = self.workers.logs / f"{job.name}.log"
        environment = {**self.workers.environment, **(told or {})}
        process = start([*self.workers.program, *job.words], environment, file, pipe)
        self.processes.append(process)
        self.files.append(file)
        return process

    def wait(self, processes: Sequence[Child], tick: Callable[[], None]) -> None:
        """Let these end."""
        while any(process.poll() is None for process in processes):
            with suppress(subprocess.TimeoutExpired):
                next(p for p in processes if p.poll() is None).wait(POLL_SECONDS)
            tick()

    def stop(self) -> None:
        """Have all end in order."""
        stop([process for process in self.processes if process.poll() is None])

    def ended(self) -> list[Ended]:
        """How they did, all having ended."""
        pairs = zip(self.processes, self.files, strict=True)
        return [Ended(process.returncode, last_line(file)) for process, file in pairs]


@contextmanager
def _group(workers: Workers) -> Iterator[_Group]:
    group = _Group(workers)
    try:
        yield group
    except BaseException:
        group.stop()
        raise
    finally:
        for process in group.processes:
            if process.stdin:
                process.stdin.close()
