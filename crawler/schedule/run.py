"""One run of a crawl of the schedule: a process, its lease, its log and its document."""

from __future__ import annotations

import logging
import signal
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crawler import children
from crawler.article import SHANGHAI
from crawler.schedule.file import Crawl
from crawler.store.connection import Store
from crawler.store.locks import Locks
from crawler.store.runs import KILLED, End, Runs, Start

# What is under way is ended in order in so many seconds, or given up.
GRACE_SECONDS = 60.0
# A lease is renewed when this part of it has passed.
PART = 0.25

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Launch:
    """How runs are started: program and options, environment, folder of logs, and how many stay."""

    program: Sequence[str]
    given: Sequence[str]
    environment: Mapping[str, str]
    logs: Path
    logs_kept: int
    version: str
    lease_seconds: float


@dataclass(slots=True)
class Run:
    """A run that holds its crawl."""

    store: Store
    launch: Launch
    crawl: Crawl
    due_at: datetime
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    process: children.Child | None = None
    started: float = 0.0
    renewed: float = 0.0
    kill_at: float = float("inf")
    why: str = ""

    def take(self) -> bool:
        """Whether the crawl is ours: no other run of it is under way, here or elsewhere."""
        return Locks(self.store).take(
            self.crawl.name, self.id, socket.gethostname(), self.launch.lease_seconds
        )

    def release(self) -> None:
        """Let the next run have the crawl."""
        Locks(self.store).release(self.crawl.name, self.id)

    @property
    def log(self) -> Path:
        """The path of its log."""
        due = self.due_at.astimezone(SHANGHAI)
        name = f"{due:%Y-%m-%dT%H-%M-%S}-{self.id[:8]}.log"
        return self.launch.logs / self.crawl.name / name

    def begin(self) -> None:
        """Note in `runs` that it begins, and start its process."""
        start = Start(
            id=self.id,
            spider=self.crawl.spider,
            arguments=self.crawl.arguments,
            version=self.launch.version,
            crawl=self.crawl.name,
            due_at=self.due_at,
            log=str(self.log.absolute()),
            host=socket.gethostname(),
        )
        self.store.patiently(Runs(self.store).begin, start)
        self.started = self.renewed = time.monotonic()
        try:
            words = [*self.launch.program, *self._words()]
            self.process = children.start(words, self.launch.environment, self.log)
            children.prune(self.log.parent, self.launch.logs_kept)
        except OSError as error:
            self._end(End(2, f"its process did not start: {error}"))
            return
        logger.info("%s: begins, due %s, log %s", self.crawl.name, self.due_at, self.log)

    def has_ended(self) -> bool:
        """Whether it has; while it has not, its lease and its time limit are seen to."""
        if self.process is None:
            return True
        code = self.process.poll()
        if code is None:
            self._watch(self.process, time.monotonic())
            return False
        if self.process.stdin:
            self.process.stdin.close()
        line = children.last_line(self.log)
        if code >= 0:
            self._end(End(code, line))
        else:
            told = f"killed by {signal.Signals(-code).name}" + (f": {self.why}" if self.why else "")
            self._end(End(1, told, finish_reason=None if self.why else KILLED), line)
        return True

    def _words(self) -> list[str]:
        """The command: the limits of this run win over what it was given."""
        arguments = [f"{name}={value}" for name, value in self.crawl.arguments.items()]
        ours = {
            "RUN_ID": self.id,
            "SCHEDULED_AS": self.crawl.name,
            "SCHEDULE_LEASE_SECONDS": self.launch.lease_seconds,
            "CLOSESPIDER_TIMEOUT": self.crawl.time_limit,
        }
        settings = [f"{name}={value}" for name, value in ours.items()]
        return [
            *("crawl", self.crawl.spider),
            *(word for pair in arguments for word in ("-a", pair)),
            *self.launch.given,
            *(word for pair in settings for word in ("-s", pair)),
        ]

    def _watch(self, process: children.Child, now: float) -> None:
        if now > self.kill_at:
            process.kill()
        elif now - self.started > self.crawl.time_limit + GRACE_SECONDS:
            self._ask_to_end(process, "it ran on after its time limit")
        if now - self.renewed > self.launch.lease_seconds * PART:
            self.renewed = now
            if not self.store.patiently(
                Locks(self.store).renew, self.crawl.name, self.id, self.launch.lease_seconds
            ):
                self._ask_to_end(process, "another run took its crawl")

    def _ask_to_end(self, process: children.Child, why: str) -> None:
        """Let the process end in order, and be killed if it does not."""
        if not self.why:
            logger.error("%s: %s, it is stopped", self.crawl.name, why)
            self.why = why
            self.kill_at = time.monotonic() + GRACE_SECONDS
            process.send_signal(signal.SIGTERM)

    def _end(self, end: End, line: str = "") -> None:
        """Note how it went, unless its process did and said so in a line, and release its crawl."""
        noted = self.store.patiently(Runs(self.store).end, self.id, end)
        self.store.patiently(self.release)
        logger.info("%s: %s", self.crawl.name, end.outcome if noted else line or end.outcome)
