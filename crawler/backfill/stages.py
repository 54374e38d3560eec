"""The stages of a backfill, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.backfill.progress import StageProgress
from crawler.parts import Part
from crawler.store.links import Ledger

if TYPE_CHECKING:
    from crawler.backfill.workers import Ended, Workers
    from crawler.store.connection import Store

# So often the workers of a stage are started again when some of them were killed.
MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: what its processes are told, and how many `unit`s of it are done, of `total`.

    `in_parts`: each process is told which part of the work is its own; else they share it by the
    ledger.
    """

    name: str
    words: list[str]
    done: Callable[[], int]
    unit: str = "articles"
    total: int | None = None
    in_parts: bool = False

    def commands(self, number: int) -> list[list[str]]:
        """The words of so many processes."""
        parts = [Part(place, number) for place in range(1, number + 1)]
        told = [["-a", f"part={part}"] if self.in_parts and number > 1 else [] for part in parts]
        return [[*self.words, *words] for words in told]


class Stages:
    """Runs stages one after the other."""

    def __init__(self, store: Store, workers: Workers, given: list[str]) -> None:
        """`given`: the options that each process is given."""
        self.store = store
        self.workers = workers
        self.given = given

    def run(self, stage: Stage, number: int = 1) -> list[Ended]:
        """The workers that did not end well; the work of those that were killed is taken over."""
        ended: list[Ended] = []
        problems: list[Ended] = []
        with StageProgress(stage.name, stage.unit, stage.total) as progress:

            def tick() -> None:
                progress.update(self.store.patiently(stage.done))

            commands = [[*words, *self.given] for words in stage.commands(number)]
            for _ in range(MOST_ROUNDS):
                ended = self.workers.run(stage.name, commands, tick)
                ledger = Ledger(self.store, "backfill")
                self.store.patiently(ledger.release_dead)
                tick()
                if not any(one.was_killed for one in ended):
                    break
                if stage.in_parts:
                    # Nobody else has taken over what is theirs.
                    problems += [one for one in ended if one.code != 0 and not one.was_killed]
                    pairs = zip(commands, ended, strict=True)
                    commands = [words for words, one in pairs if one.was_killed]
        return problems + [one for one in ended if one.code != 0]
