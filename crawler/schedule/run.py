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

from crawler import children, clock
from crawler.article import SHANGHAI
from crawler.children import GRACE_SECONDS
from crawler.schedule.file import Crawl
from crawler.store.connection import Store
from crawler.store.locks import PART, Locks
from crawler.store.runs import End, Runs, Start

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
    began: datetime = field(default_factory=clock.now)
    process: children.Child | None = None
    # In seconds of the monotonic clock.
    renewed: float = 0.0
    ends_at: float = 0.0
    kill_at: float = float("inf")
    was_too_long: bool = False

    @property
    def log(self) -> Path:
        """The path of its log."""
        name = f"{self.began.astimezone(SHANGHAI):%Y-%m-%dT%H-%M-%S}-{self.id[:8]}.log"
        return self.launch.logs / self.crawl.name / name

    def take(self) -> bool:
        """Whether the crawl is ours: no other run of it is under way, here or elsewhere."""
        host = socket.gethostname()
        return Locks(self.store).take(self.crawl.name, self.id, host, self.launch.lease_seconds)

    def release(self) -> None:
        """Let the next run have the crawl."""
        Locks(self.store).release(self.crawl.name, self.id)

    def begin(self) -> None:
        """Note in `runs` that it begins, and start its process."""
        self.store.patiently(Runs(self.store).begin, self._start())
        if not self._renew():
            self._end("another run took its crawl before it began")
            return
        self.ends_at = time.monotonic() + self.crawl.time_limit + GRACE_SECONDS
        try:
            words = [*self.launch.program, *self._words()]
            self.process = children.start(words, self.launch.environment, self.log)
        except OSError as error:
            self._end(f"its process did not start: {error}")
            return
        logger.info("%s: begins, due %s, log %s", self.crawl.name, self.due_at, self.log)

    def poll(self) -> bool:
        """Whether it has ended; while it has not, its lease and its time limit are seen to."""
        if self.process is None:
            return True
        code = self.process.poll()
        if code is None:
            self._watch(self.process, time.monotonic())
            return False
        if self.process.stdin:
            self.process.stdin.close()
        line = children.last_line(self.log) if code >= 0 else f"killed by {name_of(-code)}"
        self._end(line, code)
        return True

    def _start(self) -> Start:
        return Start(
            id=self.id,
            spider=self.crawl.spider,
            arguments=self.crawl.arguments,
            version=self.launch.version,
            crawl=self.crawl.name,
            due_at=self.due_at,
            log=str(self.log.absolute()),
            host=socket.gethostname(),
        )

    def _words(self) -> list[str]:
        """The command: what makes it this run wins over what it was given."""
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
        elif now > self.ends_at:
            self.was_too_long = True
            self._ask_to_end(process, "it ran on after its time limit")
        # It lets go of its crawl by itself when it has noted how it went.
        if (
            now - self.renewed > self.launch.lease_seconds * PART
            and not self._renew()
            and self.store.patiently(Runs(self.store).is_open, self.id)
        ):
            self._ask_to_end(process, "another run took its crawl")

    def _renew(self) -> bool:
        self.renewed = time.monotonic()
        held = (self.crawl.name, self.id, self.launch.lease_seconds)
        return self.store.patiently(Locks(self.store).renew, *held)

    def _ask_to_end(self, process: children.Child, why: str) -> None:
        """Let the process end in order, and be killed if it does not."""
        if self.kill_at == float("inf"):
            logger.error("%s: %s, it is stopped", self.crawl.name, why)
            self.kill_at = time.monotonic() + GRACE_SECONDS
            process.send_signal(signal.SIGTERM)

    def _end(self, line: str, code: int = 1) -> None:
        """Note how it went, where its process did not, and let go of its crawl.

        A process that could not tell its end was cut off, whatever it says.
        """
        runs = Runs(self.store)
        end = End(code if code > 0 else 1, line, cut_off=True)
        self.store.patiently(runs.end, self.id, end)
        if self.was_too_long:
            # Stopped as it was, it would be made again.
            self.store.patiently(runs.keep_ended, self.id)
        outcome = self.store.patiently(runs.outcome_of, self.id)
        self.store.patiently(self.release)
        logger.info("%s: %s", self.crawl.name, outcome)


def name_of(number: int) -> str:
    """The name of a signal, or its number where it has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
