"""Runs crawls when they are due; any number of these may share a store."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from crawler import children
from crawler.children import GRACE_SECONDS
from crawler.schedule.run import Run
from crawler.store.errors import StoreError, StoreFailure
from crawler.store.locks import Locks
from crawler.store.patience import line_of
from crawler.store.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crawler.schedule.file import Crawl
    from crawler.schedule.run import Launch
    from crawler.store.connection import Store

# A run that was cut off is made again, but not for ever.
MOST_TRIES = 3

logger = logging.getLogger(__name__)


class Scheduler:
    """Begins what is due and sees to what runs, each time it is told to."""

    def __init__(
        self,
        store: Store,
        crawls: Sequence[Crawl],
        launch: Launch,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """`now`: the time by which crawls are due; that of the store's server unless given."""
        self.store = store
        self.crawls = crawls
        self.launch = launch
        self.now = now or store.now
        self.runs = Runs(store)
        self.locks = Locks(store)
        self.is_away = False
        self.running: dict[str, Run] = {}
        self.said: dict[str, str] = {}
        # The times that need nothing more, as far as is known here.
        self.settled: dict[str, datetime] = {}
        store.patiently(self.locks.forget_others, [crawl.name for crawl in crawls])

    def tick(self) -> None:
        """Look at each crawl once. A store that is away is told of once, and looked at again."""
        looks = [self._watch(run) for run in list(self.running.values())]
        looks += [self._try(self._look_at, crawl) for crawl in self.crawls]
        self.is_away = not all(looks)

    def stop(self, seconds: float = GRACE_SECONDS) -> list[str]:
        """Let what runs end in order, with what it has at hand stored.

        The names of the crawls that had to be killed because they had not ended in so many seconds.
        """
        runs = [run for run in self.running.values() if run.process]
        killed = children.stop([run.process for run in runs if run.process], seconds)
        for run in runs:
            self._watch(run)
        return [run.crawl.name for run in runs if run.process in killed]

    def _try(self, look: Callable[..., None], *args: object) -> bool:
        """Whether a look came about; what else there is does not wait for it."""
        try:
            look(*args)
        except (StoreFailure, StoreError) as error:
            if not self.is_away:
                logger.error("the store failed, it is tried again: %s", line_of(error))
            self.is_away = True
            return False
        return True

    def _watch(self, run: Run) -> bool:
        def watch() -> None:
            if run.poll():
                del self.running[run.crawl.name]

        return self._try(watch)

    def _look_at(self, crawl: Crawl) -> None:
        if crawl.name in self.running:
            return
        now = self.store.patiently(self.now)
        due = crawl.times.last(now)
        if self.settled.get(crawl.name) == due:
            return
        if not self.store.patiently(self._is_settled, crawl, due):
            run = Run(self.store, self.launch, crawl, due)
            if not self.store.patiently(run.take):
                self._say(crawl, "is run by another schedule")
                return
            # Nobody runs it now: what has no end was killed, and what has one may have just ended.
            self.store.patiently(self.runs.end_lost, crawl.name)
            if self.store.patiently(self._is_settled, crawl, due):
                self.store.patiently(run.release)
            else:
                self._begin(run)
        following = crawl.times.next(now)
        self.store.patiently(self.locks.note_next, crawl.name, following)
        if crawl.name not in self.running:
            self.settled[crawl.name] = due
            self._say(crawl, f"is due at {following}")

    def _say(self, crawl: Crawl, line: str) -> None:
        """Log what becomes of a crawl, once."""
        if self.said.get(crawl.name) != line:
            self.said[crawl.name] = line
            logger.info("%s: %s", crawl.name, line)

    def _begin(self, run: Run) -> None:
        self.running[run.crawl.name] = run
        try:
            children.prune(run.log.parent, self.launch.logs_kept - 1)
        except OSError as error:
            logger.warning("%s: old logs are not deleted: %s", run.crawl.name, error)
        run.begin()

    def _is_settled(self, crawl: Crawl, due: datetime) -> bool:
        """Whether a time at which a crawl was due needs no run any more."""
        told = self.runs.told(crawl.name, due)
        return told.is_past or told.whole > 0 or told.cut_off >= MOST_TRIES
