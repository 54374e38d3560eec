"""Runs crawls when they are due; any number of these may share a store."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from crawler import children
from crawler.schedule.run import Run
from crawler.store.errors import StoreFailure
from crawler.store.locks import Locks
from crawler.store.patience import line_of
from crawler.store.runs import KILLED, Runs
from crawler.tally import BY_SOMEBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from typing import Any

    from crawler.schedule.file import Crawl
    from crawler.schedule.run import Launch
    from crawler.store.connection import Store

# A run that was cut off is made again, but not for ever.
MOST_TRIES = 3
CUT_OFF = BY_SOMEBODY | {KILLED}

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
        # The times that need nothing more, as far as is known here.
        self.settled: dict[str, datetime] = {}
        store.patiently(self.locks.forget_others, [crawl.name for crawl in crawls])

    def tick(self) -> None:
        """Look at each crawl once. A store that is away is told of once, and looked at again."""
        for crawl in self.crawls:
            try:
                self._look_at(crawl)
            except StoreFailure as error:
                if not self.is_away:
                    logger.error("the store failed, it is tried again: %s", line_of(error))
                self.is_away = True
                return
        self.is_away = False

    def stop(self) -> None:
        """Let what runs end in order, with what it has at hand stored."""
        runs = list(self.running.values())
        children.stop([run.process for run in runs if run.process])
        for run in runs:
            try:
                run.has_ended()
            except StoreFailure as error:
                logger.error("%s: the store failed: %s", run.crawl.name, line_of(error))

    def _look_at(self, crawl: Crawl) -> None:
        if run := self.running.get(crawl.name):
            if not run.has_ended():
                return
            del self.running[crawl.name]
        now = self.store.patiently(self.now)
        fire = crawl.times.last(now)
        if self.settled.get(crawl.name) == fire:
            return
        if self.store.patiently(self._is_settled, crawl, fire):
            self._settle(crawl, fire, now)
            return
        run = Run(self.store, self.launch, crawl, fire)
        if not self.store.patiently(run.take):
            return
        # Nobody runs it now, so what has no end was killed; and what has one may have just ended.
        self.store.patiently(self.runs.end_lost, crawl.name)
        if self.store.patiently(self._is_settled, crawl, fire):
            self.store.patiently(run.release)
            self._settle(crawl, fire, now)
            return
        self.running[crawl.name] = run
        run.begin()
        self.store.patiently(self.locks.note_next, crawl.name, crawl.times.next(now))

    def _is_settled(self, crawl: Crawl, fire: datetime) -> bool:
        """Whether a time at which a crawl was due needs no run any more."""
        last = self.runs.last_of(crawl.name)
        if last is None or last["due_at"] < fire:
            return False
        if last["due_at"] > fire:
            return True
        if not was_cut_off(last):
            return True
        return last["ended_at"] is not None and self.runs.tries(crawl.name, fire) >= MOST_TRIES

    def _settle(self, crawl: Crawl, fire: datetime, now: datetime) -> None:
        self.store.patiently(self.locks.note_next, crawl.name, crawl.times.next(now))
        self.settled[crawl.name] = fire


def was_cut_off(run: dict[str, Any]) -> bool:
    """Whether a run was stopped or killed before its end, so that it has to be made again."""
    return run["ended_at"] is None or run["finish_reason"] in CUT_OFF
