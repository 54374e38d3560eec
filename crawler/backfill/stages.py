"""The stages of a backfill, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from crawler.backfill.progress import StageProgress
from crawler.backfill.workers import Job
from crawler.parts import Part
from crawler.store.links import Ledger

if TYPE_CHECKING:
    from crawler.backfill.workers import Ended, Workers
    from crawler.store.connection import Store

# So often the workers of a stage are started again when some of them were killed.
MOST_ROUNDS = 5
# The log of the process that finds work for those of a stage.
SCOUT = "lists-1"
# How far a stage is costs the store the more, the more there is to do.
PAUSES = 50


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: what its processes are told, and what tells how far they are.

    `done`: how many `unit`s of it are done, and of how many, None where nobody knows. `in_parts`:
    each process is told which part of the work is its own; else they share it by the ledger.
    """

    name: str
    words: list[str]
    done: Callable[[], tuple[int, int | None]]
    unit: str = "articles"
    in_parts: bool = False

    def jobs(self, number: int, given: list[str]) -> list[Job]:
        """So many processes, each of which is given these options."""
        parts = [Part(place, number) for place in range(1, number + 1)]
        told = [["-a", f"part={part}"] if self.in_parts and number > 1 else [] for part in parts]
        return [
            Job(f"{self.name}-{part.number}", [*self.words, *words, *given])
            for part, words in zip(parts, told, strict=True)
        ]


class Stages:
    """Runs stages one after the other."""

    def __init__(self, store: Store, workers: Workers, given: list[str]) -> None:
        """`given`: the options that each process is given."""
        self.store = store
        self.workers = workers
        self.given = given

    def run(
        self,
        stage: Stage,
        number: int = 1,
        scout: list[str] | None = None,
        *,
        in_order: bool = False,
    ) -> list[Ended]:
        """The workers that did not end well; the work of those that were killed is taken over.

        `scout`: the words of a process that finds work for them, which they begin on meanwhile, or
        with `in_order` when it has all been found.
        """
        ended: list[Ended] = []
        problems: list[Ended] = []
        jobs = stage.jobs(number, self.given)
        first = Job(SCOUT, [*scout, *self.given]) if scout else None
        with StageProgress(stage.name, stage.unit) as progress:

            def look() -> None:
                progress.update(*self.store.patiently(stage.done))

            tick = Rarely(look)
            for _ in range(MOST_ROUNDS):
                ended = self.workers.run(jobs, tick, first, in_order=in_order)
                ledger = Ledger(self.store, "backfill")
                self.store.patiently(ledger.release_dead)
                look()
                if not any(one.was_killed for one in ended):
                    break
                if first is not None and not ended[0].was_killed:
                    problems += [one for one in ended[:1] if one.code != 0]
                    ended, first = ended[1:], None
                if stage.in_parts:
                    # Nobody else has taken over what is theirs.
                    problems += [one for one in ended if one.code != 0 and not one.was_killed]
                    pairs = zip(jobs, ended, strict=True)
                    jobs = [job for job, one in pairs if one.was_killed]
        return problems + [one for one in ended if one.code != 0]


class Rarely:
    """Makes a call that is asked for again and again, so that it takes little of all time."""

    def __init__(self, call: Callable[[], None], clock: Callable[[], float] = monotonic) -> None:
        self.call = call
        self.clock = clock
        self.next_at = clock()

    def __call__(self) -> None:
        """Make it, unless it was made a moment ago for what it took."""
        began = self.clock()
        if began >= self.next_at:
            self.call()
            ended = self.clock()
            self.next_at = ended + PAUSES * (ended - began)
