"""Contenders that take turns: A B C A B C, each in a process of its own, and their medians."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Figures:
    """What one contender took: seconds and megabytes, the medians of its rounds."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    entries: int

    @property
    def per_second(self) -> float:
        """Entries a second."""
        return self.entries / self.seconds


def take_turns(contenders: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Figures]:
    """Run each contender's command so many times, in turns.

    Each prints one JSON object: `entries`, `seconds`, `cpu_seconds` and `peak_megabytes`.
    """
    told: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, words in contenders.items():
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr)
            done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
            told[name].append(json.loads(done.stdout.splitlines()[-1]))
    return {name: _median(runs) for name, runs in told.items()}


def _median(runs: Sequence[Mapping[str, float]]) -> Figures:
    def of(name: str) -> float:
        return statistics.median(run[name] for run in runs)

    return Figures(of("seconds"), of("cpu_seconds"), of("peak_megabytes"), int(of("entries")))
